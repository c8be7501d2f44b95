"""Looking at a torch model without leaving a trace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@contextmanager
def untouched(modules: Sequence[torch.nn.Module]) -> Iterator[None]:
    """Evaluation mode and frozen parameters inside; modes, buffers, gradients, flags and RNG as before outside.

    Also after an exception, and under ``torch.no_grad()``: gradients are enabled inside. Parameters don't require
    gradients inside, so a backward pass computes those of the input only.

    Example:
        >>> import torch
        >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout()).train()
        >>> with untouched([net]):
        ...     net.training
        False
        >>> net.training
        True
    """
    import torch

    modes = [(m, m.training) for root in modules for m in root.modules()]
    flags = [(p, p.requires_grad, p.grad) for root in modules for p in root.parameters()]
    buffers = [(m, n, b, b.clone()) for m, _ in modes for n, b in m._buffers.items() if b is not None]
    rng = torch.get_rng_state()
    on_cuda = torch.cuda.is_initialized()  # type: ignore[no-untyped-call]  # torch has no annotation here
    devices = torch.cuda.get_rng_state_all() if on_cuda else None
    try:
        for module, _ in modes:
            module.training = False
        for parameter, _, _ in flags:
            parameter.requires_grad_(False)
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        for module, mode in modes:
            module.training = mode
        for parameter, flag, grad in flags:
            parameter.requires_grad_(flag)
            parameter.grad = grad
        with torch.no_grad():
            for module, name, buffer, saved in buffers:
                module._buffers[name] = buffer
                if not torch.equal(buffer, saved):
                    buffer.copy_(saved)
        torch.set_rng_state(rng)
        if devices is not None:
            torch.cuda.set_rng_state_all(devices)
