"""The operation as one Triton launch.

A program owns a block of output pixels of one sample: it finds their points once, in float64, and then walks along the
channels. Lanes load only pixels that have a weight.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import triton
import triton.language as tl

from practicum.errors import UsageError
from practicum_image_basic.ops.warp.reference import HORIZON

BLOCK = 256
_BORDERS = {"constant": 0, "edge": 1, "reflect": 2}


@triton.jit
def _mirrored(v, count):
    top = (count - 1).to(tl.float64)
    period = tl.maximum(2 * top, 1.0)
    at = tl.abs(v)
    at = top - tl.abs(top - (at - period * tl.floor(at / period)))
    return tl.where(top > 0, at, at * 0)


@triton.jit
def warp_kernel(x_ptr, out_ptr, matrix_ptr, fill, channels, height, width, rows, columns, horizon,
                BORDER: tl.constexpr, NEAREST: tl.constexpr, ROUND: tl.constexpr, BLOCK: tl.constexpr):
    n = tl.program_id(1)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    valid = at < rows * columns
    x = (at % columns).to(tl.float64) + 0.5
    y = (at // columns).to(tl.float64) + 0.5
    m = matrix_ptr + n * 9
    u = tl.load(m) * x + (tl.load(m + 1) * y + tl.load(m + 2))
    v = tl.load(m + 3) * x + (tl.load(m + 4) * y + tl.load(m + 5))
    w = tl.load(m + 6) * x + (tl.load(m + 7) * y + tl.load(m + 8))
    ahead = w > horizon
    scale = 1.0 / tl.where(ahead, w, 1.0)
    u = tl.where(ahead, u * scale, -8.0)
    v = tl.where(ahead, v * scale, -8.0)
    wide = width + (at * 0)
    tall = height + (at * 0)
    last_x = (wide - 1).to(tl.float64)
    last_y = (tall - 1).to(tl.float64)
    inside = valid
    share = tl.full([BLOCK], 1.0, dtype=tl.float32)
    if BORDER == 0:
        if NEAREST:
            inside = valid & (u >= 0) & (u < last_x + 1) & (v >= 0) & (v < last_y + 1)
        else:
            a = tl.minimum(tl.maximum(tl.minimum(u + 0.5, last_x + 1.5 - u), 0.0), 1.0)
            b = tl.minimum(tl.maximum(tl.minimum(v + 0.5, last_y + 1.5 - v), 0.0), 1.0)
            share = a.to(tl.float32) * b.to(tl.float32)
            inside = valid & (share > 0)
    u = u - 0.5
    v = v - 0.5
    if BORDER == 2:
        u = _mirrored(u, wide)
        v = _mirrored(v, tall)
    if NEAREST:
        u = tl.floor(u + 0.5)
        v = tl.floor(v + 0.5)
    u = tl.minimum(tl.maximum(u, 0.0), last_x)
    v = tl.minimum(tl.maximum(v, 0.0), last_y)
    left = tl.minimum(tl.floor(u), tl.maximum(last_x - 1, 0.0))
    top = tl.minimum(tl.floor(v), tl.maximum(last_y - 1, 0.0))
    if NEAREST:
        left = u
        top = v
    f = (u - left).to(tl.float32)
    g = (v - top).to(tl.float32)
    place = top.to(tl.int64) * width + left.to(tl.int64)
    for c in range(channels):
        plane = x_ptr + (n.to(tl.int64) * channels + c) * height * width + place
        first = tl.load(plane, mask=inside & (f < 1) & (g < 1), other=0).to(tl.float32)
        if NEAREST:
            value = tl.where(inside, first, fill)
        else:
            second = tl.load(plane + 1, mask=inside & (f > 0) & (g < 1), other=0).to(tl.float32)
            third = tl.load(plane + width, mask=inside & (f < 1) & (g > 0), other=0).to(tl.float32)
            fourth = tl.load(plane + width + 1, mask=inside & (f > 0) & (g > 0), other=0).to(tl.float32)
            value = (first * (1 - f) + second * f) * (1 - g) + (third * (1 - f) + fourth * f) * g
            if BORDER == 0:
                value = value * share + fill * (1 - share)
            if ROUND:
                near = tl.floor(value + 0.5)
                odd = (near.to(tl.int32) & 1) == 1
                value = tl.where((near - value == 0.5) & odd, near - 1, near)  # halves to the even level, as in torch
        tl.store(out_ptr + (n.to(tl.int64) * channels + c) * rows * columns + at,
                 value.to(out_ptr.dtype.element_ty), mask=valid)


def warp(images: torch.Tensor, inverse: Any, size: tuple[int, int], interpolation: str, border: str, fill: float,
         flow: Any = None) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.warp.warp`.

    Raises:
        UsageError: ``flow`` is given.
    """
    if flow is not None:
        raise UsageError("the Triton kernel of image-basic/warp takes no flow: use impl='auto'")
    source, (rows, columns) = images.contiguous(), size
    out = torch.empty((*source.shape[:2], rows, columns), dtype=source.dtype, device=source.device)
    if not out.numel():
        return out
    count, channels, height, width = source.shape
    matrices = torch.from_numpy(np.ascontiguousarray(inverse, dtype=np.float64)).to(source.device)
    warp_kernel[(triton.cdiv(rows * columns, BLOCK), count)](
        source, out, matrices, float(fill), channels, height, width, rows, columns, HORIZON,
        BORDER=_BORDERS[border], NEAREST=interpolation == "nearest", ROUND=not source.dtype.is_floating_point,
        BLOCK=BLOCK)
    return out
