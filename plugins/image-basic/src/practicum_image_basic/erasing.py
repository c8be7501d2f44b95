"""Random erasing, and grids of erased squares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field, field_validator

from practicum.keys import Keys
from practicum_image_basic.boxes import TRIES, drawn_boxes, ordered
from practicum_image_basic.geometry import in_units
from practicum_image_basic.operation import ImageOperation, Params, Size
from practicum_image_basic.ops.erase import erase

_PLACE = 1 + 2 * TRIES  # draws: whether, the attempts, y, x, then the channels' values


class _Erased(ImageOperation):
    """Masks, boxes and keypoints stay: the objects are where they were, only hidden."""

    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    mode: Literal["constant", "random", "pixel"] = Field(
        default="constant", description="what comes in: the fill, one random value for each channel, or noise, a value "
                                        "for each pixel and channel")
    fill: float = Field(default=0.0, ge=0.0, le=1.0, description="value of mode constant, in units of the range 0..1")

    def erased(self, images: torch.Tensor, down: Any, across: Any, keys: Keys, first: int) -> torch.Tensor:
        """Images with rows and columns, bool [N, H] and [N, W], replaced; colours are draws ``first`` and on."""
        if self.mode == "pixel":
            return erase(images, down, across, None, keys)
        if self.mode == "constant":
            return erase(images, down, across, np.full(images.shape[:2], in_units(self.fill, images.dtype)))
        u = keys.uniform(images.shape[1], start=first).astype(np.float64)
        return erase(images, down, across, np.floor(256 * u) if images.dtype == torch.uint8 else u)


class Erasing(_Erased):
    """Replaces a rectangle of random area and aspect at a random place, with probability ``p``, per sample.

    Follows Zhong et al., "Random Erasing Data Augmentation", arXiv:1708.04896: the share of the area is uniform in
    ``scale``, the aspect (height over width) in ``ratio``, here log-uniform as in timm and torchvision, so that a shape
    and its transposition are equally likely. Draw 0 decides whether; ten attempts are made to fit the rectangle (draws
    2t + 1 and 2t + 2 are the area and aspect of attempt t), after which the image stays; draws 21 and 22 are those of y
    and x, the next ones those of the channels' values. The paper's value is mode ``pixel``.

    Masks, boxes and keypoints stay as they are: the objects are where they were, only hidden.

    Example:
        >>> out = Erasing(p=1.0, scale=(0.25, 0.25), ratio=(1.0, 1.0))(torch.ones(1, 3, 8, 8), seed=0)
        >>> int((out == 0).sum())
        48
    """

    name: ClassVar[str] = "image-basic/erasing"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.25, 0.5, 1.0)}
    p: float = Field(default=0.5, ge=0.0, le=1.0, description="probability of erasing")
    scale: tuple[float, float] = Field(default=(0.02, 1 / 3), description="least and greatest share of the area")
    ratio: tuple[float, float] = Field(default=(0.3, 10 / 3), description="least and greatest height over width")

    @field_validator("scale", "ratio")
    @classmethod
    def _ordered(cls, value: tuple[float, float], info: Any) -> tuple[float, float]:
        return ordered(info.field_name, value, 1.0 if info.field_name == "scale" else np.inf)

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        u = keys.uniform(_PLACE + 2).astype(np.float64)
        size = np.array(sizes, dtype=np.int64).reshape(-1, 2)
        found, fits = drawn_boxes(u[:, 1:_PLACE], size, self.scale, self.ratio)
        box = np.where(((u[:, 0] < self.p) & fits)[:, None], found, 0)
        place = (u[:, _PLACE:] * (size - box + 1)).astype(np.int64)
        return {"y": place[:, 0], "x": place[:, 1], "height": box[:, 0], "width": box[:, 1]}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        down, across = (_between(params[start], params[length], images.shape[axis])
                        for start, length, axis in (("y", "height", 2), ("x", "width", 3)))
        return self.erased(images, down, across, keys, _PLACE + 2)


class GridDropout(_Erased):
    """Replaces the squares of a regular grid of random pitch and offset, per sample.

    Follows Chen et al., "GridMask Data Augmentation", arXiv:2001.04086: the pitch d is a whole number of pixels,
    uniform between the ``pitch`` shares of the shorter side (draw 0), the grid is moved by uniform whole offsets below
    d (draws 1 and 2), and from each cell a square of side round(``ratio`` * d) goes; the paper's r is 1 - ``ratio``.
    The authors' code also turns the grid, which is left out here. The next draws are the channels' values of mode
    ``random``.

    Masks, boxes and keypoints stay as they are: the objects are where they were, only hidden.

    Example:
        >>> out = GridDropout(ratio=0.5, pitch=(0.5, 0.5))(torch.ones(1, 1, 8, 8), seed=0)
        >>> int((out == 0).sum())
        16
    """

    name: ClassVar[str] = "image-basic/grid-dropout"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"ratio": (0.2, 0.4, 0.6)}
    ratio: float = Field(default=0.4, ge=0.0, le=1.0, description="side of an erased square, as a share of the pitch")
    pitch: tuple[float, float] = Field(default=(0.25, 0.5), description="least and greatest pitch, as shares of the "
                                                                        "shorter side; at least 2 pixels")

    @field_validator("pitch")
    @classmethod
    def _ordered(cls, value: tuple[float, float]) -> tuple[float, float]:
        return ordered("pitch", value)

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        u = keys.uniform(3).astype(np.float64)
        shorter = np.array([min(size) for size in sizes], dtype=np.int64)
        low, high = (np.maximum(2, np.rint(share * shorter)).astype(np.int64) for share in self.pitch)
        pitch = low + (u[:, 0] * (high - low + 1)).astype(np.int64)
        y, x = ((u[:, k] * pitch).astype(np.int64) for k in (1, 2))
        return {"pitch": pitch, "y": y, "x": x, "side": np.rint(self.ratio * pitch).astype(np.int64)}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        down, across = ((np.arange(images.shape[axis]) - params[start][:, None]) % params["pitch"][:, None]
                        < params["side"][:, None] for start, axis in (("y", 2), ("x", 3)))
        return self.erased(images, down, across, keys, 3)


def _between(start: Any, length: Any, size: int) -> Any:
    at = np.arange(size)
    return (at >= start[:, None]) & (at < (start + length)[:, None])
