"""One L1 step of PGD as a Triton kernel: one launch, one pass over memory, one row held in registers by one program.

Both stages are searches for one number: the slope down to which the step fills entries, and the amount by which the
projection shortens them. Floats that aren't negative are ordered like their bits, so 31 halvings of the bits find
such a number exactly, whatever the scale of the gradient, and no sort is needed.
"""

from __future__ import annotations

import triton
import triton.language as tl

from practicum_gradient_attacks.ops.step.kernel import _free, _own, _store_inward


@triton.jit
def _key(g):
    """Bits of |g|, which are ordered like |g|."""
    return g.to(tl.int32, bitcast=True) & 0x7FFFFFFF


@triton.jit
def _ahead(x, g, c, size, low, high):
    """How far each value may go along its gradient: to the box, or by the whole step."""
    room = tl.minimum(tl.maximum(tl.where(g > 0.0, high - x, x - low), 0.0), size)
    return tl.where(_free(c, low, high) & (g != 0.0), room, 0.0)


@triton.jit
def _moved(x, g, c, columns, size, low, high, least, cut, rest):
    """The change from the centre after the step: entries of slope above ``least`` are filled, those that equal it up
    to the column ``cut``, which gets ``rest``."""
    room = _ahead(x, g, c, size, low, high)
    key = _key(g)
    among = tl.where(columns < cut, room, tl.where(columns == cut, tl.minimum(rest, room), 0.0))
    taken = tl.where(key > least, room, tl.where(key == least, among, 0.0))
    return tl.where(_free(c, low, high), (x - c) + tl.where(g > 0.0, taken, -taken), 0.0)


@triton.jit
def _shortened(u, c, low, high, shift):
    """``|u|`` less ``shift``, between nothing and the box."""
    room = tl.maximum(tl.where(u > 0.0, high - c, c - low), 0.0)
    return tl.where(_free(c, low, high), tl.minimum(tl.maximum(tl.abs(u) - shift, 0.0), room), 0.0)


@triton.jit
def _falls(u, c, low, high, shift):
    """Whether an entry gets shorter as the shift grows."""
    room = tl.maximum(tl.where(u > 0.0, high - c, c - low), 0.0)
    left = tl.abs(u) - shift
    return _free(c, low, high) & (left > 0.0) & (left <= room)


@triton.jit
def _settled(below, reached, falling, eps, over):
    """The shift in two parts, whose sum has more digits than a float32 holds.

    ``below`` are the bits of the largest float32 that shortens too little. Nothing bends before the next one, so the
    rest is a division, unless nothing falls there: then it is the next one.
    """
    one = tl.where(falling > 0.0, falling, 1.0)
    rest = tl.where(falling > 0.0, tl.maximum(reached - eps, 0.0) / one, 0.0).to(tl.float32)
    bits = below + tl.where(falling > 0.0, 0, 1)
    shift = bits.to(tl.float32, bitcast=True)
    return tl.where(over, shift, 0.0), tl.where(over, rest, 0.0)


@triton.jit
def _store_shortened(pointer, offsets, mask, u, c, low, high, shift, rest):
    room = tl.maximum(tl.where(u > 0.0, high - c, c - low), 0.0)
    moved = tl.minimum(tl.maximum((tl.abs(u) - shift) - rest, 0.0), room)
    moved = tl.where(_free(c, low, high), moved, 0.0)
    _store_inward(pointer, offsets, mask, c, tl.where(u > 0.0, moved, -moved))


@triton.jit
def l1_kernel(x_ptr, gradient_ptr, centre_ptr, out_ptr, width, size, eps, low, high, BLOCK: tl.constexpr,
              LOG_BLOCK: tl.constexpr, ROWS: tl.constexpr, INWARD: tl.constexpr):
    """The steepest L1 step and its projection; one program holds one row of [N, width]. With ROWS ``size`` and ``eps``
    are pointers to a number for each row."""
    if ROWS:
        size, eps = _own(size, eps, tl.program_id(0), INWARD)
    columns = tl.arange(0, BLOCK)
    mask = columns < width
    offsets = tl.program_id(0).to(tl.int64) * width + columns
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    g = tl.load(gradient_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    c = tl.load(centre_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    room = _ahead(x, g, c, size, low, high)
    key = _key(g)
    least = tl.full((), 0, tl.int32)
    for k in range(31):  # the largest slope such that those at or above it can spend the whole step
        tried = least | (1 << (30 - k))
        least = tl.where(tl.sum(tl.where(key >= tried, room, 0.0), axis=0) >= size, tried, least)
    left = size - tl.sum(tl.where(key > least, room, 0.0).to(tl.float64), axis=0)
    cut = tl.full((), 0, tl.int32)
    for k in range(LOG_BLOCK):  # the last column before which something is left for equal slopes
        tried = cut | (1 << (LOG_BLOCK - 1 - k))
        before = tl.sum(tl.where((key == least) & (columns < tried), room, 0.0), axis=0)
        cut = tl.where(before < left, tried, cut)
    rest = left - tl.sum(tl.where((key == least) & (columns < cut), room, 0.0).to(tl.float64), axis=0)
    rest = tl.maximum(rest, 0.0).to(tl.float32)
    u = _moved(x, g, c, columns, size, low, high, least, cut, rest)
    over = tl.sum(_shortened(u, c, low, high, 0.0), axis=0) > eps
    below = tl.full((), 0, tl.int32)
    for k in range(31):  # the largest shift that leaves too much
        tried = below | (1 << (30 - k))
        reached = tl.sum(_shortened(u, c, low, high, tried.to(tl.float32, bitcast=True)), axis=0)
        below = tl.where(reached > eps, tried, below)
    shift = below.to(tl.float32, bitcast=True)
    reached = tl.sum(_shortened(u, c, low, high, shift).to(tl.float64), axis=0)
    falling = tl.sum(_falls(u, c, low, high, shift).to(tl.float32), axis=0)
    shift, more = _settled(below, reached, falling, eps, over)
    _store_shortened(out_ptr, offsets, mask, u, c, low, high, shift, more)
