"""Which Triton kernel a step launches, and with what."""

from __future__ import annotations

from typing import Any

import torch
import triton

from practicum_gradient_attacks.geometry import Radius
from practicum_gradient_attacks.ops.step.kernel import l2_kernel, linf_kernel
from practicum_gradient_attacks.ops.step.kernel_l1 import l1_kernel
from practicum_gradient_attacks.ops.step.kernel_long import l1_long_kernel, l2_long_kernel

LARGEST_ROW = {"l2": 8192, "l1": 4096}
"""Values of one sample that a program holds in registers, by norm."""
_BLOCK = 1024
_LONG_BLOCK = 2048
_INWARD = {"l2": 1.0 - 1e-6, "l1": 1.0 - 2e-7}
"""What rounding may add to the norm, taken off first: float32 sums over a row in l2, the entries themselves in l1."""


def step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: Radius, eps: Radius,
         bounds: tuple[float, float] | None = None) -> torch.Tensor:
    """The next points [N, D]; see :func:`practicum_gradient_attacks.ops.step.step`."""
    if norm != "linf" and x.shape[1] > LARGEST_ROW[norm]:
        return long_step(x, gradient, centre, norm=norm, size=size, eps=eps, bounds=bounds)
    out, tensors, low, high = _prepared(x, gradient, centre, bounds)
    if not x.numel():
        return out
    if norm == "linf":
        sizes, options = _sizes(size, eps, 1.0)
        rows, count = (len(x), x.shape[1]) if options["ROWS"] else (1, x.numel())
        blocks = triton.cdiv(count, _BLOCK)
        linf_kernel[(rows, blocks) if options["ROWS"] else (blocks,)](*tensors, count, *sizes, low, high,
                                                                      BLOCK=_BLOCK, ROWS=options["ROWS"])
        return out
    block = triton.next_power_of_2(x.shape[1])
    sizes, options = _sizes(size, eps, _INWARD[norm])
    arguments = (*tensors, x.shape[1], *sizes, low, high)
    if norm == "l2":
        l2_kernel[(len(x),)](*arguments, BLOCK=block, ROUNDS=16, **options, num_warps=min(max(block // 512, 1), 16))
    else:
        l1_kernel[(len(x),)](*arguments, BLOCK=block, LOG_BLOCK=block.bit_length() - 1, **options,
                             num_warps=min(max(block // 256, 1), 16))
    return out


def long_step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: Radius, eps: Radius,
              bounds: tuple[float, float] | None = None) -> torch.Tensor:
    """The same in L2 and L1 for rows of any length, with several passes over memory."""
    out, tensors, low, high = _prepared(x, gradient, centre, bounds)
    if not x.numel():
        return out
    sizes, options = _sizes(size, eps, _INWARD[norm])
    arguments = (*tensors, x.shape[1], *sizes, low, high)
    if norm == "l2":
        l2_long_kernel[(len(x),)](*arguments, BLOCK=_LONG_BLOCK, ROUNDS=40, **options, num_warps=16)
    else:
        l1_long_kernel[(len(x),)](*arguments, BLOCK=_LONG_BLOCK, WAYS=16, BITS=4, **options, num_warps=16)
    return out


def _sizes(size: Radius, eps: Radius, inward: float) -> tuple[tuple[Any, Any], dict[str, Any]]:
    """Step and radius as the kernels take them, and the constants that say how: one number each, with what rounding
    may add taken off the radius here, or float64 for each row, from which the kernel takes it."""
    if isinstance(size, torch.Tensor) and isinstance(eps, torch.Tensor):
        return (size.contiguous(), eps.contiguous()), {"ROWS": 1, "INWARD": inward}
    radius = float(eps) * inward
    if inward == 1.0:
        single = torch.tensor(radius, dtype=torch.float32)
        radius = single.item() if single.item() <= radius else torch.nextafter(single, torch.zeros(())).item()
    return (float(size), radius), {"ROWS": 0, "INWARD": 1.0}


def _prepared(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, bounds: tuple[float, float] | None,
              ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...], float, float]:
    """The output, the pointers, and the box rounded to the data's dtype."""
    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    low, high = (torch.tensor(b, dtype=x.dtype).item() for b in bounds or (float("-inf"), float("inf")))
    return out, (x.contiguous(), gradient.contiguous(), centre.contiguous(), out), low, high
