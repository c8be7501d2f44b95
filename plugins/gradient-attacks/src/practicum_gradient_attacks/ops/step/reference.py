"""One PGD step in eager torch: the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum_gradient_attacks.geometry import Radius, beside, filled_to_l1, projected, rooms

if TYPE_CHECKING:
    import torch


def step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: Radius, eps: Radius,
         bounds: tuple[float, float] | None = None) -> torch.Tensor:
    """The steepest step from ``x``, projected onto ball and box; see the public function for shapes."""
    import torch

    u, size = gradient.double(), beside(size)
    if norm == "linf":
        move = size * u.sign()
    elif norm == "l2":
        largest = u.abs().amax(dim=1, keepdim=True)
        unit = u / torch.where(largest > 0, largest, 1.0)
        length = torch.linalg.vector_norm(unit, dim=1, keepdim=True)
        move = size * unit / torch.where(length > 0, length, 1.0)
    else:
        move = filled_to_l1(u, rooms(u, x, centre, bounds).double(), size)
        move = torch.copysign(move, u)
    return projected(x.double() + move, centre, norm, eps, bounds)
