"""Cutout: fill a square at a random place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from practicum import Batch, Keys, Transformation
from practicum_image_mix.boxes import centred_boxes
from practicum_image_mix.ops.mix import mix


class Cutout(Transformation):
    """Fills a square whose centre is a uniform pixel; what lies outside of the image is clipped.

    Follows DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout",
    arXiv:1708.04552. Differs from the authors' code in that a square of odd side keeps its last row and column, and in
    that the side may be a fraction of the image. The label is kept, as in the paper.

    Images are a tensor [N, C, H, W], float or uint8, or a list of [H, W, C] arrays of different sizes.

    Args:
        size: side of the square: up to 1, a fraction of the shorter side of the image (at least one pixel); above 1,
            pixels.
        fill: value inside, in the units of the images; for uint8 rounded and clipped to 0..255.

    Raises:
        TargetError: boxes, masks or keypoints are attached: what is cut out may have been the object.

    Example:
        >>> import torch
        >>> out = Cutout(size=2, fill=9.0)(torch.zeros(1, 1, 4, 4), seed=3)
        >>> int((out == 9).sum())
        4
    """

    name: ClassVar[str] = "image-mix/cutout"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"size": (0.25, 0.375, 0.5)}

    size: float = Field(default=0.5, gt=0.0, le=1e6,
                        description="side: up to 1 a fraction of the shorter side, above 1 pixels")
    fill: float = Field(default=0.0, description="value inside the square, in the units of the images")

    def sides(self, height: Any, width: Any) -> Any:
        """Side of the square in pixels for images of these sizes, int64 like ``height``."""
        shorter = np.minimum(height, width)
        side = self.size * shorter if self.size <= 1.0 else np.full_like(shorter, int(self.size))
        return np.maximum(1, side.astype(np.int64))

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        images = batch.column(column)
        if isinstance(images, list):
            sizes = np.array([image.shape[:2] for image in images], dtype=np.int64)
        else:
            sizes = np.broadcast_to(np.array(images.shape[2:], dtype=np.int64), (len(batch), 2))
        words = keys.words(2).astype(np.uint64)
        centre = ((words * sizes.astype(np.uint64)) >> np.uint64(32)).astype(np.int64)
        height, width = sizes.T
        side = self.sides(height, width)
        boxes = centred_boxes(centre, np.stack([side, side], axis=1), height, width)
        cut: Any
        if isinstance(images, list):
            cut = [self._cut(image, box) for image, box in zip(images, boxes, strict=True)]
        else:
            cut = mix(images, None, None, boxes, self.fill if images.dtype.is_floating_point else self._level())
        params = None if batch.edits is None else {
            "y0": boxes[:, 0], "y1": boxes[:, 1], "x0": boxes[:, 2], "x1": boxes[:, 3]}
        return batch.with_column(column, cut, op=" > ".join(keys.path), params=params)

    def _cut(self, image: Any, box: Any) -> Any:
        out = image.copy()
        out[box[0]:box[1], box[2]:box[3]] = self._level() if image.dtype == np.uint8 else self.fill
        return out

    def _level(self) -> float:
        return float(np.clip(np.floor(self.fill + 0.5), 0, 255))
