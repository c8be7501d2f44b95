"""Measuring what the library doesn't declare: the smallest image, the channels, the targets it moves."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum_albumentations.library import library

Image = npt.NDArray[Any]
LARGEST = 64
CHANNELS = (1, 2, 3, 4, 5)
_REFUSALS: tuple[type[Exception], ...] = (ValueError, TypeError, IndexError, ZeroDivisionError, KeyError,
                                          AttributeError, NotImplementedError, ArithmeticError)


def picture(height: int, width: int, channels: int, dtype: str, *, flat: bool = False) -> Image:
    """A textured (or flat) image that is the same every time."""
    drawn = np.random.default_rng(5).random((height, width, channels))
    values = np.full_like(drawn, 0.5) if flat else 0.2 + 0.6 * drawn
    return np.rint(values * 255).astype(np.uint8) if dtype == "uint8" else values.astype(np.float32)


def inputs(needs: str, key: str, image: Image) -> dict[str, Any]:
    """The further inputs of a transform, small and valid."""
    height, width = image.shape[:2]
    if needs == "masks":
        return {"mask": np.ones((height, width), dtype=np.uint8)}
    if needs == "boxes":
        return {"bboxes": np.array([[0, 0, width, height]], dtype=np.float32) / 2, "rows": [0]}
    if needs == "box":
        return {key: [0, 0, max(1, width // 2), max(1, height // 2)]}
    if needs == "text":
        return {key: {"text": "Ab", "bbox": (0.1, 0.1, 0.9, 0.9)}}
    other = picture(height, width, image.shape[2], str(image.dtype))[::-1].copy()
    offered: dict[str, dict[str, Any]] = {"": {}, "images": {key: [other]}, "items": {key: [{"image": other}]}}
    return offered[needs]


def run(make: Any, seed: int, image: Image, given: dict[str, Any]) -> Image:
    """The library's output for one image and its further inputs."""
    lib = library()
    boxes = {"bbox_params": lib.BboxParams(format="pascal_voc", label_fields=["rows"])} if "bboxes" in given else {}
    if "keypoints" in given:
        boxes = {"keypoint_params": lib.KeypointParams(format="xy", remove_invisible=False)} | boxes
    out: Image = lib.Compose([make()], seed=seed, **boxes)(image=image.copy(), **given)["image"]
    return out


def works(make: Any, needs: str, key: str, image: Image, seed: int, **targets: Any) -> bool:
    """Whether the library takes an image and gives finite values back."""
    cv2 = import_module("cv2")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = run(make, seed, image, inputs(needs, key, image) | targets)
    except (*_REFUSALS, cv2.error):
        return False
    return bool(np.isfinite(out).all()) and out.size > 0 and out.ndim in (2, 3)


def smallest(make: Any, needs: str, key: str, channels: list[int]) -> int:
    """The least n for which every tried image of at least n by n works; 0 where none up to 64 does."""
    def fits(n: int) -> bool:
        return all(works(make, needs, key, picture(h, w, c, dtype, flat=flat), seed)
                   for h, w in ((n, n), (n, n + 4), (n + 4, n)) for dtype in ("float32", "uint8")
                   for c in tried for seed, flat in ((0, False), (1, False), (3, True)))

    tried = [c for c in (1, 3) if c in channels] or channels[:1]
    for n in range(1, LARGEST + 1):
        if fits(n) and all(fits(m) for m in (n + 1, n + 2, n + 3)):
            return n
    return 0


def channels_taken(make: Any, needs: str, key: str, size: int) -> list[int]:
    """Which numbers of channels work, in both dtypes."""
    return [c for c in CHANNELS if all(works(make, needs, key, picture(size, size, c, dtype), seed)
                                       for dtype in ("float32", "uint8") for seed in range(3))]


def kinds_moved(make: Any, needs: str, key: str, targets: list[str], size: int) -> list[str]:
    """Which kinds of targets the transform takes along without an error."""
    image = picture(size, size, 3, "float32")
    given: Mapping[str, dict[str, Any]] = {
        "boxes": {"bboxes": np.array([[1, 1, size // 2, size // 2]], dtype=np.float32), "rows": [0]},
        "keypoints": {"keypoints": np.array([[2.0, 3.0]], dtype=np.float32)},
        "masks": {"mask": np.eye(size, dtype=np.uint8)}}
    return [kind for kind in targets
            if all(works(make, needs, key, image, seed, **given[kind]) for seed in range(4))]
