"""Compiled loops over uint8 images: tables of levels, and exact sums."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def look_up(x: Any, tables: Any, out: Any) -> None:
    """Replace each value of image n by its entry in table n; x and out uint8 [N, M], tables uint8 [N, 256]."""
    for n in range(x.shape[0]):
        table = tables[n]
        for i in range(x.shape[1]):
            out[n, i] = table[x[n, i]]


@njit(cache=True)
def sums(x: Any) -> Any:
    """Sums over the last axis of uint8 [N, C, M], int64 [N, C]."""
    total = np.zeros(x.shape[:2], np.int64)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            plane, found = x[n, c], np.int64(0)
            for i in range(len(plane)):
                found += np.int64(plane[i])
            total[n, c] = found
    return total
