"""Masked batches in eager torch: the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def mask_rows(x: torch.Tensor, base: torch.Tensor, players: torch.Tensor, bits: torch.Tensor, rows: torch.Tensor, *,
              shared: bool = False) -> torch.Tensor:
    """See :func:`practicum.masking.op.mask_rows`."""
    import torch

    rows = rows.long()
    owner = players.long().expand(len(x), -1)[rows]
    byte = bits.long().gather(1, owner.clamp(min=0) // 8) if bits.shape[1] else torch.zeros_like(owner)
    keep = (owner < 0) | ((byte >> (owner.clamp(min=0) % 8)) & 1).bool()
    if not shared:
        return torch.where(keep, x[rows], base[rows])
    out = torch.where(keep[:, None], x[rows][:, None], base[None])
    return out.reshape(len(rows) * len(base), x.shape[1])
