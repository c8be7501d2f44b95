"""A cascade of attacks: each takes on what the ones before it left standing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from practicum.attack import Attack, Budget, Note, Perturbed
from practicum.batch import Batch
from practicum.columns.floats import FLOAT_MODALITIES, FloatColumn
from practicum.criterion import AnyCriterion, Criterion, Misclassified, Targeted
from practicum.errors import ConfigError
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum.technique import Nested
from practicum_gradient_attacks.apgd import APGD
from practicum_gradient_attacks.fab import FAB
from practicum_gradient_attacks.limits import free_of
from practicum_gradient_attacks.square import Square
from practicum_gradient_attacks.trust import look

_CHANCE = 0.002
"""Share of the samples that an attack without gradients may break after those with gradients."""


class Cascade(Attack):
    """Several attacks, each on the samples that withstood the ones before; a sample counts by the worst of all.

    An AutoAttack-style cascade, after Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble
    of diverse parameter-free attacks", arXiv:2003.01690: APGD on the cross entropy, APGD-T on the targeted DLR loss
    with 9 aims, FAB, and Square with 5,000 queries (L1: without Square, which has none there). Differences: it works
    from two classes up; members stop on a sample once it is won; members are any attacks with ``norm`` and ``eps``; FAB
    and APGD-T are as described there. It is not the reference implementation, so call its figure "AutoAttack-style".

    With ``checks`` it looks for what makes robust accuracy doubtful, and says so in the result's notes: a model that
    answers differently when asked twice, probabilities given for logits, gradients that are zero, a backward pass
    inside the forward pass, and an attack without gradients that breaks more than 0.2 % of the samples after those with
    gradients are done. Notes also say how many samples each member broke, and how many are left standing.

    Args:
        norm, eps: of every member: ``linf``, ``l2`` or ``l1``, and the largest change in the input's units.
        members: attacks or their configurations, in order; the four above when left out. The cascade sets their
            ``norm``, ``eps``, ``criterion``, ``bounds``, ``only``, ``on`` and ``early_stop``.
        criterion: when a sample counts as won; see :mod:`practicum.criterion`.
        bounds: the box; the model's own when left out.
        only: name of a ``masks`` target that says which values may change.
        early_stop: members stop on a sample once it is won; else they go on for the largest margin.
        checks: look for doubts; costs two forward passes and a gradient.

    Raises:
        ConfigError: a member has no ``norm`` or ``eps``, or doesn't take the cascade's.
        DataError: the column is not float32 or float64 of one size.
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]], bounds=(0, 1))
        >>> cascade = Cascade(eps=0.3, members=["apgd", {"use": "gradient-attacks/square", "queries": 50}])
        >>> result = cascade(model, torch.tensor([[0.9, 0.1], [0.9, 0.0], [1.0, 0.0]]), [0, 0, 0])
        >>> result.robust, [str(note) for note in result.notes if note.count]
        ((2, 3), ['broken by apgd (1 of 3 samples)', 'left standing (2 of 3 samples)'])
    """

    name: ClassVar[str] = "gradient-attacks/cascade"
    modalities: ClassVar[frozenset[str]] = FLOAT_MODALITIES
    access: ClassVar[Literal["gradient", "score", "decision"]] = "gradient"
    in_training: ClassVar[bool] = False
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.01, 0.03, 0.1)}

    norm: Literal["linf", "l2", "l1"] = Field(default="linf", description="norm of the change, of every member")
    eps: float = Field(default=8 / 255, gt=0.0, description="largest change, in the input's units, of every member")
    members: tuple[Nested[Attack], ...] | None = Field(default=None, description="attacks in order; APGD, APGD-T, FAB "
                                                                                 "and Square when left out")
    criterion: AnyCriterion = Field(default=Misclassified(), description="when a sample counts as won")
    bounds: tuple[float, float] | None = Field(default=None, description="box of the inputs; the model's when left out")
    only: str | None = Field(default=None, description="masks target that says which values may change")
    early_stop: bool = Field(default=True, description="members stop on a sample once it is won")
    checks: bool = Field(default=True, description="look for what makes the result doubtful")

    @field_validator("bounds")
    @classmethod
    def _ordered(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] >= value[1]:
            raise ConfigError(f"bounds {value} are empty: give (lowest, highest)")
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.members is not None and not self.members:
            raise ConfigError("a cascade needs at least one member: leave members out for the usual four")
        self.parts()
        return self

    def parts(self) -> tuple[Attack, ...]:
        """The members as they run: with the norm, budget, criterion and box of the cascade."""
        return tuple(self._under_way(m) for m in (self._usual() if self.members is None else self.members))

    def _usual(self) -> tuple[Attack, ...]:
        plain = isinstance(self.criterion, (Misclassified, Targeted))  # the others have no loss but the margin
        first = (APGD(loss="cross-entropy"), APGD(loss="dlr", restarts=9)) if plain else (APGD(restarts=9),)
        return (*first, FAB(), *([] if self.norm == "l1" else [Square()]))

    def _under_way(self, member: Attack) -> Attack:
        fields = type(member).model_fields
        lacking = [f for f in ("norm", "eps", *(["only"] if self.only else [])) if f not in fields]
        if lacking:
            raise ConfigError(f"member {member.name} has no field {' and no field '.join(map(repr, lacking))}, so it "
                              "can't be held to the cascade's budget: use one that has (apgd, pgd, fab, square)")
        shared = ("norm", "eps", "criterion", "bounds", "only", "on", "early_stop")
        own = {f: getattr(self, f) for f in shared if f in fields}
        try:
            return member.evolve(**own)
        except ConfigError as error:
            raise ConfigError(f"member {member.name} can't take the cascade's fields: {error}") from None

    def aim(self) -> Criterion:
        return self.criterion

    def budget(self, model: Model, batch: Batch) -> Budget:
        """Ball, box and mask."""
        bounds = self.bounds if self.bounds is not None else getattr(model, "bounds", None)
        on = batch.column_name(self.on, FLOAT_MODALITIES)
        free = None if self.only is None else free_of(self.only, batch, on, by=self.name)
        return Budget(self.norm, self.eps, None if bounds is None else (float(bounds[0]), float(bounds[1])), free)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch | Perturbed:
        """Attacked inputs for the same ids, with what was found out.

        Raises:
            DataError: the column is not float32 or float64 of one size.
            CapabilityError: the model's logits don't depend on the input tensor.
        """
        column, facts = FloatColumn.of(batch, self.on, by=self.name), self.criterion.facts(batch)
        if not len(batch) or not column.x[0].numel():
            return batch
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure that it is Differentiable
            column = FloatColumn.of(batch, self.on, by=self.name)  # again: an inference tensor can't carry gradients
            seen = look(model, column, self.criterion, facts, by=self.name) if self.checks else None
        scores = np.asarray(model.predict(batch).values) if seen is None else seen.scores
        standing = Standing(self, model, batch, facts, scores)
        notes = [] if seen is None else seen.notes(standing.rows)
        found, count = standing.found, len(standing.rows)
        counts: dict[str, int] = {}
        looked, unseen = False, 0
        for place, (label, member) in enumerate(zip(_labels(self.parts()), self.parts(), strict=True)):
            before = len(standing.rows)
            standing.face(member, keys.child(f"{place}-{member.label}"))
            counts[label] = before - len(standing.rows)
            unseen += counts[label] if looked and member.access != "gradient" else 0
            looked |= member.access == "gradient"
        if self.checks and unseen > _CHANCE * count:
            notes.append(Note("an attack without gradients broke what attacks with gradients left standing", unseen,
                              count))
        notes += [Note(f"broken by {label}", broken, count, doubt=False) for label, broken in counts.items()]
        notes.append(Note("left standing", len(standing.rows), count, doubt=False))
        return Perturbed(column.restored(found), tuple(notes))


@dataclass
class Standing:
    """The samples that have withstood every member so far.

    Args:
        cascade, model, batch, facts: who attacks whom.
        scores: of the clean inputs, [N, C].
    """

    cascade: Cascade
    model: Model
    batch: Batch
    facts: Mapping[str, npt.NDArray[np.int64]]
    scores: Any

    def __post_init__(self) -> None:
        criterion, right = self.cascade.criterion, np.argmax(self.scores, axis=1) == self.facts["label"]
        left = right & criterion.concerns(self.facts) & ~criterion.reached(self.scores, self.facts)
        self.rows: npt.NDArray[np.int64] = np.flatnonzero(left)
        self.found = FloatColumn.of(self.batch, self.cascade.on, by=self.cascade.name).x
        self._reached = self._margins(self.scores, np.arange(len(self.batch)))

    def face(self, member: Attack, keys: Keys) -> None:
        """Let a member attack; who is broken leaves."""
        import torch

        if not len(self.rows):
            return
        part = self.batch.take(self.rows)
        made = member.adversarial(self.model, part, keys.bind(part.ids))
        scores = np.asarray(self.model.predict(made).values)
        won = self.cascade.criterion.reached(scores, {n: v[self.rows] for n, v in self.facts.items()})
        margin = self._margins(scores, self.rows)
        better = won | (margin > self._reached[self.rows])
        new = FloatColumn.of(made, self.cascade.on, by=self.cascade.name).x
        self.found[torch.as_tensor(self.rows[better], device=new.device)] = new[torch.as_tensor(better)]
        self._reached[self.rows[better]] = margin[better]
        self.rows = self.rows[~won]

    def _margins(self, scores: Any, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        import torch

        facts = {n: torch.from_numpy(v[rows]) for n, v in self.facts.items()}
        margin = self.cascade.criterion.margin(torch.from_numpy(np.asarray(scores, dtype=np.float64)), facts)
        return np.asarray(np.nan_to_num(margin.numpy(), nan=-np.inf), dtype=np.float64)


def _labels(members: tuple[Attack, ...]) -> list[str]:
    """A name for each member: with its loss where that is no margin, with its place where names are equal."""
    losses = [getattr(m, "loss", "margin") for m in members]
    names = [m.label if loss == "margin" else f"{m.label}-{loss}" for m, loss in zip(members, losses, strict=True)]
    return [n if names.count(n) == 1 else f"{n} ({k + 1})" for k, n in enumerate(names)]
