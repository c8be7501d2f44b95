"""What the modules of a network give while it is called, by their names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Call:
    """One call of a module.

    Args:
        name: of the module, as ``named_modules`` says it.
        module: the module.
        given: its first argument, where that is a tensor.
        output: what it returned, where that is a tensor.
    """

    name: str
    module: torch.nn.Module
    given: torch.Tensor | None
    output: torch.Tensor | None


@contextmanager
def watched(roots: Sequence[torch.nn.Module]) -> Iterator[list[Call]]:
    """A list that fills with the calls of all modules inside, in the order in which they end; a module that is used
    twice has two calls. Hooks are gone afterwards, also after an exception."""
    calls: list[Call] = []

    def hook_of(name: str) -> Any:
        def hook(module: torch.nn.Module, given: tuple[Any, ...], output: Any) -> None:
            calls.append(Call(name, module, _tensor(given[0] if given else None), _tensor(output)))
        return hook

    handles: list[Any] = []
    try:
        for root in roots:
            for name, module in root.named_modules():
                handles.append(module.register_forward_hook(hook_of(name)))
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _tensor(value: Any) -> torch.Tensor | None:
    return value if isinstance(value, torch.Tensor) else None
