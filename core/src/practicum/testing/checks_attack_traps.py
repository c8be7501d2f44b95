"""Traps that attacks of well-known libraries fall into, each shown on a case whose truth is known in closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.attack import AttackResult, Budget
from practicum.batch import Batch
from practicum.columns.arrays import Series
from practicum.criterion import Misclassified, Targeted
from practicum.keys import Keys
from practicum.testing.checks_attack_gain import lead, white_box
from practicum.testing.checks_untouched import call
from practicum.testing.linear_truth import best_gain, dual, least_distance
from practicum.testing.models import FLOATS, as_float64, features, linear_model, own_labels, weights
from practicum.testing.result import NotApplicable, contract_check
from practicum.testing.subject import Subject, broken

FEW = 6
"""Samples attacked: the truth is exact for each, so that few tell as much as many."""


def _few(batch: Batch) -> Batch:
    return batch.take(np.arange(min(FEW, len(batch))))


def _plain_ball(budget: Budget) -> tuple[str, float]:
    if budget.norm not in ("linf", "l2", "l1") or not isinstance(budget.eps, float):
        raise NotApplicable("the budget counts changes, or differs between samples")
    return budget.norm, budget.eps


def _flat(batch: Batch, on: str | None) -> npt.NDArray[np.float64]:
    data: Any = batch.column(on)
    values = data.values if isinstance(data, Series) else data
    values = values.detach().cpu() if hasattr(values, "detach") else values
    return np.asarray(values, dtype=np.float64).reshape(len(batch), -1)


def _placed(subject: Subject, batch: Batch, flat: npt.NDArray[np.float64]) -> Batch:
    """The batch with other numbers in its float column, everything observed."""
    name = batch.column_name(subject.technique.on)
    column = batch.columns[name]
    if column.modality == "series":
        old = column.data
        return batch.with_column(name, Series(flat.reshape(old.values.shape), np.ones_like(old.mask)))
    import torch

    shaped = flat.reshape(tuple(column.data.shape))
    return batch.with_column(name, torch.from_numpy(shaped) if hasattr(column.data, "detach") else shaped)


def _toy(weight: npt.NDArray[np.float64], bias: npt.NDArray[np.float64] | None = None, **fields: Any) -> Any:
    from practicum.testing.torch_toys import TorchToy

    return TorchToy.linear(weight, bias, **fields)


@contract_check("no false robustness among several classes", "attack")
def false_robustness(subject: Subject) -> None:
    """Five classes, every sample within the budget of being flipped: cross entropy reports 94-97 % robust there (T1).

    Each sample lies along w_y - mean(w), 5 % nearer to the boundary than the budget reaches.
    """
    batch = _few(white_box(subject))
    budget = subject.technique.budget(linear_model(batch), batch)
    norm, eps = _plain_ball(budget)
    if budget.bounds is not None:
        raise NotApplicable("the budget has a box of its own")
    w = weights(batch, 11, 5)
    label = np.arange(len(batch)) % 5
    away = w[label] - w.mean(axis=0)
    gaps = w[label][:, None, :] - w[None]
    margins = (away[:, None, :] * gaps).sum(axis=2)
    others = np.arange(5)[None] != label[:, None]
    exact = np.where(others, margins / np.where(others, dual(gaps, norm), 1.0), np.inf).min(axis=1)
    goal = eps / 1.05 if np.isfinite(eps) else 1.0
    model = _toy(w)
    batch = _placed(subject, batch, away * (goal / exact)[:, None]).with_targets(label=label)
    result = call(subject, model, batch)
    if not bool(result.success.all()):
        row = int(np.argmin(result.success))
        raise broken(f"it leaves {result.robust[0]} of {len(batch)} samples right on a linear model of 5 classes whose "
                     f"boundary is at {goal:.4g}, in reach of its budget (sample {batch.ids[row]!r}): use a margin "
                     "loss and look at every rival class, or declare upper_bound")
    _as_near_as_claimed(subject, result, np.full(len(batch), goal), "on a linear model of 5 classes")


def _as_near_as_claimed(subject: Subject, result: AttackResult, exact: npt.NDArray[np.float64], where: str) -> None:
    claimed = subject.cls.minimal  # type: ignore[attr-defined]  # attacks only
    if claimed is None:
        return
    ratio = result.norm / exact
    worst = int(np.argmax(ratio))
    if ratio[worst] > claimed * (1 + 1e-6):
        raise broken(f"{where} it needs {ratio[worst]:.4f} times the least distance on sample "
                     f"{result.batch.ids[worst]!r}; it claims at most {claimed:g}")


@contract_check("scale, shift and form of the logits don't matter", "attack")
def logit_form(subject: Subject) -> None:
    """Logits times 1e-6 to 1e6, plus -50 to 50, or log-probabilities: attacked as well as the plain ones (T2-T4)."""
    batch = _few(white_box(subject))
    plain = linear_model(batch)
    batch = own_labels(plain, batch)
    first = call(subject, plain, batch)
    before = lead(plain, batch, batch.label)
    base = lead(plain, first.batch, batch.label)
    unbounded = not np.isfinite(subject.technique.budget(plain, batch).largest)
    forms = [(f"times {s:g}", linear_model(batch, scale=s)) for s in (1e-6, 1e-3, 1e3, 1e6)]
    forms += [(f"plus {s:g}", linear_model(batch, shift=s)) for s in (-50.0, 50.0)]
    for name, model in [*forms, ("as log-probabilities", _log_probabilities(plain))]:
        result = call(subject, model, batch)
        reached = lead(plain, result.batch, batch.label)
        if unbounded:
            worse = ~result.success | (result.norm > 1.02 * first.norm + 1e-9)
            if bool((worse & first.success).any()):
                row = int(np.argmax(worse & first.success))
                raise broken(f"with logits {name} sample {batch.ids[row]!r} is "
                             f"{'moved farther' if result.success[row] else 'not flipped'} ({result.norm[row]:.4g}, "
                             f"plain {first.norm[row]:.4g}): the search depends on the scale of the loss")
            continue
        short = (reached - before) < 0.99 * (base - before) - 1e-9
        if bool(short.any()):
            row = int(np.argmax(short))
            raise broken(f"with logits {name} it gains {reached[row] - before[row]:.4g} in margin where it gained "
                         f"{base[row] - before[row]:.4g}: gradients vanish, overflow or are cut by a floor; use a loss "
                         "that doesn't saturate, or declare upper_bound")


def _log_probabilities(model: Any) -> Any:
    import torch

    from practicum.testing.torch_toys import TorchToy

    return TorchToy.of(torch.nn.Sequential(model.modules()[0], torch.nn.LogSoftmax(dim=1)))


@contract_check("values on the edge of the box move", "attack")
def edge_of_the_box(subject: Subject) -> None:
    """Binary inputs in a box: at least 99 % of the best gain there, in closed form (T5, T6)."""
    if subject.cls.learns:  # type: ignore[attr-defined]  # attacks only
        raise NotApplicable("the attack puts on what it learned elsewhere, which may point out of the box")
    batch = _few(white_box(subject, upper_bounds=True))
    gap = weights(batch, 12, 2)
    w = gap[1] - gap[0]
    steps = np.arange(features(batch))[None] * 7 + np.arange(len(batch))[:, None] * 3
    x = (steps % 5 < 2).astype(np.float64)
    gap[1], gap[0] = w, 0.0
    centre = x.mean(axis=0)
    model = _toy(gap, np.array([0.0, -float(centre @ w)]), bounds=(0.0, 1.0))
    budget = subject.technique.budget(model, batch)
    if budget.bounds != (0.0, 1.0):
        raise NotApplicable("the attack doesn't take the model's box")
    norm, eps = _plain_ball(budget)
    batch = own_labels(model, _placed(subject, batch, x))
    way = np.where(batch.label == 0, 1.0, -1.0)[:, None] * w
    result = call(subject, model, batch)
    moved = np.abs(_flat(result.batch, subject.technique.on) - x).max(axis=1)
    if not bool((moved > 0).all()):
        raise broken(f"sample {batch.ids[int(np.argmin(moved))]!r}, all of whose values lie on the edge of the box, "
                     "didn't move: a change of variables with no slope at the edge")
    if subject.cls.upper_bound:  # type: ignore[attr-defined]  # attacks only
        return
    before = lead(model, batch, batch.label)
    if np.isfinite(eps):
        gain, best = lead(model, result.batch, batch.label) - before, best_gain(way, x, norm, eps, (0.0, 1.0))
        worst = int(np.argmin(gain / best))
        if gain[worst] < 0.99 * best[worst]:
            raise broken(f"in a box it gains {gain[worst]:.6g} of {best[worst]:.6g} in margin "
                         f"({gain[worst] / best[worst]:.1%}) on sample {batch.ids[worst]!r}: project onto ball and box "
                         "together")
        return
    exact = least_distance(way, x, -before, norm, (0.0, 1.0))
    if not bool(result.success[np.isfinite(exact)].all()):
        raise broken("a sample that the box lets be flipped was not flipped")
    _as_near_as_claimed(subject, result, exact, "in a box")


@contract_check("a target is reached as the other class is", "attack")
def targeted_like_untargeted(subject: Subject) -> None:
    """With two classes, aiming at the other one is the same as leaving one's own (T15)."""
    if not isinstance(getattr(subject.technique, "criterion", None), Misclassified):
        raise NotApplicable("the attack has no criterion to choose")
    batch = _few(white_box(subject))
    model = linear_model(batch, classes=2)
    batch = own_labels(model, batch)
    batch = batch.with_targets(wanted=1 - batch.label)
    away = call(subject, model, batch)
    toward = subject.technique.evolve(criterion=Targeted(target="wanted")).run(model, batch, Keys(0))
    before = lead(model, batch, batch.label)
    gains = [lead(model, r.batch, batch.label) - before for r in (away, toward)]
    if np.isfinite(subject.technique.budget(model, batch).largest):
        short = gains[1] < 0.99 * gains[0] - 1e-9
    else:
        short = (toward.norm > 1.01 * away.norm + 1e-9) | (away.success & ~toward.success)
    if bool(short.any()):
        row = int(np.argmax(short))
        raise broken(f"aimed at the other of two classes, sample {batch.ids[row]!r} gains {gains[1][row]:.4g} in "
                     f"margin; away from its own it gains {gains[0][row]:.4g}: a sign or schedule is wrong")


