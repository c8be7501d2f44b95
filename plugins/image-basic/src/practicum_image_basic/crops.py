"""Crops: parts of images in their own resolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import torch
from pydantic import Field

from practicum.errors import DataError
from practicum.keys import Keys
from practicum_image_basic.geometry import in_units
from practicum_image_basic.moving import Moving, Places, Row
from practicum_image_basic.operation import Params, Size
from practicum_image_basic.ops.take import take

Pixels = Annotated[int, Field(ge=1, le=65536)]
OutputSize = Pixels | tuple[Pixels, Pixels]


class _Window(Moving):
    """The part of the image that a window shows; ``y`` and ``x`` are its upper left corner."""

    def window(self, size: Size) -> Size:
        """Height and width of the window on an image of this size."""
        return size

    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        height, width = images.shape[2:]
        tall, wide = self.window((height, width))
        return take(images, self.places(params["y"], tall, height), self.places(params["x"], wide, width),
                    fill=0.0 if mask else self.outside(images.dtype))

    def places(self, start: Any, count: int, size: int) -> Any:
        """Where each place of the window comes from, int32 [N, count]; -1 is outside."""
        at = np.asarray(start, dtype=np.int64)[:, None] + np.arange(count)
        return np.where((at >= 0) & (at < size), at, -1).astype(np.int32)

    def outside(self, dtype: torch.dtype) -> float:
        """The value outside of the image, in its units."""
        return 0.0

    def size_after(self, size: Size, row: Row) -> Size:
        return self.window(size)

    def points(self, points: Places, row: Row, size: Size) -> Places:
        return np.asarray(points - np.array([row["x"], row["y"]]))


class _Crop(_Window):
    size: OutputSize | None = Field(default=None, description="height and width in pixels, or one number for both; in "
                                                              "place of fraction")
    fraction: float = Field(default=0.875, gt=0.0, le=1.0, description="height and width as a fraction of the image's, "
                                                                       "where no size is given")

    def window(self, size: Size) -> Size:
        if self.size is None:
            return max(1, round(self.fraction * size[0])), max(1, round(self.fraction * size[1]))
        return as_size(self.size)

    def room(self, keys: Keys, sizes: list[Size]) -> Any:
        """How far the window can be moved down and right, int64 [N, 2]."""
        room = np.array([[a - b for a, b in zip(size, self.window(size), strict=True)] for size in sizes],
                        dtype=np.int64).reshape(-1, 2)
        if (room < 0).any():
            row = int(np.flatnonzero((room < 0).any(axis=1))[0])
            tall, wide = self.window(sizes[row])
            sample = "" if keys.ids is None else f", sample {keys.ids[row]!r}"
            raise DataError(f"{self.name}{sample}: a crop of {tall}x{wide} doesn't fit in an image of {sizes[row][0]}x"
                            f"{sizes[row][1]}: give a smaller size, or fraction instead, or put image-basic/resize "
                            "before it")
        return room


class RandomCrop(_Crop):
    """A part of the image at a uniformly drawn place, per sample; pixels keep their values.

    Draw 0 is that of y, draw 1 that of x: floor(u * (room + 1)), room being the pixels left over.

    Raises:
        DataError: the crop is larger than an image.

    Example:
        >>> image = torch.arange(9.0).reshape(1, 1, 3, 3)
        >>> RandomCrop(size=2)(image, seed=0).tolist()
        [[[[0.0, 1.0], [3.0, 4.0]]]]
    """

    name: ClassVar[str] = "image-basic/random-crop"

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        at = (keys.uniform(2).astype(np.float64) * (self.room(keys, sizes) + 1)).astype(np.int64)
        return {"y": at[:, 0], "x": at[:, 1]}


class CenterCrop(_Crop):
    """The middle of the image; nothing is drawn. An odd pixel left over is below and to the right.

    Raises:
        DataError: the crop is larger than an image.

    Example:
        >>> CenterCrop(size=(1, 2))(torch.arange(12.0).reshape(1, 1, 3, 4)).tolist()
        [[[[5.0, 6.0]]]]
    """

    name: ClassVar[str] = "image-basic/center-crop"

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        at = self.room(keys, sizes) // 2
        return {"y": at[:, 0], "x": at[:, 1]}


class PadCrop(_Window):
    """Pads the image by ``pad`` pixels on all sides and crops a part of its old size from it, at a drawn place.

    The augmentation of small images of He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385,
    section 4.2 (pad 4, fill 0). Offsets are whole pixels from -pad to pad, uniform; draw 0 is that of y, draw 1 that of
    x. Unlike ``image-basic/shift`` it counts in pixels, and the border may go on.

    Example:
        >>> image = torch.arange(1.0, 4.0).reshape(1, 1, 1, 3)
        >>> PadCrop(pad=2, border="edge")(image, seed=0).tolist()
        [[[[1.0, 1.0, 2.0]]]]
    """

    name: ClassVar[str] = "image-basic/pad-crop"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"pad": (1, 2, 4)}
    pad: int = Field(default=4, ge=0, le=65536, description="pixels on each side")
    border: Literal["constant", "edge", "reflect"] = Field(
        default="constant", description="what is padded with: the fill, the outermost pixels, or the image mirrored "
                                        "about them (d c b | a b c d)")
    fill: float = Field(default=0.0, ge=0.0, le=1.0, description="value with border constant, in units of 0..1")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        at = (keys.uniform(2).astype(np.float64) * (2 * self.pad + 1)).astype(np.int64) - self.pad
        return {"y": at[:, 0], "x": at[:, 1]}

    def outside(self, dtype: torch.dtype) -> float:
        return in_units(self.fill, dtype)

    def places(self, start: Any, count: int, size: int) -> Any:
        if self.border == "constant":
            return super().places(start, count, size)
        at = np.asarray(start, dtype=np.int64)[:, None] + np.arange(count)
        if self.border == "reflect" and size > 1:
            at = size - 1 - np.abs(size - 1 - np.abs(at) % (2 * (size - 1)))
        return np.clip(at, 0, size - 1).astype(np.int32)


def as_size(size: int | tuple[int, int]) -> Size:
    """Height and width of a size given as one number or two."""
    return (size, size) if isinstance(size, int) else size
