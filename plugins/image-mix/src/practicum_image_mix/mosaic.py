"""Mosaic: pieces of four images around a random point."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from practicum import Batch, Keys, Target, Transformation
from practicum.errors import ConfigError, TargetError
from practicum.transformation import LabelEffect, Scope
from practicum_image_mix.outputs import copied
from practicum_image_mix.partners import followers, mix_many, partner_ids, stacked

Ints = npt.NDArray[np.int64]


class Mosaic(Transformation):
    """Puts pieces of the image and of three others into the four quadrants around a random point.

    Follows Bochkovskiy et al., "YOLOv4: Optimal Speed and Accuracy of Object Detection", arXiv:2004.10934. The output
    has the size of the images: each quadrant shows that corner piece of its image that touches the point, at full
    resolution, as in the ultralytics canvas cropped around its middle. Which image gets which quadrant is drawn too;
    the image itself takes part always. The three others are the next samples when ids are sorted under the key (with
    fewer than four samples, some show twice).

    Images are a tensor [N, C, H, W], float or uint8. Boxes are moved, clipped, and dropped where less than
    ``min_visible`` of their area is left (columns after the fourth stay with their box); masks [H, W] are put together
    as the images are. Labels become :class:`practicum.MixedLabel` with the exact share of each image; float targets are
    averaged with the same weights.

    Args:
        low, high: bounds of the point, as shares of the sides.
        min_visible: share of a box that has to be inside of its quadrant.

    Raises:
        DataError: the images differ in size.
        TargetError: keypoints are attached; or a mask isn't of its image's size.

    Example:
        >>> import torch, practicum as pm
        >>> x = torch.arange(4.0).reshape(4, 1, 1, 1).expand(4, 1, 6, 6)
        >>> out = Mosaic()(pm.Batch.of(x, targets={"label": [0, 1, 2, 3]}), seed=1)
        >>> shares = [(out.data[0] == k).float().mean().item() for k in range(4)]
        >>> bool(np.allclose(out.targets["label"].data.dense(4)[0], shares))
        True
    """

    name: ClassVar[str] = "image-mix/mosaic"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    scope: ClassVar[Scope] = "batch"
    label_effect: ClassVar[LabelEffect] = "mixes"
    carries: ClassVar[frozenset[str]] = frozenset({"boxes", "masks"})

    low: float = Field(default=0.25, ge=0.0, le=1.0, description="lower bound of the point, as a share of the sides")
    high: float = Field(default=0.75, ge=0.0, le=1.0, description="upper bound of the point")
    min_visible: float = Field(default=0.1, ge=0.0, le=1.0, description="share of a box that must be left")

    @model_validator(mode="after")
    def _ordered(self) -> Mosaic:
        if self.low > self.high:
            raise ConfigError(f"low {self.low:g} is above high {self.high:g}: swap them")
        return self

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        images = stacked(batch, column, self.name)
        height, width = images.shape[2:]
        others = followers(keys, 3)
        sources = np.stack([np.arange(len(batch), dtype=np.int64), *others], axis=1)
        seats = np.argsort(keys.words(4, lane=1), axis=1, kind="stable")
        at = keys.uniform(2).astype(np.float64)
        point = np.rint((self.low + (self.high - self.low) * at) * (height, width)).astype(np.int64)
        seated = np.take_along_axis(sources, seats, axis=1)  # row, quadrant -> image
        mixed = copied(images)
        for row in range(len(batch)):
            for here, there, image in _pieces(point[row], height, width, seated[row]):
                mixed[row][(slice(None), *here)] = images[image][(slice(None), *there)]
        top, left = point.T / np.array([[max(1, height)], [max(1, width)]])
        shares = np.stack([top * left, top * (1 - left), (1 - top) * left, (1 - top) * (1 - left)], axis=1)
        weights = np.zeros_like(shares)
        np.put_along_axis(weights, seats, shares, axis=1)
        params = None if batch.edits is None else {
            "y": point[:, 0], "x": point[:, 1], **{f"quadrant{q}": partner_ids(batch, seated[:, q]) for q in range(4)}}
        out = batch.with_column(column, mixed, op=" > ".join(keys.path), params=params)
        targets = mix_many(batch, others, weights)
        for name, target in batch.positional(column).items():
            targets[name] = self._carried(name, target, point, seated, height, width)
        return out.with_targets(**targets) if targets else out

    def _carried(self, name: str, target: Target, point: Ints, seated: Ints, height: int, width: int) -> Target:
        rows = range(len(point))
        if target.kind == "boxes":
            return replace(target, data=[self._boxes(target.data, point[r], seated[r], height, width) for r in rows])
        made = []
        for row in rows:
            mask = np.empty_like(target.data[row])
            for here, there, image in _pieces(point[row], height, width, seated[row]):
                piece = np.asarray(target.data[image])
                if piece.shape != (height, width) or mask.shape != (height, width):
                    raise TargetError(f"{self.name}: target {name!r} has a mask of shape {piece.shape}, but the images "
                                      f"are {height}x{width}: masks must be [H, W] of their image")
                mask[here] = piece[there]
            made.append(mask)
        return replace(target, data=made)

    def _boxes(self, boxes: Any, point: Ints, seats: Ints, height: int, width: int) -> Any:
        kept = []
        for (rows, columns), (from_rows, from_columns), image in _pieces(point, height, width, seats):
            old = np.asarray(boxes[image], dtype=np.float64)
            if not old.size:
                continue
            new = old.copy()
            new[:, [0, 2]] = np.clip(old[:, [0, 2]] + columns.start - from_columns.start, columns.start, columns.stop)
            new[:, [1, 3]] = np.clip(old[:, [1, 3]] + rows.start - from_rows.start, rows.start, rows.stop)
            before, after = ((b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) for b in (old, new))
            kept.append(new[(after > 0) & (after >= self.min_visible * before)])
        empty = np.asarray(boxes[int(seats[0])])
        found = np.concatenate(kept) if kept else np.zeros((0, empty.shape[1] if empty.ndim == 2 else 4))
        return found.astype(empty.dtype) if empty.dtype.kind in "iu" else found


def _pieces(point: Ints, height: int, width: int, seats: Ints) -> Any:
    """For each quadrant: where it is, which piece of its image it shows, and which image."""
    y, x = int(point[0]), int(point[1])
    rows, columns = ((0, y), (y, height)), ((0, x), (x, width))
    for quadrant, image in enumerate(seats.tolist()):
        (y0, y1), (x0, x1) = rows[quadrant // 2], columns[quadrant % 2]
        # Above the point a quadrant shows the bottom of its image, below it the top; likewise left and right.
        from_y, from_x = (height - y if quadrant < 2 else 0), (width - x if quadrant % 2 == 0 else 0)
        yield ((slice(y0, y1), slice(x0, x1)),
               (slice(from_y, from_y + y1 - y0), slice(from_x, from_x + x1 - x0)), image)
