"""One APGD step in L-infinity as a Triton kernel: one launch, one pass over memory."""

from __future__ import annotations

import triton
import triton.language as tl

from practicum_gradient_attacks.ops.step.kernel import _free, _own, _store_inward


@triton.jit
def linf_kernel(x_ptr, gradient_ptr, centre_ptr, previous_ptr, best_ptr, best_gradient_ptr, better_ptr, back_ptr,
                out_ptr, kept_ptr, kept_gradient_ptr, width, size, eps, low, high, momentum, BLOCK: tl.constexpr):
    """The next points, the best ones and their gradients, [N, width]; flags, ``size`` and ``eps`` are [N]."""
    row = tl.program_id(0).to(tl.int64)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    mask = columns < width
    offsets = row * width + columns
    better, back = tl.load(better_ptr + row) != 0, tl.load(back_ptr + row) != 0
    length, radius = _own(size, eps, row, 1.0)
    x = tl.load(x_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    g = tl.load(gradient_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    old = mask & (better == 0)
    top = tl.where(better, x, tl.load(best_ptr + offsets, mask=old, other=0.0).to(tl.float32))
    top_g = tl.where(better, g, tl.load(best_gradient_ptr + offsets, mask=old, other=0.0).to(tl.float32))
    tl.store(kept_ptr + offsets, top.to(kept_ptr.dtype.element_ty), mask=mask)
    tl.store(kept_gradient_ptr + offsets, top_g.to(kept_gradient_ptr.dtype.element_ty), mask=mask)
    now, slope = tl.where(back, top, x), tl.where(back, top_g, g)
    c = tl.load(centre_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    before = tl.load(previous_ptr + offsets, mask=mask, other=0.0).to(tl.float32)
    up = tl.minimum(tl.maximum(high - c, 0.0), radius)
    down = -tl.minimum(tl.maximum(c - low, 0.0), radius)
    u = now - c
    led = u + tl.where(slope > 0.0, length, tl.where(slope < 0.0, -length, 0.0))
    led = tl.minimum(tl.maximum(led, down), up)
    way = u + momentum * (led - u) + (1.0 - momentum) * (now - before)
    moved = tl.where(_free(c, low, high), tl.minimum(tl.maximum(way, down), up), 0.0)
    _store_inward(out_ptr, offsets, mask, c, moved)
