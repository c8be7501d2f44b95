"""Gaussian, box, median and motion blur."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, field_validator

from practicum.keys import Keys
from practicum_image_basic.operation import ImageOperation, Params, Size
from practicum_image_basic.ops.blur import box_blur, gaussian_blur
from practicum_image_basic.ops.correlate import correlate
from practicum_image_basic.ops.median import median


class GaussianBlur(ImageOperation):
    """Convolves rows, then columns, with a sampled Gaussian of ``sigma`` pixels; nothing is drawn.

    The weights are exp(-k^2 / (2 sigma^2)) for integers k up to ``int(truncate * sigma + 0.5)``, scaled to sum 1: the
    filter that ``scipy.ndimage.gaussian_filter`` applies. Beyond the border the image goes on as ``border`` says, as
    often as it takes, so any sigma works on any size. uint8 is rounded to the nearest level. Masks, boxes and keypoints
    stay as they are.

    Example:
        >>> dot = torch.zeros(1, 1, 1, 7)
        >>> dot[..., 3] = 1.0
        >>> [round(v, 4) for v in GaussianBlur(sigma=0.5)(dot)[0, 0, 0].tolist()]
        [0.0, 0.0003, 0.1065, 0.7866, 0.1065, 0.0003, 0.0]
    """

    name: ClassVar[str] = "image-basic/gaussian-blur"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"sigma": (0.5, 1.0, 2.0)}
    sigma: float = Field(default=1.0, ge=0.0, le=1e4, description="standard deviation in pixels; 0 leaves the image as "
                                                                  "it is")
    truncate: float = Field(default=4.0, gt=0.0, le=16.0, description="where the Gaussian is cut, in sigmas")
    border: Literal["reflect", "symmetric", "edge"] = Field(
        default="reflect", description="beyond the border: reflect (d c b | a b c d), symmetric (c b a | a b c) or "
                                       "edge (a a a | a b c), as numpy.pad names them")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return gaussian_blur(images, self.sigma, truncate=self.truncate, border=self.border)


class BoxBlur(ImageOperation):
    """Replaces each value by the mean of the square of 2 ``radius`` + 1 pixels around it; nothing is drawn.

    Beyond the border the image goes on as ``border`` says. uint8 is rounded to the nearest level.

    Example:
        >>> dot = torch.zeros(1, 1, 1, 5)
        >>> dot[..., 2] = 0.75
        >>> BoxBlur(radius=1)(dot).flatten().tolist()
        [0.0, 0.25, 0.25, 0.25, 0.0]
    """

    name: ClassVar[str] = "image-basic/box-blur"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"radius": (1, 2, 4)}
    radius: int = Field(default=1, ge=0, le=1000, description="pixels to each side; 0 leaves the image as it is")
    border: Literal["reflect", "symmetric", "edge"] = Field(
        default="reflect", description="beyond the border: reflect (d c b | a b c d), symmetric (c b a | a b c) or "
                                       "edge (a a a | a b c), as numpy.pad names them")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return box_blur(images, self.radius, border=self.border)


class MedianBlur(ImageOperation):
    """Replaces each value by the median of ``size`` x ``size`` values around it; nothing is drawn.

    Exact in every dtype: each value of the output is one of the input. Border pixels go on outside (a a a | a b c).
    uint8 equals ``cv2.medianBlur``.

    Example:
        >>> spot = torch.zeros(1, 1, 5, 5)
        >>> spot[0, 0, 2, 2] = 1.0
        >>> float(MedianBlur(size=3)(spot).max())
        0.0
    """

    name: ClassVar[str] = "image-basic/median-blur"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"size": (3, 5, 7)}
    size: Literal[1, 3, 5, 7] = Field(default=3, description="side of the square; 1 leaves the image as it is")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return median(images, self.size)


class MotionBlur(ImageOperation):
    """Smears each image along a straight line of ``size`` pixels, in a direction drawn for it.

    The angle is uniform in 0..180 degrees, from the row upwards: the mean of ``size`` copies shifted by whole pixels
    along the line, each shared among the four pixels nearest to its place. Beyond the border the image is mirrored.
    uint8 is rounded to the nearest level.

    Example:
        >>> dot = torch.zeros(1, 1, 9, 9)
        >>> dot[0, 0, 4, 4] = 1.0
        >>> out = MotionBlur(size=5)(dot, seed=0)
        >>> round(float(out.sum()), 5), bool(out[0, 0, 4, 4] < 1.0)
        (1.0, True)
    """

    name: ClassVar[str] = "image-basic/motion-blur"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"size": (3, 7, 15)}
    size: int = Field(default=7, ge=1, le=101, description="length of the line in pixels, odd; 1 leaves the image as "
                                                           "it is")

    @field_validator("size")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("the length must be odd, so that the line has a middle pixel")
        return value

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"angle": 180.0 * keys.uniform(1)[:, 0].astype(np.float64)}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return correlate(images, np.stack([line(self.size, angle) for angle in params["angle"].tolist()]))


def line(size: int, angle: float) -> npt.NDArray[np.float64]:
    """Weights of a line of ``size`` (odd) pixels through the middle, at ``angle`` degrees; [size, size], of sum 1.

    Example:
        >>> line(3, 0.0).round(3).tolist()
        [[0.0, 0.0, 0.0], [0.333, 0.333, 0.333], [0.0, 0.0, 0.0]]
    """
    radius = size // 2
    along = np.arange(-radius, radius + 1)
    x, y = along * np.cos(np.deg2rad(angle)) + radius, -along * np.sin(np.deg2rad(angle)) + radius
    weights = np.zeros((size + 1, size + 1))
    left, top = np.floor(x + 1e-9).astype(int), np.floor(y + 1e-9).astype(int)
    right, down = np.maximum(x - left, 0.0), np.maximum(y - top, 0.0)
    for dy, dx, share in ((0, 0, (1 - down) * (1 - right)), (0, 1, (1 - down) * right), (1, 0, down * (1 - right)),
                          (1, 1, down * right)):
        np.add.at(weights, (top + dy, left + dx), share / size)
    kept = np.where(weights[:size, :size] < 1e-8, 0.0, weights[:size, :size])  # what rounding left beside the line
    return np.asarray(kept / kept.sum())
