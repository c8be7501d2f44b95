"""One PGD step in L-infinity and L2 as Triton kernels, in one launch and one pass over memory."""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _store_inward(pointer, offsets, mask, centre, change):
    """Store ``centre + change`` rounded so that it is no farther from the centre than asked for."""
    goal = (centre + change).to(pointer.dtype.element_ty)
    value = goal.to(tl.float32)
    over = (tl.abs(value - centre) > tl.abs(change)) & (value != 0.0)
    inward = tl.where((value > centre) == (value > 0.0), -1, 1)
    if pointer.dtype.element_ty == tl.float32:
        nearer = (goal.to(tl.int32, bitcast=True) + inward).to(pointer.dtype.element_ty, bitcast=True)
    else:
        nearer = (goal.to(tl.int16, bitcast=True) + inward.to(tl.int16)).to(pointer.dtype.element_ty, bitcast=True)
    tl.store(pointer + offsets, tl.where(over, nearer, goal), mask=mask)


@triton.jit
def _free(centre, low, high):
    return (centre >= low) & (centre <= high) & (tl.abs(centre) < float("inf"))


@triton.jit
def _own(size_ptr, eps_ptr, row, INWARD: tl.constexpr):
    """Step and radius of one row, from float64; the radius less what rounding may add, rounded down."""
    eps = tl.load(eps_ptr + row) * INWARD
    radius = eps.to(tl.float32)
    lower = (radius.to(tl.int32, bitcast=True) - 1).to(tl.float32, bitcast=True)
    return tl.load(size_ptr + row).to(tl.float32), tl.where(radius.to(tl.float64) > eps, lower, radius)


@triton.jit
def linf_kernel(x_ptr, gradient_ptr, centre_ptr, out_ptr, count, size, eps, low, high, BLOCK: tl.constexpr,
                ROWS: tl.constexpr):
    """A sign step and its projection, on [count] values; or with ROWS on [N, count], ``size`` and ``eps`` being
    pointers to a number for each row."""
    columns = tl.program_id(ROWS).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    mask = columns < count
    offsets = columns
    if ROWS:
        row = tl.program_id(0).to(tl.int64)
        offsets = row * count + columns
        size, eps = _own(size, eps, row, 1.0)
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    g = tl.load(gradient_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    c = tl.load(centre_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    u = (x - c) + tl.where(g > 0.0, size, tl.where(g < 0.0, -size, 0.0))
    room = tl.minimum(tl.maximum(tl.where(u > 0.0, high - c, c - low), 0.0), eps)
    moved = tl.minimum(tl.abs(u), room)
    change = tl.where(_free(c, low, high), tl.where(u > 0.0, moved, -moved), 0.0)
    _store_inward(out_ptr, offsets, mask, c, change)


@triton.jit
def l2_kernel(x_ptr, gradient_ptr, centre_ptr, out_ptr, width, size, eps, low, high, BLOCK: tl.constexpr,
              ROUNDS: tl.constexpr, ROWS: tl.constexpr, INWARD: tl.constexpr):
    """A step along the gradient and its projection; one program holds one row of [N, width]. With ROWS ``size`` and
    ``eps`` are pointers to a number for each row."""
    if ROWS:
        size, eps = _own(size, eps, tl.program_id(0), INWARD)
    columns = tl.arange(0, BLOCK)
    mask = columns < width
    offsets = tl.program_id(0).to(tl.int64) * width + columns
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    g = tl.load(gradient_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    c = tl.load(centre_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    steepest = tl.max(tl.abs(g), axis=0)
    g = g / tl.where(steepest > 0.0, steepest, 1.0)
    length = tl.sqrt(tl.sum(g * g, axis=0))
    free = _free(c, low, high)
    u = tl.where(free, (x - c) + g * (size / tl.where(length > 0.0, length, 1.0)), 0.0)
    room = tl.where(free, tl.maximum(tl.where(u > 0.0, high - c, c - low), 0.0), 0.0)
    largest = tl.max(tl.abs(u), axis=0)
    unit = u / tl.where(largest > 0.0, largest, 1.0)
    radius = tl.where(eps > 0.0, eps, 1.0)  # of a row that has none the scale below is 0
    cap = room / radius * (room / radius)
    total = tl.sum(tl.where(cap > 0.0, unit * unit, 0.0), axis=0)
    # sum min(t unit^2, (room / eps)^2) = 1, from the left: Newton on a concave, piecewise linear function.
    t = 1.0 / tl.where(total > 0.0, total, 1.0)
    for _ in range(ROUNDS):
        opened = t * (unit * unit) < cap
        slope = tl.sum(tl.where(opened, unit * unit, 0.0), axis=0)
        gap = 1.0 - tl.sum(tl.minimum(t * (unit * unit), cap), axis=0)
        t = t + tl.where((slope > 0.0) & (gap > 0.0), gap / tl.where(slope > 0.0, slope, 1.0), 0.0)
    scale = tl.minimum(tl.sqrt(t) * eps, largest)
    # Read again rather than kept: two values an element stay in registers through the loop, so large rows spill less.
    c = tl.load(centre_ptr + offsets, mask=mask, other=0.0, volatile=True).to(tl.float32)
    room = tl.where(_free(c, low, high), tl.maximum(tl.where(unit > 0.0, high - c, c - low), 0.0), 0.0)
    moved = tl.minimum(scale * tl.abs(unit), room)
    _store_inward(out_ptr, offsets, mask, c, tl.where(unit > 0.0, moved, -moved))
