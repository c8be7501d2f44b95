"""The compiled form: rows of a box become rows of the output's width, of which the last few are kept and summed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.memory import fresh
from practicum.kernels.threads import in_threads
from practicum_image_basic.ops.resize.pairs import LANES, blend_pairs
from practicum_image_basic.ops.resize.weights import Filter
from practicum_image_basic.ops.rows import copy_span

_FILTERS = {"area": 0, "bilinear": 1, "bicubic": 2}
_STEP = 32  # rows are rounded up to whole vectors
_LEVEL = np.int32(255)


@njit(nogil=True, cache=True, error_model="numpy")
def _weight(kind: Any, antialias: Any, at: Any, j: Any, scale: Any) -> Any:
    if kind == 0:
        return max(min(at + 1.0, (j + 1.0) * scale) - max(at, j * scale), 0.0)
    stretch = max(scale, 1.0) if antialias else 1.0
    x = abs(at + 0.5 - (j + 0.5) * scale) / stretch
    if kind == 1:
        return max(1.0 - x, 0.0)
    a = -0.5 if antialias else -0.75
    if x < 1.0:
        return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    return (((x - 5.0) * x + 8.0) * x - 4.0) * a if x < 2.0 else 0.0


@njit(nogil=True, cache=True, error_model="numpy")
def _table(length: Any, count: Any, kind: Any, antialias: Any, line: Any, places: Any, weights: Any) -> Any:
    """First pixel of output pixel j at ``places[j]``, its weights at ``k * line + j``; returns how many taps there are.

    The same as ``weights.table``, with the weights of pixels outside put on the outermost ones.
    """
    scale = length / count
    reach = 0.5 if kind == 0 else kind * (max(scale, 1.0) if antialias else 1.0)
    span = np.int64(np.ceil(scale)) + 1 if kind == 0 else 2 * np.int64(np.ceil(reach)) + 1
    cut, widest, most = kind < 2 or antialias, 1, len(weights) // line
    for j in range(count):
        for k in range(most):
            weights[k * line + j] = 0.0
        first = np.int64(np.floor(j * scale) if kind == 0 else np.floor((j + 0.5) * scale - reach + 0.5))
        low, high, total = -1, -1, 0.0
        for at in range(first, first + span):
            if 0 <= at < length or not cut:
                w = _weight(kind, antialias, np.float64(at), np.float64(j), scale)
                # zeros inside a filter count, so that first pixels never go back from one output to the next
                if w != 0.0 or (kind and abs(at + 0.5 - (j + 0.5) * scale) < reach):
                    high, total = min(max(at, 0), length - 1), total + w
                    low = high if low < 0 else low
                    weights[(high - low) * line + j] += w
        for k in range(high - low + 1):
            weights[k * line + j] /= total
        places[j], widest = low, max(widest, high - low + 1)
    for j in range(count):
        late = places[j] - (length - widest)
        if late > 0:  # so that its last tap is inside
            for k in range(widest - 1, -1, -1):
                weights[k * line + j] = weights[(k - late) * line + j] if k >= late else 0.0
            places[j] -= late
    for j in range(count, len(places)):
        places[j] = 0  # past the end of the row, where vectors are filled up
    return widest


@njit(nogil=True, cache=True)
def _pick(values: Any, start: Any, places: Any, out: Any, count: Any) -> None:
    for j in range(count):
        out[j] = values[np.uint64(start + places[j])]


@njit(nogil=True, cache=True, error_model="numpy")
def _across_f32(x: Any, row: Any, width: Any, places: Any, weights: Any, taps: Any, spare: Any, taken: Any, line: Any,
                out: Any, to: Any) -> None:
    """One row of a box as a row of the output's width, float32."""
    a = np.uint64(to)
    for k in range(taps):
        _pick(x, row + k, places, taken, line)
        b = np.uint64(k * line)
        if k == 0:
            for j in range(line):
                out[a + np.uint64(j)] = weights[np.uint64(j)] * taken[j]
        else:
            for j in range(line):
                out[a + np.uint64(j)] += weights[b + np.uint64(j)] * taken[j]


