"""What the attacks share that ask a model for predictions only: threat, queries and their count, the search's frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.columns.floats import FLOAT_MODALITIES
from practicum.criterion import AllOf, AnyCriterion, Confident, Criterion, Misclassified
from practicum.errors import ConfigError, DataError, ModelOutputError
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.limits import Eps, checked_eps, eps_of, free_of
from practicum_gradient_attacks.values import Floats, Rows, Values

if TYPE_CHECKING:
    import torch

Bools = npt.NDArray[np.bool_]
_MOST_VALUES = 1 << 24
"""Numbers that the model is given in one call, at most (but always one variant of a sample)."""


class BlackBoxAttack(Attack):
    """An attack that asks a model for predictions and needs nothing else of it: any :class:`practicum.Model` will do.

    Args:
        criterion: when a sample counts as won; see :mod:`practicum.criterion`. Samples that the criterion doesn't
            concern, or that have reached it already, stay as they are.
        bounds: the box that questions and results stay in; the model's own ``bounds`` when left out. Values that lie
            outside it already are not touched.
        only: name of a ``masks`` target with an array for each sample that broadcasts to its shape; only values
            where it isn't zero change.
        queries: the most predictions that one sample may cost, that of the clean input included.
    """

    modalities: ClassVar[frozenset[str]] = FLOAT_MODALITIES
    access: ClassVar[Literal["gradient", "score", "decision"]] = "score"

    criterion: AnyCriterion = Field(default=Misclassified(), description="when a sample counts as won")
    bounds: tuple[float, float] | None = Field(default=None, description="box of the inputs; the model's when left out")
    only: str | None = Field(default=None, description="masks target that says which values may change")
    queries: int = Field(default=5000, ge=1, description="the most predictions a sample may cost")

    @field_validator("bounds")
    @classmethod
    def _ordered(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] >= value[1]:
            raise ConfigError(f"bounds {value} are empty: give (lowest, highest)")
        return value

    def aim(self) -> Criterion:
        return self.criterion

    def box(self, model: Model) -> tuple[float, float] | None:
        """The box that questions and results stay in."""
        bounds = self.bounds if self.bounds is not None else getattr(model, "bounds", None)
        return None if bounds is None else (float(bounds[0]), float(bounds[1]))

    @abstractmethod
    def ball(self) -> tuple[Literal["linf", "l2", "l1"], Eps]:
        """Norm and radius of the change."""

    def budget(self, model: Model, batch: Batch) -> Budget:
        """Ball, box, mask and queries.

        Raises:
            TargetError: a target that a field names is missing.
            DataError: a mask or a radius doesn't fit the data.
        """
        norm, eps = self.ball()
        column = batch.column_name(self.on, FLOAT_MODALITIES)
        free = None if self.only is None else free_of(self.only, batch, column, by=self.name)
        return Budget(norm, eps_of(eps, batch, column, by=self.name), self.box(model), free, self.queries)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        """Attacked inputs for the same ids.

        Raises:
            DataError: the column isn't float32 or float64 of one size, a label is no class of the model, or a mask or
                a radius doesn't fit.
            TargetError: a target that a field names is missing.
            ModelOutputError: the scores are not [N, C] with C >= 2.
        """
        values = Values.of(batch, self.on, by=self.name)
        facts = self.criterion.facts(batch)
        if not len(batch) or not values.x.shape[1]:
            return batch
        concerned = np.flatnonzero(self.criterion.concerns(facts))
        if not len(concerned):
            return batch
        budget = self.budget(model, batch)
        part = values.within(budget.free).take(concerned)
        asked = Asked(self, model, part, {n: v[concerned] for n, v in facts.items()},
                      _reach(budget.eps, values.x, values.shape)[concerned])
        found = values.x.copy()
        found[concerned] = self.search(asked, keys.bind(part.ids))
        return values.restored(found)

    @abstractmethod
    def search(self, asked: Asked, keys: Keys) -> Floats:
        """The attacked rows [N, D]."""


class BallAttack(BlackBoxAttack):
    """A black-box attack in an Lp ball around each input.

    Args:
        norm: how the change is measured.
        eps: largest change in that norm, in the input's units: one number; with ``linf`` one for each channel (images:
            axis 1, states and series: the last); or the name of a ``value`` target that has one for each sample.
            Channels and samples of radius 0 stay as they are.
    """

    norm: Literal["linf", "l2", "l1"] = Field(default="linf", description="norm of the change")
    eps: Eps = Field(default=8 / 255, description="largest change, in the input's units: a number, one for each "
                                                  "channel, or a target with one for each sample")

    @field_validator("eps", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return number(value)

    @model_validator(mode="after")
    def _a_ball(self) -> Self:
        checked_eps(self.eps, self.norm)
        return self

    def ball(self) -> tuple[Literal["linf", "l2", "l1"], Eps]:
        return self.norm, self.eps


@dataclass(frozen=True)
class Answer:
    """What a model says about K variants.

    Args:
        margin: how far the aim is reached, float64 [K]: positive where it is, -inf where scores are missing (NaN).
        won: whether it is reached, bool [K].
    """

    margin: npt.NDArray[np.float64]
    won: Bools

    def take(self, rows: Any) -> Answer:
        """Some of the answers."""
        return Answer(self.margin[rows], self.won[rows])


class Asked:
    """A model that answers questions about N samples, and what they have cost.

    Args:
        attack, model: who asks whom.
        values: the clean inputs.
        facts: what the criterion is measured against, int64 [N] each.
        reach: radius of each sample's ball, float64 [N, 1], or of each value's, [N, D]; none when left out.
    """

    def __init__(self, attack: BlackBoxAttack, model: Model, values: Values,
                 facts: Mapping[str, npt.NDArray[np.int64]], reach: npt.NDArray[np.float64] | None = None) -> None:
        self.attack, self.model, self.values, self.facts = attack, model, values, facts
        self.reach = np.full((len(values.x), 1), np.inf) if reach is None else reach
        self.bounds = attack.box(model)
        self.spent: Rows = np.zeros(len(values.x), dtype=np.int64)
        self._shares: Bools | None = None

    @property
    def x(self) -> Floats:
        """The clean inputs [N, D]."""
        return self.values.x

    def radius(self, rows: Rows) -> torch.Tensor:
        """The radius of the balls of some samples: float64 [K], or [K, D] where it differs between values."""
        import torch

        reach = torch.from_numpy(self.reach[rows])
        return reach[:, 0] if reach.shape[1] == 1 else reach

    def left(self, rows: Rows) -> Rows:
        """Queries that samples have left, int64 [K]."""
        return self.attack.queries - self.spent[rows]

    def affordable(self, rows: Rows) -> Rows:
        """Those of the samples that can pay for another query."""
        return rows[self.left(rows) > 0]

    def clean(self) -> Answer:
        """The answer about the clean inputs: each sample's first query.

        It also tells whether a sample's scores are probabilities (none negative, sum 1); if so their logarithms are
        what margins are taken of from then on, so that a saturated softmax still tells better from worse.
        """
        rows = np.arange(len(self.x))
        scores = self._scores(rows, self.x)
        if _asks_for_probability(self.attack.criterion) or self.attack.access == "decision":
            self._shares = np.zeros(len(rows), dtype=bool)
        else:
            self._shares = (scores >= 0).all(axis=1) & (np.abs(scores.sum(axis=1) - 1.0) < 1e-5)
        return self._answer(rows, scores)

    def groups(self, rows: Rows, variants: int) -> list[Rows]:
        """The samples in runs so short that ``variants`` of each fit into one call."""
        size = max(1, _MOST_VALUES // max(1, variants * self.x.shape[1]))
        return [rows[k:k + size] for k in range(0, len(rows), size)]

    def ask(self, rows: Rows, x: Floats) -> Answer:
        """The answers about variants ``x`` [K, D] of the samples ``rows`` [K], which may repeat; one query each."""
        size = max(1, _MOST_VALUES // max(1, x.shape[1]))
        parts = [self._answer(rows[k:k + size], self._scores(rows[k:k + size], x[k:k + size]))
                 for k in range(0, len(rows), size)]
        if len(parts) == 1:
            return parts[0]
        return Answer(np.concatenate([np.zeros(0), *(p.margin for p in parts)]),
                      np.concatenate([np.zeros(0, dtype=bool), *(p.won for p in parts)]))

    def _scores(self, rows: Rows, x: Floats) -> npt.NDArray[np.float64]:
        np.add.at(self.spent, rows, 1)
        scores = np.asarray(self.model.predict(self.values.asking(rows, x)).values, dtype=np.float64)
        if scores.ndim != 2 or len(scores) != len(rows) or scores.shape[1] < 2:
            raise ModelOutputError(f"{self.attack.name}: {self.model.name} returned scores of shape {scores.shape} for "
                                   f"{len(rows)} samples; it must return [{len(rows)}, C] with at least two classes")
        label = self.facts["label"]
        if int(label.max()) >= scores.shape[1]:
            row = int(label.argmax())
            raise DataError(f"{self.attack.name}: sample {self.values.ids[row]!r} has class {int(label[row])}, but "
                            f"{self.model.name} knows {scores.shape[1]} classes (0 to {scores.shape[1] - 1}): fix the "
                            "labels or the model's number of classes")
        return scores

    def _answer(self, rows: Rows, scores: npt.NDArray[np.float64]) -> Answer:
        import torch

        facts = {n: v[rows] for n, v in self.facts.items()}
        criterion = self.attack.criterion
        won = criterion.reached(scores, facts)
        if self.attack.access == "decision":
            return Answer(np.where(won, 1.0, -1.0), won)
        climbed = scores
        if self._shares is not None and self._shares.any():
            logs = np.log(np.maximum(scores, np.finfo(np.float64).tiny))
            climbed = np.where(self._shares[rows][:, None], logs, scores)
        margin = criterion.margin(torch.from_numpy(climbed), {n: torch.from_numpy(v) for n, v in facts.items()})
        return Answer(np.nan_to_num(margin.numpy(), nan=-np.inf, posinf=np.inf, neginf=-np.inf), won)


def keep_best(rows: Rows, variants: Floats, answer: Answer, best: Floats, reached: npt.NDArray[np.float64]) -> Rows:
    """Write the best of several variants of each sample over ``best`` [N, D] and ``reached`` [N] where it is better.

    Args:
        rows: the samples, int64 [K].
        variants: [K * V, D], the V of each sample one after the other.
        answer: about them.
        best, reached: the best inputs so far and their margins.

    Returns:
        the samples for which none has won.
    """
    count = len(variants) // max(len(rows), 1)
    margin, won = answer.margin.reshape(len(rows), count), answer.won.reshape(len(rows), count)
    # A success counts for more than a larger margin that is none (a tie of scores).
    at = np.arange(len(rows))
    place = np.where(won.any(axis=1), np.where(won, margin, -np.inf).argmax(axis=1), margin.argmax(axis=1))
    better = (margin[at, place] > reached[rows]) | won[at, place]
    best[rows[better]] = variants[(at * count + place)[better]]
    reached[rows[better]] = margin[at, place][better]
    return rows[~won.any(axis=1)]


def number(value: Any) -> Any:
    """A radius as its author wrote it, numbers in text as numbers."""
    try:
        return float(value) if isinstance(value, (str, int, np.generic)) else value
    except ValueError:
        return value


def _asks_for_probability(criterion: Criterion) -> bool:
    if isinstance(criterion, AllOf):
        return any(_asks_for_probability(part) for part in criterion.parts)
    return isinstance(criterion, Confident)


def _reach(eps: float | npt.NDArray[np.float64], x: Floats, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """A budget's radius for each sample, float64 [N, 1], or for each value, [N, D]."""
    found = np.asarray(eps, dtype=np.float64)
    if found.ndim == 0 or (found.ndim == 1 and len(found) == len(x)):
        return np.broadcast_to(found.reshape(-1, 1), (len(x), 1))
    return np.broadcast_to(found, (len(x), *shape)).reshape(x.shape)


