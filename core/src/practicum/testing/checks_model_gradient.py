"""Declared capabilities are true: gradients against finite differences, embeddings against predictions."""

from __future__ import annotations

from typing import Any

import numpy as np

from practicum.columns.floats import FloatColumn
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import supports
from practicum.testing.models import FLOATS
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken

STEP = 1e-2
"""Half-width of the central difference, in the input's units: large enough for float32 models."""


@contract_check("gradient is true", "model")
def gradient_is_true(subject: Subject) -> None:
    """``logits`` agree with ``predict``, and their gradient agrees with finite differences."""
    import torch

    model: Any = subject.technique
    if not supports(model, "gradient") or subject.modality not in FLOATS:
        raise NotApplicable("the model doesn't declare gradients with respect to the input")
    batch = subject.batch
    column = FloatColumn.of(batch, None, by=model.name)
    with untouched(list(model.modules())):
        leaf = column.x.clone().requires_grad_(True)
        logits = model.logits(column.with_values(leaf))
        if not np.array_equal(np.asarray(logits.detach()).argmax(1), model.predict(batch).labels):
            raise broken("logits and predict disagree on the class of a sample")
        if not logits.requires_grad:
            raise broken("logits don't depend on the input tensor: don't detach or convert to NumPy inside")
        gradient = torch.autograd.grad(logits[:, 0].sum(), leaf, allow_unused=True)[0]
        if gradient is None:
            raise broken("there is no path from the logits back to the input tensor: use the batch's own tensor")
        off = []
        for seed in range(8):
            flat = Keys(seed).bind(batch.ids).normal(int(np.prod(leaf.shape[1:])))
            direction = torch.from_numpy(flat).reshape(leaf.shape).to(leaf.dtype)
            direction = direction / direction.flatten(1).norm(dim=1).reshape(-1, *[1] * (leaf.ndim - 1))
            with torch.no_grad():
                ahead = model.logits(column.with_values(column.x + STEP * direction))[:, 0].double()
                behind = model.logits(column.with_values(column.x - STEP * direction))[:, 0].double()
            slope = (ahead - behind) / (2 * STEP)
            told = (gradient * direction).flatten(1).sum(dim=1).double()
            off.append((slope - told).abs() / (slope.abs().max() + told.abs().max() + 1e-4))
    worst = float(torch.stack(off).median())
    if worst > 0.05:
        raise broken(f"the gradient of the logits differs from finite differences by {worst:.0%} (median over samples "
                     "and directions)")


@contract_check("embeddings are true", "model")
def embeddings_are_true(subject: Subject) -> None:
    """Units, embeddings and masked logits give what predict gives; masked units take no part."""
    import torch

    model: Any = subject.technique
    if not supports(model, "embedding-gradient"):
        raise NotApplicable("the model doesn't declare embeddings")
    batch = subject.batch
    with untouched(list(model.modules())):
        names, ids, mask = model.units(batch)
        for row, (unit, real) in enumerate(zip(names, mask.sum(dim=1).tolist(), strict=True)):
            if len(unit) != real:
                raise broken(f"sample {batch.ids[row]!r} has {len(unit)} units but {real} of them unmasked")
        embeddings = model.embed(ids).detach().requires_grad_(True)
        logits = model.logits_from(embeddings, mask)
        if not np.array_equal(np.asarray(logits.detach()).argmax(1), model.predict(batch).labels):
            raise broken("logits_from(embed(units)) and predict disagree on the class of a sample")
        gradient = torch.autograd.grad(logits.sum(), embeddings, allow_unused=True)[0] if logits.requires_grad else None
        if gradient is None or not bool(gradient.abs().sum() > 0):
            raise broken("logits_from has no gradient with respect to the embeddings")
        less = mask.clone()
        less[:, 0] = False
        with torch.no_grad():
            noise = embeddings.detach().clone()
            noise[~less] = 1e3
            a, b = model.logits_from(embeddings.detach(), less), model.logits_from(noise, less)
    if not torch.allclose(a, b, rtol=1e-4, atol=1e-4):
        raise broken("masked units still take part in logits_from")
