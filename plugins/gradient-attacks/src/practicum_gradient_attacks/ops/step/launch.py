"""Which Triton kernel a step launches, and with what."""

from __future__ import annotations

import torch
import triton

from practicum_gradient_attacks.ops.step.kernel import l2_kernel, linf_kernel
from practicum_gradient_attacks.ops.step.kernel_l1 import l1_kernel
from practicum_gradient_attacks.ops.step.kernel_long import l1_long_kernel, l2_long_kernel

LARGEST_ROW = {"l2": 8192, "l1": 4096}
"""Values of one sample that a program holds in registers, by norm."""
_BLOCK = 1024
_LONG_BLOCK = 2048
_INWARD = {"l2": 1.0 - 1e-6, "l1": 1.0 - 2e-7}
"""What rounding may add to the norm, taken off first: float32 sums over a row in l2, the entries themselves in l1."""


def step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: float, eps: float,
         bounds: tuple[float, float] | None = None) -> torch.Tensor:
    """The next points [N, D]; see :func:`practicum_gradient_attacks.ops.step.step`."""
    if norm != "linf" and x.shape[1] > LARGEST_ROW[norm]:
        return long_step(x, gradient, centre, norm=norm, size=size, eps=eps, bounds=bounds)
    out, tensors, low, high = _prepared(x, gradient, centre, bounds)
    if not x.numel():
        return out
    if norm == "linf":
        single = torch.tensor(eps, dtype=torch.float32)
        radius = single.item() if single.item() <= eps else torch.nextafter(single, torch.zeros(())).item()
        linf_kernel[(triton.cdiv(x.numel(), _BLOCK),)](*tensors, x.numel(), size, radius, low, high, BLOCK=_BLOCK)
        return out
    block = triton.next_power_of_2(x.shape[1])
    sizes = (x.shape[1], size, eps * _INWARD[norm], low, high)
    if norm == "l2":
        l2_kernel[(len(x),)](*tensors, *sizes, BLOCK=block, ROUNDS=16,
                             num_warps=min(max(block // 512, 1), 16))
    else:
        l1_kernel[(len(x),)](*tensors, *sizes, BLOCK=block, LOG_BLOCK=block.bit_length() - 1,
                             num_warps=min(max(block // 256, 1), 16))
    return out


def long_step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: float, eps: float,
              bounds: tuple[float, float] | None = None) -> torch.Tensor:
    """The same in L2 and L1 for rows of any length, with several passes over memory."""
    out, tensors, low, high = _prepared(x, gradient, centre, bounds)
    if not x.numel():
        return out
    sizes = (x.shape[1], size, eps * _INWARD[norm], low, high)
    if norm == "l2":
        l2_long_kernel[(len(x),)](*tensors, *sizes, BLOCK=_LONG_BLOCK, ROUNDS=40, num_warps=16)
    else:
        l1_long_kernel[(len(x),)](*tensors, *sizes, BLOCK=_LONG_BLOCK, WAYS=16, BITS=4, num_warps=16)
    return out


def _prepared(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, bounds: tuple[float, float] | None,
              ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...], float, float]:
    """The output, the pointers, and the box rounded to the data's dtype."""
    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    low, high = (torch.tensor(b, dtype=x.dtype).item() for b in bounds or (float("-inf"), float("inf")))
    return out, (x.contiguous(), gradient.contiguous(), centre.contiguous(), out), low, high
