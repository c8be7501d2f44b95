"""How much a white-box attack gets where the most that can be got is known: on linear models without a box."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.testing.checks_untouched import call
from practicum.testing.models import FLOATS, as_float64, linear_model, own_labels, weights
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken


def _white_box(subject: Subject) -> Batch:
    if subject.cls.access != "gradient":  # type: ignore[attr-defined]  # attacks only
        raise NotApplicable("the attack does not see gradients")
    if subject.cls.upper_bound:  # type: ignore[attr-defined]  # attacks only
        raise NotApplicable("the attack declares upper_bound: it does not claim to reach the worst case")
    if subject.modality not in FLOATS:
        raise NotApplicable("the worst case is known for float inputs only")
    return as_float64(subject.batch)


def _margin(model: Any, batch: Batch, label: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How far the best other class is ahead of the true one."""
    z = np.asarray(model.predict(batch).values, dtype=np.float64)
    true = z[np.arange(len(z)), label]
    z = z.copy()
    z[np.arange(len(z)), label] = -np.inf
    return np.asarray(z.max(axis=1) - true)


@contract_check("reaches the worst case of a linear model", "attack")
def linear_gain(subject: Subject) -> None:
    """At least 99 % of the largest possible margin change: eps times the dual norm of the weight difference."""
    batch = _white_box(subject)
    model = linear_model(batch, classes=2)
    batch = own_labels(model, batch)
    budget = subject.technique.budget(model, batch)
    if budget.norm not in ("linf", "l2", "l1") or budget.bounds is not None or not isinstance(budget.eps, float):
        raise NotApplicable("the budget is a box, counts changes, or differs between samples")
    w = weights(batch, 0, 2)
    gap = np.abs(w[1] - w[0])
    dual = {"linf": gap.sum(), "l2": np.sqrt((gap**2).sum()), "l1": gap.max()}[budget.norm]
    result = call(subject, model, batch)
    gain = _margin(model, result.batch, batch.label) - _margin(model, batch, batch.label)
    worst = int(np.argmin(gain))
    if gain[worst] < 0.99 * budget.eps * dual:
        raise broken(f"on a linear model it gains {gain[worst]:.6g} of {budget.eps * dual:.6g} in margin "
                     f"({gain[worst] / (budget.eps * dual):.1%}) on sample {batch.ids[worst]!r}; declare upper_bound "
                     "if it doesn't claim the worst case")


@contract_check("scale and shift of the logits don't matter", "attack")
def logit_scale(subject: Subject) -> None:
    """A saturated or shifted model is attacked as well as the plain one."""
    batch = _white_box(subject)
    plain = linear_model(batch)
    batch = own_labels(plain, batch)
    base = _margin(plain, call(subject, plain, batch).batch, batch.label)
    before = _margin(plain, batch, batch.label)
    for scale, shift in ((1e3, 0.0), (1e-3, 0.0), (1.0, 500.0)):
        out = call(subject, linear_model(batch, scale=scale, shift=shift), batch).batch
        reached = _margin(plain, out, batch.label)
        worst = int(np.argmin((reached - before) - 0.99 * (base - before)))
        if reached[worst] - before[worst] < 0.99 * (base[worst] - before[worst]) - 1e-9:
            raise broken(f"with logits times {scale:g} plus {shift:g} it gains {reached[worst] - before[worst]:.4g} in "
                         f"margin where it gained {base[worst] - before[worst]:.4g}: gradients vanish or overflow; use "
                         "a loss that doesn't saturate, or declare upper_bound")
