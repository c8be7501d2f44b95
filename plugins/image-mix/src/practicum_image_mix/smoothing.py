"""Label smoothing: spread a share of each label over all classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from practicum import Batch, Keys, MixedLabel, Target, Transformation
from practicum.errors import TargetError
from practicum.transformation import LabelEffect


def smoothed(target: Target, share: float) -> Target:
    """A label or soft label with ``share`` of it spread evenly over all classes."""
    mixed = target.softened().data.mixed()
    return replace(target, kind="soft-label", data=MixedLabel(mixed.classes, (1.0 - share) * mixed.weights))


class LabelSmoothing(Transformation):
    """Spreads a share of each label evenly over all classes, the true one among them.

    Follows Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", arXiv:1512.00567, section 7:
    ``(1 - smoothing) * label + smoothing / classes``. The number of classes isn't needed before
    :meth:`practicum.MixedLabel.dense` asks for it. Inputs stay as they are; mixed labels are smoothed too, which is
    what timm does when both are on (the two commute).

    Args:
        smoothing: share spread, 0..1; the paper uses 0.1.
        target: name of the target.

    Raises:
        TargetError: the target of that name holds no classes, or there is none but labels of another name. A batch
            without labels stays as it is.

    Example:
        >>> import numpy as np, practicum as pm
        >>> batch = pm.Batch.of(np.zeros((2, 1, 1, 3)), targets={"label": [0, 3]})
        >>> LabelSmoothing(smoothing=0.2)(batch).targets["label"].data.dense(4)
        array([[0.85, 0.05, 0.05, 0.05],
               [0.05, 0.05, 0.05, 0.85]], dtype=float32)
    """

    name: ClassVar[str] = "image-mix/label-smoothing"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    label_effect: ClassVar[LabelEffect] = "mixes"
    carries: ClassVar[frozenset[str]] = frozenset({"boxes", "masks", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"smoothing": (0.05, 0.1, 0.2)}

    smoothing: float = Field(default=0.1, ge=0.0, le=1.0, description="share of each label spread over all classes")
    target: str = Field(default="label", description="name of the target")

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        found: Any = batch.targets.get(self.target)
        if found is None:
            self._require_no_other(batch)
        if found is None or self.smoothing == 0.0:
            return batch
        if found.kind not in ("label", "soft-label"):
            raise TargetError(f"{self.name} spreads labels over classes, but target {self.target!r} is of kind "
                              f"{found.kind}: name another with target=...")
        return batch.with_targets(**{self.target: smoothed(found, self.smoothing)})

    def _require_no_other(self, batch: Batch) -> None:
        others = [name for name, target in batch.targets.items() if target.kind in ("label", "soft-label")]
        if others:
            raise TargetError(f"{self.name}: there is no target {self.target!r} to smooth, but the batch has labels "
                              f"under {', '.join(map(repr, others))}: name one with target=...")
