"""One PGD step on rows too long for registers: one launch, one program a row, which reads its row several times.

What a pass adds up is added in float64 where it decides how near the ball's surface the result lies, since one lane
adds up hundreds of values.
"""

from __future__ import annotations

import triton
import triton.language as tl

from practicum_gradient_attacks.ops.step.kernel import _free, _own, _store_inward
from practicum_gradient_attacks.ops.step.kernel_l1 import (
    _ahead,
    _falls,
    _key,
    _moved,
    _settled,
    _shortened,
    _store_shortened,
)


@triton.jit
def _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK: tl.constexpr):
    columns = start + tl.arange(0, BLOCK)
    mask = columns < width
    x = tl.load(x_ptr + first + columns, mask=mask, other=0.0).to(tl.float32)
    g = tl.load(gradient_ptr + first + columns, mask=mask, other=0.0).to(tl.float32)
    c = tl.load(centre_ptr + first + columns, mask=mask, other=0.0).to(tl.float32)
    return x, g, c, columns, mask


@triton.jit
def _squares(x, g, c, factor, low, high):
    """The change after the step, its square, and the square of what the box leaves, in float64."""
    free = _free(c, low, high)
    u = tl.where(free, (x - c).to(tl.float64) + g.to(tl.float64) * factor, 0.0)
    room = tl.where(free, tl.maximum(tl.where(u > 0.0, high - c, c - low), 0.0), 0.0)
    cap = room.to(tl.float64) * room.to(tl.float64)
    return u, tl.where(cap > 0.0, u * u, 0.0), cap, room


@triton.jit
def l2_long_kernel(x_ptr, gradient_ptr, centre_ptr, out_ptr, width, size, eps, low, high, BLOCK: tl.constexpr,
                   ROUNDS: tl.constexpr, ROWS: tl.constexpr, INWARD: tl.constexpr):
    """A step along the gradient and its projection; one program loops over one row of [N, width]. With ROWS ``size``
    and ``eps`` are pointers to a number for each row."""
    if ROWS:
        size, eps = _own(size, eps, tl.program_id(0), INWARD)
    first = tl.program_id(0).to(tl.int64) * width
    sums = tl.zeros([BLOCK], tl.float64)
    for start in range(0, width, BLOCK):
        columns = start + tl.arange(0, BLOCK)
        g = tl.load(gradient_ptr + first + columns, mask=columns < width, other=0.0).to(tl.float64)
        sums += g * g
    length = tl.sqrt(tl.sum(sums, axis=0))
    factor = tl.where(length > 0.0, size / tl.where(length > 0.0, length, 1.0), 0.0)
    sums, totals = tl.zeros([BLOCK], tl.float64), tl.zeros([BLOCK], tl.float64)
    for start in range(0, width, BLOCK):
        x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
        u, square, cap, room = _squares(x, g, c, factor, low, high)
        sums += tl.minimum(square, cap)
        totals += square
    radius = tl.full((), 0.0, tl.float64) + eps
    goal = radius * radius
    over = tl.sum(sums, axis=0) > goal
    total = tl.sum(totals, axis=0)
    # sum min(t u^2, room^2) = eps^2, from the left: Newton on a concave, piecewise linear function.
    t = tl.where(over, goal / tl.where(total > 0.0, total, 1.0), 1.0)
    rounds = tl.where(over, ROUNDS, 0)
    while rounds > 0:
        sums, slopes = tl.zeros([BLOCK], tl.float64), tl.zeros([BLOCK], tl.float64)
        for start in range(0, width, BLOCK):
            x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
            u, square, cap, room = _squares(x, g, c, factor, low, high)
            sums += tl.minimum(t * square, cap)
            slopes += tl.where(t * square < cap, square, 0.0)
        gap = goal - tl.sum(sums, axis=0)
        slope = tl.sum(slopes, axis=0)
        more = (slope > 0.0) & (gap > 1e-9 * goal)
        t = t + tl.where(more, gap / tl.where(slope > 0.0, slope, 1.0), 0.0)
        rounds = tl.where(more, rounds - 1, 0)
    scale = tl.sqrt(tl.minimum(t, 1.0))
    for start in range(0, width, BLOCK):
        x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
        u, square, cap, room = _squares(x, g, c, factor, low, high)
        moved = tl.minimum((scale * tl.abs(u)).to(tl.float32), room)
        _store_inward(out_ptr, first + columns, mask, c, tl.where(u > 0.0, moved, -moved))