def projected_rows(asked: Asked, rows: Rows, y: Floats, norm: str) -> Floats:
    """The points nearest to ``y`` (float64 [K, D]) in the balls around the samples ``rows`` and in the box."""
    import torch

    from practicum_gradient_attacks.geometry import projected

    near = boxed(asked, rows, y)
    outside = np.flatnonzero(beyond(asked, rows, near, norm, 1.0 - 1e-6))
    if len(outside):  # what the box alone brings into the ball is the nearest point of both
        at = rows[outside]
        centre = asked.x[at]
        inside = projected(torch.from_numpy(y[outside]), torch.from_numpy(centre), norm, asked.radius(at),
                           asked.bounds).numpy()
        free = asked.values.free
        near[outside] = inside if free is None else np.where(free[at], inside, centre)
    return near


def beyond(asked: Asked, rows: Rows, x: Floats, norm: str, share: float = 1.0) -> Bools:
    """Which of the points [K, D] lie farther from the samples ``rows`` than a share of the balls' radius, bool [K]."""
    change = np.abs(np.nan_to_num(x.astype(np.float64) - asked.x[rows]))
    reach = asked.reach[rows] * share
    if norm == "linf":
        return np.asarray((change > reach).any(axis=1))
    return np.asarray((np.linalg.norm(change, axis=1) if norm == "l2" else change.sum(axis=1)) > reach[:, 0])


def boxed(asked: Asked, rows: Rows, y: Floats) -> Floats:
    """``y`` (float64 [K, D]) clipped to the box, in the data's dtype; what must not move is as in the samples."""
    centre = asked.x[rows]
    free = asked.values.free
    fixed = ~np.isfinite(centre) if free is None else ~np.isfinite(centre) | ~free[rows]
    if asked.bounds is not None:
        low, high = asked.bounds
        fixed |= (centre < centre.dtype.type(low)) | (centre > centre.dtype.type(high))
        y = np.clip(y, low, high)
    return np.where(fixed, centre, y.astype(centre.dtype))
