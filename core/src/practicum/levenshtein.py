"""Exact Levenshtein distance between texts, in characters (Wagner & Fischer 1974, doi 10.1145/321796.321811)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit


@njit(cache=True)
def _distance(a: Any, b: Any) -> Any:
    start, m, n = 0, len(a), len(b)
    while start < m and start < n and a[start] == b[start]:
        start += 1
    while m > start and n > start and a[m - 1] == b[n - 1]:
        m, n = m - 1, n - 1
    row = np.arange(n - start + 1)
    for i in range(start, m):
        diagonal = row[0]
        row[0] += 1
        for j in range(start, n):
            above = row[j - start + 1]
            step = min(above, row[j - start]) + 1
            change = diagonal + (0 if a[i] == b[j] else 1)
            row[j - start + 1] = min(step, change)
            diagonal = above
    return row[n - start]


def levenshtein(before: Sequence[str], after: Sequence[str]) -> npt.NDArray[np.float64]:
    """The fewest insertions, deletions and replacements of one character that turn each text into the other.

    Args:
        before, after: N texts each.

    Returns:
        float64 [N].

    Example:
        >>> levenshtein(["kitten", "", "same"], ["sitting", "ab", "same"])
        array([3., 2., 0.])
    """
    return np.array([0 if a == b else _distance(_points(a), _points(b)) for a, b in zip(before, after, strict=True)],
                    dtype=np.float64)


def _points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
