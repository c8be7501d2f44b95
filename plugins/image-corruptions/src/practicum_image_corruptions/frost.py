"""Frost, and the procedural crystals that stand in for photographs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numba import njit

from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table
from practicum_image_corruptions.fog import plasma, sampled

CELLS = (5, 10, 20)
"""Crystals along the longer side in each of the three generations."""
TINT = (0.86, 0.93, 1.0)
"""Ice is a little blue: factors of red, green and blue."""


def crystals(height: int, width: int, draws: Draws) -> F64:
    """A texture of ice in 0..1, [height, width]: facets of cellular noise in three generations, patchy by a fractal.

    Each generation strews points, one in each cell of a grid; a pixel is bright where it is about as far from its
    second nearest point as from its nearest, which draws the crystals' ridges, and each crystal has a brightness of its
    own. Finer generations count half. A plasma fractal says where the ice is thick. The result is stretched to 0..1.

    Example:
        >>> import practicum as pm
        >>> draws = Draws(pm.Keys(0).bind(pm.Batch.of(["x"]).ids))
        >>> ice = crystals(16, 24, draws)
        >>> ice.shape, float(ice.min()), float(ice.max())
        ((16, 24), 0.0, 1.0)
    """
    longest = max(height, width)
    ice, weight = np.zeros((height, width)), 1.0
    gap, shade = np.empty((height, width)), np.empty((height, width))
    for generation, count in enumerate(CELLS):
        cells = draws.uniform(count, count, 3, lane=100 + generation)
        facets(cells, longest / count, gap, shade)
        ice += weight * (0.6 * np.exp(-6.0 * gap) + 0.4 * shade)
        weight /= 2.0
    size = 1 << max(1, int(np.ceil(np.log2(longest))))
    thick = plasma(size, 1.6, sampled(draws, lane=300))[:height, :width]
    ice *= 0.35 + 0.65 * thick
    low, high = ice.min(), ice.max()
    return np.asarray((ice - low) / (high - low if high > low else 1.0))


@njit(cache=True)
def facets(cells: Any, size: float, gap: Any, shade: Any) -> None:
    """Cellular noise: how much farther the second nearest point is than the nearest, and the nearest one's shade.

    Args:
        cells: float64 [n, n, 3] in 0..1: place inside its cell (row, column) and shade of each cell's point.
        size: pixels along a cell.
        gap: float64 [H, W], written, in cells; H and W are at most n * size.
        shade: float64 [H, W], written.
    """
    count = cells.shape[0]
    for y in range(gap.shape[0]):
        for x in range(gap.shape[1]):
            row, column = (y + 0.5) / size, (x + 0.5) / size
            first, second, best = 1e9, 1e9, 0.0
            for j in range(max(0, int(row) - 2), min(count, int(row) + 3)):
                for i in range(max(0, int(column) - 2), min(count, int(column) + 3)):
                    away = np.sqrt((j + cells[j, i, 0] - row) ** 2 + (i + cells[j, i, 1] - column) ** 2)
                    if away < first:
                        first, second, best = away, first, cells[j, i, 2]
                    elif away < second:
                        second = away
            gap[y, x] = second - first
            shade[y, x] = best


class Frost(Corruption):
    """Blends the image with ice crystals: ``c0 * image + c1 * ice``.

    The constants are both weights. **Not the published frost**: that blends crops of photographs of frosted
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
