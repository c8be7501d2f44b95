"""Which implementation of an operation runs: Triton, the fused CPU one, or the reference."""

from __future__ import annotations

import importlib.util
import os
from functools import cache
from typing import Any, Literal, get_args

from practicum.errors import ConfigError, KernelUnavailable

Impl = Literal["auto", "reference", "cpu", "triton"]
Chosen = Literal["reference", "cpu", "triton"]

FORCE = "PRACTICUM_KERNELS"
"""Environment variable; ``reference`` makes every ``impl="auto"`` take the reference."""


@cache
def triton_installed() -> bool:
    """Whether Triton can be imported; it isn't imported to find out."""
    return importlib.util.find_spec("triton") is not None


def choose(impl: str, tensor: Any, *, op: str, cpu: str | None = None, triton: str | None = "",
           install: str = "pip install 'practicum[kernels]'") -> Chosen:
    """The implementation for one call.

    ``auto`` takes Triton for a tensor on a CUDA or ROCm device, the fused CPU implementation for a tensor on the CPU,
    and the reference where neither can run. An implementation asked for by name runs or raises, and never falls back.

    Args:
        impl: ``"auto"``, ``"reference"``, ``"cpu"`` or ``"triton"``.
        tensor: the torch tensor worked on.
        op: name of the operation, for messages.
        cpu: why the CPU implementation can't take this call, ``""`` when it can, ``None`` when there is none.
        triton: the same for the Triton kernel.
        install: the command that installs Triton for the plugin.

    Raises:
        KernelUnavailable: the named implementation can't run here; says why.
        ConfigError: no such implementation.

    Example:
        >>> import torch
        >>> choose("auto", torch.zeros(2), op="toy/double", cpu="")
        'cpu'
        >>> choose("auto", torch.zeros(2), op="toy/double")
        'reference'
    """
    if impl not in get_args(Impl):
        raise ConfigError(f"{op}: implementation {impl!r} is not one of {', '.join(get_args(Impl))}")
    if impl == "reference":
        return "reference"
    on_gpu = tensor.device.type == "cuda"  # ROCm builds of torch say "cuda" too
    if impl == "auto":
        forced = os.environ.get(FORCE, "auto")
        if forced not in ("auto", "reference"):
            raise ConfigError(f"the environment variable {FORCE} is {forced!r}; it may be 'reference' or 'auto'")
        if forced == "reference":
            return "reference"
        if on_gpu and triton == "" and triton_installed():
            return "triton"
        return "cpu" if tensor.device.type == "cpu" and cpu == "" else "reference"
    reason = (_no_cpu(tensor, cpu) if impl == "cpu" else _no_triton(tensor, triton, install, on_gpu))
    if reason:
        raise KernelUnavailable(f"{op}: impl={impl!r} can't run here: {reason}; use impl='auto' to let it choose")
    return "cpu" if impl == "cpu" else "triton"


def _no_cpu(tensor: Any, cpu: str | None) -> str:
    if cpu is None:
        return "the operation has no fused CPU implementation"
    if tensor.device.type != "cpu":
        return f"the tensor is on {tensor.device}"
    return cpu


def _no_triton(tensor: Any, triton: str | None, install: str, on_gpu: bool) -> str:
    if triton is None:
        return "the operation has no Triton kernel"
    if not triton_installed():
        return f"Triton is not installed ({install})"
    if not on_gpu and os.environ.get("TRITON_INTERPRET") != "1":
        return f"the tensor is on {tensor.device} and Triton needs a CUDA or ROCm device"
    return triton
