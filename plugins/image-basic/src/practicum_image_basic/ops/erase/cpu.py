"""The compiled form: rows are copied, and only what is replaced is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.errors import UsageError
from practicum.kernels.memory import fresh
from practicum.kernels.threads import in_threads
from practicum.keys import Keys
from practicum.keys.philox_numba import philox4x32
from practicum_image_basic.ops.rows import copy_span

_S32 = np.uint64(32)


@njit(nogil=True, cache=True)
def _noise(out: Any, at: Any, position: Any, start: Any, stop: Any, levels: Any, lane: Any, id_hash: Any, low: Any,
           high: Any, words: Any) -> None:
    """Noise for columns ``start .. stop - 1`` of one row; ``words`` holds what whole blocks of four give."""
    first, second = np.uint32(id_hash), np.uint32(id_hash >> _S32)
    block, count = (position + start) >> 2, (position + stop + 3 >> 2) - (position + start >> 2)
    line = len(words) // 4
    for k in range(count):
        w0, w1, w2, w3 = philox4x32(np.uint32(block + k), lane, first, second, low, high)
        words[k] = w0
        words[line + k] = w1
        words[2 * line + k] = w2
        words[3 * line + k] = w3
    for j in range(start, stop):
        place = position + j
        word = words[np.uint64((place & 3) * line + (place >> 2) - block)]
        if levels:
            out[np.uint64(at + j)] = word >> np.uint32(24)
        else:
            out[np.uint64(at + j)] = np.float32(word >> np.uint32(8)) * np.float32(2.0**-24)


@njit(nogil=True, cache=True)
def _erase(x: Any, out: Any, down: Any, across: Any, fill: Any, hashes: Any, facts: Any, channels: Any, levels: Any,
           first: Any, last: Any) -> None:
    # a plane is one channel of one image; x and out are flat; facts: lane and the halves of the stream
    height, width = down.shape[1], across.shape[1]
    area, runs, found, made = height * width, np.empty(width + 1, np.int64), 0, -1
    words = np.empty(4 * (width // 4 + 2), np.uint32)
    for plane in range(first, last):
        n, c = plane // channels, plane % channels
        if n != made:  # where stretches of replaced columns begin and end, in turn
            made, found, on = n, 0, False
            for j in range(width):
                if across[n, j] != on:
                    runs[found], on = j, not on
                    found += 1
            if on:
                runs[found] = width
                found += 1
        copy_span(out, plane * area, x, plane * area, area)
        value = fill[n, c] if fill.shape[0] else x.dtype.type(0)
        for i in range(height):
            if not down[n, i]:
                continue
            at = plane * area + i * width
            for run in range(0, found, 2):
                start, stop = runs[run], runs[run + 1]
                if fill.shape[0]:
                    for j in range(np.uint64(at + start), np.uint64(at + stop)):
                        out[j] = value
                else:
                    _noise(out, at, c * area + i * width, start, stop, levels, facts[0], hashes[n], facts[1], facts[2],
                           words)


def erase(images: torch.Tensor, down: Any, across: Any, fill: Any, keys: Keys | None) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.erase.erase`."""
    if fill is None and keys is None:
        raise UsageError("erase needs fill or keys")
    from practicum_image_basic.ops.erase import LANE

    kept = images.dtype in (torch.uint8, torch.float32, torch.float64)
    held = (images if kept else images.to(torch.float32)).detach().contiguous()
    out = fresh(held.shape, held.dtype)
    if not out.numel():
        return out.to(images.dtype)
    x, stream = held.numpy(), 0 if keys is None else keys.stream
    values = np.zeros((0, 0), x.dtype) if fill is None else np.ascontiguousarray(fill.astype(x.dtype))
    hashes = np.zeros(len(images), np.uint64) if keys is None else keys.hashes
    words = np.array([LANE, stream & 0xFFFFFFFF, stream >> 32], np.uint32)
    facts = (x.reshape(-1), out.numpy().reshape(-1), np.ascontiguousarray(down), np.ascontiguousarray(across), values,
             hashes, words, images.shape[1], x.dtype == np.uint8)
    in_threads(lambda first, last: _erase(*facts, first, last), len(images) * images.shape[1], out.numel())
    return out.to(images.dtype)
