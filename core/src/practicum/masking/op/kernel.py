"""Masked batches as one Triton launch.

A program owns a block of values and walks along a chunk of rows, so a sample, its base and its players are read once
for all of their coalitions; what is moved for each row is its output and its bits. Choosing is no arithmetic, so values
are seen as integers of their width.
"""

from __future__ import annotations

import torch
import triton
import triton.language as tl

BLOCK = 1024
_CHUNK = 64
_PROGRAMS = 1024


@triton.jit  # type: ignore[untyped-decorator]  # Triton has no annotations
def mask_kernel(x_ptr, base_ptr, players_ptr, bits_ptr, rows_ptr, out_ptr, count, width, octets, bases, chunk,  # type: ignore[no-untyped-def]  # as Triton's are
                SHARED: tl.constexpr, OWN: tl.constexpr, BLOCK: tl.constexpr):
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    valid = at < width
    first = tl.program_id(1) * chunk
    last = tl.minimum(first + chunk, count)
    held = tl.full((), -1, tl.int64)
    x = tl.zeros([BLOCK], x_ptr.dtype.element_ty)
    other = tl.zeros([BLOCK], x_ptr.dtype.element_ty)
    player = tl.full([BLOCK], -1, tl.int32)
    if not OWN:
        player = tl.load(players_ptr + at, mask=valid, other=-1)
    for r in range(first, last):
        row = tl.full((), 0, tl.int64) + r
        sample = tl.load(rows_ptr + row)
        new = sample != held
        start = sample * width
        x = tl.where(new, tl.load(x_ptr + start + at, mask=valid & new, other=0), x)
        if OWN:
            player = tl.where(new, tl.load(players_ptr + start + at, mask=valid & new, other=-1), player)
        if not SHARED:
            other = tl.where(new, tl.load(base_ptr + start + at, mask=valid & new, other=0), other)
        held = sample
        owned = player >= 0
        octet = tl.load(bits_ptr + row * octets + (player >> 3), mask=valid & owned, other=255)
        keep = ((octet.to(tl.int32) >> (player & 7)) & 1) != 0
        if SHARED:
            for k in range(bases):
                base = tl.load(base_ptr + (row * 0 + k) * width + at, mask=valid & (keep == 0), other=0)
                tl.store(out_ptr + (row * bases + k) * width + at, tl.where(keep, x, base), mask=valid)
        else:
            tl.store(out_ptr + row * width + at, tl.where(keep, x, other), mask=valid)


def mask_rows(x: torch.Tensor, base: torch.Tensor, players: torch.Tensor, bits: torch.Tensor, rows: torch.Tensor, *,
              shared: bool = False) -> torch.Tensor:
    """See :func:`practicum.masking.op.mask_rows`."""
    word = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[x.element_size()]
    bases, width = len(base) if shared else 1, x.shape[1]
    out = torch.empty((len(rows) * bases, width), dtype=x.dtype, device=x.device)
    if not out.numel():
        return out
    blocks = triton.cdiv(width, BLOCK)
    chunk = max(1, min(_CHUNK, len(rows) * blocks // _PROGRAMS)) if x.is_cuda else _CHUNK
    grid = (blocks, triton.cdiv(len(rows), chunk))
    mask_kernel[grid](x.contiguous().view(word), base.contiguous().view(word), players.contiguous(), bits.contiguous(),
                      rows.long().contiguous(), out.view(word), len(rows), width, bits.shape[1], bases, chunk,
                      SHARED=shared, OWN=len(players) > 1, BLOCK=BLOCK)
    return out
