"""A sorting network over lines of uint8: exchanges of whole rows vectorise, and there are no branches.

The network is Batcher's odd-even merge sort (doi 10.1145/1468075.1468121), without the exchanges that the median
doesn't depend on.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numba import njit

from practicum.kernels.threads import in_threads
from practicum_image_basic.operation import new_like

_BLOCK = 24 << 10  # bytes that are sorted at a time: they stay in the first-level cache


@cache
def network(count: int) -> npt.NDArray[np.int64]:
    """Exchanges [E, 2] after which place ``count // 2`` holds the median: the smaller goes to the first place.

    Example:
        >>> values = [5, 1, 4, 2, 3]
        >>> for a, b in network(5).tolist():
        ...     values[a], values[b] = min(values[a], values[b]), max(values[a], values[b])
        >>> values[2]
        3
    """
    pairs: list[tuple[int, int]] = []
    p = 1
    while p < count:
        k = p
        while k >= 1:
            for j in range(k % p, count - k, 2 * k):
                pairs += [(i + j, i + j + k) for i in range(min(k, count - j - k))
                          if (i + j) // (2 * p) == (i + j + k) // (2 * p)]
            k //= 2
        p *= 2
    needed, kept = {count // 2}, []
    for a, b in reversed(pairs):
        if a in needed or b in needed:
            needed |= {a, b}
            kept.append((a, b))
    return np.array(kept[::-1], np.int64).reshape(-1, 2)


@njit(inline="always")
def _copy(to: Any, values: Any) -> None:
    for j in range(len(to)):  # becomes one memcpy, which an assignment of slices doesn't
        to[j] = values[j]


@njit(cache=True, nogil=True)
def _median(x: Any, size: int, pairs: Any, out: Any, first: int, last: int) -> None:
    height, width = x.shape[1:]
    radius, count, whole = size // 2, size * size, width + size - 1
    lines = max(1, _BLOCK // (count * whole))
    padded = np.empty((height + size - 1 + lines) * whole + size, np.uint8)  # a block may end below the image
    padded[:] = 0
    held = np.empty((count, lines * whole), np.uint8)
    for plane in range(first, last):
        for i in range(height + size - 1):
            source, line = x[plane, min(max(i - radius, 0), height - 1)], padded[i * whole:(i + 1) * whole]
            line[:radius] = source[0]
            _copy(line[radius:radius + width], source)
            line[radius + width:] = source[width - 1]
        for start in range(0, height, lines):
            for dy in range(size):
                for dx in range(size):
                    at = (start + dy) * whole + dx
                    _copy(held[dy * size + dx], padded[at:at + lines * whole])
            for e in range(len(pairs)):
                low, high = held[pairs[e, 0]], held[pairs[e, 1]]
                for j in range(lines * whole):
                    a, b = low[j], high[j]
                    low[j] = a if a < b else b
                    high[j] = b if a < b else a
            for i in range(start, min(start + lines, height)):
                at = (i - start) * whole
                _copy(out[plane, i], held[count // 2, at:at + width])


def median(images: torch.Tensor, size: int) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.median.median`."""
    out, (height, width) = new_like(images), images.shape[2:]
    x, done = (i.contiguous().reshape(-1, height, width).numpy() for i in (images, out))
    pairs = network(size * size)
    in_threads(lambda a, b: _median(x, size, pairs, done, a, b), len(x), images.numel())
    return out
