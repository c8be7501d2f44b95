"""Attacks: transformations that look at a model. The core recomputes what they claim."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch, Column, guess_modality
from practicum.columns import column_kind
from practicum.criterion import Criterion, Misclassified
from practicum.errors import CapabilityError, PracticumError, TechniqueFailed
from practicum.keys import Keys
from practicum.ledger import CountingModel
from practicum.model import Model, require
from practicum.technique import Technique

Norm = Literal["linf", "l2", "l1", "l0", "edits", "words"]


@dataclass(frozen=True)
class Budget:
    """What an attack may change.

    Args:
        norm: how distance is measured; ``l0`` counts changed values, ``edits`` changed characters of a text, and
            ``words`` its changed words.
        eps: the largest distance allowed, in the input's units: one number, one for each sample [N], or with ``linf``
            one for each value (anything that broadcasts to the input's shape); infinite for none.
        bounds: the box inputs must stay in, or ``None``.
        free: bool, of the input's shape: the only values that may change; all when ``None``.
        queries: the most forward passes a sample may cost, or ``None``.
        limit: what else bounds the change, in words: an attack without a largest distance whose limit says this (a
            rotation of up to 30 degrees) isn't an unlimited one.
    """

    norm: Norm
    eps: float | npt.NDArray[np.float64]
    bounds: tuple[float, float] | None = None
    free: npt.NDArray[np.bool_] | None = None
    queries: int | None = None
    limit: str = ""

    @property
    def largest(self) -> float:
        """The largest distance allowed to any sample."""
        return float(np.max(self.eps)) if np.size(self.eps) else 0.0


@dataclass(frozen=True, slots=True)
class Note:
    """Something an attack found out, about how many samples.

    Args:
        what: one clause, equal for every batch, as ``"broken by apgd-dlr"`` or ``"the gradient is zero"``.
        count, of: samples it is true of, and samples looked at.
        doubt: it casts doubt on the figures (masked gradients, a random model); else it is plain information.

    Example:
        >>> str(Note("the gradient is zero", 3, 8))
        'the gradient is zero (3 of 8 samples)'
    """

    what: str
    count: int
    of: int
    doubt: bool = True

    def __str__(self) -> str:
        return f"{self.what} ({self.count} of {self.of} samples)"

    @staticmethod
    def merged(notes: Iterable[Note]) -> tuple[Note, ...]:
        """One note for each ``what``, counts summed, in the order in which they first occur."""
        found: dict[str, Note] = {}
        for note in notes:
            old = found.get(note.what)
            found[note.what] = note if old is None else replace(old, count=old.count + note.count, of=old.of + note.of)
        return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Perturbed:
    """Attacked inputs with what the attack has to say about them; see :meth:`Attack.perturb`."""

    batch: Batch
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class AttackResult:
    """An attack's outcome, all figures recomputed by the core from the inputs and the model.

    Args:
        adversarial: the attacked inputs, in the form the caller passed.
        batch: the same as a :class:`Batch`.
        clean_correct: whether the model was right before, bool [N].
        success: right before, and the attack's criterion reached only afterwards, bool [N].
        norm: distance from the input in the budget's norm, float64 [N].
        within: whether distance (up to eps * (1 + 1e-6) + 1e-7), box, mask and queries are respected, bool [N].
        queries: forward passes spent on each sample by the attack, int64 [N].
        gradients: backward passes spent on each sample by the attack, int64 [N].
        loss_before, loss_after: cross entropy of the true class, float64 [N].
        upper_bound: the robust accuracy is only an upper bound of the true one, by the attack's own declaration.
        notes: what the attack itself found out on the way, doubts about its own figures among it.
        clean: the inputs before.
    """

    adversarial: Any
    batch: Batch
    clean_correct: npt.NDArray[np.bool_]
    success: npt.NDArray[np.bool_]
    norm: npt.NDArray[np.float64]
    within: npt.NDArray[np.bool_]
    queries: npt.NDArray[np.int64]
    gradients: npt.NDArray[np.int64]
    loss_before: npt.NDArray[np.float64]
    loss_after: npt.NDArray[np.float64]
    upper_bound: bool
    notes: tuple[Note, ...]
    clean: Batch

    @property
    def robust(self) -> tuple[int, int]:
        """Samples right before and after, and all samples: numerator and denominator of :attr:`robust_accuracy`."""
        return int((self.clean_correct & ~self.success).sum()), len(self.success)

    @property
    def robust_accuracy(self) -> float:
        """Share of *all* samples that are right before and after; see :attr:`robust`."""
        right, all_ = self.robust
        return right / all_ if all_ else float("nan")

    @property
    def clean_accuracy(self) -> float:
        """Share of all samples that are right before."""
        return float(np.mean(self.clean_correct)) if len(self.success) else float("nan")

    @property
    def success_rate(self) -> float:
        """Successes among the samples that were right before; NaN when there were none."""
        right = int(self.clean_correct.sum())
        return float(self.success.sum() / right) if right else float("nan")


class Attack(Technique):
    """Inputs that a model gets wrong.

    ClassVars:
        access: what it needs of the model: ``gradient``, ``score`` or ``decision``.
        upper_bound: the robust accuracy it leaves is only an upper bound (a single step, or a loss that saturates).
        minimal: how many times the least distance its results are at most, on linear models, for attacks that look for
            the nearest adversarial input; ``None`` for the others.
        warm: it can begin at inputs that it is given; see :meth:`perturb_from`.
        in_training: it may be run on every batch of a training; hardening passes over attacks that say no.
        learns: it needs :meth:`fit` before it can perturb (a universal perturbation, a patch).

    Args:
        on: the column to attack, where there is a choice.
    """

    kind: ClassVar[str] = "attack"
    access: ClassVar[Literal["gradient", "score", "decision"]] = "gradient"
    upper_bound: ClassVar[bool] = False
    minimal: ClassVar[float | None] = None
    warm: ClassVar[bool] = False
    in_training: ClassVar[bool] = True
    learns: ClassVar[bool] = False

    on: str | None = Field(default=None, description="the column to attack, where there is a choice")

    @abstractmethod
    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch | Perturbed:
        """Attacked inputs for the same ids, with notes where there is something to say; label targets are read, never
        changed."""

    def perturb_from(self, model: Model, batch: Batch, start: Batch, keys: Keys) -> Batch | Perturbed:
        """:meth:`perturb` beginning at the inputs ``start``, which have the same ids and may lie outside the budget (an
        attack of a larger one); attacks that aren't :attr:`warm` begin anew."""
        return self.perturb(model, batch, keys)

    def adversarial(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        """:meth:`perturb` without its notes, and nothing measured: what adversarial training needs."""
        made = self.perturb(model, batch, keys)
        return made.batch if isinstance(made, Perturbed) else made

    @abstractmethod
    def budget(self, model: Model, batch: Batch) -> Budget:
        """The threat this configuration stands for, checked by the core after every call."""

    def aim(self) -> Criterion:
        """When a sample counts as won."""
        return Misclassified()

    def fit(self, model: Model, batch: Batch, keys: Keys) -> Self:
        """A copy that has learned from a model and labelled samples; attacks that don't learn return themselves."""
        return self

    @property
    def fitted(self) -> bool:
        """Whether it can perturb: it learns nothing, or has learned it (then :meth:`state_digest` isn't empty)."""
        return not self.learns or bool(self.state_digest())

    def check(self, model: Any, batch: Batch) -> None:
        """Refuse a model or data that don't fit, before anything runs.

        Raises:
            CapabilityError: the model lacks what the attack needs.
            ModalityError: no column fits.
        """
        column = batch.column_name(self.on)
        self.require_modality(batch.columns[column].modality, where=f"column {column!r}")
        if not isinstance(model, Model):
            raise CapabilityError(f"{self.name} attacks a model but was given a {type(model).__name__}: wrap it first "
                                  "with practicum.wrap(...)")
        if self.access == "gradient":
            require(model, "embedding-gradient" if self.modalities <= {"text", "table"} else "gradient", self.name)
        if model.task != "classification":
            raise CapabilityError(f"{self.name} attacks classifiers, but {model.name} does {model.task}")
        self.aim().facts(batch)  # raises the right error when there are no labels

    def run(self, model: Model, batch: Batch, keys: Keys, *, start: Batch | None = None) -> AttackResult:
        """Attack a batch and recompute success, distance and queries.

        Args:
            model, batch, keys: what is attacked, with which draws.
            start: inputs to begin at, for the same ids; see :meth:`perturb_from`.

        Raises:
            CapabilityError: the attack learns, and hasn't been fitted.
            TechniqueFailed: the attack raised, changed labels or ids, or returned another shape.
        """
        self.check(model, batch)
        if not self.fitted:
            raise CapabilityError(f"{self.name} learns its change from a model and labelled samples, and hasn't yet: "
                                  "call fitted = attack.fit(model, batch, keys) first (practicum.stress does so on the "
                                  "train split, where the data has one)")
        counting = CountingModel(model, batch.ids, access=self.access)
        if not len(batch):
            return measure(self, model, batch, batch, counting.queries, counting.gradients, batch.data)
        try:
            bound = keys.child(self.name).bind(batch.ids)
            made = (self.perturb(counting.proxy, batch, bound) if start is None
                    else self.perturb_from(counting.proxy, batch, start, bound))
        except PracticumError:
            raise
        except Exception as error:
            raise TechniqueFailed(f"{self.name} raised {type(error).__name__} on a batch of {len(batch)} samples "
                                  f"(first id {batch.ids[0]!r}): {error}") from error
        out, notes = (made.batch, made.notes) if isinstance(made, Perturbed) else (made, ())
        if not isinstance(out, Batch) or out.ids != batch.ids:
            raise TechniqueFailed(f"{self.name} must return a Batch with the ids it was given")
        result = measure(self, model, batch, out, counting.queries, counting.gradients, out.column(self.on))
        return replace(result, notes=notes)

    def measured_on(self, model: Model, result: AttackResult) -> AttackResult:
        """The same adversarial inputs measured again, from their values: on the model they were made for, to verify
        them, or on another one, to see what transfers."""
        return replace(measure(self, model, result.clean, result.batch, result.queries, result.gradients,
                               result.batch.column(self.on)), notes=result.notes)

    def as_stored(self, model: Model, result: AttackResult, *, levels: int = 255) -> AttackResult:
        """What is left of an attack on images once they are stored as whole numbers (PNG): each value is rounded to the
        grid of ``1 / levels`` toward the clean one, so that nothing leaves ball or box, and measured again.

        Raises:
            ModalityError: the inputs aren't images of one size.
            DataError: the clean images don't lie on the grid.
        """
        from practicum.distance import on_grid

        name = result.clean.column_name(self.on)
        old, new = result.clean.columns[name], result.batch.columns[name]
        stored = result.batch.with_column(name, on_grid(old.modality, old.data, new.data, levels))
        return self.measured_on(model, replace(result, batch=stored, adversarial=stored.columns[name].data))

    def __call__(self, model: Model, x: Any, y: Any = None, *, seed: int = 0, epoch: int = 0,
                 ids: Any = None) -> AttackResult:
        """Attack inputs in the caller's form.

        Args:
            model: a :class:`Model`; wrap a torch module with ``practicum.wrap``.
            x: inputs (tensor, array, texts) or a :class:`Batch` with a ``label`` target.
            y: true classes when ``x`` is no Batch; the model's own predictions when left out.
            seed, epoch: of the attack's random draws.
            ids: sample ids; numbered from 0 when left out.
        """
        batch = self.labelled(model, x, y, ids)
        result = self.run(model, batch, Keys(seed, epoch))
        if isinstance(x, Batch):
            return result
        name = next(iter(batch.columns))
        like = column_kind(batch.columns[name].modality).like(x, result.batch.columns[name].data)
        return replace(result, adversarial=like)

    def labelled(self, model: Model, x: Any, y: Any = None, ids: Any = None) -> Batch:
        """Inputs in the caller's form as a labelled batch; arguments as for calling the attack."""
        if isinstance(x, Batch):
            return x
        only = sorted(self.modalities & getattr(model, "modalities", frozenset()))
        batch = Batch.of(x, ids=ids, modality=only[0] if len(only) == 1 else guess_modality(x))
        return batch.with_targets(label=model.predict(batch).labels if y is None else y)


def measure(attack: Attack, model: Model, before: Batch, after: Batch, queries: npt.NDArray[np.int64],
            gradients: npt.NDArray[np.int64], data: Any) -> AttackResult:
    """Recompute every figure from the inputs before and after."""
    from practicum.distance import distance

    column = before.column_name(attack.on)
    aim = attack.aim()
    budget, facts = attack.budget(model, before), aim.facts(before)
    old, new = before.columns[column], after.columns[column]
    label = before.label
    if len(before):
        clean, adv = model.predict(before), model.predict(after)
        right = clean.labels == label
        won = right & aim.concerns(facts) & aim.reached(adv.values, facts) & ~aim.reached(clean.values, facts)
        losses = cross_entropy(clean.values, label), cross_entropy(adv.values, label)
    else:
        right = won = np.zeros(0, bool)
        losses = np.zeros(0), np.zeros(0)
    norm = distance(old.modality, old.data, new.data, budget.norm)
    return AttackResult(data, after, right, won, norm, respected(budget, old, new, queries), queries, gradients,
                        *losses, attack.upper_bound, (), before)


def respected(budget: Budget, before: Column, after: Column,
              queries: npt.NDArray[np.int64] | None = None) -> npt.NDArray[np.bool_]:
    """Whether each sample keeps to a budget: distance, box, mask and, where they are given, queries; bool [N]."""
    from practicum.distance import inside, near, unmoved

    kept = near(before.modality, before.data, after.data, budget.norm, budget.eps)
    kept &= inside(after.modality, after.data, budget.bounds, before.data)
    if budget.free is not None:
        kept &= unmoved(before.modality, before.data, after.data, ~budget.free)
    if budget.queries is not None and queries is not None:
        kept &= queries <= budget.queries
    return kept


def cross_entropy(scores: Any, label: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """-log softmax(scores)[label], float64 [N]; scores that already are log-probabilities come out unchanged."""
    z = np.asarray(scores, dtype=np.float64)
    if len(label) and int(label.max()) >= z.shape[1]:
        row = int(np.argmax(label))
        raise PracticumError(f"row {row} has label {int(label[row])}, but the model knows {z.shape[1]} classes (0 to "
                             f"{z.shape[1] - 1}): fix the label or the model's number of classes")
    z = z - z.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(z)), label])
