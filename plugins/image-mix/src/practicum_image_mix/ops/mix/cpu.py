"""The operation fused for the CPU: every image is read from memory once and every output written once."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.memory import fresh
from practicum_image_mix.ops.mix.plan import make_plan

DTYPES = (torch.float32, torch.float64, torch.uint8)
_BLOCK = 4096  # elements; own, partner and output of a block stay in the first-level caches
_WORTH_A_THREAD = 1 << 19  # elements


@njit(nogil=True, cache=True, error_model="numpy")
def _mix_lines(x: Any, out: Any, order: Any, partner: Any, lam: Any, box: Any, paste: bool, fill: Any,
               height: int, width: int, lines: int, first: int, last: int) -> None:
    """Mix lines ``first .. last-1`` (a line is one row of one channel) of all samples; x and out are [N, C*H*W]."""
    one = lam.dtype.type(1)
    for start in range(first, last, lines):
        stop = min(start + lines, last)
        lo, hi = start * width, stop * width
        for step in range(len(order)):
            row = order[step]
            mate = partner[row]
            weight = lam[row]
            o, a, b = out[row, lo:hi], x[row, lo:hi], x[mate, lo:hi]
            if weight == one:
                o[:] = a
            elif weight == 0:
                o[:] = b
            else:
                _blend(o, a, b, weight, one - weight)
            y0, y1, x0, x1 = box[row, 0], box[row, 1], box[row, 2], box[row, 3]
            if x1 > x0 and y1 > y0:
                for line in range(start, stop):
                    y = line % height
                    if y0 <= y < y1:
                        left, right = line * width + x0, line * width + x1
                        if paste:
                            out[row, left:right] = x[mate, left:right]
                        else:
                            out[row, left:right] = fill


@njit(nogil=True, cache=True, inline="always")
def _blend(o: Any, a: Any, b: Any, weight: Any, rest: Any) -> None:
    for i in range(len(o)):
        o[i] = weight * a[i] + rest * b[i]


@njit(nogil=True, cache=True, error_model="numpy")
def _mix_lines_u8(x: Any, out: Any, order: Any, partner: Any, lam: Any, box: Any, paste: bool, fill: Any,
                  height: int, width: int, lines: int, first: int, last: int) -> None:
    """The same for 8 bits: weights are multiples of 2**-15, so integers hold every product."""
    for start in range(first, last, lines):
        stop = min(start + lines, last)
        lo, hi = start * width, stop * width
        for step in range(len(order)):
            row = order[step]
            mate = partner[row]
            weight = np.int32(lam[row] * np.float32(32768))
            rest = np.int32(32768) - weight
            o, a, b = out[row, lo:hi], x[row, lo:hi], x[mate, lo:hi]
            for i in range(len(o)):
                o[i] = np.uint8((weight * np.int32(a[i]) + rest * np.int32(b[i]) + np.int32(16384)) >> np.int32(15))
            y0, y1, x0, x1 = box[row, 0], box[row, 1], box[row, 2], box[row, 3]
            if x1 > x0 and y1 > y0:
                for line in range(start, stop):
                    y = line % height
                    if y0 <= y < y1:
                        left, right = line * width + x0, line * width + x1
                        if paste:
                            out[row, left:right] = x[mate, left:right]
                        else:
                            out[row, left:right] = fill


def mix(x: torch.Tensor, partner: Any = None, lam: Any = None, box: Any = None,
        fill: float | None = None) -> torch.Tensor:
    """See :func:`practicum_image_mix.ops.mix.mix`."""
    return mix_into(fresh(x.shape, x.dtype), x, partner, lam, box, fill)


def mix_into(out: torch.Tensor, x: torch.Tensor, partner: Any = None, lam: Any = None, box: Any = None,
             fill: float | None = None) -> torch.Tensor:
    """Mix into a contiguous tensor of the caller's, which must not share memory with ``x``."""
    plan = make_plan(x, partner, lam, box, fill)
    if not x.numel():
        return out
    count, channels, height, width = x.shape
    source, target = x.detach().contiguous().reshape(count, -1).numpy(), out.reshape(count, -1).numpy()
    value = np.floor(np.float64(fill or 0.0) + 0.5) if x.dtype == torch.uint8 else np.float64(fill or 0.0)
    weights = plan.lam.astype(np.float64) if x.dtype == torch.float64 else plan.lam
    kernel = _mix_lines_u8 if x.dtype == torch.uint8 else _mix_lines
    shared = (source, target, plan.order, plan.partner, weights, plan.box, fill is None, source.dtype.type(value),
              height, width, max(1, _BLOCK // width))
    _in_threads(kernel, shared, channels * height, x.numel())
    return out


def _in_threads(kernel: Any, shared: tuple[Any, ...], lines: int, elements: int) -> None:
    """Split the lines over short-lived threads: unlike a pool, nothing is left behind for a forked worker to trip on.

    torch's own thread count is obeyed; it is 1 in DataLoader workers.
    """
    workers = max(1, min(torch.get_num_threads(), lines, elements // _WORTH_A_THREAD))
    edges = [lines * k // workers for k in range(workers + 1)]
    others = [threading.Thread(target=kernel, args=(*shared, a, b)) for a, b in pairwise(edges[1:])]
    for other in others:
        other.start()
    kernel(*shared, edges[0], edges[1])
    for other in others:
        other.join()
