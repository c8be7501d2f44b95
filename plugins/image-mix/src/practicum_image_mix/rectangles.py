"""Rectangles for random erasing."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum import Keys
from practicum.errors import ConfigError

Ints = npt.NDArray[np.int64]
Range = tuple[float, float]

ATTEMPTS = 10
"""Tries to place one rectangle, as in timm and torchvision."""


def check_range(low_high: tuple[float, float], field: str, most: float = np.inf) -> None:
    """Raise unless a range is ordered and positive.

    Raises:
        ConfigError: it isn't 0 < low <= high <= most.
    """
    if not 0 < low_high[0] <= low_high[1] <= most:
        raise ConfigError(f"{field} {low_high} must be a lower and an upper bound, above 0"
                          + (f" and at most {most:g}" if most < np.inf else ""))


def erase_rectangles(keys: Keys, height: Any, width: Any, *, probability: float, area: Range, aspect: Range,
                     counts: tuple[int, int]) -> Ints:
    """Rectangles by the rule of Zhong et al. (arXiv:1708.04896) as timm has it.

    With ``probability``, a sample has between ``counts[0]`` and ``counts[1]`` rectangles, each of a uniform share of
    the image between ``area`` (divided by their number) and of a log-uniform ratio height / width between ``aspect``,
    drawn anew up to ten times until it is smaller than the image on both sides, at a uniform place inside.

    Args:
        keys: bound to the samples.
        height, width: of the images; one number, or int [N].

    Returns:
        y0, y1, x0, x1 (half open), zeros where there is none, int64 [N, counts[1], 4].
    """
    most = counts[1]
    chance = keys.uniform(2).astype(np.float64)
    number = counts[0] + (chance[:, 1] * (counts[1] - counts[0] + 1)).astype(np.int64)
    number = np.where(chance[:, 0] < probability, number, 0)
    u = keys.uniform(4 * ATTEMPTS * most, lane=1).astype(np.float64).reshape(len(number), most, ATTEMPTS, 4)
    rows, columns = (np.broadcast_to(np.asarray(v, dtype=np.int64), len(number))[:, None, None]
                     for v in (height, width))
    share = (area[0] + (area[1] - area[0]) * u[..., 0]) * rows * columns / np.maximum(number, 1)[:, None, None]
    low, high = np.log(aspect)
    ratio = np.exp(low + (high - low) * u[..., 1])
    tall, wide = (np.rint(np.sqrt(v)).astype(np.int64) for v in (share * ratio, share / ratio))
    fits = (tall < rows) & (wide < columns)
    first = np.argmax(fits, axis=2)[..., None]
    tall, wide = (np.take_along_axis(v, first, axis=2)[..., 0] for v in (tall, wide))
    u = np.take_along_axis(u, first[..., None], axis=2)[:, :, 0]
    top = (u[..., 2] * (rows[..., 0] - tall + 1)).astype(np.int64)
    left = (u[..., 3] * (columns[..., 0] - wide + 1)).astype(np.int64)
    found = np.stack([top, top + tall, left, left + wide], axis=-1)
    used = fits.any(axis=2) & (np.arange(most) < number[:, None]) & (tall > 0) & (wide > 0)
    return np.where(used[..., None], found, 0)
