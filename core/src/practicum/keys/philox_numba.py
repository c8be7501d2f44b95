"""Philox4x32-10 for numba kernels, bit-equal to :mod:`practicum.keys.philox`.

Call :func:`philox4x32` inside your own ``@njit`` code: it is inlined and, in a plain loop over counters,
vectorised by LLVM.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum.keys.philox import M0, M1, W0, W1

_M0, _M1 = np.uint64(M0), np.uint64(M1)
_W0, _W1 = np.uint32(W0), np.uint32(W1)
_S32 = np.uint64(32)
_INV24 = np.float32(2.0**-24)


@njit(inline="always")
def philox4x32(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Four uint32 words for one counter; all six arguments are uint32."""
    for _ in range(10):
        p0 = np.uint64(c0) * _M0
        p1 = np.uint64(c2) * _M1
        c0 = np.uint32(p1 >> _S32) ^ c1 ^ k0
        c1 = np.uint32(p1)
        c2 = np.uint32(p0 >> _S32) ^ c3 ^ k1
        c3 = np.uint32(p0)
        k0 = np.uint32(k0 + _W0)
        k1 = np.uint32(k1 + _W1)
    return c0, c1, c2, c3


@njit(inline="always")
def uniform(word: Any) -> Any:
    """Uniform float32 in [0, 1) from one word's top 24 bits."""
    return np.float32(word >> np.uint32(8)) * _INV24


@njit(inline="always")
def below(word: Any, high: Any) -> Any:
    """Integer in 0..high-1 from one word."""
    return np.int64((np.uint64(word) * np.uint64(high)) >> _S32)


@njit(cache=True)
def fill_words(stream_lo: Any, stream_hi: Any, lane: Any, ids: Any, start_block: Any, out: Any) -> None:
    """Fill ``out`` (uint32 [N, 4 * blocks]) with each id's words from block ``start_block``."""
    blocks = out.shape[1] // 4
    for row in range(out.shape[0]):
        lo, hi = np.uint32(ids[row]), np.uint32(ids[row] >> _S32)
        for b in range(blocks):
            w0, w1, w2, w3 = philox4x32(np.uint32(start_block + b), lane, lo, hi, stream_lo, stream_hi)
            out[row, 4 * b] = w0
            out[row, 4 * b + 1] = w1
            out[row, 4 * b + 2] = w2
            out[row, 4 * b + 3] = w3
