"""One compiled pass: Philox, Box-Muller, scale, add, clip.

Logarithm, sine and cosine are polynomials without branches, so that the whole loop vectorises; they are exact to
1e-10, and so are the draws before they are rounded to float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.memory import fresh
from practicum.kernels.threads import in_threads
from practicum.keys import Keys
from practicum.keys.philox_numba import philox4x32

_BLOCKS = 128  # Philox blocks a piece: the words stay in the first-level cache
_LN2 = np.float64(0.6931471805599453)
_TURN = np.float64(2.0 * np.pi * 2.0**-32)
_S32 = np.uint64(32)


@njit(inline="always")
def _log(x: Any) -> Any:
    """Natural logarithm of a positive normal float64, error below 1e-10."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits >> np.int64(52)) - np.int64(1023)
    m = np.int64((bits & np.int64(0x000FFFFFFFFFFFFF)) | np.int64(0x3FF0000000000000)).view(np.float64)
    high = m > 1.4142135623730951
    m = 0.5 * m if high else m
    e = np.float64(exponent) + (1.0 if high else 0.0)
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    series = 1.0 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13))))))
    return e * _LN2 + 2.0 * s * series


@njit(inline="always")
def _pair(first: Any, second: Any) -> Any:
    """Two standard normal draws of two words, by the definition of ``Keys.normal``."""
    radius = np.sqrt(-2.0 * _log((np.float64(first) + 0.5) * 2.0**-32))
    quarter = np.uint32(second + np.uint32(0x20000000)) >> np.uint32(30)
    rest = np.int32(np.uint32(second - np.uint32(quarter << np.uint32(30))))
    r = np.float64(rest) * _TURN
    q = r * r
    sine = r * (1.0 + q * (-1 / 6 + q * (1 / 120 + q * (-1 / 5040 + q * (1 / 362880 + q * (-1 / 39916800))))))
    cosine = 1.0 + q * (-1 / 2 + q * (1 / 24 + q * (-1 / 720 + q * (1 / 40320 + q * (-1 / 3628800 + q * (
        1 / 479001600))))))
    odd = (quarter & np.uint32(1)) == np.uint32(1)
    a, b = (sine, cosine) if odd else (cosine, sine)
    a = -a if (quarter == np.uint32(1)) | (quarter == np.uint32(2)) else a
    b = -b if quarter >= np.uint32(2) else b
    return radius * a, radius * b


# Python's own check for division by zero would keep the loop from vectorising.
@njit(cache=True, nogil=True, error_model="numpy")
def _fill(x: Any, out: Any, ids: Any, low: Any, high: Any, facts: Any, clip: Any, speckle: Any, first: int,
          last: int) -> None:
    # facts: deviation, factor of the input, levels of the output (0: none), in the dtype of the arithmetic
    std, scale, levels = facts
    count = x.shape[1]
    words = np.empty((4, _BLOCKS), np.uint32)
    draws = np.empty(4 * _BLOCKS, np.float32)
    held = np.empty(4 * _BLOCKS, facts.dtype)
    zero, one = facts.dtype.type(0.0), facts.dtype.type(1.0)
    for row in range(first, last):
        lo, hi = np.uint32(ids[row]), np.uint32(ids[row] >> _S32)
        for start in range(0, count, 4 * _BLOCKS):
            block = start // 4
            for b in range(_BLOCKS):
                w0, w1, w2, w3 = philox4x32(np.uint32(block + b), np.uint32(0), lo, hi, low, high)
                words[0, b], words[1, b], words[2, b], words[3, b] = w0, w1, w2, w3
            for half in range(2):
                for b in range(_BLOCKS):
                    first, second = _pair(words[2 * half, b], words[2 * half + 1, b])
                    draws[4 * b + 2 * half] = np.float32(first)
                    draws[4 * b + 2 * half + 1] = np.float32(second)
            stop = min(count - start, 4 * _BLOCKS)
            for i in range(stop):
                held[i] = x[row, start + i]
            for i in range(stop):
                value = held[i] * scale
                value = value + std * draws[i] * (value if speckle else one)
                if clip:
                    value = min(max(value, zero), one)
                out[row, start + i] = np.rint(value * levels) if levels > zero else value


def add_noise(images: torch.Tensor, std: float, keys: Keys, clip: bool, speckle: bool) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.noise.add_noise`."""
    levels = images.dtype == torch.uint8
    held = images if levels or images.dtype == torch.float64 else images.to(torch.float32)
    flat = held.contiguous().reshape(len(images), -1)
    out, stream = fresh(flat.shape, flat.dtype), keys.stream
    facts = np.array([std, 1.0 / 255.0 if levels else 1.0, 255.0 if levels else 0.0],
                     np.float64 if images.dtype == torch.float64 else np.float32)
    x, done, ids = flat.numpy(), out.numpy(), keys.hashes
    low, high = np.uint32(stream & 0xFFFFFFFF), np.uint32(stream >> 32)
    in_threads(lambda a, b: _fill(x, done, ids, low, high, facts, clip or levels, speckle, a, b), len(x), x.size)
    return out.reshape(images.shape).to(images.dtype)
