"""How much a white-box attack gets where the most that can be got is known: on linear models without a box."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.testing.checks_untouched import call
from practicum.testing.linear_truth import dual
from practicum.testing.models import FLOATS, as_float64, linear_model, own_labels, weights
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken


def white_box(subject: Subject, *, upper_bounds: bool = False) -> Batch:
    """The samples of an attack that sees gradients and, unless ``upper_bounds``, claims the worst case."""
    if subject.cls.access != "gradient":  # type: ignore[attr-defined]  # attacks only
        raise NotApplicable("the attack does not see gradients")
    if subject.cls.upper_bound and not upper_bounds:  # type: ignore[attr-defined]  # attacks only
        raise NotApplicable("the attack declares upper_bound: it does not claim to reach the worst case")
    if subject.modality not in FLOATS:
        raise NotApplicable("the worst case is known for float inputs only")
    return as_float64(subject.batch)


def lead(model: Any, batch: Batch, label: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """How far the best other class is ahead of the true one."""
    z = np.asarray(model.predict(batch).values, dtype=np.float64)
    true = z[np.arange(len(z)), label]
    z = z.copy()
    z[np.arange(len(z)), label] = -np.inf
    return np.asarray(z.max(axis=1) - true)


@contract_check("reaches the worst case of a linear model", "attack")
def linear_gain(subject: Subject) -> None:
    """At least 99.9 % of the largest possible margin change: eps times the dual norm of the weight difference."""
    batch = white_box(subject)
    model = linear_model(batch, classes=2)
    batch = own_labels(model, batch)
    budget = subject.technique.budget(model, batch)
    if (budget.norm not in ("linf", "l2", "l1") or budget.bounds is not None or not isinstance(budget.eps, float)
            or not np.isfinite(budget.eps)):
        raise NotApplicable("the budget is a box, counts changes, differs between samples or has no end")
    w = weights(batch, 0, 2)
    most = float(dual(w[1] - w[0], budget.norm))
    result = call(subject, model, batch)
    gain = lead(model, result.batch, batch.label) - lead(model, batch, batch.label)
    worst = int(np.argmin(gain))
    if gain[worst] < 0.999 * budget.eps * most:
        raise broken(f"on a linear model it gains {gain[worst]:.6g} of {budget.eps * most:.6g} in margin "
                     f"({gain[worst] / (budget.eps * most):.1%}) on sample {batch.ids[worst]!r}; declare upper_bound "
                     "if it doesn't claim the worst case")
