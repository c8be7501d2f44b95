"""Masked batches on the CPU in one pass, compiled by numba. Choosing is no arithmetic, so values are seen as integers:
one compiled loop for each width serves every dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

from practicum.kernels.memory import fresh
from practicum.kernels.threads import in_threads

if TYPE_CHECKING:
    import torch


@njit(cache=True, nogil=True, boundscheck=False)
def _fill(x: Any, base: Any, players: Any, bits: Any, rows: Any, shared: bool, first: int, last: int,
          out: Any) -> None:
    width, bases = x.shape[1], base.shape[0] if shared else 1
    for r in range(first, last):
        sample = rows[r]
        owner = players[sample if players.shape[0] > 1 else 0]
        own, present = x[sample], bits[r]
        for k in range(bases):
            other, row = base[k if shared else sample], out[r * bases + k]
            for i in range(width):
                p = owner[i]
                keep = True if p < 0 else ((present[p >> 3] >> (p & 7)) & 1) != 0
                row[i] = own[i] if keep else other[i]


def mask_rows(x: torch.Tensor, base: torch.Tensor, players: torch.Tensor, bits: torch.Tensor, rows: torch.Tensor, *,
              shared: bool = False) -> torch.Tensor:
    """See :func:`practicum.masking.op.mask_rows`."""
    import torch

    word = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}[x.element_size()]
    bases = len(base) if shared else 1
    out = fresh((len(rows) * bases, x.shape[1]), x.dtype)
    if not out.numel():
        return out
    own, other, target = (t.contiguous().view(word).numpy() for t in (x, base, out))
    owners, octets, samples = (t.contiguous().numpy() for t in (players, bits, rows.long()))
    in_threads(lambda first, last: _fill(own, other, owners, octets, samples, shared, first, last, target), len(rows),
               out.numel())
    return out
