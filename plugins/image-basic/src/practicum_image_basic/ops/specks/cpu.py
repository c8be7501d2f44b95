"""Compiled loops: words are made where they are used."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.threads import in_threads
from practicum.keys import Keys
from practicum.keys.philox_numba import philox4x32
from practicum_image_basic.levels import planes
from practicum_image_basic.operation import new_like
from practicum_image_basic.ops.specks.reference import longest

_BLOCKS = 128  # Philox blocks a piece: the words stay in the first-level cache
_S32 = np.uint64(32)


@njit(inline="always")
def _words(start: Any, held: Any, flat: Any, ids: Any, low: Any, high: Any) -> None:
    lo, hi = np.uint32(ids), np.uint32(ids >> _S32)
    block = start // 4
    for b in range(_BLOCKS):
        w0, w1, w2, w3 = philox4x32(np.uint32(block + b), np.uint32(0), lo, hi, low, high)
        held[0, b], held[1, b], held[2, b], held[3, b] = w0, w1, w2, w3
    for b in range(_BLOCKS):
        flat[4 * b], flat[4 * b + 1], flat[4 * b + 2], flat[4 * b + 3] = held[0, b], held[1, b], held[2, b], held[3, b]


@njit(cache=True, nogil=True)
def _pepper(x: Any, ids: Any, low: Any, high: Any, hit: Any, white: Any, out: Any, first: int, last: int) -> None:
    channels, area = x.shape[1:]
    held, words = np.empty((4, _BLOCKS), np.uint32), np.empty(4 * _BLOCKS, np.uint32)
    keep, value = np.empty(4 * _BLOCKS, np.uint8), np.empty(4 * _BLOCKS, np.uint8)
    for n in range(first, last):
        for start in range(0, area, 4 * _BLOCKS):
            _words(start, held, words, ids[n], low, high)
            for i in range(4 * _BLOCKS):
                struck = (words[i] >> np.uint32(8)) < hit
                lit = (words[i] & np.uint32(0xFF)) < white
                keep[i] = np.uint8(0) if struck else np.uint8(255)
                value[i] = np.uint8(255) if struck & lit else np.uint8(0)
            stop = min(area - start, 4 * _BLOCKS)
            for c in range(channels):
                source, done = x[n, c, start:start + stop], out[n, c, start:start + stop]
                for i in range(stop):
                    done[i] = (source[i] & keep[i]) | value[i]


@njit(cache=True, nogil=True)
def _photons(x: Any, ids: Any, low: Any, high: Any, below: Any, guide: Any, made: Any, out: Any, first: int,
             last: int) -> None:
    held, words = np.empty((4, _BLOCKS), np.uint32), np.empty(4 * _BLOCKS, np.uint32)
    for n in range(first, last):
        for start in range(0, x.shape[1], 4 * _BLOCKS):
            _words(start, held, words, ids[n], low, high)
            for i in range(start, min(x.shape[1], start + 4 * _BLOCKS)):
                level, word = x[n, i], words[i - start]
                u = (np.float64(word) + 0.5) * 2.0**-32
                k = np.int64(guide[level, word >> np.uint32(24)])
                while k < below.shape[1] and below[level, k] <= u:
                    k += 1
                out[n, i] = made[k]


def _distribution(photons: float) -> Any:
    """Distribution functions [256, K] of the levels' counts, with the sums of the specification in its order."""
    mean = np.arange(256) / 255.0 * photons
    p = np.exp(-mean)
    sums = [p]
    for k in range(1, longest(photons) - 1):
        p = p * mean / k
        sums.append(sums[-1] + p)
    return np.ascontiguousarray(np.stack(sums, axis=1))


def salt_and_pepper(images: torch.Tensor, amount: float, salt: float, keys: Keys) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.specks.salt_and_pepper`."""
    out, ids = new_like(images), keys.hashes
    x, done = planes(images), planes(out)
    low, high = np.uint32(keys.stream & 0xFFFFFFFF), np.uint32(keys.stream >> 32)
    hit, white = np.uint32(round(amount * 2**24)), np.uint32(round(salt * 256))
    in_threads(lambda a, b: _pepper(x, ids, low, high, hit, white, done, a, b), len(x), images.numel())
    return out


def count_photons(images: torch.Tensor, photons: float, keys: Keys) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.specks.count_photons`."""
    out, ids, below = new_like(images), keys.hashes, _distribution(photons)
    x, done = (i.contiguous().flatten(1).numpy() for i in (images, out))
    low, high = np.uint32(keys.stream & 0xFFFFFFFF), np.uint32(keys.stream >> 32)
    edges = np.arange(256) / 256.0  # no draw of a 256th lies below its edge, so its search may start there
    guide = np.stack([np.searchsorted(row, edges, side="right") for row in below]).astype(np.int32)
    made = np.rint(255.0 * np.minimum(np.arange(below.shape[1] + 1) / photons, 1.0)).astype(np.uint8)
    in_threads(lambda a, b: _photons(x, ids, low, high, below, guide, made, done, a, b), len(x), images.numel())
    return out
