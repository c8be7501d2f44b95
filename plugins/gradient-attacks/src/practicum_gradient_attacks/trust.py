"""What makes robust accuracy doubtful, seen before an attack begins: random, saturated, flat and optimising models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.attack import Note
from practicum.columns.floats import FloatColumn
from practicum.criterion import Criterion
from practicum.errors import CapabilityError
from practicum.model import Model

if TYPE_CHECKING:
    import torch

RANDOM = "the model answers differently when asked twice"
PROBABILITIES = "the logits are probabilities (a softmax at the end)"
FLAT = "the gradient of the margin is zero"
OPTIMISING = "the model differentiates while it predicts (an optimisation at inference)"
_SAME = 1e-5
"""Share of the largest logit that may differ between two calls: what other kernels or threads make of one sum."""


@dataclass(frozen=True)
class Look:
    """A model's answers about clean inputs, and what is doubtful about them.

    Args:
        scores: logits of the first call, float64 [N, C].
        random, probabilities, flat: bool [N].
        optimising: whether the forward pass ran a backward pass of its own.
    """

    scores: npt.NDArray[np.float64]
    random: npt.NDArray[np.bool_]
    probabilities: npt.NDArray[np.bool_]
    flat: npt.NDArray[np.bool_]
    optimising: bool

    def notes(self, rows: npt.NDArray[np.int64]) -> list[Note]:
        """Doubts about the samples ``rows``."""
        found = ((RANDOM, self.random), (PROBABILITIES, self.probabilities), (FLAT, self.flat),
                 (OPTIMISING, np.full(len(self.flat), self.optimising)))
        return [Note(what, int(of[rows].sum()), len(rows)) for what, of in found if of[rows].any()]


def look(model: Model, column: FloatColumn, criterion: Criterion, facts: Mapping[str, npt.NDArray[np.int64]], *,
         by: str) -> Look:
    """Ask twice, differentiate once; the model is guarded by the caller.

    Follows the flags of the AutoAttack of Croce and Hein, arXiv:2003.01690, but says which samples they concern: a
    random model, a softmax taken for logits, gradients that are zero, and optimisation inside the forward pass, which
    is told by saved tensors that are read again before the pass has ended.

    Args:
        model: with ``logits``.
        column: clean inputs.
        criterion: whose margin is differentiated.
        facts: what it is measured against, int64 [N] each.
        by: name of the attack.

    Raises:
        CapabilityError: the logits don't depend on the input tensor.
    """
    import torch

    watched = _Watch()
    leaf = column.x.detach().requires_grad_(True)
    with torch.autograd.graph.saved_tensors_hooks(watched.keep, watched.give):
        logits: torch.Tensor = model.logits(column.with_values(leaf))  # type: ignore[attr-defined]  # Differentiable
    watched.over = True
    if not logits.requires_grad:
        raise CapabilityError(f"{by} needs logits that depend on the input tensor, but those of {model.name} are cut "
                              "off from it: don't detach, convert to NumPy or use torch.no_grad in its logits()")
    classes = {n: torch.as_tensor(v, device=logits.device) for n, v in facts.items()}
    slope: Any = torch.autograd.grad(criterion.margin(logits, classes).sum(), leaf, allow_unused=True)[0]
    flat = torch.zeros(len(leaf), dtype=torch.bool) if slope is not None else torch.ones(len(leaf), dtype=torch.bool)
    if slope is not None:
        moves = slope != 0 if column.free is None else (slope != 0) & column.free
        flat = ~moves.flatten(1).any(dim=1)
    with torch.no_grad():
        again = model.logits(column.with_values(column.x)).double()  # type: ignore[attr-defined]  # as above
    first = logits.detach().double()
    differs = ((first - again).abs() > _SAME * first.abs().amax(dim=1, keepdim=True)).any(dim=1)
    shares = (first >= 0).all(dim=1) & ((first.sum(dim=1) - 1.0).abs() < 1e-4)
    shares &= shares.all()  # among logits proper a row may sum to 1 by accident
    return Look(first.cpu().numpy(), differs.cpu().numpy(), shares.cpu().numpy(), flat.cpu().numpy(), watched.seen)


class _Watch:
    """Notices when tensors that a forward pass saves are read again before it is over."""

    def __init__(self) -> None:
        self.over = self.seen = False

    def keep(self, tensor: torch.Tensor) -> torch.Tensor:
        return tensor

    def give(self, tensor: torch.Tensor) -> torch.Tensor:
        self.seen |= not self.over
        return tensor
