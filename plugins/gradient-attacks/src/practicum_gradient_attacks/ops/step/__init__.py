"""One step of projected gradient descent: the steepest step in a norm, projected onto ball and box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum_gradient_attacks.ops.step.reference import step as _reference

if TYPE_CHECKING:
    import torch


def step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: float, eps: float,
         bounds: tuple[float, float] | None = None, impl: str = "auto") -> torch.Tensor:
    """The next point of projected gradient descent for every row."""
    return _reference(x, gradient, centre, norm=norm, size=size, eps=eps, bounds=bounds)
