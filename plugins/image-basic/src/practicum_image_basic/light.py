"""Brightness and contrast."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.operation import ImageOperation, Params, Size, as_float, back_to, per_sample

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey, ITU-R BT.601."""


class _Light(ImageOperation):
    """Draws a factor 1 + amount * (2 u - 1) per sample, so that a sweep over ``amount`` scales one draw."""

    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    amount: float = Field(default=0.3, ge=0.0, le=1.0, description="the factor is drawn from 1 - amount to 1 + amount")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"factor": 1.0 + self.amount * (2.0 * keys.uniform(1)[:, 0].astype(np.float64) - 1.0)}


class Brightness(_Light):
    """Multiplies all values by a factor drawn uniformly from 1 - ``amount`` to 1 + ``amount``, per sample.

    The operation is Pillow's ``ImageEnhance.Brightness``: a blend with black. Images are float in 0..1 or uint8
    (rounded to the nearest level).

    Example:
        >>> image = torch.tensor([0.25, 0.5]).reshape(1, 1, 1, 2)
        >>> out = Brightness(amount=0.5)(image, seed=0)
        >>> bool((out[..., 1] == 2 * out[..., 0]).all()), bool((out != image).all())
        (True, True)
    """

    name: ClassVar[str] = "image-basic/brightness"

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        x = as_float(images)
        return back_to(x * per_sample(params["factor"], x), images.dtype, self.clip)


class Contrast(_Light):
    """Multiplies the distance from the image's mean grey by a factor drawn from 1 - ``amount`` to 1 + ``amount``.

    The operation is Pillow's ``ImageEnhance.Contrast``, a blend with the mean grey, without its rounding of the mean to
    a whole level. The grey of three channels is 0.299 R + 0.587 G + 0.114 B; of another number, their mean.

    Example:
        >>> image = torch.tensor([0.25, 0.75]).reshape(1, 1, 1, 2)
        >>> out = Contrast(amount=0.5)(image, seed=1)
        >>> round(float(out.mean()), 6), bool(out[0, 0, 0, 0] < out[0, 0, 0, 1])
        (0.5, True)
    """

    name: ClassVar[str] = "image-basic/contrast"

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        x = as_float(images)
        factor, mean = per_sample(params["factor"], x), per_sample(mean_grey(images), x)
        return back_to(x * factor + mean * (1.0 - factor), images.dtype, self.clip)


def mean_grey(images: torch.Tensor) -> npt.NDArray[np.float64]:
    """Mean grey of each image [N], in 0..1; summed image by image, so that it doesn't depend on the batch."""
    scale = 255.0 if images.dtype == torch.uint8 else 1.0
    weights = np.array(LUMA if images.shape[1] == 3 else [1.0 / images.shape[1]] * images.shape[1])
    wide = images.to(torch.float64) if images.dtype == torch.bfloat16 else images
    channels = [[float(np.mean(c, dtype=np.float64)) for c in np.ascontiguousarray(image)]
                for image in wide.cpu().numpy()]
    return np.array([sum(w * m for w, m in zip(weights, means, strict=True)) for means in channels]) / scale
