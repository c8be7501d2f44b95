"""Shift and flip: whole pixels move, values stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.moving import Moving, Places, Row
from practicum_image_basic.operation import Params, Size
from practicum_image_basic.ops.take import take


class Shift(Moving):
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

    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        down, across = (_moved(images.shape[k], params[name]) for k, name in ((2, "dy"), (3, "dx")))
        return take(images, down, across, fill=0.0 if mask else in_units(self.fill, images.dtype))

    def points(self, points: Places, row: Row, size: Size) -> Places:
        return np.asarray(points + np.array([row["dx"], row["dy"]]))


class Flip(Moving):
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

    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        return take(images, mirrored(images.shape[2], params["vertical"]),
                    mirrored(images.shape[3], params["horizontal"]))

    def points(self, points: Places, row: Row, size: Size) -> Places:
        out = points.copy()
        if row["horizontal"]:
            out[:, 0] = size[1] - out[:, 0]
        if row["vertical"]:
            out[:, 1] = size[0] - out[:, 1]
        return out


def in_units(fill: float, dtype: torch.dtype) -> float:
    """A value of the range 0..1 in the units of the images: a whole level for uint8.

    Example:
        >>> in_units(0.5, torch.uint8), in_units(0.5, torch.float32)
        (128, 0.5)
    """
    return round(fill * 255) if dtype == torch.uint8 else fill


def mirrored(size: int, hit: Any) -> Any:
    """Where each place of an axis comes from, int32 [N, size]: backwards where ``hit``."""
    at = np.arange(size, dtype=np.int32)
    return np.where(np.asarray(hit)[:, None], at[::-1], at)


def _moved(size: int, offset: Any) -> Any:
    at = np.arange(size, dtype=np.int64) - np.asarray(offset)[:, None]
    return np.where((at >= 0) & (at < size), at, -1).astype(np.int32)
