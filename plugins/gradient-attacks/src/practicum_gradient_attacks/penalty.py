"""The weight of winning against distance, searched for each sample: what CW and EAD share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_FACTOR = 10.0
_SAME = 1e-4
"""Relative improvement of the loss below which a run is given up."""


class Weights:
    """The weight c of each row, searched by bisection between the largest that lost and the smallest that won.

    Args:
        first: the first weight.
        count: rows.
        device: of the tensors.
    """

    def __init__(self, first: float, count: int, device: torch.device) -> None:
        import torch

        self.c = torch.full((count,), first, dtype=torch.float64, device=device)
        self._low, self._high = torch.zeros_like(self.c), torch.full_like(self.c, float("inf"))

    def update(self, won: torch.Tensor) -> None:
        """After a run: smaller where it won, larger where it didn't (bool [n])."""
        import torch

        self._high = torch.where(won, torch.minimum(self._high, self.c), self._high)
        self._low = torch.where(won, self._low, torch.maximum(self._low, self.c))
        middle = (self._low + self._high) / 2
        self.c = torch.where(torch.isfinite(self._high), middle, self.c * _FACTOR)


class Patience:
    """Which rows of a run still improve their own loss.

    Args:
        count: rows.
        steps: of the run; the least losses so far are compared ten times in it.
        device: of the tensors.
    """

    def __init__(self, count: int, steps: int, device: torch.device) -> None:
        import torch

        self._every = max(steps // 10, 1)
        self._before = torch.full((count,), float("inf"), dtype=torch.float64, device=device)
        self._least = self._before

    def going(self, at: int, loss: torch.Tensor) -> torch.Tensor | None:
        """Rows that go on after step ``at`` with ``loss`` [n], int64 [k]; ``None`` for all."""
        import torch

        self._least = torch.minimum(self._least, loss)
        if (at + 1) % self._every:
            return None
        better = self._least < self._before * (1 - _SAME)
        self._before = self._least
        if bool(better.all()):
            return None
        rows = better.nonzero()[:, 0]
        self._before, self._least = self._before[rows], self._least[rows]
        return rows
