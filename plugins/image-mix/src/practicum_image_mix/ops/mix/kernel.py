"""The operation as one Triton launch.

A program owns a block of pixels and walks along a chain of samples in which each one's partner comes next, so the
partner's block, already in registers, is the next sample's own: every image is read about once instead of twice.
Lanes load only what their output needs: the own image where its weight isn't 0, the partner where its weight isn't 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import triton
import triton.language as tl

from practicum_image_mix.ops.mix.plan import Plan, make_plan

BLOCK = 1024
_PROGRAMS = 1024
_SHORTEST_CHAIN = 4


@triton.jit
def mix_kernel(x_ptr, out_ptr, table_ptr, fill, count, size, plane, width, chain,
               PASTE: tl.constexpr, ROUND: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    valid = at < size
    pixel = at % plane
    y = pixel // width
    x = pixel % width
    first = tl.program_id(1) * chain
    last = tl.minimum(first + chain, count)
    zeros = tl.zeros([BLOCK], dtype=tl.float32)
    carried = zeros
    held = tl.zeros([BLOCK], dtype=tl.int1)
    before = first * 0 - 1
    for step in range(first, last):
        entry = table_ptr + step * 8
        row = tl.load(entry)
        partner = tl.load(entry + 1)
        # A block, not a scalar: the interpreter gives comparisons of scalars the type of their operands.
        lam = zeros + tl.load(entry + 2).to(tl.float32, bitcast=True)
        y0 = tl.load(entry + 3)
        y1 = tl.load(entry + 4)
        x0 = tl.load(entry + 5)
        x1 = tl.load(entry + 6)
        boxed = (y >= y0) & (y < y1) & (x >= x0) & (x < x1)
        blended = valid & (boxed == 0)
        wants_own = blended & (lam != 0)
        if PASTE:
            wants_other = valid & (boxed | (lam != 1))
        else:
            wants_other = blended & (lam != 1)
        reusable = held & (zeros.to(tl.int32) + row == before)
        fresh = tl.load(x_ptr + row.to(tl.int64) * size + at, mask=wants_own & (reusable == 0), other=0)
        own = tl.where(reusable, carried, fresh.to(tl.float32))
        other = tl.load(x_ptr + partner.to(tl.int64) * size + at, mask=wants_other, other=0).to(tl.float32)
        result = lam * own + (1 - lam) * other
        result = tl.where(lam == 1, own, tl.where(lam == 0, other, result))
        if PASTE:
            result = tl.where(boxed, other, result)
        else:
            result = tl.where(boxed, fill, result)
        if ROUND:
            result = tl.floor(result + 0.5)
        tl.store(out_ptr + row.to(tl.int64) * size + at, result.to(out_ptr.dtype.element_ty), mask=valid)
        carried = other
        held = wants_other
        before = partner


def mix(x: torch.Tensor, partner: Any = None, lam: Any = None, box: Any = None,
        fill: float | None = None) -> torch.Tensor:
    """See :func:`practicum_image_mix.ops.mix.mix`."""
    plan = make_plan(x, partner, lam, box, fill)
    source = x.contiguous()
    out = torch.empty_like(source)
    if not source.numel():
        return out
    count, channels, height, width = source.shape
    size = channels * height * width
    blocks = triton.cdiv(size, BLOCK)
    chain = max(_SHORTEST_CHAIN, count * blocks // _PROGRAMS)
    table = torch.from_numpy(_table(plan)).to(source.device)
    mix_kernel[(blocks, triton.cdiv(count, chain))](
        source, out, table, 0.0 if fill is None else float(fill), count, size, height * width, width, chain,
        PASTE=fill is None, ROUND=not source.dtype.is_floating_point, BLOCK=BLOCK)
    return out


def _table(plan: Plan) -> np.ndarray[Any, np.dtype[np.int32]]:
    """All draws in one array, in visiting order, so that one copy brings them to the device."""
    table = np.zeros((len(plan.order), 8), dtype=np.int32)
    table[:, 0] = plan.order
    table[:, 1] = plan.partner[plan.order]
    table[:, 2] = plan.lam[plan.order].view(np.int32)
    table[:, 3:7] = plan.box[plan.order]
    return table
