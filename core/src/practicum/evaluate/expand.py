"""From what the user listed to single perturbations, and the check that everything fits before anything runs."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from practicum.attack import Attack, Note
from practicum.batch import Batch
from practicum.compose import Combinator, OneOf, Pipeline
from practicum.errors import CapabilityError, ConfigError, UsageError
from practicum.evaluate.metrics import Metric, target_of
from practicum.evaluate.result import Perturbation
from practicum.explainer import Explainer
from practicum.keys import Keys
from practicum.model import Model
from practicum.technique import Technique, build
from practicum.transformation import Transformation


@dataclass(frozen=True)
class Planned:
    """A perturbation and the technique that makes it.

    Args:
        perturbation: what a report calls it.
        technique: as configured.
        train: labelled samples that an attack which learns is fitted on, for each model and seed.
    """

    perturbation: Perturbation
    technique: Transformation | Attack
    train: Batch | None = None
    _fitted: dict[tuple[int, int], tuple[Model, Attack]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def learns(self) -> bool:
        """Whether the technique is an attack that has to be fitted before it can perturb."""
        return isinstance(self.technique, Attack) and not self.technique.fitted

    def ready(self, model: Model, seed: int) -> Transformation | Attack:
        """The technique as it perturbs: an attack that learns is fitted on the training samples, once for each model
        and seed.

        Raises:
            UsageError: there are no training samples.
        """
        if not isinstance(self.technique, Attack) or self.technique.fitted:
            return self.technique
        if self.train is None:
            raise _unfitted(self.technique)
        found = self._fitted.get((id(model), seed))
        if found is None:
            keys = Keys(seed).child(self.technique.name).bind(self.train.ids)
            found = self._fitted[id(model), seed] = (model, self.technique.fit(model, self.train, keys))
        return found[1]

    def note(self, count: int) -> tuple[Note, ...]:
        """For the report, that the attack was fitted, about ``count`` samples."""
        if not self.learns or self.train is None:
            return ()
        return (Note(f"fitted on {len(self.train)} training samples, anew for each seed", count, count, doubt=False),)


def learning_from(planned: Sequence[Planned], train: Batch | None) -> list[Planned]:
    """The same, with training samples for the attacks that learn.

    Raises:
        UsageError: an attack learns, and there are none.
    """
    made = [replace(p, train=train if p.train is None else p.train) if p.learns else p for p in planned]
    for item in made:
        if item.learns and item.train is None:
            raise _unfitted(item.technique)
    return made


def _unfitted(technique: Technique) -> UsageError:
    return UsageError(f"{technique.name} learns its change from labelled samples, but there is no train split to fit "
                      "it on: give the data one, or fit the attack first and list the fitted one: "
                      "attack.fit(model, batch, keys)")


Techniques = Sequence[Technique | Mapping[str, Any] | str | Planned] | Technique | Mapping[str, Any] | str
"""What can be stressed with: one or several of a technique, its configuration (with ``sweep``), or its name; or what
:func:`expand` made of them."""


def short_label(technique: Technique) -> str:
    """What a table calls a technique: its short name, the fields that differ from their defaults, and for combinators
    their parts.

    Example:
        >>> from practicum.testing.toys import MaskChars, Reverse
        >>> short_label(MaskChars(rate=0.5)), short_label(Pipeline([Reverse(), MaskChars()]))
        ('mask-chars rate=0.5', 'reverse > mask-chars')
    """
    if isinstance(technique, Pipeline) and technique.steps:
        return " > ".join(short_label(s) for s in technique.steps)
    if isinstance(technique, OneOf):
        return f"one of ({', '.join(short_label(s) for s in technique.of)})"
    if isinstance(technique, Combinator):
        return f"{technique.label} ({', '.join(short_label(s) for s in technique.parts())})"
    return " ".join([technique.label, *(f"{n}={v:g}" if isinstance(v, float) else f"{n}={v}"
                                        for n, v in _changed(technique).items())])


def _changed(technique: Technique) -> dict[str, Any]:
    out = {}
    for name, info in type(technique).model_fields.items():
        value = getattr(technique, name)
        if isinstance(value, (bool, int, float, str)) and (info.is_required() or value != info.get_default(
                call_default_factory=True, validated_data={})):
            out[name] = value
    return out


def expand(techniques: Techniques) -> list[Planned]:
    """Every technique at every strength, in the order given; without the attacks' budgets (see :func:`check_fit`).

    Args:
        techniques: configured techniques, names, or ``{"use": name, field: value, "sweep": {field: [values]}}``;
            several swept fields make a grid, of which the last is the strength and the others tell the curves apart.

    Raises:
        UsageError: nothing was given, one occurs twice, or one is no transformation and no attack.
        ConfigError: a field is wrong.
    """
    if isinstance(techniques, (Technique, Mapping, str)):
        techniques = [techniques]
    planned = [p for item in techniques for p in _one(item)]
    if not planned:
        raise UsageError("there is nothing to stress with: list at least one transformation or attack")
    seen: set[str] = set()
    labels: dict[str, int] = {}
    out = []
    for item in planned:
        made = item.perturbation
        if made.key in seen:
            raise UsageError(f"{made.label} is listed twice with the same fields: leave one out")
        seen.add(made.key)
        labels[made.label] = number = labels.get(made.label, 0) + 1
        # Techniques may differ in fields that a label leaves out.
        out.append(item if number == 1 else replace(item, perturbation=replace(
            made, label=f"{made.label} #{number}", group=f"{made.group} #{number}")))
    return out


def _one(item: Technique | Mapping[str, Any] | str | Planned) -> list[Planned]:
    if isinstance(item, Planned):
        return [item]
    if not isinstance(item, Mapping) or "sweep" not in item:
        technique = build(item)
        parameter = next(iter(technique.sweep), "")
        strength = getattr(technique, parameter) if parameter else None
        label = short_label(technique)
        group = " ".join(w for w in label.split() if not parameter or not w.startswith(f"{parameter}="))
        return [_planned(technique, f"{group} {parameter}={_show(strength)}" if parameter else label, group, parameter,
                         strength)]
    sweep = item["sweep"]
    if not isinstance(sweep, Mapping) or not sweep:
        raise ConfigError(f"{item.get('use')}: sweep is written {{field: [values]}}, got {sweep!r}")
    for name, values in sweep.items():
        if isinstance(values, (str, Mapping)) or not isinstance(values, Sequence) or not values:
            raise ConfigError(f"{item.get('use')}: sweep.{name} must be a list of values, got {values!r}")
        if name in item:
            raise ConfigError(f"{item.get('use')}: field {name!r} is given and swept; leave one out")
    fixed = {k: v for k, v in item.items() if k != "sweep"}
    out = []
    for values in itertools.product(*sweep.values()):
        chosen = dict(zip(sweep, values, strict=True))
        technique = build({**fixed, **chosen})
        parameter = list(sweep)[-1]
        inner = [f"{n}={_show(v)}" for n, v in _changed(technique).items() if n not in chosen]
        inner += [f"{n}={_show(v)}" for n, v in chosen.items() if n != parameter]
        group = " ".join([technique.label, *inner])
        out.append(_planned(technique, f"{group} {parameter}={_show(chosen[parameter])}", group, parameter,
                            chosen[parameter]))
    return out


def _show(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _planned(technique: Technique, label: str, group: str, parameter: str, strength: Any) -> Planned:
    if not isinstance(technique, (Transformation, Attack)):
        what = f"{technique.name} is {technique.kind or 'no technique'}"
        hint = "list it under explain" if isinstance(technique, Explainer) else "list transformations and attacks only"
        raise UsageError(f"{what}, which can't stress a model: {hint}")
    try:
        config, mark = technique.config(), technique.fingerprint()
    except ConfigError:
        config = {"use": technique.name or type(technique).__name__}
        mark = hashlib.blake2b(label.encode(), digest_size=8).hexdigest()
    slug = re.sub(r"[^a-z0-9.=]+", "-", label.lower()).strip("-.")[:60]
    attack = isinstance(technique, Attack)
    return Planned(Perturbation(f"{slug}-{mark}", config, label, group, "attack" if attack else "transformation",
                                parameter, strength, getattr(technique, "label_effect", "preserves"),
                                bool(getattr(technique, "upper_bound", False))), technique)


def check_fit(model: Any, batch: Batch, planned: Sequence[Planned], explainers: Sequence[Explainer],
              metric: Metric) -> list[Planned]:
    """Refuse whatever doesn't fit, before anything runs; the attacks come back with their budgets filled in.

    Raises:
        CapabilityError: the model lacks what an attack or explainer needs, or is no model.
        ModalityError: a technique doesn't take the data.
        TargetError: the data lacks the target, or a technique can't carry one.
        UsageError: the metric doesn't fit, or a technique drops samples.
    """
    if not isinstance(model, Model):
        raise CapabilityError(f"stress needs a model but was given a {type(model).__name__}: wrap it first with "
                              "practicum.wrap(...)")
    if model.task not in metric.tasks:
        raise UsageError(f"metric {metric.name!r} measures {' or '.join(sorted(metric.tasks))}, but {model.name} does "
                         f"{model.task}")
    target_of(model.task, batch)
    out = []
    for item in planned:
        technique = item.technique
        if isinstance(technique, Attack):
            technique.check(model, batch)
            budget = technique.budget(model, batch)
            eps = budget.largest if math.isfinite(budget.largest) else None
            unlimited = eps is None and budget.norm not in ("edits", "words") and not budget.limit
            item = replace(item, perturbation=replace(item.perturbation, norm=budget.norm, eps=eps,
                                                      unlimited=unlimited))
        else:
            _check_transformation(technique, batch)
        out.append(item)
    for explainer in explainers:
        explainer.check(model, batch)
    return out


def _check_transformation(technique: Transformation, batch: Batch) -> None:
    if technique.filters:
        raise UsageError(f"{technique.name} may drop samples, but stress compares the same samples before and after: "
                         "filter the data first")
    if isinstance(technique, Combinator):
        for part in technique.parts():
            _check_transformation(part, batch)
    else:
        technique._check_targets(batch)
