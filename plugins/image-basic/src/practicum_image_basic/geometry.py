"""Shift and flip: operations that move pixels and what refers to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum.targets import Target
from practicum_image_basic.operation import ImageOperation, Params, Size, new_like

Places = npt.NDArray[Any]


class _Geometry(ImageOperation):
    """Moves pixels; masks, boxes and keypoints move along."""

    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})

    def moved(self, target: Target, params: Params, sizes: list[Size]) -> Target:
        move: Callable[[Places, dict[str, int], Size], Places] = getattr(self, f"_{target.kind}")
        rows = [{k: int(v[row]) for k, v in params.items()} for row in range(len(sizes))]
        return replace(target, data=[move(np.asarray(places), row, size)
                                     for places, row, size in zip(target.data, rows, sizes, strict=True)])

    def _masks(self, mask: Places, row: dict[str, int], size: Size) -> Places:
        stacked = torch.from_numpy(np.ascontiguousarray(mask)[None, None])
        moved = self._pixels(stacked, {k: np.array([v]) for k, v in row.items()}, 0)
        return np.asarray(moved.numpy()[0, 0])

    def _pixels(self, images: torch.Tensor, params: Params, fill: float) -> torch.Tensor:
        raise TypeError(f"{type(self).__name__} must define _pixels")


class Shift(_Geometry):
    """Moves the image by whole pixels; what comes in from outside has the value ``fill``.

    Each axis draws its offset uniformly from -m..m pixels, m being ``max_fraction`` of the image's width (height)
    rounded to the nearest pixel: draw 0 is that of x, draw 1 that of y, offset ``floor(u * (2 * m + 1)) - m``. Positive
    is to the right and down. A shift keeps every pixel's value, in any dtype.

    Masks move along (0 comes in), boxes are moved and cut at the border (a box that leaves the image keeps its row,
    with no area), keypoints are moved and may end outside.

    Example:
        >>> image = torch.arange(1.0, 5.0).reshape(1, 1, 1, 4) / 4
        >>> Shift(max_fraction=0.5, axes="horizontal")(image, seed=2).tolist()
        [[[[0.5, 0.75, 1.0, 0.0]]]]
    """

    name: ClassVar[str] = "image-basic/shift"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"max_fraction": (0.05, 0.1, 0.2)}
    max_fraction: float = Field(default=0.1, ge=0.0, le=1.0, description="largest offset, as a fraction of width and "
                                                                         "height")
    axes: Literal["both", "horizontal", "vertical"] = Field(default="both", description="which way to move")
    fill: float = Field(default=0.0, ge=0.0, le=1.0, description="value that comes in, in units of the range 0..1")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        u = keys.uniform(2).astype(np.float64)
        size = np.array([(w, h) for h, w in sizes], dtype=np.float64).reshape(-1, 2)
        most = np.floor(self.max_fraction * size + 0.5)
        offset = (np.floor(u * (2 * most + 1)) - most).astype(np.int64)
        zero = np.zeros(len(sizes), np.int64)
        return {"dx": zero if self.axes == "vertical" else offset[:, 0],
                "dy": zero if self.axes == "horizontal" else offset[:, 1]}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return self._pixels(images, params, round(self.fill * 255) if images.dtype == torch.uint8 else self.fill)

    def _pixels(self, images: torch.Tensor, params: Params, fill: float) -> torch.Tensor:
        height, width = images.shape[2:]
        out = new_like(images).fill_(fill)
        for row, (dx, dy) in enumerate(zip(params["dx"].tolist(), params["dy"].tolist(), strict=True)):
            if abs(dx) < width and abs(dy) < height:
                out[row, :, max(dy, 0):height + min(dy, 0), max(dx, 0):width + min(dx, 0)] = images[
                    row, :, max(-dy, 0):height + min(-dy, 0), max(-dx, 0):width + min(-dx, 0)]
        return out

    def _boxes(self, boxes: Places, row: dict[str, int], size: Size) -> Places:
        offset = np.array([row["dx"], row["dy"]] * 2)
        return np.asarray(np.clip(boxes + offset, 0, np.array([size[1], size[0]] * 2)), dtype=boxes.dtype)

    def _keypoints(self, points: Places, row: dict[str, int], size: Size) -> Places:
        return np.asarray(points + np.array([row["dx"], row["dy"]]), dtype=points.dtype)


class Flip(_Geometry):
    """Mirrors the image with probability ``p``, drawn per sample and axis (draw 0: left and right, 1: up and down).

    Exact in any dtype; masks, boxes and keypoints are mirrored too (x becomes W - x). Labels stay as they are: don't
    use it where a mirrored image means something else, as with digits and letters.

    Example:
        >>> Flip(p=1.0)(torch.arange(3.0).reshape(1, 1, 1, 3)).tolist()
        [[[[2.0, 1.0, 0.0]]]]
    """

    name: ClassVar[str] = "image-basic/flip"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.5, 1.0)}
    p: float = Field(default=0.5, ge=0.0, le=1.0, description="probability of mirroring, for each axis")
    axes: Literal["horizontal", "vertical", "both"] = Field(default="horizontal", description="horizontal swaps left "
                                                            "and right, vertical up and down, both draws each")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        hit = keys.uniform(2) < self.p
        never = np.zeros(len(sizes), bool)
        return {"horizontal": never if self.axes == "vertical" else hit[:, 0],
                "vertical": never if self.axes == "horizontal" else hit[:, 1]}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return self._pixels(images, params, 0)

    def _pixels(self, images: torch.Tensor, params: Params, fill: float) -> torch.Tensor:
        out = new_like(images)
        for row, (across, down) in enumerate(zip(params["horizontal"], params["vertical"], strict=True)):
            axes = [axis for axis, hit in ((2, across), (1, down)) if hit]
            out[row] = images[row].flip(axes) if axes else images[row]
        return out

    def _boxes(self, boxes: Places, row: dict[str, int], size: Size) -> Places:
        out, (height, width) = boxes.copy(), size
        if row["horizontal"]:
            out[:, [0, 2]] = width - out[:, [2, 0]]
        if row["vertical"]:
            out[:, [1, 3]] = height - out[:, [3, 1]]
        return out

    def _keypoints(self, points: Places, row: dict[str, int], size: Size) -> Places:
        out, (height, width) = points.copy(), size
        if row["horizontal"]:
            out[:, 0] = width - out[:, 0]
        if row["vertical"]:
            out[:, 1] = height - out[:, 1]
        return out
