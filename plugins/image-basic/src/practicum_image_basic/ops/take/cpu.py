"""The compiled form: whole rows are copied, forwards or backwards, where columns follow each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.memory import fresh
from practicum.kernels.threads import in_threads
from practicum_image_basic.ops.bits import bits, bits_of
from practicum_image_basic.ops.rows import copy_span, reverse_span

_TILE = 32  # rows of the output that are filled together when rows become columns


@njit(nogil=True, cache=True)
def _longest_run(across: Any, n: Any) -> Any:
    """First and last place (half open) of the longest stretch of columns that follow each other, and its direction."""
    count, best, start, found, way = across.shape[1], 0, 0, 0, 1
    at = 0
    while at < count:
        stop, step = at + 1, 1
        if stop < count and across[n, at] >= 0 and across[n, stop] >= 0:
            step = across[n, stop] - across[n, at]
            if step in (1, -1):
                while stop < count and across[n, stop] >= 0 and across[n, stop] - across[n, stop - 1] == step:
                    stop += 1
        if across[n, at] >= 0 and stop - at > best:
            best, start, found, way = stop - at, at, stop, (-1 if step == -1 else 1)
        at = max(at + 1, stop - 1) if stop < count else stop
    return start, found, way


@njit(nogil=True, cache=True)
def _one_by_one(x: Any, line: Any, out: Any, at: Any, across: Any, n: Any, first: Any, last: Any, fill: Any) -> None:
    for j in range(first, last):
        z = across[n, j]
        out[np.uint64(at + j)] = x[np.uint64(line + max(z, 0))] if z >= 0 else fill


@njit(nogil=True, cache=True)
def _swapped(x: Any, plane: Any, width: Any, out: Any, at: Any, down: Any, across: Any, n: Any, fill: Any) -> None:
    rows, columns = down.shape[1], across.shape[1]
    for top in range(0, rows, _TILE):
        stop = min(top + _TILE, rows)
        for j in range(columns):
            y = across[n, j]
            for i in range(top, stop):
                z = down[n, i]
                out[at + i * columns + j] = x[plane + y * width + z] if y >= 0 and z >= 0 else fill


@njit(nogil=True, cache=True)
def _take(x: Any, height: Any, width: Any, out: Any, channels: Any, down: Any, across: Any, fill: Any, swap: Any,
          first: Any, last: Any) -> None:
    # a plane is one channel of one image; x and out are flat
    rows, columns = down.shape[1], across.shape[1]
    for plane in range(first, last):
        n, source, target = plane // channels, plane * height * width, plane * rows * columns
        if swap[n]:
            _swapped(x, source, width, out, target, down, across, n, fill)
            continue
        start, stop, way = _longest_run(across, n)
        low = min(across[n, start], across[n, stop - 1]) if stop > start else 0
        for i in range(rows):
            at, line = target + i * columns, source + down[n, i] * width
            if down[n, i] < 0:
                for j in range(columns):
                    out[at + j] = fill
                continue
            _one_by_one(x, line, out, at, across, n, 0, start, fill)
            if way == 1:
                copy_span(out, at + start, x, line + low, stop - start)
            else:
                reverse_span(out, at + start, x, line + low, stop - start)
            _one_by_one(x, line, out, at, across, n, stop, columns, fill)


def take(images: torch.Tensor, down: Any, across: Any, fill: float, swap: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.take.take`."""
    out = fresh((len(images), images.shape[1], down.shape[1], across.shape[1]), images.dtype)
    if out.numel():
        facts = (bits(images).reshape(-1), *images.shape[2:], bits(out).reshape(-1), images.shape[1],
                 np.ascontiguousarray(down), np.ascontiguousarray(across), bits_of(fill, images.dtype),
                 np.ascontiguousarray(swap))
        in_threads(lambda first, last: _take(*facts, first, last), len(images) * images.shape[1], out.numel())
    return out
