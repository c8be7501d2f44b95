"""The operation fused for the CPU: every image is read from memory once and every output written once."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.memory import SMALLEST, fresh
from practicum.kernels.threads import in_threads
from practicum_image_mix.ops.mix.plan import make_plan
from practicum_image_mix.ops.mix.stream import LINE, stream_blend, stream_copy, stream_end

DTYPES = (torch.float32, torch.float64, torch.uint8)
_BLOCK = 4096  # elements; own and partner of a block stay in the first-level caches


@njit(nogil=True, cache=True, inline="always")
def _copy(o: Any, a: Any, stream: bool) -> None:
    done, count = 0, len(o)
    if stream:
        per_line = LINE // o.itemsize
        head = min(count, (-o.ctypes.data % LINE) // o.itemsize)
        for i in range(head):
            o[i] = a[i]
        done = head + (count - head) // per_line * per_line
        for i in range(head, done, per_line):
            stream_copy(o, a, i)
    for i in range(done, count):
        o[i] = a[i]


@njit(nogil=True, cache=True, inline="always")
def _blend(o: Any, a: Any, b: Any, weight: Any, rest: Any, stream: bool) -> None:
    done, count = 0, len(o)
    if stream:
        per_line = LINE // o.itemsize
        head = min(count, (-o.ctypes.data % LINE) // o.itemsize)
        for i in range(head):
            o[i] = weight * a[i] + rest * b[i]
        done = head + (count - head) // per_line * per_line
        for i in range(head, done, per_line):
            stream_blend(o, a, b, i, weight, rest)
    for i in range(done, count):
        o[i] = weight * a[i] + rest * b[i]


@njit(nogil=True, cache=True, error_model="numpy")
def _outside(o: Any, a: Any, b: Any, weight: Any, stream: bool) -> None:
    if weight == 1:
        _copy(o, a, stream)
    elif weight == 0:
        _copy(o, b, stream)
    else:
        _blend(o, a, b, weight, o.dtype.type(1) - weight, stream)


@njit(nogil=True, cache=True, error_model="numpy")
def _mix_lines(x: Any, out: Any, order: Any, partner: Any, lam: Any, box: Any, paste: bool, fill: Any, stream: bool,
               height: int, width: int, lines: int, first: int, last: int) -> None:
    """Mix lines ``first .. last-1`` (a line is one row of one channel) of all samples; x and out are [N, C*H*W]."""
    for start in range(first, last, lines):
        stop = min(start + lines, last)
        for step in range(len(order)):
            row = order[step]
            o, a, b, weight = out[row], x[row], x[partner[row]], lam[row]
            y0, y1, x0, x1 = box[row, 0], box[row, 1], box[row, 2], box[row, 3]
            if x1 <= x0 or y1 <= y0:
                lo, hi = start * width, stop * width
                _outside(o[lo:hi], a[lo:hi], b[lo:hi], weight, stream)
                continue
            line = start
            while line < stop:
                y = line % height
                if y0 <= y < y1:
                    lo, left, right, hi = line * width, line * width + x0, line * width + x1, (line + 1) * width
                    # Pieces of lines are written in the usual way: streaming part of a cache line costs a full one.
                    _outside(o[lo:left], a[lo:left], b[lo:left], weight, False)
                    if paste:
                        _copy(o[left:right], b[left:right], False)
                    else:
                        o[left:right] = fill
                    _outside(o[right:hi], a[right:hi], b[right:hi], weight, False)
                    line += 1
                else:
                    free = (y0 if y < y0 else height) - y
                    lo, hi = line * width, min(line + free, stop) * width
                    _outside(o[lo:hi], a[lo:hi], b[lo:hi], weight, stream)
                    line = min(line + free, stop)
    stream_end()


@njit(nogil=True, cache=True, error_model="numpy")
def _mix_bytes(x: Any, out: Any, order: Any, partner: Any, lam: Any, box: Any, paste: bool, fill: Any, stream: bool,
               height: int, width: int, lines: int, first: int, last: int) -> None:
    """The same for 8 bits, not streamed: weights are multiples of 2**-15, so integers hold every product."""
    for start in range(first, last, lines):
        stop = min(start + lines, last)
        lo, hi = start * width, stop * width
        for step in range(len(order)):
            row = order[step]
            weight = np.int32(lam[row] * np.float32(32768))
            rest = np.int32(32768) - weight
            o, a, b = out[row, lo:hi], x[row, lo:hi], x[partner[row], lo:hi]
            for i in range(len(o)):
                o[i] = np.uint8((weight * np.int32(a[i]) + rest * np.int32(b[i]) + np.int32(16384)) >> np.int32(15))
            y0, y1, x0, x1 = box[row, 0], box[row, 1], box[row, 2], box[row, 3]
            for line in range(start, stop):
                if x0 < x1 and y0 <= line % height < y1:
                    left, right = line * width + x0, line * width + x1
                    if paste:
                        out[row, left:right] = x[partner[row], left:right]
                    else:
                        out[row, left:right] = fill


def mix(x: torch.Tensor, partner: Any = None, lam: Any = None, box: Any = None,
        fill: float | None = None) -> torch.Tensor:
    """See :func:`practicum_image_mix.ops.mix.mix`."""
    out = fresh(x.shape, x.dtype)
    return mix_into(out, x, partner, lam, box, fill, stream=out.nbytes >= SMALLEST)


def mix_into(out: torch.Tensor, x: torch.Tensor, partner: Any = None, lam: Any = None, box: Any = None,
             fill: float | None = None, *, stream: bool = False) -> torch.Tensor:
    """Mix into a contiguous tensor of the caller's, which must not share memory with ``x``.

    ``stream`` writes past the caches: quicker on large memory that was touched before, slower on pages that the system
    zeroes at this very moment.
    """
    plan = make_plan(x, partner, lam, box, fill)
    if not x.numel():
        return out
    count, channels, height, width = x.shape
    source, target = x.detach().contiguous().reshape(count, -1).numpy(), out.reshape(count, -1).numpy()
    value = np.floor(np.float64(fill or 0.0) + 0.5) if x.dtype == torch.uint8 else np.float64(fill or 0.0)
    weights = plan.lam.astype(np.float64) if x.dtype == torch.float64 else plan.lam
    kernel = _mix_bytes if x.dtype == torch.uint8 else _mix_lines
    shared = (source, target, plan.order, plan.partner, weights, plan.box, fill is None, source.dtype.type(value),
              stream, height, width, max(1, _BLOCK // width))
    in_threads(lambda first, last: kernel(*shared, first, last), channels * height, x.numel())
    return out