@njit(nogil=True, cache=True, error_model="numpy")
def _across_u8(x: Any, row: Any, width: Any, places: Any, weights: Any, taps: Any, spare: Any, taken: Any, line: Any,
               out: Any, to: Any) -> None:
    """The same for uint8: four neighbours are packed into one word, so that four taps cost one scattered read."""
    a, start, stop = np.uint64(to), np.uint64(row), np.uint64(max(width - 3, 0))
    if taps == 2 and row + width + 2 <= len(x):  # a word from the last place ends two bytes after the row
        for j in range(0, line, LANES):
            blend_pairs(out, to, x, row, places, weights, line, j)
        return
    if taps == 2:
        for j in range(np.uint64(width - 1)):
            spare[j] = np.uint32(x[start + j]) | np.uint32(x[start + j + np.uint64(1)]) << np.uint32(8)
        _pick(spare, 0, places, taken, line)
        b = np.uint64(line)
        for j in range(line):
            out[a + np.uint64(j)] = (weights[np.uint64(j)] * np.float32(taken[j] & _LEVEL)
                                     + weights[b + np.uint64(j)] * np.float32(taken[j] >> np.int32(8)))
        return
    for j in range(stop):
        at = start + j
        spare[j] = (np.uint32(x[at]) | np.uint32(x[at + np.uint64(1)]) << np.uint32(8)
                    | np.uint32(x[at + np.uint64(2)]) << np.uint32(16)
                    | np.uint32(x[at + np.uint64(3)]) << np.uint32(24))
    for j in range(max(width - 3, 0), width):
        word = np.uint32(0)
        for k in range(width - j):
            word |= np.uint32(x[row + j + k]) << np.uint32(8 * k)
        spare[j] = word
    for group in range(0, taps, 4):
        _pick(spare, group, places, taken, line)
        for k in range(group, min(group + 4, taps)):
            b, shift = np.uint64(k * line), np.int32(8 * (k - group))
            if k == 0:
                for j in range(line):
                    out[a + np.uint64(j)] = weights[np.uint64(j)] * np.float32(taken[j] & _LEVEL)
            else:
                for j in range(line):
                    out[a + np.uint64(j)] += weights[b + np.uint64(j)] * np.float32((taken[j] >> shift) & _LEVEL)


@njit(nogil=True, cache=True, error_model="numpy")
def _down(rows: Any, first: Any, line: Any, weights: Any, i: Any, count: Any, taps: Any, levels: Any, total: Any,
          out: Any) -> None:
    """Output row i: the weighted sum of ``taps`` rows from ``first`` on, as it is written; row r is at r % taps."""
    last = np.uint64((first + taps - 1) % taps * line)
    if taps > 1:
        a, weight = np.uint64(first % taps * line), weights[i]
        for j in range(line):
            total[j] = weight * rows[a + np.uint64(j)]
    for k in range(1, taps - 1):
        a, weight = np.uint64((first + k) % taps * line), weights[k * count + i]
        for j in range(line):
            total[j] += weight * rows[a + np.uint64(j)]
    weight = weights[(taps - 1) * count + i]
    before = np.float32(1.0 if taps > 1 else 0.0)
    if levels:
        for j in range(line):
            value = before * total[j] + weight * rows[last + np.uint64(j)]
            out[j] = np.int32(min(max(np.rint(value), np.float32(0.0)), np.float32(255.0)))
    else:
        for j in range(line):
            out[j] = before * total[j] + weight * rows[last + np.uint64(j)]


