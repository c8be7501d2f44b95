"""Philox4x32-10 in torch int64 arithmetic, bit-equal to :mod:`practicum.keys.philox`.

Eager torch needs about sixty elementwise launches a block, so bulk noise uses numba or Triton instead; this form
serves small draws on a device and the equality tests.
"""

from __future__ import annotations

import torch

from practicum.keys.philox import M0, M1, W0, W1

_LOW = 0xFFFFFFFF


def _mulhilo(a: torch.Tensor, m: int) -> tuple[torch.Tensor, torch.Tensor]:
    # a * m needs 64 unsigned bits; int64 is signed, so the product is built from 16-bit halves of m.
    low, high = a * (m & 0xFFFF), a * (m >> 16)
    mid = high + (low >> 16)
    return (mid >> 16) & _LOW, ((mid & 0xFFFF) << 16) | (low & 0xFFFF)


def philox4x32(c0: torch.Tensor, c1: torch.Tensor, c2: torch.Tensor, c3: torch.Tensor, k0: int, k1: int,
               ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Four 32-bit words (as int64 in 0..2**32-1) for each counter; tensors are int64 and broadcast."""
    zero = torch.zeros_like(c0 + c1 + c2 + c3)
    c0, c1, c2, c3 = c0 + zero, c1 + zero, c2 + zero, c3 + zero
    for _ in range(10):
        hi0, lo0 = _mulhilo(c0, M0)
        hi1, lo1 = _mulhilo(c2, M1)
        c0, c1, c2, c3 = hi1 ^ c1 ^ k0, lo1, hi0 ^ c3 ^ k1, lo0
        k0, k1 = (k0 + W0) & _LOW, (k1 + W1) & _LOW
    return c0, c1, c2, c3


def words(stream: int, lane: int, ids: torch.Tensor, count: int, start: int = 0) -> torch.Tensor:
    """The torch form of :func:`practicum.keys.philox.words`; ``ids`` are uint64 bits held in int64, result int64."""
    first, last = start // 4, -(-(start + count) // 4)
    block = torch.arange(first, last, dtype=torch.int64, device=ids.device)[None, :]
    lo, hi = (ids & _LOW)[:, None], ((ids >> 32) & _LOW)[:, None]
    lanes = torch.full_like(lo, lane)
    flat = torch.stack(philox4x32(block, lanes, lo, hi, stream & _LOW, stream >> 32), dim=-1).flatten(1)
    return flat[:, start - 4 * first:start - 4 * first + count]


def uniform(w: torch.Tensor) -> torch.Tensor:
    """Uniform float32 in [0, 1) from int64 words."""
    return (w >> 8).to(torch.float32) * 2.0**-24
