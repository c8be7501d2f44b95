"""Brightness and contrast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table


class Brightness(Corruption):
    """Adds a constant to the value of HSV, hue and saturation kept; nothing is drawn.

    The value of HSV is the largest channel, so the channels are multiplied by its new value over its old one; black
    becomes grey. An image of one channel is its own value.

    Example:
        >>> import numpy as np
        >>> Brightness(severity=2, scale="imagenet")(np.full((1, 1, 2, 2), 0.5))[0, 0, 0].round(6).tolist()
        [0.7, 0.7]
    """

    name: ClassVar[str] = "image-corruptions/brightness"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": (0.1, 0.2, 0.3, 0.4, 0.5), "cifar": (0.05, 0.1, 0.15, 0.2, 0.3)}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        value = image.max(axis=2, keepdims=True)
        wanted = np.clip(value + constant, 0.0, 1.0)
        return np.asarray(np.where(value > 0.0, image * wanted / np.where(value > 0.0, value, 1.0), wanted))


class Contrast(Corruption):
    """Multiplies the distance from each channel's mean by the constant; nothing is drawn.

    Example:
        >>> import numpy as np
        >>> Contrast(severity=1, scale="imagenet")(np.array([[[[0.0, 1.0]]]])).round(6).tolist()
        [[[[0.3, 0.7]]]]
    """

    name: ClassVar[str] = "image-corruptions/contrast"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": (0.4, 0.3, 0.2, 0.1, 0.05), "cifar": (0.75, 0.5, 0.4, 0.3, 0.15)}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        mean = image.mean(axis=(0, 1), keepdims=True)
        return np.asarray((image - mean) * constant + mean)
