"""Images mixed with others of their batch, or with a piece taken away: MixUp, CutMix, Mosaic, random erasing and kin.

Techniques are had by name (``practicum.get("image-mix/mixup")``). For training loops there are :func:`collate`, a
``collate_fn``, and :class:`MixupFn`, called as ``x, target = mixup_fn(x, target)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from practicum_image_mix.collating import collate
    from practicum_image_mix.mixup_fn import MixupFn

__all__ = ["MixupFn", "collate"]


def __getattr__(name: str) -> Any:
    # Loaded on first use, since both need torch.
    if name == "MixupFn":
        from practicum_image_mix.mixup_fn import MixupFn

        return MixupFn
    if name == "collate":
        from practicum_image_mix.collating import collate

        return collate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
