"""Colour jitter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.colour import has_colours
from practicum_image_basic.operation import ImageOperation, Params, Size
from practicum_image_basic.ops.jitter import jitter


class ColorJitter(ImageOperation):
    """Changes brightness, contrast, saturation and hue by amounts, and in an order, drawn for each sample.

    Draws 0, 1 and 2 give the factors of brightness, contrast and saturation, uniform in 1 - field .. 1 + field; draw 3
    the turn of the hue, uniform in -hue .. hue; draws 4..7, sorted, the order. Each change is that of
    ``image-basic/brightness``, ``contrast``, ``saturation`` and ``hue``, rounded on its own on uint8. A field of 0
    leaves its change out; the other draws stay. Images of one channel have no saturation and hue to change.

    The log holds factors, turn and ``order``: 0 brightness, 1 contrast, 2 saturation, 3 hue.

    Example:
        >>> image = torch.tensor([0.8, 0.4, 0.2]).reshape(1, 3, 1, 1)
        >>> bool((ColorJitter()(image, seed=0) != image).any())
        True
        >>> still = ColorJitter(brightness=0, contrast=0, saturation=0, hue=0)
        >>> torch.allclose(still(image, seed=0), image)
        True
    """

    name: ClassVar[str] = "image-basic/color-jitter"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"brightness": (0.2, 0.4, 0.8)}
    brightness: float = Field(default=0.4, ge=0.0, le=1.0, description="factor from 1 - brightness to 1 + brightness")
    contrast: float = Field(default=0.4, ge=0.0, le=1.0, description="factor from 1 - contrast to 1 + contrast")
    saturation: float = Field(default=0.4, ge=0.0, le=1.0, description="factor from 1 - saturation to 1 + saturation")
    hue: float = Field(default=0.1, ge=0.0, le=0.5, description="largest turn of the hue, in full circles")
    clip: bool = Field(default=True, description="clip float images to 0..1 after each change; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        spread = 2.0 * keys.uniform(4).astype(np.float64) - 1.0
        return {"brightness": 1.0 + self.brightness * spread[:, 0], "contrast": 1.0 + self.contrast * spread[:, 1],
                "saturation": 1.0 + self.saturation * spread[:, 2], "hue": self.hue * spread[:, 3],
                "order": np.argsort(keys.words(4, start=4), axis=1, kind="stable")}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        has_colours(images, self.name)
        amounts = np.stack([params[k] for k in ("brightness", "contrast", "saturation", "hue")], axis=1)
        return jitter(images, params["order"], amounts, clip=self.clip)
