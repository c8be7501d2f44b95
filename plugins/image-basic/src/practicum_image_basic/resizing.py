"""Resize, and random-resized-crop."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, field_validator

from practicum.keys import Keys
from practicum_image_basic.boxes import TRIES, drawn_boxes, ordered
from practicum_image_basic.crops import OutputSize, as_size
from practicum_image_basic.moving import Moving, Places, Row
from practicum_image_basic.operation import Params, Size
from practicum_image_basic.ops.resize import resize


class _Resizing(Moving):
    """Brings a box of the image (``y``, ``x``, ``height``, ``width``) to another size.

    Masks are resized by the nearest pixel.
    """

    size: OutputSize = Field(default=224, description="height and width of the output, or one number for both")
    interpolation: Literal["nearest", "bilinear", "bicubic", "area"] = Field(
        default="bilinear", description="how values are made; area is the mean over what an output pixel covers")
    antialias: bool = Field(default=True, description="widen the filters of bilinear and bicubic when shrinking, as "
                                                      "Pillow does; false looks at 2 or 4 pixels only, as OpenCV does")

    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        height, width = images.shape[2:]
        boxes = np.stack([np.asarray(params[k]) for k in ("y", "x", "height", "width")], axis=1).astype(np.int64)
        return resize(images, boxes, self.size_after((height, width), {}), antialias=self.antialias,
                      interpolation="nearest" if mask else self.interpolation)

    def size_after(self, size: Size, row: Row) -> Size:
        return as_size(self.size)

    def points(self, points: Places, row: Row, size: Size) -> Places:
        height, width = self.size_after(size, row)
        return np.asarray((points - np.array([row["x"], row["y"]]))
                          * np.array([width / row["width"], height / row["height"]]))


class Resize(_Resizing):
    """Brings images to one size; nothing is drawn.

    Corners meet corners: output pixel j looks at the point (j + 0.5) * W / OW, the convention of Pillow, OpenCV and
    torch's ``align_corners=False``. With ``antialias`` (the default) bilinear and bicubic are Pillow's filters, rounded
    once where Pillow rounds twice; without it they are those of ``torch.nn.functional.interpolate`` and OpenCV.
    ``area`` is OpenCV's INTER_AREA when shrinking, and the exact mean over the covered part also when enlarging.

    Example:
        >>> image = torch.tensor([0.0, 0.0, 1.0, 1.0]).reshape(1, 1, 1, 4)
        >>> Resize(size=(1, 2), interpolation="area")(image).tolist()
        [[[[0.0, 1.0]]]]
        >>> Resize(size=8, side="longer")(torch.rand(1, 3, 2, 4)).shape
        torch.Size([1, 3, 4, 8])
    """

    name: ClassVar[str] = "image-basic/resize"
    side: Literal["both", "shorter", "longer"] = Field(
        default="both", description="which side gets the size: both stretches, the others keep the aspect")

    @field_validator("side")
    @classmethod
    def _one_number(cls, side: str, info: Any) -> str:
        if side != "both" and isinstance(info.data.get("size"), tuple):
            raise ValueError("with side shorter or longer, size is one number: the length of that side")
        return side

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        size = np.array(sizes, dtype=np.int64).reshape(-1, 2)
        zero = np.zeros(len(sizes), np.int64)
        return {"y": zero, "x": zero, "height": size[:, 0], "width": size[:, 1]}

    def size_after(self, size: Size, row: Row) -> Size:
        if self.side == "both":
            return as_size(self.size)
        length, of = as_size(self.size)[0], min(size) if self.side == "shorter" else max(size)
        return max(1, round(size[0] * length / of)), max(1, round(size[1] * length / of))


class RandomResizedCrop(_Resizing):
    """A part of random area and aspect at a random place, resized to one size, per sample.

    The crop of Szegedy et al., "Going Deeper with Convolutions", arXiv:1409.4842, section 6: the share of the area is
    uniform in ``scale``; the aspect (width over height), whose distribution the paper leaves open, is log-uniform in
    ``ratio``. Sides are rounded to whole pixels; ten attempts are made to fit the box into the image (draws 2t and 2t +
    1 are the area and aspect of attempt t), then comes the largest middle part whose aspect is in ``ratio``. Draws 20
    and 21 are those of y and x.

    Boxes are cut at the border of the crop and keep their row; keypoints may end outside.

    Example:
        >>> image = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
        >>> RandomResizedCrop(size=16)(image, seed=0).shape
        torch.Size([2, 3, 16, 16])
    """

    name: ClassVar[str] = "image-basic/random-resized-crop"
    scale: tuple[float, float] = Field(default=(0.08, 1.0), description="least and greatest share of the area")
    ratio: tuple[float, float] = Field(default=(0.75, 4 / 3), description="least and greatest width over height")

    @field_validator("scale", "ratio")
    @classmethod
    def _ordered(cls, value: tuple[float, float], info: Any) -> tuple[float, float]:
        return ordered(info.field_name, value, 1.0 if info.field_name == "scale" else np.inf)

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        u = keys.uniform(2 * TRIES + 2).astype(np.float64)
        size = np.array(sizes, dtype=np.int64).reshape(-1, 2)
        found, fits = drawn_boxes(u[:, :2 * TRIES], size[:, ::-1], self.scale, self.ratio)  # width over height
        box = np.where(fits[:, None], found[:, ::-1], self._middle(size))
        room = size - box
        place = np.where(fits[:, None], (u[:, 2 * TRIES:] * (room + 1)).astype(np.int64), room // 2)
        return {"y": place[:, 0], "x": place[:, 1], "height": box[:, 0], "width": box[:, 1]}

    def _middle(self, size: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Sides of the largest box whose aspect is in ``ratio``, int64 [N, 2]."""
        height, width = size.T
        tall = np.minimum(height, np.rint(width / self.ratio[0])).astype(np.int64)
        wide = np.minimum(width, np.rint(height * self.ratio[1])).astype(np.int64)
        return np.asarray(np.maximum(np.stack([tall, wide], axis=1), 1))