@njit(nogil=True, cache=True, error_model="numpy")
def _resize(across: Any, x: Any, shape: Any, out: Any, size: Any, boxes: Any, taps: Any, kind: Any, antialias: Any,
            levels: Any, word: Any, first: Any, last: Any) -> None:
    # a plane is one channel of one image; x and out are flat
    channels, height, width = shape
    rows, columns = size
    line = (columns + _STEP - 1) // _STEP * _STEP
    places_x, weights_x = np.zeros(line, np.int32), np.zeros(taps * line, np.float32)
    places_y, weights_y = np.zeros(rows, np.int32), np.zeros(taps * rows, np.float32)
    spare, taken = np.zeros(width, word.dtype), np.zeros(line, word.dtype)
    total, held = np.zeros(line, np.float32), np.zeros(line, out.dtype)
    middle = np.empty(taps * line, np.float32)
    taps_x, taps_y, before = 1, 1, (np.int64(-1), np.int64(-1))
    for plane in range(first, last):
        n = plane // channels
        top, left, tall, wide = boxes[n]
        if (tall, wide) != before:
            before = (tall, wide)
            taps_x = _table(wide, columns, kind, antialias, line, places_x, weights_x)
            taps_y = _table(tall, rows, kind, antialias, rows, places_y, weights_y)
        done = 0
        for i in range(rows):
            for row in range(max(done, places_y[i]), places_y[i] + taps_y):
                across(x, (plane * height + top + row) * width + left, wide, places_x, weights_x, taps_x, spare, taken,
                       line, middle, row % taps_y * line)
            done = places_y[i] + taps_y
            _down(middle, places_y[i], line, weights_y, i, rows, taps_y, levels, total, held)
            copy_span(out, (plane * rows + i) * columns, held, 0, columns)


@njit(nogil=True, cache=True)
def _halve(x: Any, shape: Any, out: Any, size: Any, boxes: Any, first: Any, last: Any) -> None:
    """Means of four, uint8; a half goes to the even level, as when float32 is rounded."""
    channels, height, width = shape
    rows, columns = size
    for plane in range(first, last):
        top, left = boxes[plane // channels, 0], boxes[plane // channels, 1]
        for i in range(rows):
            a = np.uint64((plane * height + top + 2 * i) * width + left)
            b, to = a + np.uint64(width), np.uint64((plane * rows + i) * columns)
            for j in range(np.uint64(columns)):
                k = np.uint64(2) * j
                four = (np.int32(x[a + k]) + np.int32(x[a + k + np.uint64(1)])
                        + np.int32(x[b + k]) + np.int32(x[b + k + np.uint64(1)]))
                out[to + j] = (four + np.int32(1) + (four >> np.int32(2) & np.int32(1))) >> np.int32(2)


def resize(images: torch.Tensor, boxes: Any, size: tuple[int, int], rule: Filter) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.resize.resize`."""
    levels = images.dtype == torch.uint8
    held = (images if levels else images.to(torch.float32)).detach().contiguous()
    out = fresh((*images.shape[:2], *size), held.dtype)
    plain = rule.name == "area" or rule == Filter("bilinear", False)
    if out.numel() and levels and plain and bool((boxes[:, 2:] == 2 * np.array(size)).all()):
        halved = (held.numpy().reshape(-1), tuple(images.shape[1:]), out.numpy().reshape(-1), size,
                  np.ascontiguousarray(boxes))
        in_threads(lambda first, last: _halve(*halved, first, last), len(out) * out.shape[1], out.numel())
    elif out.numel():
        most = boxes[:, 2:].max(axis=0)
        taps = max(rule.taps(int(most[k]), size[k]) for k in (0, 1))
        word = np.zeros(0, np.int32 if levels else np.float32)
        facts = (_across_u8 if levels else _across_f32, held.numpy().reshape(-1), tuple(images.shape[1:]),
                 out.numpy().reshape(-1), size, np.ascontiguousarray(boxes), taps, _FILTERS[rule.name], rule.antialias,
                 levels, word)
        in_threads(lambda first, last: _resize(*facts, first, last), len(out) * out.shape[1], out.numel())
    return out.to(images.dtype)