@triton.jit
def l1_long_kernel(x_ptr, gradient_ptr, centre_ptr, out_ptr, width, size, eps, low, high, BLOCK: tl.constexpr,
                   WAYS: tl.constexpr, BITS: tl.constexpr, ROWS: tl.constexpr, INWARD: tl.constexpr):
    """The steepest L1 step and its projection; one program loops over one row of [N, width].

    A pass tries WAYS = 2^BITS values of the number sought, so that a search takes 8 passes rather than 31. With ROWS
    ``size`` and ``eps`` are pointers to a number for each row.
    """
    if ROWS:
        size, eps = _own(size, eps, tl.program_id(0), INWARD)
    first = tl.program_id(0).to(tl.int64) * width
    digit = tl.arange(0, WAYS)
    least = tl.full((), 0, tl.int32)
    for k in range(0, 32, BITS):  # the largest slope such that those at or above it can spend the whole step
        tried = least + (digit << (32 - BITS - k))
        table = tl.zeros([WAYS, BLOCK], tl.float32)
        for start in range(0, width, BLOCK):
            x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
            room = _ahead(x, g, c, size, low, high)
            table += tl.where(_key(g)[None, :] >= tried[:, None], room[None, :], 0.0)
        enough = (tl.sum(table, axis=1) >= size) & (tried > least)  # those past the sign bit are negative
        least = least + (tl.sum(enough.to(tl.int32), axis=0) << (32 - BITS - k))
    above = tl.zeros([BLOCK], tl.float64)
    for start in range(0, width, BLOCK):
        x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
        above += tl.where(_key(g) > least, _ahead(x, g, c, size, low, high), 0.0)
    left = size - tl.sum(above, axis=0)
    cut = tl.full((), 0, tl.int32) + width
    rest, before = tl.full((), 0.0, tl.float64), tl.full((), 0.0, tl.float64)
    for start in range(0, width, BLOCK):  # of equal slopes the first come first
        x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
        equal = tl.where(_key(g) == least, _ahead(x, g, c, size, low, high), 0.0).to(tl.float64)
        here = tl.min(tl.where(before + tl.cumsum(equal, axis=0) >= left, columns, width), axis=0)
        part = left - (before + tl.sum(tl.where(columns < here, equal, 0.0), axis=0))
        rest = tl.where((here < width) & (cut == width), part, rest)
        cut = tl.minimum(cut, here)
        before += tl.sum(equal, axis=0)
    rest = tl.maximum(rest, 0.0).to(tl.float32)
    over = tl.full((), 0, tl.int32) > 0
    below = tl.full((), 0, tl.int32)
    for k in range(0, 32, BITS):  # the largest shift that leaves too much
        tried = below + (digit << (32 - BITS - k))
        shifts = tried.to(tl.float32, bitcast=True)
        table = tl.zeros([WAYS, BLOCK], tl.float32)
        for start in range(0, width, BLOCK):
            x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
            u = _moved(x, g, c, columns, size, low, high, least, cut, rest)
            table += _shortened(u[None, :], c[None, :], low, high, shifts[:, None])
        enough = tl.sum(table, axis=1) > eps
        over = over | (tl.sum((enough & (tried == 0)).to(tl.int32), axis=0) > 0)
        below = below + (tl.sum((enough & (tried > below)).to(tl.int32), axis=0) << (32 - BITS - k))
    shift = below.to(tl.float32, bitcast=True)
    whole, falls = tl.zeros([BLOCK], tl.float64), tl.zeros([BLOCK], tl.float32)
    for start in range(0, width, BLOCK):
        x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
        u = _moved(x, g, c, columns, size, low, high, least, cut, rest)
        whole += _shortened(u, c, low, high, shift).to(tl.float64)
        falls += _falls(u, c, low, high, shift).to(tl.float32)
    shift, more = _settled(below, tl.sum(whole, axis=0), tl.sum(falls, axis=0), eps, over)
    for start in range(0, width, BLOCK):
        x, g, c, columns, mask = _row(x_ptr, gradient_ptr, centre_ptr, first, start, width, BLOCK)
        u = _moved(x, g, c, columns, size, low, high, least, cut, rest)
        _store_shortened(out_ptr, first + columns, mask, u, c, low, high, shift, more)
