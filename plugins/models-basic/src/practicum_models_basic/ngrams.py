"""Words of a text, and the hashed buckets of a word and of its character n-grams."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

_WORD = re.compile(r"\w+|[^\w\s]")
_BASIS, _PRIME = np.uint32(2166136261), np.uint32(16777619)


def words_of(text: str, lower: bool) -> list[str]:
    """Runs of letters, digits and ``_``, and every other visible character by itself.

    Example:
        >>> words_of("Don't panic!", True)
        ['don', "'", 't', 'panic', '!']
    """
    return _WORD.findall(text.lower() if lower else text)


@njit(cache=True)
def _hash(points: Any, start: int, stop: int, salt: Any) -> Any:
    """FNV-1a, 32 bits, over the four little-endian bytes of each code point, from a salted basis."""
    value = np.uint32(_BASIS ^ salt)
    for i in range(start, stop):
        point = points[i]
        for shift in (0, 8, 16, 24):
            value = np.uint32((value ^ np.uint32((point >> shift) & 0xFF)) * _PRIME)
    return value


@njit(cache=True)
def _fill(points: Any, offsets: Any, low: int, high: int, buckets: Any, bounds: Any, out: Any) -> None:
    at = 0
    for word in range(len(offsets) - 1):
        start, stop = offsets[word], offsets[word + 1]
        out[at] = np.int64(_hash(points, start, stop, np.uint32(0x9E3779B9)) % buckets)
        at += 1
        for n in range(low, high + 1):
            for first in range(start, stop - n + 1):
                out[at] = np.int64(_hash(points, first, first + n, np.uint32(0)) % buckets)
                at += 1
        bounds[word + 1] = at


def buckets_of(words: Sequence[str], low: int, high: int, buckets: int
               ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The buckets of each word: of the word itself, then of its character n-grams with ``<`` and ``>`` around it.

    Args:
        words: distinct or not.
        low, high: shortest and longest n-gram in code points; ``high`` below ``low`` for none.
        buckets: table size.

    Returns:
        bounds int64 [W+1] and buckets int64, those of word ``w`` being ``found[bounds[w]:bounds[w+1]]``.

    Example:
        >>> bounds, found = buckets_of(["a", "word"], 3, 4, 1000)
        >>> bounds.tolist()
        [0, 2, 10]
    """
    marked = [f"<{w}>" for w in words]
    lengths = np.array([len(w) for w in marked], dtype=np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    points = np.frombuffer("".join(marked).encode("utf-32-le"), dtype=np.uint32)
    grams = sum(int(np.maximum(lengths - n + 1, 0).sum()) for n in range(low, high + 1))
    bounds, found = np.zeros(len(words) + 1, np.int64), np.empty(grams + len(words), np.int64)
    _fill(points, offsets, low, high, np.uint32(buckets), bounds, found)
    return bounds, found
