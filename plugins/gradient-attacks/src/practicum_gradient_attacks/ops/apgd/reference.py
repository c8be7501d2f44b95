"""One APGD step in eager torch: the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum_gradient_attacks.geometry import Bounds, Radius, beside, filled_to_l1, projected, rooms

if TYPE_CHECKING:
    import torch

Points = tuple["torch.Tensor", "torch.Tensor", "torch.Tensor"]


def advance(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, previous: torch.Tensor, best: torch.Tensor,
            best_gradient: torch.Tensor, *, better: torch.Tensor, back: torch.Tensor, norm: str, size: torch.Tensor,
            eps: Radius, bounds: Bounds = None, momentum: float = 0.75, count: torch.Tensor | None = None) -> Points:
    """The next points, the best ones and their gradients; see the public function."""
    import torch

    best = torch.where(better[:, None], x, best)
    best_gradient = torch.where(better[:, None], gradient.to(best_gradient.dtype), best_gradient)
    here = torch.where(back[:, None], best, x).double()
    slope = torch.where(back[:, None], best_gradient, gradient).double()
    if bounds is not None:  # the box that the data's own dtype can hold
        low, high = (torch.tensor(b, dtype=centre.dtype).item() for b in bounds)
        bounds = low, high
    middle = centre.double()
    way = here + move(here, slope, middle, norm, beside(size), bounds, count)
    if norm != "l1":
        led = projected(way, middle, norm, eps, bounds)
        way = here + momentum * (led - here) + (1.0 - momentum) * (here - previous.double())
    return projected(way, centre, norm, eps, bounds), best, best_gradient


def move(x: torch.Tensor, slope: torch.Tensor, centre: torch.Tensor, norm: str, size: torch.Tensor, bounds: Bounds,
         count: torch.Tensor | None) -> torch.Tensor:
    """The step before any projection, float64 [N, D]; ``size`` is [N, 1] or [N, D]."""
    import torch

    if norm == "linf":
        return size * slope.sign()
    if norm == "l2":
        largest = slope.abs().amax(dim=1, keepdim=True)
        unit = slope / torch.where(largest > 0, largest, 1.0)
        length = torch.linalg.vector_norm(unit, dim=1, keepdim=True)
        return size * unit / torch.where(length > 0, length, 1.0)
    if count is None:
        raise ValueError("an L1 step needs count, how many values of each row move")
    room = rooms(slope, x, centre, bounds).double().minimum(size / count[:, None])
    return torch.copysign(filled_to_l1(slope, room, size), slope)
