"""A layer's activations of samples, and the gradient of their scores there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from practicum.errors import CapabilityError
from practicum_explain.layers import Call, watched
from practicum_explain.leaf import Leaf, in_chunks

Floats = npt.NDArray[np.float64]


def activations(leaf: Leaf, layer: str | None, batch_size: int, *, gradients: bool) -> tuple[Floats, Floats]:
    """Activations [N, P] of a layer, and the gradient of each sample's score there (zeros where they aren't asked for).

    Args:
        leaf: the samples and their classes.
        layer: name of the module whose output is looked at (of a reused one the last call), or ``None`` for what goes
            into the last linear layer.
        batch_size: samples asked at once.
        gradients: whether gradients are computed.

    Raises:
        CapabilityError: there is no such layer, the logits don't depend on it, or it doesn't give one row a sample.
    """
    found, slopes = [], []
    for part in in_chunks(len(leaf), batch_size):
        rows = np.arange(part.start, part.stop, dtype=np.int64)
        with watched(leaf.model.modules()) as calls:
            logits = leaf.logits(leaf.at(rows).detach().requires_grad_(True), rows)
        here = _chosen(calls, layer, len(rows), leaf)
        found.append(here.detach().flatten(1).double().cpu().numpy())
        slope = torch.zeros_like(here)
        if gradients:
            scores = leaf.of_class(logits, rows)
            reached = torch.autograd.grad(scores.sum(), here, allow_unused=True)[0] if here.requires_grad else None
            if reached is None:
                raise CapabilityError(f"{leaf.by}: the logits of {leaf.model.name} don't depend on layer {layer!r} as "
                                      "it was recorded: choose another one")
            slope = reached
        slopes.append(slope.flatten(1).double().cpu().numpy())
    if not found:
        return np.zeros((0, 0)), np.zeros((0, 0))
    if len({f.shape[1] for f in found}) > 1:
        raise CapabilityError(f"{leaf.by}: layer {layer!r} gives activations of differing size (texts of differing "
                              "length): choose one that gives the same for all, as after pooling")
    return np.concatenate(found), np.concatenate(slopes)


def _chosen(calls: Sequence[Call], layer: str | None, count: int, leaf: Leaf) -> torch.Tensor:
    if layer is None:
        tensors = [c.given for c in calls if isinstance(c.module, torch.nn.Linear)]
    else:
        tensors = [c.output for c in calls if c.name == layer]
    if not tensors:
        names = ", ".join(dict.fromkeys(c.name for c in calls if c.name and c.output is not None))
        what = "no linear layer" if layer is None else f"no layer {layer!r}"
        raise CapabilityError(f"{leaf.by}: {leaf.model.name} calls {what}: name one of {names}")
    last = tensors[-1]
    if last is None or len(last) != count or last.ndim < 2:
        raise CapabilityError(f"{leaf.by}: layer {layer!r} doesn't give one row of activations for each of {count} "
                              "samples: choose another one")
    return last
