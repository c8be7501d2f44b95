"""The gradient of each sample's loss by the weights of linear and convolution layers, all samples in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.modules.conv import _ConvNd

from practicum.errors import CapabilityError
from practicum_explain.leaf import Leaf, Rows

_CONVOLUTIONS = {torch.nn.Conv1d: torch.nn.functional.conv1d, torch.nn.Conv2d: torch.nn.functional.conv2d,
                 torch.nn.Conv3d: torch.nn.functional.conv3d}


@dataclass
class _Use:
    """One call of a layer: its input, and the gradient of its output once it is known."""

    name: str
    module: torch.nn.Module
    given: torch.Tensor
    back: torch.Tensor | None = None


def sample_gradients(leaf: Leaf, rows: Rows, layers: Sequence[str] | None) -> torch.Tensor:
    """Gradients [R, P] of the cross entropy of each row's class by the layers' weights and biases.

    Neither weights nor modules change: the gradient of a layer's weight is its input times the gradient of its output,
    which a backward pass to the input meets on its way. Of a layer that is used twice both uses count.

    Args:
        leaf: the samples and their classes.
        rows: whose gradients.
        layers: names of linear and convolution modules, or ``None`` for all.

    Raises:
        CapabilityError: there is no such layer, or a layer takes samples apart.
    """
    x = leaf.at(rows).detach().requires_grad_(True)
    with _watched(leaf, layers) as uses:
        logits = leaf.logits(x, rows)
    own = leaf.of_class(logits, rows)
    torch.autograd.grad((logits.logsumexp(dim=1) - own).sum(), x, allow_unused=True)
    found: dict[int, tuple[torch.Tensor, ...]] = {}
    for use in uses:
        if use.back is not None:
            parts = _of_use(use, len(rows), leaf.by)
            before = found.get(id(use.module))
            found[id(use.module)] = parts if before is None else tuple(a + b for a, b in zip(before, parts,
                                                                                             strict=True))
    if not found:
        raise CapabilityError(f"{leaf.by}: {leaf.model.name} calls no linear or convolution layer"
                              f"{'' if layers is None else ' of those named'} between its input and its logits; it has "
                              f"{', '.join(n for r in leaf.model.modules() for n, m in r.named_modules() if _fits(m))}")
    return torch.cat([p.flatten(1) for parts in found.values() for p in parts], dim=1)


def _fits(module: torch.nn.Module) -> bool:
    return isinstance(module, torch.nn.Linear) or type(module) in _CONVOLUTIONS


@contextmanager
def _watched(leaf: Leaf, layers: Sequence[str] | None) -> Iterator[list[_Use]]:
    uses: list[_Use] = []

    def hook_of(name: str) -> Any:
        def hook(module: torch.nn.Module, given: tuple[Any, ...], output: torch.Tensor) -> None:
            if not output.requires_grad:
                return
            use = _Use(name, module, given[0].detach().clone())
            uses.append(use)
            # A hook set now sees the gradient of the output as it is now, also when it is overwritten later.
            _ = output.register_hook(  # type: ignore[no-untyped-call]  # torch has no annotation here
                lambda gradient: setattr(use, "back", gradient))
        return hook

    handles: list[Any] = []
    named = {name: m for root in leaf.model.modules() for name, m in root.named_modules() if _fits(m)}
    wrong = [name for name in layers or () if name not in named]
    if wrong:
        raise CapabilityError(f"{leaf.by}: {leaf.model.name} has no linear or convolution layer {wrong[0]!r}; it has "
                              f"{', '.join(named) or 'none'}")
    try:
        for name, module in named.items():
            if layers is None or name in layers:
                handles.append(module.register_forward_hook(hook_of(name)))
        yield uses
    finally:
        for handle in handles:
            handle.remove()


def _of_use(use: _Use, count: int, by: str) -> tuple[torch.Tensor, ...]:
    """Gradients of weight and, where there is one, bias, [N, ...] each."""
    given, back = use.given, use.back
    assert back is not None
    if len(given) % max(count, 1):
        raise CapabilityError(f"{by}: layer {use.name!r} was given {len(given)} rows for {count} samples, so its "
                              "gradient can't be shared out: name other layers")
    if isinstance(use.module, _ConvNd):
        return _of_convolution(use.module, given, back, by)
    weight = torch.einsum("nto,nti->noi", back.reshape(count, -1, back.shape[-1]),
                          given.reshape(count, -1, given.shape[-1]))
    return (weight,) if use.module.bias is None else (weight, back.reshape(count, -1, back.shape[-1]).sum(dim=1))


def _of_convolution(module: _ConvNd, given: torch.Tensor, back: torch.Tensor, by: str) -> tuple[torch.Tensor, ...]:
    if module.padding_mode != "zeros":
        raise CapabilityError(f"{by}: a convolution pads by {module.padding_mode!r}, which isn't followed here: name "
                              "other layers")
    # Each sample is a group of channels with a weight of its own, whose gradient is the sample's.
    count, spread = len(given), given.flatten(0, 1)[None]
    weights = module.weight.detach().repeat(count, *[1] * (module.weight.ndim - 1)).requires_grad_(True)
    out = _CONVOLUTIONS[type(module)](spread, weights, None, module.stride, module.padding, module.dilation,
                                      module.groups * count)
    weight = torch.autograd.grad(out, weights, back.flatten(0, 1)[None])[0].reshape(count, *module.weight.shape)
    return (weight,) if module.bias is None else (weight, back.flatten(2).sum(dim=2))
