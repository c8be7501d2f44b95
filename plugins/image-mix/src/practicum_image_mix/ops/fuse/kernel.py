"""The operation as one Triton launch.

A program owns a block of pixels of one channel and walks along a chain of samples in which each one's partner comes
next, so the partner's block, already in registers, is the next sample's own: every image is read about once. Lanes load
only what their output needs: nothing where the pixel is erased, one image where its weight is 1 or 0.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
import triton
import triton.language as tl

from practicum_image_mix.ops.fuse.normal import Noise, quantiles
from practicum_image_mix.ops.fuse.plan import Plan, make_plan

BLOCK = 1024
_PROGRAMS = 1024
_SHORTEST_CHAIN = 4
_FIXED = 9  # row, partner, weight, box, id


@triton.jit
def fuse_kernel(x_ptr, out_ptr, table_ptr, normal_ptr, count, channels, plane, width, chain,
                SPOTS: tl.constexpr, NOISE: tl.constexpr, BLOCK: tl.constexpr):
    blocks = tl.cdiv(plane, BLOCK)
    channel = tl.program_id(0) // blocks
    start = (tl.program_id(0) % blocks) * BLOCK
    pixel = start + tl.arange(0, BLOCK)
    valid = pixel < plane
    y = pixel // width
    x = pixel % width
    top = start // width
    bottom = (tl.minimum(start + BLOCK, plane) - 1) // width
    at = channel * plane + pixel
    size = channels * plane
    scale = tl.load(table_ptr + 4 + channel).to(tl.float32, bitcast=True)
    shift = tl.load(table_ptr + 4 + channels + channel).to(tl.float32, bitcast=True)
    length = 9 + SPOTS * (4 + channels)
    first = tl.program_id(1) * chain
    last = tl.minimum(first + chain, count)
    zeros = tl.zeros([BLOCK], dtype=tl.float32)
    carried = zeros
    held = tl.zeros([BLOCK], dtype=tl.int1)
    before = first * 0 - 1
    for step in range(first, last):
        entry = table_ptr + 4 + 2 * channels + step * length
        row = tl.load(entry)
        partner = tl.load(entry + 1)
        lam = zeros + tl.load(entry + 2).to(tl.float32, bitcast=True)
        y0 = tl.load(entry + 3)
        y1 = tl.load(entry + 4)
        x0 = tl.load(entry + 5)
        x1 = tl.load(entry + 6)
        lam = tl.where((y >= y0) & (y < y1) & (x >= x0) & (x < x1), 0.0, lam)
        erased = tl.zeros([BLOCK], dtype=tl.int1)
        colour = zeros
        touched = first * 0
        for spot in tl.static_range(SPOTS):
            side = entry + 9 + spot * 4
            top0 = tl.load(side)
            top1 = tl.load(side + 1)
            left0 = tl.load(side + 2)
            left1 = tl.load(side + 3)
            inside = valid & (y >= top0) & (y < top1) & (x >= left0) & (x < left1)
            erased = erased | inside
            if NOISE:
                touched += ((top0 <= bottom) & (top1 > top) & (left1 > left0)).to(tl.int32)
            else:
                value = tl.load(entry + 9 + SPOTS * 4 + spot * channels + channel).to(tl.float32, bitcast=True)
                colour = tl.where(inside, value, colour)
        if NOISE:  # noqa: SIM102  # the outer condition is decided when compiled, the inner one by the program
            if touched > 0:
                # Programs outside of all rectangles skip the random numbers.
                low = tl.load(table_ptr).to(tl.uint32, bitcast=True).to(tl.uint64)
                key = (tl.load(table_ptr + 1).to(tl.uint32, bitcast=True).to(tl.uint64) << 32) | low
                none = tl.zeros([BLOCK], dtype=tl.uint32)
                w0, w1, w2, w3 = tl.philox(key, (at // 8).to(tl.uint32),
                                           none + tl.load(table_ptr + 2).to(tl.uint32, bitcast=True),
                                           none + tl.load(entry + 7).to(tl.uint32, bitcast=True),
                                           none + tl.load(entry + 8).to(tl.uint32, bitcast=True))
                word = (at // 2) % 4
                bits = tl.where(word == 0, w0, tl.where(word == 1, w1, tl.where(word == 2, w2, w3)))
                bits = tl.where(at % 2 == 0, bits & 0xFFFF, bits >> 16).to(tl.int32)
                value = tl.load(normal_ptr + (bits & 0x7FFF), mask=erased, other=0.0)
                colour = tl.where(bits >= 0x8000, -value, value)
        wanted = valid & (erased == 0)
        reusable = held & (zeros.to(tl.int32) + row == before)
        fresh = tl.load(x_ptr + row.to(tl.int64) * size + at, mask=wanted & (lam != 0) & (reusable == 0), other=0)
        own = tl.where(reusable, carried, fresh.to(tl.float32))
        wants_other = wanted & (lam != 1)
        other = tl.load(x_ptr + partner.to(tl.int64) * size + at, mask=wants_other, other=0).to(tl.float32)
        result = tl.where(erased, colour, (lam * own + (1 - lam) * other) * scale + shift)
        tl.store(out_ptr + row.to(tl.int64) * size + at, result.to(out_ptr.dtype.element_ty), mask=valid)
        carried = other
        held = wants_other
        before = partner


def fuse(x: torch.Tensor, mean: Any, std: Any, partner: Any = None, lam: Any = None, box: Any = None, erase: Any = None,
         fill: Any = None, noise: Noise | None = None, dtype: torch.dtype | None = None) -> torch.Tensor:
    """See :func:`practicum_image_mix.ops.fuse.fuse`."""
    plan = make_plan(x, mean, std, partner, lam, box, erase, fill, noise, dtype)
    source = x.contiguous()
    out = torch.empty(source.shape, dtype=plan.dtype, device=source.device)
    if not source.numel():
        return out
    count, channels, height, width = source.shape
    plane = height * width
    programs = channels * triton.cdiv(plane, BLOCK)
    chain = max(_SHORTEST_CHAIN, count * programs // _PROGRAMS)
    table = torch.from_numpy(_table(plan)).to(source.device)
    fuse_kernel[(programs, triton.cdiv(count, chain))](
        source, out, table, _normal(str(source.device)), count, channels, plane, width, chain,
        SPOTS=plan.erase.shape[1], NOISE=noise is not None, BLOCK=BLOCK)
    return out


@cache
def _normal(device: str) -> torch.Tensor:
    return torch.from_numpy(quantiles().copy()).to(device)


def _table(plan: Plan) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Everything but the pixels in one array, in visiting order, so that one copy brings it to the device."""
    rows, (count, spots, channels) = plan.order, plan.fill.shape
    entries = np.zeros((count, _FIXED + spots * (4 + channels)), dtype=np.int32)
    entries[:, 0] = rows
    entries[:, 1] = plan.partner[rows]
    entries[:, 2] = plan.lam[rows].view(np.int32)
    entries[:, 3:7] = plan.box[rows]
    if plan.noise is not None:
        entries[:, 7:9] = plan.noise.ids[rows].astype("<u8").view(np.int32).reshape(-1, 2)
    entries[:, _FIXED:_FIXED + 4 * spots] = plan.erase[rows].reshape(count, -1)
    entries[:, _FIXED + 4 * spots:] = np.ascontiguousarray(plan.fill[rows]).reshape(count, -1).view(np.int32)
    head = np.zeros(4, dtype=np.uint32)
    if plan.noise is not None:
        head[:3] = plan.noise.stream & 0xFFFFFFFF, plan.noise.stream >> 32, plan.noise.lane
    parts = [head, plan.scale, plan.shift, entries.reshape(-1)]
    return np.concatenate([part.view(np.int32) for part in parts])
