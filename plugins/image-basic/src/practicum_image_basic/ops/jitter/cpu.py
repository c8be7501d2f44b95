"""All four changes of an image while it is in the cache."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.threads import in_threads
from practicum_image_basic.colour import GREY
from practicum_image_basic.levels import planes
from practicum_image_basic.light import LUMA
from practicum_image_basic.operation import new_like
from practicum_image_basic.ops.colour.cpu import mix_one, turn_one
from practicum_image_basic.ops.levels.cpu import look_up_rows, sum_of

_F = np.float32
_LUMA = np.array(LUMA)


@njit(cache=True, nogil=True, error_model="numpy")
def _scale(x: Any, factor: Any, offset: Any, table: Any, out: Any) -> None:
    f, o = _F(factor), _F(offset)
    for level in range(256):
        value = np.rint((_F(level) / _F(255) * f + o) * _F(255))
        table[0, level] = np.uint8(min(max(value, _F(0)), _F(255)))
    look_up_rows(x.reshape(1, -1), table, out.reshape(1, -1), 0, 1)


@njit(cache=True, nogil=True, error_model="numpy")
def _jitter(x: Any, order: Any, amounts: Any, area: Any, out: Any, first: int, last: int) -> None:
    held = np.empty((2, *x.shape[1:]), np.uint8)
    table, matrix = np.empty((1, 256), np.uint8), np.empty((3, 3), np.float32)
    for n in range(first, last):
        for turn in range(4):
            source = x[n] if turn == 0 else held[turn & 1]
            target = out[n] if turn == 3 else held[(turn + 1) & 1]
            kind = order[n, turn]
            amount = amounts[n, kind]
            if kind == 0:
                _scale(source, amount, 0.0, table, target)
            elif kind == 1:
                grey = 0.0
                for c in range(3):
                    grey += _LUMA[c] * (np.float64(sum_of(source[c])) / area)
                _scale(source, amount, grey * (1.0 - amount), table, target)
            elif kind == 2:
                for c in range(3):
                    for k in range(3):
                        own = amount if c == k else 0.0
                        matrix[c, k] = _F(own + (1.0 - amount) * GREY[k])
                mix_one(source, matrix, target)
            elif amount == 0.0:
                target[:] = source
            else:
                turn_one(source, _F(amount % 1.0 * 6.0), target)


def jitter(images: torch.Tensor, order: Any, amounts: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.jitter.jitter`."""
    out = new_like(images)
    x, done, area = planes(images), planes(out), 255.0 * images.shape[2] * images.shape[3]
    turns = np.ascontiguousarray(order, np.int64)
    in_threads(lambda a, b: _jitter(x, turns, amounts, area, done, a, b), len(images), images.numel())
    return out
