"""Frost, and the procedural crystals that stand in for photographs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from scipy.spatial import cKDTree

from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table
from practicum_image_corruptions.fog import plasma, sampled

CELLS = (24, 96, 384)
"""Crystals of each of the three generations: each has half the size of the one before."""
TINT = (0.86, 0.93, 1.0)
"""Ice is a little blue: factors of red, green and blue."""


def crystals(height: int, width: int, draws: Draws) -> F64:
    """A texture of ice in 0..1, [height, width]: facets of cellular noise in three generations, patchy by a fractal.

    Each generation strews points over the image; a pixel is bright where it is about as far from its second nearest
    point as from its nearest, which draws the crystals' ridges, and each crystal has a brightness of its own. Finer
    generations count half. A plasma fractal says where the ice is thick. The result is stretched to 0..1.

    Example:
        >>> import practicum as pm
        >>> draws = Draws(pm.Keys(0).bind(pm.Batch.of(["x"]).ids))
        >>> ice = crystals(16, 24, draws)
        >>> ice.shape, float(ice.min()), float(ice.max())
        ((16, 24), 0.0, 1.0)
    """
    longest = max(height, width)
    pixels = (np.mgrid[:height, :width].reshape(2, -1).T + 0.5) / longest
    ice, weight = np.zeros(height * width), 1.0
    for generation, count in enumerate(CELLS):
        points = draws.uniform(count, 2, lane=100 + generation)
        shade = draws.uniform(count, lane=200 + generation)
        near, which = cKDTree(points).query(pixels, k=2)
        ridge = np.exp(-(near[:, 1] - near[:, 0]) * np.sqrt(count) * 6.0)
        ice += weight * (0.6 * ridge + 0.4 * shade[which[:, 0]])
        weight /= 2.0
    size = 1 << max(1, int(np.ceil(np.log2(longest))))
    thick = plasma(size, 1.6, sampled(draws, lane=300))[:height, :width].ravel()
    ice *= 0.35 + 0.65 * thick
    low, high = ice.min(), ice.max()
    return np.asarray((ice - low) / (high - low if high > low else 1.0)).reshape(height, width)


class Frost(Corruption):
    """Blends the image with ice crystals: ``c0 * image + c1 * ice``.

    The constants are both weights. **Not the published frost**: that blends crops of six photographs of frosted
    glass, which aren't shipped here; the weights are the published ones, the ice is :func:`crystals`, drawn per
    sample. Don't compare its error with figures from ImageNet-C.

    Example:
        >>> import numpy as np
        >>> black = np.zeros((2, 3, 32, 32), np.float32)
        >>> out = Frost(severity=5, scale="imagenet")(black)
        >>> round(float(out[0].max()), 2), bool((out[0] != out[1]).any())
        (0.75, True)
    """

    name: ClassVar[str] = "image-corruptions/frost"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": ((1.0, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)),
        "cifar": ((1.0, 0.2), (1.0, 0.3), (0.9, 0.4), (0.85, 0.4), (0.75, 0.45))}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        height, width, channels = image.shape
        tint = np.array(TINT) if channels == 3 else np.ones(channels)
        return np.asarray(constant[0] * image + constant[1] * crystals(height, width, draws)[:, :, None] * tint)
