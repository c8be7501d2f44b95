"""What operations that move pixels share: masks, boxes and keypoints move along."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch

from practicum.keys import Keys
from practicum.targets import Target
from practicum_image_basic.operation import ImageOperation, Params, Size

Places = npt.NDArray[Any]
Row = dict[str, Any]


class Moving(ImageOperation):
    """Moves pixels; masks, boxes and keypoints move along.

    Coordinates are continuous: the corners of an image are (0, 0) and (W, H), and the first pixel's centre is
    (0.5, 0.5). A box is cut at the border of the output and keeps its row, without area where nothing of it is left; a
    box that has no area gets none. Keypoints may end outside.
    """

    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})

    @abstractmethod
    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        """The moved images [N, C, H, W], or masks [N, 1, H, W] of any dtype, which keep their values; 0 outside."""

    @abstractmethod
    def points(self, points: Places, row: Row, size: Size) -> Places:
        """Points x, y, float64 [k, 2], of one image of height and width ``size``, moved."""

    def size_after(self, size: Size, row: Row) -> Size:
        """Height and width of the output for an image of this size."""
        return size

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return self.pixels(images, params, mask=False)

    def moved(self, target: Target, params: Params, sizes: list[Size]) -> Target:
        if target.kind == "masks":
            return replace(target, data=self._masks(target.data, params))
        move: Callable[[Places, Row, Size], Places] = getattr(self, f"_{target.kind}")
        rows = rows_of(params, len(sizes))
        return replace(target, data=[_as(np.asarray(places).dtype, move(np.asarray(places), row, size))
                                     for places, row, size in zip(target.data, rows, sizes, strict=True)])

    def _masks(self, masks: Any, params: Params) -> list[Places]:
        held = [np.asarray(mask) for mask in masks]
        after = {self.size_after(_size(mask), row) for mask, row in zip(held, rows_of(params, len(held)), strict=True)}
        if len({(mask.shape, mask.dtype) for mask in held}) == 1 and len(after) == 1:
            stacked = torch.from_numpy(np.stack(held)[:, None])
            return list(self.pixels(stacked, params, mask=True)[:, 0].numpy())
        out = []
        for row, mask in enumerate(held):
            alone = torch.from_numpy(np.ascontiguousarray(mask)[None, None])
            out.append(self.pixels(alone, {k: v[row:row + 1] for k, v in params.items()}, mask=True)[0, 0].numpy())
        return out

    def _keypoints(self, points: Places, row: Row, size: Size) -> Places:
        return self.points(points.astype(np.float64), row, size) if len(points) else points

    def _boxes(self, boxes: Places, row: Row, size: Size) -> Places:
        if not len(boxes):
            return boxes
        x0, y0, x1, y1 = boxes.astype(np.float64).T
        corners = np.stack([np.stack(pair, axis=1) for pair in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))], axis=1)
        found = self.points(corners.reshape(-1, 2), row, size).reshape(-1, 4, 2)
        height, width = self.size_after(size, row)
        both = np.concatenate([found.min(axis=1), found.max(axis=1)], axis=1)
        return np.asarray(np.clip(without_area(boxes, both), 0, np.array([width, height] * 2)))


def without_area(before: Places, after: Places) -> Places:
    """Moved boxes, float64 [k, 4]; one without area before that was given some, as a turned line is, becomes a point.

    Example:
        >>> without_area(np.array([[2.0, 0.0, 2.0, 4.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])).tolist()
        [[2.0, 1.0, 2.0, 1.0]]
    """
    had, has = (np.asarray(boxes[:, 2:] > boxes[:, :2]).all(axis=1, keepdims=True) for boxes in (before, after))
    middle = np.tile((after[:, :2] + after[:, 2:]) / 2.0, 2)
    return np.asarray(np.where(~had & has, middle, after))


def rows_of(params: Params, count: int) -> list[Row]:
    """The parameters of each sample: numbers as floats, others as they are."""
    plain = {k for k, v in params.items() if v.ndim == 1 and v.dtype.kind != "U"}
    return [{k: float(v[row]) if k in plain else v[row] for k, v in params.items()} for row in range(count)]


def _size(mask: Places) -> Size:
    return int(mask.shape[0]), int(mask.shape[1])


def _as(dtype: np.dtype[Any], places: Places) -> Places:
    """Places in the dtype they came in; whole numbers are rounded."""
    return np.asarray(np.rint(places) if dtype.kind in "iu" and places.dtype.kind == "f" else places).astype(dtype)
