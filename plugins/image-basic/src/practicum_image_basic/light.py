"""Brightness and contrast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.levels import look_up, sums
from practicum_image_basic.operation import ImageOperation, Params, Size, as_float, back_to, new_like, per_sample

Floats = npt.NDArray[np.float64]

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey, ITU-R BT.601."""


class _Light(ImageOperation):
    """Draws a factor 1 + amount * (2 u - 1) per sample, so that a sweep over ``amount`` scales one draw."""

    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.1, 0.3, 0.5)}
    amount: float = Field(default=0.3, ge=0.0, le=1.0, description="the factor is drawn from 1 - amount to 1 + amount")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"factor": 1.0 + self.amount * (2.0 * keys.uniform(1)[:, 0].astype(np.float64) - 1.0)}

    def scaled(self, images: torch.Tensor, factor: Floats, offset: Floats) -> torch.Tensor:
        """``images * factor + offset``; uint8 by a table of its 256 levels for each image."""
        if images.device.type != "cpu":
            x = as_float(images)
            return back_to(x * per_sample(factor, x) + per_sample(offset, x), images.dtype, self.clip)
        if images.dtype == torch.uint8:
            x = torch.arange(256, dtype=torch.float32).reshape(1, 1, 1, 256) / 255.0
            tables = back_to(x * per_sample(factor, x) + per_sample(offset, x), torch.uint8, self.clip)
            out = new_like(images)
            look_up(images.contiguous().reshape(len(images), -1).numpy(), tables.reshape(-1, 256).numpy(),
                    out.reshape(len(images), -1).numpy())
            return out
        out = new_like(images)
        for row in range(len(images)):  # one image at a time stays in the cache from step to step
            x = as_float(images[row])
            x = x * torch.tensor(factor[row], dtype=x.dtype) + torch.tensor(offset[row], dtype=x.dtype)
            out[row] = x.clamp_(0.0, 1.0) if self.clip else x
        return out


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
        return self.scaled(images, params["factor"], np.zeros(len(images)))


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
        return self.scaled(images, params["factor"], mean_grey(images) * (1.0 - params["factor"]))


def mean_grey(images: torch.Tensor) -> Floats:
    """Mean grey of each image [N], in 0..1; summed image by image, so that it doesn't depend on the batch."""
    count = images.shape[1]
    weights = np.array(LUMA if count == 3 else [1.0 / count] * count)
    if images.dtype == torch.uint8:
        planes = images.cpu().contiguous().flatten(2).numpy()
        channels = sums(planes) / (255.0 * planes.shape[2])
    else:
        wide = images.cpu() if images.dtype in (torch.float32, torch.float64) else images.cpu().to(torch.float32)
        channels = np.array([[np.mean(plane, dtype=np.float64) for plane in np.ascontiguousarray(image)]
                             for image in wide.numpy()]).reshape(-1, count)
    grey = np.zeros(len(images))
    for channel, weight in enumerate(weights):  # one fixed order, unlike a matrix product's
        grey += weight * channels[:, channel]
    return grey
