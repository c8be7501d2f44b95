"""Normalisation to standard scores."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from pydantic import Field, field_validator

from practicum.errors import DataError
from practicum.keys import Keys
from practicum_image_basic.operation import ImageOperation, Params
from practicum_image_basic.ops.normalize import normalize


class Normalize(ImageOperation):
    """Subtracts a mean and divides by a standard deviation, channel by channel; nothing is drawn.

    ``mean`` and ``std`` are in units of the range 0..1, one number for each channel or one for all; the defaults are
    ImageNet's. uint8 images become float32 in the same pass; float images keep their dtype.

    Example:
        >>> white = torch.full((1, 3, 1, 1), 255, dtype=torch.uint8)
        >>> out = Normalize()(white)
        >>> out.dtype, [round(v, 4) for v in out.flatten().tolist()]
        (torch.float32, [2.2489, 2.4286, 2.64])
    """

    name: ClassVar[str] = "image-basic/normalize"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    mean: tuple[float, ...] = Field(default=(0.485, 0.456, 0.406), min_length=1, description="of each channel, or one "
                                                                                             "for all")
    std: tuple[float, ...] = Field(default=(0.229, 0.224, 0.225), min_length=1, description="of each channel, or one "
                                                                                            "for all; above 0")

    @field_validator("std")
    @classmethod
    def _positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if min(value) <= 0:
            raise ValueError("every standard deviation must be above 0")
        return value

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        channels = images.shape[1]
        for field, given in (("mean", self.mean), ("std", self.std)):
            if len(given) not in (1, channels):
                raise DataError(f"{self.name}: {field} has {len(given)} numbers and the images have {channels} "
                                "channels: give one for each channel, or one for all")
        return normalize(images, np.resize(np.array(self.mean), channels), np.resize(np.array(self.std), channels))
