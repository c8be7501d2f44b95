"""Gaussian noise, speckle, salt and pepper, shot noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.operation import ImageOperation, Params
from practicum_image_basic.ops.noise import add_noise
from practicum_image_basic.ops.specks import count_photons, salt_and_pepper


class GaussianNoise(ImageOperation):
    """Adds ``std`` times a standard normal draw to every value, independently.

    Draw ``(c * H + y) * W + x`` of the sample's key is that of value (c, y, x), by the Box-Muller form of
    ``Keys.normal``; so a sweep over ``std`` scales one and the same noise. Images are float in 0..1 or uint8 (whose
    values stand for v / 255; the sum is rounded to the nearest level). Works in float32, in float64 on float64 images.

    The noise model is that of Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions
    and Perturbations", arXiv:1903.12261, with a free ``std`` in place of its five severities.

    Example:
        >>> images = torch.full((1, 1, 1, 4), 0.5)
        >>> out = GaussianNoise(std=0.1)(images, seed=0)
        >>> bool((out != images).all()), tuple(out.shape)
        (True, (1, 1, 1, 4))
        >>> torch.equal(GaussianNoise(std=0.0)(images, seed=0), images)
        True
    """

    name: ClassVar[str] = "image-basic/gaussian-noise"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"std": (0.05, 0.1, 0.2)}
    std: float = Field(default=0.1, ge=0.0, description="standard deviation, in units of the range 0..1")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return add_noise(images, self.std, keys, clip=self.clip)


class Speckle(ImageOperation):
    """Multiplies every value by 1 + ``std`` times a standard normal draw, independently.

    Draws are those of ``image-basic/gaussian-noise``: number ``(c * H + y) * W + x`` of the sample's key. Images are
    float in 0..1 or uint8 (rounded to the nearest level). The noise is the speckle of Hendrycks and Dietterich,
    arXiv:1903.12261, with a free ``std``.

    Example:
        >>> images = torch.tensor([0.0, 0.5]).reshape(1, 1, 1, 2)
        >>> out = Speckle(std=0.1)(images, seed=0)
        >>> float(out[..., 0]), bool(out[..., 1] != 0.5)
        (0.0, True)
    """

    name: ClassVar[str] = "image-basic/speckle"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"std": (0.15, 0.3, 0.6)}
    std: float = Field(default=0.15, ge=0.0, description="standard deviation of the factor")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return add_noise(images, self.std, keys, clip=self.clip, speckle=True)


class SaltAndPepper(ImageOperation):
    """Sets a share ``amount`` of the pixels to white or black, in all channels.

    Word ``y * W + x`` of the sample's key is that of pixel (y, x): its upper 24 bits decide whether, its lower 8 bits
    which; so the pixels hit at one ``amount`` are also hit, and alike, at every larger one. The impulse noise of
    Hendrycks and Dietterich, arXiv:1903.12261, hits each channel on its own instead.

    Example:
        >>> out = SaltAndPepper(amount=0.5)(torch.full((1, 3, 20, 20), 0.5), seed=0)
        >>> sorted(set(out.flatten().tolist())), 0.4 < float((out != 0.5).float().mean()) < 0.6
        ([0.0, 0.5, 1.0], True)
    """

    name: ClassVar[str] = "image-basic/salt-and-pepper"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.02, 0.05, 0.1)}
    amount: float = Field(default=0.05, ge=0.0, le=1.0, description="share of the pixels")
    salt: float = Field(default=0.5, ge=0.0, le=1.0, description="share of white among them, in steps of 1 / 256")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return salt_and_pepper(images, self.amount, self.salt, keys)


class ShotNoise(ImageOperation):
    """Replaces each value x by a Poisson count of mean ``photons`` * x, over ``photons``.

    Counts are drawn exactly, by inverting the distribution function at word ``(c * H + y) * W + x`` of the sample's
    key; so noise at any number of photons shares its draws. The shot noise of Hendrycks and Dietterich,
    arXiv:1903.12261, whose severities are 60, 25, 12, 5 and 3 photons; fewer is stronger, and there is no number that
    leaves the image as it is. Results are clipped to 0..1; uint8 is rounded to the nearest level.

    Example:
        >>> out = ShotNoise(photons=10)(torch.full((1, 1, 40, 40), 0.5), seed=0)
        >>> 0.47 < float(out.mean()) < 0.53, 0.2 < float(out.std()) < 0.25
        (True, True)
    """

    name: ClassVar[str] = "image-basic/shot-noise"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"photons": (60.0, 25.0, 12.0)}
    photons: float = Field(default=60.0, gt=0.0, le=500.0, description="mean count at white")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return count_photons(images, self.photons, keys)
