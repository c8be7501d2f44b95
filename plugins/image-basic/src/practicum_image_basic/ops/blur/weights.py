"""Weights of the filter, and where its taps read beyond the border."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Border = Literal["reflect", "symmetric", "edge"]


def gaussian_weights(sigma: float, truncate: float) -> npt.NDArray[np.float64]:
    """exp(-k^2 / (2 sigma^2)) for k in -r..r with r = int(truncate * sigma + 0.5), scaled to sum 1.

    Example:
        >>> gaussian_weights(0.5, 2.0).round(4).tolist()
        [0.1065, 0.787, 0.1065]
    """
    radius = int(truncate * sigma + 0.5)
    if radius == 0:
        return np.ones(1)
    k = np.arange(-radius, radius + 1, dtype=np.float64)
    w = np.exp(-0.5 * (k / sigma) ** 2)
    return np.asarray(w / w.sum())


def sources(size: int, radius: int, border: Border) -> npt.NDArray[np.int64]:
    """Which pixel stands at each place of a line padded by ``radius`` on both sides, int64 [size + 2 * radius]."""
    return np.asarray(np.pad(np.arange(size), radius, mode=border), dtype=np.int64)
