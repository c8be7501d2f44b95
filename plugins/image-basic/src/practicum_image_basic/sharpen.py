"""Sharpness and unsharp masking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.light import factors
from practicum_image_basic.operation import ImageOperation, Params, Size
from practicum_image_basic.ops.blur import gaussian_blur
from practicum_image_basic.ops.sharpness import blend, sharpen


class Sharpness(ImageOperation):
    """Multiplies the distance from the smoothed image by a factor drawn from 1 - ``amount`` to 1 + ``amount``.

    The operation is Pillow's ``ImageEnhance.Sharpness``, a blend with ``ImageFilter.SMOOTH``: at most one level apart
    on uint8, where Pillow cuts the result and here it is rounded. Pixels at the border stay as they are.

    Example:
        >>> dot = torch.zeros(1, 1, 3, 3)
        >>> dot[0, 0, 1, 1] = 0.5
        >>> out = Sharpness(amount=0.5)(dot, seed=0)
        >>> 0.0 < float(out[0, 0, 1, 1]) != 0.5, int((out != 0).sum())
        (True, 1)
    """

    name: ClassVar[str] = "image-basic/sharpness"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.25, 0.5, 1.0)}
    amount: float = Field(default=0.5, ge=0.0, le=1.0, description="the factor is drawn from 1 - amount to 1 + amount")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"factor": factors(self.amount, keys)}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return sharpen(images, params["factor"], clip=self.clip)


class UnsharpMask(ImageOperation):
    """Adds the difference from the Gaussian-blurred image, times a factor drawn from 0 to ``amount``.

    out = x + factor * (x - blur(x)), with the blur of ``image-basic/gaussian-blur``, rounded to levels on uint8;
    Pillow's ``ImageFilter.UnsharpMask`` is the same with three box blurs in place of the Gaussian, a factor in percent,
    and a threshold.

    Example:
        >>> step = torch.tensor([0.2, 0.2, 0.2, 0.8, 0.8, 0.8]).reshape(1, 1, 1, 6)
        >>> out = UnsharpMask(amount=2.0)(step, seed=1)
        >>> bool(out[..., 2] < 0.2), bool(out[..., 3] > 0.8)
        (True, True)
    """

    name: ClassVar[str] = "image-basic/unsharp-mask"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.5, 1.0, 2.0)}
    amount: float = Field(default=1.0, ge=0.0, le=10.0, description="largest factor; 0 leaves the image as it is")
    sigma: float = Field(default=1.0, gt=0.0, le=100.0, description="deviation of the blur, in pixels")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"factor": self.amount * keys.uniform(1)[:, 0].astype(np.float64)}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return blend(images, gaussian_blur(images, self.sigma), -params["factor"], clip=self.clip)
