"""What an APGD step launches on a GPU: one kernel in L-infinity, the kernels of a plain step in L2 and L1."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import triton

from practicum_gradient_attacks.geometry import Bounds, Radius
from practicum_gradient_attacks.ops.apgd.kernel import linf_kernel
from practicum_gradient_attacks.ops.apgd.reference import move
from practicum_gradient_attacks.ops.step.launch import step

if TYPE_CHECKING:
    from practicum_gradient_attacks.ops.apgd.reference import Points

_BLOCK = 1024


def advance(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, previous: torch.Tensor, best: torch.Tensor,
            best_gradient: torch.Tensor, *, better: torch.Tensor, back: torch.Tensor, norm: str, size: torch.Tensor,
            eps: Radius, bounds: Bounds = None, momentum: float = 0.75, count: torch.Tensor | None = None) -> Points:
    """The next points, the best ones and their gradients; see the public function."""
    radii = eps if isinstance(eps, torch.Tensor) else x.new_full((len(x),), eps, dtype=torch.float64)
    if norm == "linf":
        return _linf(x, gradient, centre, previous, best, best_gradient, better, back, size, radii, bounds, momentum)
    best = torch.where(better[:, None], x, best)
    best_gradient = torch.where(better[:, None], gradient, best_gradient)
    here = torch.where(back[:, None], best, x)
    slope = torch.where(back[:, None], best_gradient, gradient)
    flat, nothing = torch.zeros_like(slope), torch.zeros_like(size)
    if norm == "l2":
        led = step(here, slope, centre, norm=norm, size=size, eps=radii, bounds=bounds)
        way = here + momentum * (led - here) + (1.0 - momentum) * (here - previous)
    else:
        way = (here.double() + move(here, slope.double(), centre, norm, size[:, None], bounds, count)).to(x.dtype)
    return step(way, flat, centre, norm=norm, size=nothing, eps=radii, bounds=bounds), best, best_gradient


def _linf(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, previous: torch.Tensor, best: torch.Tensor,
          best_gradient: torch.Tensor, better: torch.Tensor, back: torch.Tensor, size: torch.Tensor,
          eps: torch.Tensor, bounds: Bounds, momentum: float) -> Points:
    out, kept = (torch.empty(x.shape, dtype=x.dtype, device=x.device) for _ in range(2))
    kept_gradient = torch.empty(x.shape, dtype=best_gradient.dtype, device=x.device)
    if not x.numel():
        return out, kept, kept_gradient
    low, high = (torch.tensor(b, dtype=x.dtype).item() for b in bounds or (float("-inf"), float("inf")))
    tensors = [t.contiguous() for t in (x, gradient, centre, previous, best, best_gradient)]
    flags = [f.contiguous().view(torch.uint8) for f in (better, back)]
    linf_kernel[(len(x), triton.cdiv(x.shape[1], _BLOCK))](
        *tensors, *flags, out, kept, kept_gradient, x.shape[1], size.contiguous(), eps.contiguous(), low, high,
        momentum, BLOCK=_BLOCK)
    return out, kept, kept_gradient
