"""Inputs with parts of them absent: one pass that writes a masked batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum.kernels import choose

if TYPE_CHECKING:
    import torch


def mask_rows(x: torch.Tensor, base: torch.Tensor, players: torch.Tensor, bits: torch.Tensor, rows: torch.Tensor, *,
              shared: bool = False, impl: str = "auto") -> torch.Tensor:
    """Samples in which only some players are present: the others' values come from ``base``.

    Occlusion windows, superpixels, the ``k`` highest ranks and coalitions are all rows of bits, one a player, so one
    operation builds all their batches and writes each value once.

    Args:
        x: the samples [N, D], any dtype of 1, 2, 4 or 8 bytes.
        base: what stands for absent values, in the dtype of ``x``: [N, D], or [B, D] when ``shared``.
        players: int32 [1, D] or [N, D], the player that each value belongs to; values of -1 are always present.
        bits: uint8 [R, ceil(P / 8)], whether each player is present, the lowest bit first
            (``numpy.packbits(..., bitorder="little")``).
        rows: int64 [R], the sample of each row; rows of one sample next to each other are read once.
        shared: every row is paired with each of the ``B`` rows of ``base``, instead of its own sample's.
        impl: ``auto``, ``reference`` (eager torch), ``cpu`` (numba) or ``triton``.

    Returns:
        [R, D] in the dtype of ``x``; [R * B, D] when ``shared``, the bases of a row next to each other.

    Raises:
        KernelUnavailable: the implementation named can't run here.

    Example:
        >>> import torch
        >>> x, base = torch.tensor([[1.0, 2.0, 3.0]]), torch.zeros(1, 3)
        >>> players = torch.tensor([[0, 1, 1]], dtype=torch.int32)
        >>> bits = torch.tensor([[0b01], [0b10]], dtype=torch.uint8)
        >>> mask_rows(x, base, players, bits, torch.tensor([0, 0]))
        tensor([[1., 0., 0.],
                [0., 2., 3.]])
    """
    chosen = choose(impl, x, op="core/mask-rows", cpu="")
    if chosen == "triton":
        from practicum.masking.op.kernel import mask_rows as run
    elif chosen == "cpu":
        from practicum.masking.op.cpu import mask_rows as run
    else:
        from practicum.masking.op.reference import mask_rows as run
    return run(x, base, players, bits, rows, shared=shared)
