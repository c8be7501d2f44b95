"""The compiled form, row by row: points in float64, then for each channel the four neighbours and their blend.

For uint8 the four neighbours of every pixel are first packed into one 32-bit word, so that each output value costs one
read at a scattered place instead of four. The scattered reads are loops of their own: compilers vectorise the rest only
without them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.memory import fresh
from practicum.kernels.threads import in_threads
from practicum_image_basic.ops.bits import bits, bits_of
from practicum_image_basic.ops.rows import copy_span
from practicum_image_basic.ops.warp.reference import HORIZON

_BLOCK = 256  # output pixels worked on together; all their facts stay in the first-level cache
_STEP = 32  # blocks are rounded up to whole vectors, past the end of the row
LARGEST_PACKED = 1 << 24
"""Values of an image; packed, each takes four bytes in every thread."""

_BORDERS = {"constant": 0, "edge": 1, "reflect": 2}
_ONE = np.float32(1.0)
_LEVEL = np.int32(255)


@njit(nogil=True, cache=True, error_model="numpy")
def _points(inverse: Any, n: Any, flow: Any, i: Any, first: Any, u: Any, v: Any, count: Any) -> None:
    """Where output pixels ``first ...`` of row i look, x to u and y to v."""
    m, y, start = inverse[n], i + 0.5, first + 0.5
    left, top, far = m[0, 1] * y + m[0, 2], m[1, 1] * y + m[1, 2], m[2, 1] * y + m[2, 2]
    right, down, away = m[0, 0], m[1, 0], m[2, 0]
    for k in range(count):
        x = np.float64(np.int32(k)) + start
        u[k] = right * x + left
        v[k] = down * x + top
    if away != 0.0 or far != 1.0:
        for k in range(count):
            w = away * (np.float64(np.int32(k)) + start) + far
            scale = 1.0 / w
            u[k] = u[k] * scale if w > HORIZON else -8.0
            v[k] = v[k] * scale if w > HORIZON else -8.0
    if flow.shape[1]:
        for k in range(min(count, flow.shape[3] - first)):
            u[k] += flow[n, 0, i, first + k]
            v[k] += flow[n, 1, i, first + k]


@njit(nogil=True, cache=True, error_model="numpy")
def _fold(u: Any, size: Any, count: Any) -> None:
    top = np.float64(size - 1)
    for k in range(count):
        x = abs(u[k] - 0.5)
        u[k] = (top - abs(top - (x - 2 * top * np.floor(x / (2 * top)))) if top > 0.0 else 0.0) + 0.5


@njit(nogil=True, cache=True, error_model="numpy")
def _between(u: Any, v: Any, count: Any, height: Any, width: Any, border: Any, off: Any, right: Any, below: Any,
             share: Any) -> None:
    """Place of the upper left neighbour, weights of the right and lower ones, share that is inside."""
    last_x, last_y = np.float64(width - 1), np.float64(height - 1)
    if border == 0:
        beyond_x, beyond_y = width + 0.5, height + 0.5
        for k in range(count):
            a = min(max(min(u[k] + 0.5, beyond_x - u[k]), 0.0), 1.0)
            b = min(max(min(v[k] + 0.5, beyond_y - v[k]), 0.0), 1.0)
            share[k] = np.float32(a) * np.float32(b)
    most_x, most_y, line = max(last_x - 1.0, 0.0), max(last_y - 1.0, 0.0), np.int32(width)
    for k in range(count):
        x, y = min(max(u[k] - 0.5, 0.0), last_x), min(max(v[k] - 0.5, 0.0), last_y)
        a, b = min(np.floor(x), most_x), min(np.floor(y), most_y)
        right[k] = np.float32(x - a)
        below[k] = np.float32(y - b)
        off[k] = np.int32(b) * line + np.int32(a)


@njit(nogil=True, cache=True)
def _pack(x: Any, start: Any, channels: Any, height: Any, width: Any, quads: Any) -> None:
    """Each pixel with its right, lower and lower right neighbour in a word; the last ones are their own neighbours."""
    for line in range(channels * height):
        at = start + line * width
        below = at + width if (line + 1) % height else at
        row, under, q = x[at:at + width], x[below:below + width], quads[line * width:(line + 1) * width]
        row1, under1 = row[1:], under[1:]
        for j in range(width - 1):
            q[j] = (np.uint32(row[j]) | np.uint32(row1[j]) << np.uint32(8) | np.uint32(under[j]) << np.uint32(16)
                    | np.uint32(under1[j]) << np.uint32(24))
        q[width - 1] = (np.uint32(row[width - 1]) | np.uint32(under[width - 1]) << np.uint32(16)) * np.uint32(257)


@njit(nogil=True, cache=True)
def _pick(values: Any, at: Any, off: Any, out: Any, count: Any) -> None:
    for k in range(count):
        out[k] = values[np.uint64(at + off[k])]


@njit(nogil=True, cache=True, error_model="numpy")
def _warp_u8(x: Any, shape: Any, out: Any, size: Any, inverse: Any, flow: Any, border: Any, fill: Any, first: Any,
             last: Any) -> None:
    # a line is one row of one output image; x and out are flat
    channels, height, width = shape
    rows, columns = size
    area = height * width
    u, v = np.empty(_BLOCK), np.empty(_BLOCK)
    off, word, held = np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.int32), np.empty(_BLOCK, np.uint8)
    right, below, share = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    quads = np.empty(channels * area, np.int32)
    packed = -1
    for line in range(first, last):
        n, i = line // rows, line % rows
        if n != packed:
            packed = n
            _pack(x, n * channels * area, channels, height, width, quads)
        for start in range(0, columns, _BLOCK):
            count = min(_BLOCK, columns - start)
            wide = (count + _STEP - 1) // _STEP * _STEP
            _points(inverse, n, flow, i, start, u, v, wide)
            if border == 2:
                _fold(u, width, wide)
                _fold(v, height, wide)
            _between(u, v, wide, height, width, border, off, right, below, share)
            for c in range(channels):
                _pick(quads, c * area, off, word, wide)
                for k in range(wide):
                    z, f, g = word[k], right[k], below[k]
                    top = np.float32(z & _LEVEL) * (_ONE - f) + np.float32((z >> np.int32(8)) & _LEVEL) * f
                    low = (np.float32((z >> np.int32(16)) & _LEVEL) * (_ONE - f)
                           + np.float32((z >> np.int32(24)) & _LEVEL) * f)
                    value = top * (_ONE - g) + low * g
                    if border == 0:
                        value = value * share[k] + fill * (_ONE - share[k])
                    held[k] = np.uint8(np.int32(np.rint(value)))
                copy_span(out, ((n * channels + c) * rows + i) * columns + start, held, 0, count)


@njit(nogil=True, cache=True, error_model="numpy")
def _warp_plain(x: Any, shape: Any, out: Any, size: Any, inverse: Any, flow: Any, border: Any, fill: Any, levels: Any,
                first: Any, last: Any) -> None:
    # four reads a value: for float32, and for uint8 images whose packed form would be too large
    channels, height, width = shape
    rows, columns = size
    u, v, off = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK, np.int32)
    right, below, share = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    a, b, d = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.float32)
    e, held = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, out.dtype)
    step, under = (1 if width > 1 else 0), (width if height > 1 else 0)
    for line in range(first, last):
        n, i = line // rows, line % rows
        for start in range(0, columns, _BLOCK):
            count = min(_BLOCK, columns - start)
            wide = (count + _STEP - 1) // _STEP * _STEP
            _points(inverse, n, flow, i, start, u, v, wide)
            if border == 2:
                _fold(u, width, wide)
                _fold(v, height, wide)
            _between(u, v, wide, height, width, border, off, right, below, share)
            for c in range(channels):
                plane = (n * channels + c) * height * width
                _pick(x, plane, off, a, wide)
                _pick(x, plane + step, off, b, wide)
                _pick(x, plane + under, off, d, wide)
                _pick(x, plane + under + step, off, e, wide)
                for k in range(wide):
                    f, g = right[k], below[k]
                    value = (a[k] * (_ONE - f) + b[k] * f) * (_ONE - g) + (d[k] * (_ONE - f) + e[k] * f) * g
                    if border == 0:
                        value = value * share[k] + fill * (_ONE - share[k])
                    held[k] = np.rint(value) if levels else value
                copy_span(out, ((n * channels + c) * rows + i) * columns + start, held, 0, count)


@njit(nogil=True, cache=True, error_model="numpy")
def _nearest(x: Any, shape: Any, out: Any, size: Any, inverse: Any, flow: Any, border: Any, fill: Any, first: Any,
             last: Any) -> None:
    channels, height, width = shape
    rows, columns = size
    u, v, off, outside = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK, np.int64), np.zeros(_BLOCK, np.bool_)
    last_x, last_y = np.float64(width - 1), np.float64(height - 1)
    for line in range(first, last):
        n, i = line // rows, line % rows
        for start in range(0, columns, _BLOCK):
            count = min(_BLOCK, columns - start)
            _points(inverse, n, flow, i, start, u, v, count)
            if border == 2:
                _fold(u, width, count)
                _fold(v, height, count)
            for k in range(count):
                column, row = np.floor(u[k]), np.floor(v[k])
                if border == 0:
                    outside[k] = (column < 0.0) | (column > last_x) | (row < 0.0) | (row > last_y)
                off[k] = np.int64(min(max(row, 0.0), last_y)) * width + np.int64(min(max(column, 0.0), last_x))
            for c in range(channels):
                plane, at = (n * channels + c) * height * width, ((n * channels + c) * rows + i) * columns + start
                for k in range(count):
                    out[at + k] = fill if outside[k] else x[np.uint64(plane + off[k])]


def warp(images: torch.Tensor, inverse: Any, size: tuple[int, int], interpolation: str, border: str, fill: float,
         flow: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.warp.warp`."""
    nearest = interpolation == "nearest"
    held = images if nearest or images.dtype == torch.uint8 else images.to(torch.float32)
    out = fresh((*images.shape[:2], *size), held.dtype)
    if out.numel():
        moved = np.zeros((1, 0, 0, 0), np.float32) if flow is None else np.ascontiguousarray(flow)
        facts = np.ascontiguousarray(inverse, dtype=np.float64), moved, _BORDERS[border]
        if nearest:
            _run(_nearest, bits(held), bits(out), (*facts, bits_of(fill, held.dtype)))
        else:
            x, levels = held.detach().contiguous().numpy(), held.dtype == torch.uint8
            if levels and x[0].size <= LARGEST_PACKED:
                _run(_warp_u8, x, out.numpy(), (*facts, np.float32(fill)))
            else:
                _run(_warp_plain, x, out.numpy(), (*facts, np.float32(fill), levels))
    return out if nearest else out.to(images.dtype)


def _run(kernel: Any, x: Any, out: Any, facts: tuple[Any, ...]) -> None:
    rows, columns = out.shape[2:]
    shared = (x.reshape(-1), x.shape[1:], out.reshape(-1), (rows, columns), *facts)
    in_threads(lambda first, last: kernel(*shared, first, last), len(out) * rows, out.size)
