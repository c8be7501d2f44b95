"""Gaussian noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.operation import ImageOperation, Params
from practicum_image_basic.ops.noise import add_noise


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
