"""Brightness, contrast and gamma."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.kernels.threads import in_threads
from practicum.keys import Keys
from practicum_image_basic.levels import on_levels
from practicum_image_basic.operation import ImageOperation, Params, Size, as_float, back_to, new_like, per_sample
from practicum_image_basic.ops.levels import look_up, sums

Floats = npt.NDArray[np.float64]

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey, ITU-R BT.601."""


def factors(amount: float, keys: Keys, position: int = 0) -> Floats:
    """1 + amount * (2 u - 1) with draw ``position`` of each sample, so that a sweep over ``amount`` scales one draw."""
    u = keys.uniform(1, start=position)[:, 0].astype(np.float64)
    return np.asarray(1.0 + amount * (2.0 * u - 1.0))


class _Light(ImageOperation):
    """Draws a factor per sample."""

    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.1, 0.3, 0.5)}
    amount: float = Field(default=0.3, ge=0.0, le=1.0, description="the factor is drawn from 1 - amount to 1 + amount")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"factor": factors(self.amount, keys)}


class Brightness(_Light):
    """Multiplies all values by a factor drawn uniformly from 1 - ``amount`` to 1 + ``amount``, per sample.

    The operation is Pillow's ``ImageEnhance.Brightness``: a blend with black. Images are float in 0..1 or uint8
    (rounded to the nearest level, where Pillow cuts: one level apart at most).

    Example:
        >>> image = torch.tensor([0.25, 0.5]).reshape(1, 1, 1, 2)
        >>> out = Brightness(amount=0.5)(image, seed=0)
        >>> bool((out[..., 1] == 2 * out[..., 0]).all()), bool((out != image).all())
        (True, True)
    """

    name: ClassVar[str] = "image-basic/brightness"

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return brightened(images, params["factor"], self.clip)


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
        return contrasted(images, params["factor"], self.clip)


class Gamma(ImageOperation):
    """Raises values in 0..1 to a power g, drawn per sample between 1 / (1 + ``amount``) and 1 + ``amount``.

    g is (1 + amount) to the power 2 u - 1: as often darker as lighter, and a sweep over ``amount`` shares its draws.
    uint8 is worked on as v / 255 and rounded to the nearest level; negative float values become 0.

    Example:
        >>> image = torch.tensor([0.0, 0.25, 1.0]).reshape(1, 1, 1, 3)
        >>> out = Gamma(amount=1.0)(image, seed=0)
        >>> out[..., 0].item(), out[..., 2].item(), bool(out[..., 1] != 0.25)
        (0.0, 1.0, True)
    """

    name: ClassVar[str] = "image-basic/gamma"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.2, 0.5, 1.0)}
    amount: float = Field(default=0.3, ge=0.0, le=10.0, description="the power lies between 1 / (1 + amount) and 1 + "
                                                                    "amount; 0 leaves the image as it is")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"gamma": (1.0 + self.amount) ** (2.0 * keys.uniform(1)[:, 0].astype(np.float64) - 1.0)}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        if images.dtype == torch.uint8:
            levels = (np.arange(256) / 255.0) ** params["gamma"][:, None]
            return look_up(images, np.rint(255.0 * levels).astype(np.uint8))
        if images.device.type != "cpu":
            return on_levels(lambda x, g: torch.where(g == 1.0, x, x.clamp(min=0.0) ** g), images,
                             params["gamma"].reshape(-1, 1, 1, 1), clip=self.clip)
        out = new_like(images)

        def work(first: int, last: int) -> None:
            # NumPy's powers: torch's differ in the last bit between the middle and the end of what a thread is given.
            for row in range(first, last):
                x, g = as_float(images[row]).contiguous().numpy(), params["gamma"][row]
                done = x if g == 1.0 else np.power(np.maximum(x, 0), x.dtype.type(g))
                out[row] = torch.from_numpy(np.clip(done, 0.0, 1.0) if self.clip else done)

        in_threads(work, len(images), images.numel())
        return out


def scaled(images: torch.Tensor, factor: Floats, offset: Floats, clip: bool = True) -> torch.Tensor:
    """``images * factor + offset`` in units of 0..1; uint8 by a table of its 256 levels for each image."""
    if images.dtype == torch.uint8:
        x = torch.arange(256, dtype=torch.float32).reshape(1, 1, 1, 256) / 255.0
        tables = back_to(x * per_sample(factor, x) + per_sample(offset, x), torch.uint8, clip)
        return look_up(images, tables.reshape(-1, 256).numpy())
    if images.device.type != "cpu":
        x = as_float(images)
        return back_to(x * per_sample(factor, x) + per_sample(offset, x), images.dtype, clip)
    out = new_like(images)
    for row in range(len(images)):  # one image at a time stays in the cache from step to step
        x = as_float(images[row])
        x = x * torch.tensor(factor[row], dtype=x.dtype) + torch.tensor(offset[row], dtype=x.dtype)
        out[row] = x.clamp_(0.0, 1.0) if clip else x
    return out


def brightened(images: torch.Tensor, factor: Floats, clip: bool = True) -> torch.Tensor:
    """Images [N, C, H, W] times ``factor`` [N]."""
    return scaled(images, factor, np.zeros(len(images)), clip)


def contrasted(images: torch.Tensor, factor: Floats, clip: bool = True) -> torch.Tensor:
    """The distance from the mean grey of images [N, C, H, W] times ``factor`` [N]."""
    return scaled(images, factor, mean_grey(images) * (1.0 - factor), clip)


def mean_grey(images: torch.Tensor) -> Floats:
    """Mean grey of each image [N], in 0..1; summed image by image, so that it doesn't depend on the batch."""
    count = images.shape[1]
    weights = np.array(LUMA if count == 3 else [1.0 / count] * count)
    if images.dtype == torch.uint8:
        channels = sums(images) / (255.0 * images.shape[2] * images.shape[3])
    else:
        wide = images.cpu() if images.dtype in (torch.float32, torch.float64) else images.cpu().to(torch.float32)
        channels = np.array([[np.mean(plane, dtype=np.float64) for plane in np.ascontiguousarray(image)]
                             for image in wide.numpy()]).reshape(-1, count)
    grey = np.zeros(len(images))
    for channel, weight in enumerate(weights):  # one fixed order, unlike a matrix product's
        grey += weight * channels[:, channel]
    return grey
