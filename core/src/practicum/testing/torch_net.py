"""A small network that others train: what defences and trainers need to be tested on their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from pydantic import Field

from practicum.atomic import write_atomic
from practicum.batch import Batch
from practicum.columns.arrays import Series
from practicum.errors import UsageError
from practicum.keys import Keys
from practicum.testing.torch_toys import TorchToy

if TYPE_CHECKING:
    import torch


class ToyNet(TorchToy):
    """Two linear layers with a softplus between them, or one with ``hidden=0``; trained step by step by others.

    Example:
        >>> from practicum.testing.toys_models import blobs
        >>> net = ToyNet(hidden=0).trainee([blobs(8)], Keys(0))
        >>> net.forward(blobs(8)).shape
        torch.Size([8, 2])
    """

    name: ClassVar[str] = "toy/net"

    hidden: int = Field(default=16, ge=0, description="width of the hidden layer; 0 for none")

    def trainee(self, batches: Sequence[Batch], keys: Keys) -> Self:
        """A copy with weights drawn from ``keys``, for the data's width and classes."""
        import torch

        held = batches[0].column(batches[0].column_name(None, self.modalities))
        data = torch.as_tensor(held.values if isinstance(held, Series) else held)
        width, classes = data[0].numel(), 1 + max(int(b.label.max()) for b in batches)
        made = self._around(_network(width, self.hidden, classes, data.dtype))
        with torch.no_grad():
            for place, (_, parameter) in enumerate(made._module.named_parameters()):
                drawn = keys.child(f"weight-{place}").bind(Batch.of(np.zeros((1, 1))).ids).normal(parameter.numel())
                scale = 0.0 if parameter.ndim == 1 else parameter.shape[1] ** -0.5
                parameter.copy_(torch.from_numpy(scale * drawn[0]).reshape(parameter.shape))
        return made

    def _around(self, module: torch.nn.Module) -> Self:
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {"_module": module})
        return made

    def modules(self) -> Sequence[torch.nn.Module]:
        """The network.

        Raises:
            UsageError: it has none yet.
        """
        if self._module is None:
            raise UsageError(f"{self.name} has no weights yet: train it first")
        return [self._module]

    def forward(self, batch: Batch) -> torch.Tensor:
        """Scores [N, C], differentiable in the weights."""
        return self.logits(batch)

    def state_digest(self) -> str:
        import hashlib

        if self._module is None:
            return ""
        held = b"".join(t.detach().numpy().tobytes() for t in self._module.state_dict().values())
        return hashlib.blake2b(held, digest_size=8).hexdigest()

    def save(self, directory: Path) -> None:
        weights = {n: t.tolist() for n, t in self.modules()[0].state_dict().items()}
        kind = str(next(self._module.parameters()).dtype).removeprefix("torch.")
        write_atomic(directory / "weights.json", json.dumps({"dtype": kind, "weights": weights}))
        write_atomic(directory / "technique.json", json.dumps(self.config()))

    @classmethod
    def load(cls, directory: Path) -> Self:
        import torch

        config = json.loads((directory / "technique.json").read_text("utf-8"))
        held = json.loads((directory / "weights.json").read_text("utf-8"))
        weights: dict[str, Any] = {n: torch.tensor(v, dtype=getattr(torch, held["dtype"]))
                                   for n, v in held["weights"].items()}
        made = cls(**{k: v for k, v in config.items() if k != "use"})
        first, last = weights["0.weight"], weights[[n for n in weights if n.endswith("weight")][-1]]
        net = _network(first.shape[1], made.hidden, len(last), first.dtype)
        net.load_state_dict(weights)
        return made._around(net)


def _network(width: int, hidden: int, classes: int, dtype: torch.dtype) -> torch.nn.Module:
    import torch

    with torch.device("meta"):  # initial values would be drawn from the global generator
        net = torch.nn.Sequential(torch.nn.Linear(width, hidden or classes, dtype=dtype))
        if hidden:
            net.extend([torch.nn.Softplus(), torch.nn.Linear(hidden, classes, dtype=dtype)])
    return net.to_empty(device="cpu")
