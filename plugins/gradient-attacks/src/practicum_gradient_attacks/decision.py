"""What the attacks share that see decisions only: a first adversarial point, and the way from it to the boundary."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, field_validator, model_validator

from practicum.criterion import AllOf, AnyCriterion, Confident, Criterion, OutsideTop
from practicum.errors import ConfigError
from practicum.keys import Keys
from practicum_gradient_attacks.black_box import Asked, BlackBoxAttack, beyond, boxed, number
from practicum_gradient_attacks.limits import Eps, checked_eps
from practicum_gradient_attacks.values import Floats, Rows


class DecisionAttack(BlackBoxAttack):
    """An attack that looks for the nearest adversarial input by decisions alone.

    Args:
        eps: the largest distance that counts, in the forms of :class:`BallAttack`; a sample for which nothing nearer
            was found stays as it is. Without it everything found is returned, however far.
        starts: the most questions about quite other inputs, until one is adversarial: in a box the input's negative,
            the lowest, the highest, and then uniform noise and random corners in turn; without a box Gaussian noise
            around the input, wider and wider.
    """

    access: ClassVar[Literal["gradient", "score", "decision"]] = "decision"

    eps: Eps | None = Field(default=None, description="largest distance that counts, in the input's units: a number, "
                                                      "one for each channel, or a target with one for each sample")
    starts: int = Field(default=50, ge=1, description="the most questions for a first adversarial input")

    @field_validator("criterion")
    @classmethod
    def _decidable(cls, value: AnyCriterion) -> AnyCriterion:
        why = undecidable(value)
        if why:
            raise ConfigError(f"criterion {value.goal!r} {why}, which an attack that sees only the predicted class "
                              "can't tell: use criterion 'misclassified' or 'targeted', or an attack of access 'score' "
                              "(practicum list --kind attack)")
        return value

    @field_validator("eps", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return number(value)

    @model_validator(mode="after")
    def _a_distance(self) -> Self:
        if self.eps is not None:
            checked_eps(self.eps, self.measure())
        return self

    @abstractmethod
    def measure(self) -> Literal["linf", "l2"]:
        """The norm of the distance."""

    def ball(self) -> tuple[Literal["linf", "l2", "l1"], Eps]:
        return self.measure(), float("inf") if self.eps is None else self.eps

    def search(self, asked: Asked, keys: Keys) -> Floats:
        first = asked.clean()
        now = asked.x.copy()
        won = self._start(asked, np.flatnonzero(~first.won), keys.child("start"), now)
        found = self.approach(asked, won, now, keys)
        if self.eps is not None:
            every = np.arange(len(now))
            far = beyond(asked, every, found, self.measure())
            found[far] = asked.x[far]
        return found

    @abstractmethod
    def approach(self, asked: Asked, rows: Rows, now: Floats, keys: Keys) -> Floats:
        """Nearer adversarial inputs [N, D] for the samples ``rows``, from those in ``now`` [N, D]."""

    def _start(self, asked: Asked, rows: Rows, keys: Keys, now: Floats) -> Rows:
        """Adversarial inputs, written into ``now``; the samples for which one was found."""
        dims, started = now.shape[1], rows
        spread = _spread(asked.x)
        for turn in range(self.starts):
            rows = asked.affordable(rows)
            if not len(rows):
                break
            drawn = keys.child(f"try-{turn}").bind(asked.values.ids.take(rows))
            clean = np.nan_to_num(asked.x[rows].astype(np.float64))
            if asked.bounds is None:
                wish = clean + spread[rows, None] * 2.0 ** (turn / 2) * drawn.normal(dims)
            else:
                low, high = asked.bounds
                noise = drawn.uniform53(dims)
                corner = (noise < 0.5).astype(np.float64)
                shares = (noise, corner)[turn % 2] if turn > 2 else np.full(clean.shape, max(turn - 1, 0))
                wish = low + high - clean if turn == 0 else low + (high - low) * shares
            candidate = boxed(asked, rows, wish)
            answer = asked.ask(rows, candidate)
            now[rows[answer.won]] = candidate[answer.won]
            rows = rows[~answer.won]
        return np.setdiff1d(started, rows)


def undecidable(criterion: Criterion) -> str:
    """What a criterion asks that the predicted class alone doesn't say; empty for nothing."""
    if isinstance(criterion, AllOf):
        return next((why for part in criterion.parts if (why := undecidable(part))), "")
    if isinstance(criterion, Confident):
        return "asks for a probability"
    if isinstance(criterion, OutsideTop) and criterion.k > 1:
        return f"asks for the {criterion.k} highest classes"
    return ""


def distance(asked: Asked, rows: Rows, x: Floats, norm: str) -> npt.NDArray[np.float64]:
    """How far ``x`` [K, D] lies from the clean inputs, float64 [K]."""
    change = np.nan_to_num(x.astype(np.float64) - asked.x[rows].astype(np.float64))
    if norm == "l2":
        return np.asarray(np.linalg.norm(change, axis=1))
    return np.asarray(np.abs(change).max(axis=1, initial=0.0))


def halved(asked: Asked, rows: Rows, far: Floats, norm: str, precision: float) -> Floats:
    """Adversarial inputs nearer to the boundary on the way from clean inputs to ``far``, by halving.

    The way is the straight line in L2; in L-infinity it is ``far`` clipped to a smaller and smaller cube.

    Args:
        asked: who is asked.
        rows: int64 [K].
        far: adversarial inputs [K, D].
        norm: ``l2`` or ``linf``.
        precision: how near to the boundary to stop, as a share of the way to it.

    Returns:
        [K, D], points that were found adversarial.
    """
    clean = asked.x[rows].astype(np.float64)
    change = far.astype(np.float64) - clean
    whole = distance(asked, rows, far, norm)
    near, low, high = far.copy(), np.zeros(len(rows)), np.ones(len(rows))
    at = np.arange(len(rows))
    while len(at := at[(high[at] - low[at] > precision * high[at]) & (high[at] > 1e-12) & (asked.left(rows[at]) > 0)]):
        middle = (low[at] + high[at]) / 2
        part = middle[:, None] * change[at] if norm == "l2" else np.clip(
            change[at], -(middle * whole[at])[:, None], (middle * whole[at])[:, None])
        candidate = boxed(asked, rows[at], clean[at] + part)
        answer = asked.ask(rows[at], candidate)
        near[at[answer.won]] = candidate[answer.won]
        high[at[answer.won]] = middle[answer.won]
        low[at[~answer.won]] = middle[~answer.won]
    return near


def _spread(x: Floats) -> npt.NDArray[np.float64]:
    """A scale of each sample's values, float64 [N]: their standard deviation, or 1 where they are all the same."""
    wide = np.where(np.isfinite(x), x, np.nan).astype(np.float64)
    known = np.isfinite(wide).sum(axis=1)
    mean = np.nansum(wide, axis=1) / np.maximum(known, 1)
    spread = np.sqrt(np.nansum((wide - mean[:, None]) ** 2, axis=1) / np.maximum(known, 1))
    return np.asarray(np.where(spread > 0, spread, 1.0))


