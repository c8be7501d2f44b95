"""Compiled loops over planes of uint8 images."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numba import njit

from practicum.kernels.threads import in_threads
from practicum_image_basic.levels import planes
from practicum_image_basic.operation import new_like
from practicum_image_basic.ops.levels.permute import WIDTH, look_up_64, wide_permutes

_WIDE = wide_permutes()


@njit(cache=True, nogil=True)
def look_up_rows(x: Any, tables: Any, out: Any, first: int, last: int) -> None:
    """Replace each value of row n by its entry in table n; x and out uint8 [N, M], tables uint8 [N, 256]."""
    for n in range(first, last):
        table, line, done = tables[n], x[n], out[n]
        start = 0
        if _WIDE:
            start = len(line) // WIDTH * WIDTH
            look_up_64(done, line, table, start)
        for i in range(start, len(line)):
            done[i] = table[line[i]]


@njit(cache=True, nogil=True)
def _histograms(x: Any, out: Any, first: int, last: int) -> None:
    # Four counters for each level: equal neighbours would wait for one another's increment.
    held = np.zeros((4, 256), np.int64)
    for n in range(first, last):
        line = x[n]
        held[:] = 0
        whole = len(line) // 4 * 4
        for i in range(0, whole, 4):
            held[0, line[i]] += 1
            held[1, line[i + 1]] += 1
            held[2, line[i + 2]] += 1
            held[3, line[i + 3]] += 1
        for i in range(whole, len(line)):
            held[0, line[i]] += 1
        for level in range(256):
            out[n, level] = held[0, level] + held[1, level] + held[2, level] + held[3, level]


@njit(cache=True, nogil=True)
def sum_of(line: Any) -> Any:
    """Sum of uint8 values, as int64."""
    total = np.int64(0)
    for i in range(len(line)):
        total += np.int64(line[i])
    return total


@njit(cache=True, nogil=True)
def _sums(x: Any, out: Any, first: int, last: int) -> None:
    for n in range(first, last):
        out[n] = sum_of(x[n])


def look_up(images: torch.Tensor, tables: npt.NDArray[np.uint8]) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.levels.look_up`; tables uint8 [N, C, 256]."""
    out = new_like(images)
    count = images.shape[0] * images.shape[1]
    rows, held = planes(images).reshape(count, -1), tables.reshape(count, 256)
    done = out.reshape(count, -1).numpy()
    in_threads(lambda a, b: look_up_rows(rows, held, done, a, b), count, images.numel())
    return out


def histograms(images: torch.Tensor) -> npt.NDArray[np.int64]:
    """See :func:`practicum_image_basic.ops.levels.histograms`."""
    count = images.shape[0] * images.shape[1]
    rows, out = planes(images).reshape(count, -1), np.empty((count, 256), np.int64)
    in_threads(lambda a, b: _histograms(rows, out, a, b), count, images.numel())
    return out.reshape(*images.shape[:2], 256)


def sums(images: torch.Tensor) -> npt.NDArray[np.int64]:
    """See :func:`practicum_image_basic.ops.levels.sums`."""
    count = images.shape[0] * images.shape[1]
    rows, out = planes(images).reshape(count, -1), np.empty(count, np.int64)
    in_threads(lambda a, b: _sums(rows, out, a, b), count, images.numel())
    return out.reshape(images.shape[:2])
