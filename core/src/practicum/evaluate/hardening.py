"""Harden: retrain with what hurt most, chosen on the validation split only."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from practicum.attack import Attack
from practicum.compose import OneOf, Sometimes
from practicum.data.splits import Splits
from practicum.errors import CapabilityError, ConfigError, UnknownTechnique, UsageError
from practicum.evaluate.report import Report
from practicum.evaluate.result import Hardening, Row
from practicum.keys import Keys
from practicum.model import Model, require
from practicum.registry import default_registry
from practicum.technique import Technique, build
from practicum.tracker import Run
from practicum.transformation import Transformation

VALID = "valid"
MOST_STEPS = 10
"""Gradient steps of an iterated attack in training, where the evaluation used more."""


@dataclass(frozen=True)
class Hardened:
    """A hardened model and how it came to be.

    Args:
        model: the retrained model.
        details: what was chosen, and how it was trained.
    """

    model: Model
    details: Hardening


def harden(model: Model, data: Splits, report: Report, *, top: int = 3, budget: Mapping[str, Any] | None = None,
           defence: Mapping[str, Any] | str | None = None, seed: int = 0, tracker: Run | None = None,
           checkpoint: Path | None = None) -> Model:
    """Retrain a model with the perturbations that hurt it most; see :func:`harden_with_details`.

    Example:
        >>> from practicum.data.splits import split
        >>> from practicum.evaluate import stress
        >>> from practicum.testing.toys import AddNoise
        >>> from practicum.testing.toys_models import SoftmaxRegression, blobs
        >>> parts = split(blobs(200), {"train": 0.6, "valid": 0.2, "test": 0.2})
        >>> model = SoftmaxRegression(epochs=5).fit([parts.train], Keys(0))
        >>> report = stress(model, parts, [AddNoise(std=4.0)], seeds=1)
        >>> harden(model, parts, report).name
        'toy/softmax'
    """
    return harden_with_details(model, data, report, top=top, budget=budget, defence=defence, seed=seed,
                               tracker=tracker, checkpoint=checkpoint).model


def harden_with_details(model: Model, data: Splits, report: Report, *, top: int = 3,
                        budget: Mapping[str, Any] | None = None, defence: Mapping[str, Any] | str | None = None,
                        seed: int = 0, clean_share: float = 0.25, tracker: Run | None = None,
                        checkpoint: Path | None = None) -> Hardened:
    """Retrain a model with the perturbations that hurt it most.

    The choice reads rows of the validation split and of the given model only, never the test split. The ``top`` groups
    of label-preserving transformations with the largest drop become augmentation: each training sample gets one of
    their strengths, and a share stays clean. The label-preserving attack with the largest drop becomes the adversary
    of adversarial training (Madry et al., arXiv:1706.06083), with fewer steps than in the evaluation; attacks that
    learn one change for all samples, have no largest distance, or are made of several others are passed over, and those
    that see gradients go before those that ask only. Perturbations whose drop's interval
    includes zero are left out: they may be chance.

    Args:
        model: a trainable model.
        data: the splits that the report was made on.
        report: of :func:`stress`, with the validation split.
        top: how many groups of transformations at most.
        budget: fields to change on the model for the retraining, as ``{"epochs": 8}``.
        defence: a model over models that the retrained one is put under, as ``{"use": "defences/trades", "eps": 0.1}``.
            One that trains against perturbations of its own (it says ``own_adversary``) takes no other adversary.
        seed: of initial weights, shuffling and augmentation.
        clean_share: share of the augmented samples that stay as they are.
        tracker: an open run that receives the training loss.
        checkpoint: a file from which an interrupted retraining goes on.

    Raises:
        CapabilityError: the model can't be trained.
        UsageError: the report has no rows of the validation split, or nothing hurt the model.
        ConfigError: the budget names no field of the model, or one that the defence has in its place.
    """
    retrained = check_hardening(model, data, budget, defence)
    chosen, adversary_row = choose(report, top)
    if not chosen and adversary_row is None:
        raise UsageError("nothing that preserves labels hurt the model beyond chance on the validation split: there is "
                         "nothing to harden against; stress it harder (attacks without a largest distance don't "
                         "count: give them an eps), or leave harden out")
    known = report.techniques
    notes: list[str] = []
    strengths = [r for r in report.select(split=VALID, phase="before")
                 if r.perturbation.group in {c.perturbation.group for c in chosen} and _hurts(r, "transformation")]
    parts = [_technique(r, known) for r in strengths]
    augment = Sometimes(OneOf(parts), p=1.0 - clean_share) if parts else None
    own = bool(getattr(type(retrained), "own_adversary", False))
    adversary = None if own or adversary_row is None else _cheaper(_technique(adversary_row, known), notes)
    if augment is not None:
        count = "1 setting was" if len(parts) == 1 else f"{len(parts)} settings were"
        notes.append(f"{count} the augmentation; {clean_share:.0%} of those samples stayed clean.")
    if own:
        notes.append(f"{retrained.name} brings its own adversary.")
    began = time.perf_counter()
    learner: Any = retrained
    made: Model = learner.fit([data.part("train")], Keys(seed, path=("harden",)), tracker, augment=augment,
                                adversary=adversary, checkpoint=checkpoint)
    keys = [r.perturbation.key for r in sorted([*chosen, *([adversary_row] if adversary_row else [])],
                                               key=lambda r: -r.drop.value)]
    return Hardened(made, Hardening(tuple(keys), _config(augment), _config(adversary), VALID, dict(budget or {}),
                                    time.perf_counter() - began, tuple(notes), _plain(defence)))


def check_hardening(model: Any, data: Any, budget: Mapping[str, Any] | None = None,
                    defence: Mapping[str, Any] | str | None = None) -> Model:
    """The model to train, with the budget's fields and under the defence; refuses before anything runs what could not
    be hardened.

    Raises:
        CapabilityError, UsageError, ConfigError, DataError: see :func:`harden_with_details`.
    """
    if defence is None:
        require(model, "training", "harden")
    if not isinstance(data, Splits):
        raise UsageError("harden needs training data and a validation split beside the test split: give stress and "
                         "harden the same practicum.data.split(batch, {'train': 0.6, 'valid': 0.2, 'test': 0.2})")
    data.part("train")
    data.part(VALID)
    known = type(model).model_fields
    for field in budget or {}:
        if field not in known:
            raise ConfigError(f"harden.budget: {model.name} has no field {field!r} to change for the retraining; it "
                              f"has {', '.join(known)}")
    changed: Model = model.evolve(**budget) if budget else model
    if defence is None:
        return changed
    fields = {k: v for k, v in (_plain(defence) or {}).items() if k != "use"}
    name = defence if isinstance(defence, str) else str(defence.get("use", ""))
    kind: Any = default_registry().load(name)
    if not issubclass(kind, Model) or "base" not in kind.model_fields:
        raise ConfigError(f"harden.defence: {name} is {kind.kind}, not a model over models, as "
                          "defences/trades is")
    idle = [f for f in budget or {} if getattr(kind, "own_adversary", False) and f in kind.model_fields]
    if idle:
        raise ConfigError(f"harden.budget: {name} trains with fields of its own, so {', '.join(idle)} of {model.name} "
                          f"would change nothing: move {'it' if len(idle) == 1 else 'them'} into harden.defence, as "
                          f"{{use: {name}, {idle[0]}: {(budget or {})[idle[0]]}}}")
    made: Model = kind(base=changed, **fields)
    require(made, "training", "harden")
    return made


def _plain(defence: Mapping[str, Any] | str | None) -> Mapping[str, Any] | None:
    return {"use": defence} if isinstance(defence, str) else None if defence is None else dict(defence)


def choose(report: Report, top: int) -> tuple[list[Row], Row | None]:
    """The worst rows of up to ``top`` groups of transformations, and the worst attack, from the validation split.

    Raises:
        UsageError: the report has no such rows.
    """
    rows = report.select(split=VALID, phase="before")
    if not rows:
        raise UsageError(f"the report has no results on the {VALID!r} split, the only one hardening may choose by: "
                         "stress with Splits that have one")
    if any(r.split != VALID for r in rows):
        raise AssertionError("hardening must not look at another split than the validation split")

    def worst(kind: str) -> list[Row]:
        best: dict[str, Row] = {}
        for row in sorted((r for r in rows if _hurts(r, kind)), key=lambda r: (-r.drop.value, r.perturbation.key)):
            best.setdefault(row.perturbation.group, row)
        return list(best.values())

    attacks = [(r, found) for r in worst("attack") if (found := _adversary(r, report.techniques)) is not None]
    attacks.sort(key=lambda pair: pair[1] != "gradient")  # by queries alone each step of training would cost hundreds
    return worst("transformation")[:top], attacks[0][0] if attacks else None


def _adversary(row: Row, known: Mapping[str, Technique]) -> str | None:
    """The access of the row's attack; ``None`` where it can't be repeated in every step of a training: it would have to
    be fitted anew, or is too costly by its own word."""
    try:
        made = _technique(row, known)
    except (CapabilityError, UnknownTechnique):  # said where the attack is needed
        return ""
    return made.access if isinstance(made, Attack) and made.fitted and made.in_training else None


def _hurts(row: Row, kind: str) -> bool:
    return (row.perturbation.kind == kind and row.label_policy == "preserves" and not row.perturbation.unlimited
            and row.drop.value > 0
            and (row.drop.low > 0 or math.isnan(row.drop.low)))


def _technique(row: Row, known: Mapping[str, Technique]) -> Any:
    made = known.get(row.perturbation.key)
    if made is None:
        try:
            made = build(row.perturbation.config)
        except ConfigError as error:
            raise CapabilityError(f"{row.perturbation.label} can't be made again from its configuration ({error}): "
                                  "use the report of this process, which still has it") from error
    if not isinstance(made, (Transformation, Attack)):
        raise CapabilityError(f"{made.name} is {made.kind}: nothing to train with")
    return made


def _cheaper(attack: Attack, notes: list[str]) -> Attack:
    """The attack with at most :data:`MOST_STEPS` steps and one run; its budget stays the same."""
    changes: dict[str, Any] = {}
    fields = type(attack).model_fields
    steps = getattr(attack, "steps", None) if "steps" in fields else None
    if isinstance(steps, int) and steps > MOST_STEPS:
        changes["steps"] = MOST_STEPS
    for field in ("restarts", "rivals"):  # what is left over a whole training makes up for one batch's weaker search
        if field in fields and getattr(attack, field, 1) != 1:
            changes[field] = 1
    if not changes:
        return attack
    shown = ", ".join(f"{k} {getattr(attack, k)} to {v}" for k, v in changes.items())
    size = getattr(attack, "step_size", None)
    if "steps" in changes and isinstance(size, float):
        changes["step_size"] = size * getattr(attack, "steps", MOST_STEPS) / MOST_STEPS
    notes.append(f"{attack.label} was made cheaper for training: {shown}.")
    return attack.evolve(**changes)


def _config(technique: Technique | None) -> Mapping[str, Any] | None:
    if technique is None:
        return None
    try:
        return technique.config()
    except ConfigError:
        return {"use": technique.name}
