"""Fog, and the plasma fractal that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table


def plasma(size: int, decay: float, uniform: Callable[[int, int], F64]) -> F64:
    """A periodic plasma fractal in 0..1 by midpoint displacement (diamond-square), [size, size].

    Args:
        size: a power of two.
        decay: displacements shrink by ``decay ** 2`` from level to level, as in the released code, which multiplies a
            draw from -w..w by w and divides w by the decay.
        uniform: gives uniform draws in [0, 1), [n, n].

    Example:
        >>> field = plasma(8, 2.0, lambda n, m: np.full((n, m), 0.75))
        >>> float(field.min()), float(field.max())
        (0.0, 1.0)
    """
    field, step, reach = np.zeros((size, size)), size, 1.0
    while step >= 2:
        half, n = step // 2, size // step
        corners = field[::step, ::step]
        middles = (corners + np.roll(corners, -1, 0) + np.roll(corners, -1, 1) + np.roll(corners, (-1, -1), (0, 1))) / 4
        field[half::step, half::step] = middles + reach * (2.0 * uniform(n, n) - 1.0)
        middles = field[half::step, half::step]
        sides = (corners + np.roll(corners, -1, 1) + middles + np.roll(middles, 1, 0)) / 4
        field[::step, half::step] = sides + reach * (2.0 * uniform(n, n) - 1.0)
        sides = (corners + np.roll(corners, -1, 0) + middles + np.roll(middles, 1, 1)) / 4
        field[half::step, ::step] = sides + reach * (2.0 * uniform(n, n) - 1.0)
        step, reach = half, reach / decay**2
    low, high = field.min(), field.max()
    return np.asarray((field - low) / (high - low if high > low else 1.0))


def sampled(draws: Draws, *, lane: int) -> Callable[[int, int], F64]:
    """Uniform draws for :func:`plasma`, each call from the next lane."""
    turn = iter(range(lane, lane + 1000))
    return lambda n, m: draws.uniform(n, m, lane=next(turn))


class Fog(Corruption):
    """Adds a plasma fractal to all channels and scales the sum so that the image's maximum stays.

    The constants are the fog's weight and the decay of the fractal. The fractal is made on the least power of two that
    holds the image, and its first rows and columns are taken.

    Example:
        >>> import numpy as np
        >>> black = np.zeros((1, 1, 32, 32)); black[0, 0, 0, 0] = 1.0
        >>> out = Fog(severity=5, scale="imagenet")(black)
        >>> float(out.max()) <= 1.0, float(out.mean()) > 0.2
        (True, True)
    """

    name: ClassVar[str] = "image-corruptions/fog"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": ((1.5, 2), (2.0, 2), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4)),
        "cifar": ((0.2, 3), (0.5, 3), (0.75, 2.5), (1.0, 2), (1.5, 1.75))}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        weight, decay = constant
        height, width = image.shape[:2]
        size = 1 << max(1, int(np.ceil(np.log2(max(height, width)))))
        layer = plasma(size, decay, sampled(draws, lane=0))[:height, :width, None]
        most = image.max()
        return np.asarray((image + weight * layer) * most / (most + weight))
