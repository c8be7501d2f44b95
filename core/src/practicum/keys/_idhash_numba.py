"""Compiled XXH64 over packed ids; bit-equal to :func:`practicum.keys.idhash.xxh64`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

_P1 = np.uint64(0x9E3779B185EBCA87)
_P2 = np.uint64(0xC2B2AE3D27D4EB4F)
_P3 = np.uint64(0x165667B19E3779F9)
_P4 = np.uint64(0x85EBCA77C2B2AE63)
_P5 = np.uint64(0x27D4EB2F165667C5)
_NEG_P1 = np.uint64((-0x9E3779B185EBCA87) & ((1 << 64) - 1))


@njit(inline="always")
def _rotl(x: Any, r: Any) -> Any:
    return (x << np.uint64(r)) | (x >> np.uint64(64 - r))


@njit(inline="always")
def _round(acc: Any, lane: Any) -> Any:
    return _rotl(acc + lane * _P2, 31) * _P1


@njit(inline="always")
def _word(data: Any, at: Any, size: Any) -> Any:
    out = np.uint64(0)
    for k in range(size):
        out |= np.uint64(data[at + k]) << np.uint64(8 * k)
    return out


@njit
def _xxh64(data: Any, start: Any, stop: Any) -> Any:
    i = start
    if stop - start >= 32:
        v0, v1, v2, v3 = _P1 + _P2, _P2, np.uint64(0), _NEG_P1
        while i + 32 <= stop:
            v0 = _round(v0, _word(data, i, 8))
            v1 = _round(v1, _word(data, i + 8, 8))
            v2 = _round(v2, _word(data, i + 16, 8))
            v3 = _round(v3, _word(data, i + 24, 8))
            i += 32
        h = _rotl(v0, 1) + _rotl(v1, 7) + _rotl(v2, 12) + _rotl(v3, 18)
        h = (h ^ _round(np.uint64(0), v0)) * _P1 + _P4
        h = (h ^ _round(np.uint64(0), v1)) * _P1 + _P4
        h = (h ^ _round(np.uint64(0), v2)) * _P1 + _P4
        h = (h ^ _round(np.uint64(0), v3)) * _P1 + _P4
    else:
        h = _P5
    h += np.uint64(stop - start)
    while i + 8 <= stop:
        h = _rotl(h ^ _round(np.uint64(0), _word(data, i, 8)), 27) * _P1 + _P4
        i += 8
    if i + 4 <= stop:
        h = _rotl(h ^ (_word(data, i, 4) * _P1), 23) * _P2 + _P3
        i += 4
    while i < stop:
        h = _rotl(h ^ (np.uint64(data[i]) * _P5), 11) * _P1
        i += 1
    h = (h ^ (h >> np.uint64(33))) * _P2
    h = (h ^ (h >> np.uint64(29))) * _P3
    return h ^ (h >> np.uint64(32))


@njit(cache=True)
def _packed(offsets: Any, data: Any, out: Any) -> None:
    for row in range(out.shape[0]):
        out[row] = _xxh64(data, offsets[row], offsets[row + 1])


@njit(cache=True)
def _integers(values: Any, out: Any) -> None:
    digits = np.empty(20, dtype=np.uint8)
    for row in range(out.shape[0]):
        value = values[row]
        rest = np.uint64(value) if value >= 0 else np.uint64(0) - np.uint64(value)
        at = 20
        while True:
            at -= 1
            digits[at] = np.uint8(np.uint64(48) + rest % np.uint64(10))
            rest //= np.uint64(10)
            if rest == np.uint64(0):
                break
        if value < 0:
            at -= 1
            digits[at] = np.uint8(45)
        out[row] = _xxh64(digits, at, 20)


def hash_packed(offsets: npt.NDArray[np.int64], data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Hash each packed UTF-8 text ``data[offsets[i]:offsets[i+1]]``."""
    out = np.empty(len(offsets) - 1, dtype=np.uint64)
    _packed(offsets, data, out)
    return out


def hash_integers(values: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """Hash each integer's decimal digits."""
    out = np.empty(len(values), dtype=np.uint64)
    _integers(values, out)
    return out