@contract_check("a budget of the whole range leaves no more than chance", "attack")
def whole_range(subject: Subject) -> None:
    """Where any input may become any other, a model is right by chance at most: else the search is masked (T16)."""
    fields = type(subject.technique).model_fields
    if "eps" not in fields or subject.cls.learns:  # type: ignore[attr-defined]  # attacks only
        raise NotApplicable("the attack has no eps to widen")
    if subject.modality not in FLOATS:
        raise NotApplicable("the whole range is known for float inputs only")
    batch = _few(as_float64(subject.batch))
    w = weights(batch, 13, 2)
    model = _toy(w, -w @ np.full(features(batch), 0.5), bounds=(0.0, 1.0))
    budget = subject.technique.budget(model, batch)
    norm, eps = _plain_ball(budget)
    if budget.bounds != (0.0, 1.0) or not np.isfinite(eps):
        raise NotApplicable("the attack doesn't take the model's box, or has no largest distance")
    x = np.abs(np.sin(np.arange(len(batch) * features(batch), dtype=np.float64))).reshape(len(batch), -1)
    batch = own_labels(model, _placed(subject, batch, x))
    full = {"linf": 1.0, "l2": float(np.sqrt(features(batch))), "l1": float(features(batch))}[norm]
    result = subject.technique.evolve(eps=full).run(model, batch, Keys(0))
    if result.robust_accuracy > 0.5:
        raise broken(f"with the whole range as budget {result.robust[0]} of {result.robust[1]} samples stay right on a "
                     "linear model of two classes, where chance is one half: the search is stuck")


@contract_check("the result is detached", "attack")
def detached(subject: Subject) -> None:
    """Attacked tensors carry no graph of gradients (T13)."""
    result = call(subject)
    data = result.batch.column(subject.technique.on)
    values = getattr(data, "values", data) if not hasattr(data, "detach") else data
    if getattr(values, "requires_grad", False):
        raise broken("the attacked tensor still requires gradients: detach it")
