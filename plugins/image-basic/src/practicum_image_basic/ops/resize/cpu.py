"""The compiled form: rows of a box become rows of the output's width, which stay in the cache and are then summed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.memory import fresh
from practicum_image_basic.ops.resize.weights import Filter
from practicum_image_basic.ops.rows import copy_span
from practicum_image_basic.threads import in_threads

_FILTERS = {"area": 0, "bilinear": 1, "bicubic": 2}
_STEP = 64  # rows are rounded up to whole vectors


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
def _table(start: Any, length: Any, count: Any, kind: Any, antialias: Any, taps: Any, line: Any, places: Any,
           weights: Any) -> None:
    """Tap k of output pixel j at ``k * line + j`` of places and weights; see ``weights.table``."""
    scale = length / count
    reach = 0.5 if kind == 0 else kind * (max(scale, 1.0) if antialias else 1.0)
    cut = kind < 2 or antialias
    for j in range(count):
        first = np.floor(j * scale) if kind == 0 else np.floor((j + 0.5) * scale - reach + 0.5)
        total = 0.0
        for k in range(taps):
            at = first + k
            inside = 0.0 <= at < length
            w = _weight(kind, antialias, at, np.float64(j), scale) if inside or not cut else 0.0
            weights[k * line + j] = w
            total += w
            places[k * line + j] = start + np.int64(min(max(at, 0.0), length - 1.0))
        for k in range(taps):
            weights[k * line + j] /= total


@njit(nogil=True, cache=True, error_model="numpy")
def _needed(weights: Any, taps: Any, line: Any, count: Any) -> Any:
    """How many taps are left when trailing ones that have no weight anywhere are dropped."""
    while taps > 1:
        for j in range(count):
            if weights[(taps - 1) * line + j] != 0.0:
                return taps
        taps -= 1
    return taps


@njit(nogil=True, cache=True)
def _pick(values: Any, start: Any, places: Any, at: Any, out: Any, count: Any) -> None:
    for j in range(count):
        out[j] = values[np.uint64(start + places[at + j])]


@njit(nogil=True, cache=True, error_model="numpy")
def _add(total: Any, to: Any, weights: Any, at: Any, values: Any, count: Any, start: Any) -> None:
    a, b = np.uint64(to), np.uint64(at)
    if start:
        for j in range(count):
            total[a + np.uint64(j)] = weights[b + np.uint64(j)] * np.float32(values[j])
    else:
        for j in range(count):
            total[a + np.uint64(j)] += weights[b + np.uint64(j)] * np.float32(values[j])


@njit(nogil=True, cache=True, error_model="numpy")
def _blend(total: Any, weight: Any, values: Any, at: Any, count: Any) -> None:
    a = np.uint64(at)
    for j in range(count):
        total[j] += weight * values[a + np.uint64(j)]


@njit(nogil=True, cache=True, error_model="numpy")
def _store(total: Any, levels: Any, out: Any, count: Any) -> None:
    if levels:
        for j in range(count):
            out[j] = np.int32(min(max(np.rint(total[j]), np.float32(0.0)), np.float32(255.0)))
    else:
        for j in range(count):
            out[j] = total[j]


@njit(nogil=True, cache=True, error_model="numpy")
def _resize(x: Any, shape: Any, out: Any, size: Any, boxes: Any, taps: Any, kind: Any, antialias: Any,
            levels: Any, first: Any, last: Any) -> None:
    # a plane is one channel of one image; x and out are flat
    channels, height, width = shape
    rows, columns = size
    wide = (columns + _STEP - 1) // _STEP * _STEP
    places_x, weights_x = np.zeros(taps * wide, np.int32), np.zeros(taps * wide, np.float32)
    places_y, weights_y = np.zeros(taps * rows, np.int32), np.zeros(taps * rows, np.float32)
    taken, total, held = np.empty(wide, x.dtype), np.empty(wide, np.float32), np.empty(wide, out.dtype)
    middle = np.empty(height * wide, np.float32)
    made, taps_x, taps_y = -1, 1, 1
    for plane in range(first, last):
        n = plane // channels
        top, tall = boxes[n, 0], boxes[n, 2]
        if n != made:
            made = n
            _table(boxes[n, 1], boxes[n, 3], columns, kind, antialias, taps, wide, places_x, weights_x)
            _table(top, tall, rows, kind, antialias, taps, rows, places_y, weights_y)
            taps_x, taps_y = _needed(weights_x, taps, wide, columns), _needed(weights_y, taps, rows, rows)
        for i in range(top, top + tall):
            for k in range(taps_x):
                _pick(x, (plane * height + i) * width, places_x, k * wide, taken, wide)
                _add(middle, i * wide, weights_x, k * wide, taken, wide, k == 0)
        for i in range(rows):
            total[:] = np.float32(0.0)
            for k in range(taps_y):
                weight = weights_y[k * rows + i]
                if weight != 0.0:
                    _blend(total, weight, middle, places_y[k * rows + i] * wide, wide)
            _store(total, levels, held, wide)
            copy_span(out, (plane * rows + i) * columns, held, 0, columns)


def resize(images: torch.Tensor, boxes: Any, size: tuple[int, int], rule: Filter) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.resize.resize`."""
    levels = images.dtype == torch.uint8
    held = (images if levels else images.to(torch.float32)).detach().contiguous()
    out = fresh((*images.shape[:2], *size), held.dtype)
    if out.numel():
        most = boxes[:, 2:].max(axis=0)
        taps = max(rule.taps(int(most[k]), size[k]) for k in (0, 1))
        facts = (held.numpy().reshape(-1), tuple(images.shape[1:]), out.numpy().reshape(-1), size,
                 np.ascontiguousarray(boxes), taps, _FILTERS[rule.name], rule.antialias, levels)
        in_threads(lambda first, last: _resize(*facts, first, last), len(out) * out.shape[1], out.numel())
    return out.to(images.dtype)
