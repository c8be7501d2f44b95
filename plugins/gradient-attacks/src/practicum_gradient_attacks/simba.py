"""SimBA: one direction of an orthonormal basis after the other, each way, kept where it helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.black_box import Asked, BallAttack, projected_rows
from practicum_gradient_attacks.limits import Eps
from practicum_gradient_attacks.values import Floats, Rows, Values


class SimBA(BallAttack):
    """Step along one basis direction, drawn without repetition, and if that doesn't help along its opposite.

    Follows Guo, Gardner, You, Wilson and Weinberger, "Simple Black-box Adversarial Attacks", arXiv:1905.07121, with
    these differences: a step is kept when the margin grows, not the probability of the true class; the change stays in
    a ball of radius ``eps``, onto which steps are projected; steps that ball or box take back entirely cost no query;
    when every direction has been tried, the search goes round again, and it ends when a whole round helped nowhere. In
    the DCT basis the low frequencies come first, in random order, and the others after them, in random order too.

    A direction costs one query when its first way helps and two when not. On a linear model without a box and within
    the ball each direction is settled the first time it is tried.

    Args:
        norm: how the change is measured: ``l2`` its length, ``linf`` its largest value.
        eps: largest change in that norm, in the input's units.
        step_size: length of a step; ``eps / 5`` in L2 (25 steps fill the ball) and ``eps`` in L-infinity when left out.
        basis: ``pixel``: single values; ``dct``: the cosine basis of each channel's plane (of each channel's steps in a
            series, of all values in a state).
        frequencies: share of the frequencies of each side that count as low.

    Raises:
        DataError: the column isn't float32 or float64 of one size, or a label is no class of the model.
        ModelOutputError: the scores are not [N, C] with C >= 2.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0, 0.0], [0.0, 0.0, 0.0]])
        >>> attack = SimBA(norm="linf", eps=0.25, step_size=0.25)
        >>> result = attack(model, np.array([[0.9, 0.1, 0.0], [0.9, -0.9, 0.0]]), [0, 0])
        >>> result.adversarial.tolist(), result.success
        ([[0.65, 0.35, 0.0], [0.65, -0.65, 0.0]], array([ True, False]))
    """

    name: ClassVar[str] = "gradient-attacks/simba"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.5, 1.0, 2.0)}

    norm: Literal["l2", "linf"] = Field(default="l2", description="norm of the change")
    eps: Eps = Field(default=1.0, description="largest change, in the input's units: a number, one for each channel, "
                                              "or a target with one for each sample")
    step_size: float | None = Field(default=None, gt=0.0, description="length of a step, in the input's units")
    basis: Literal["pixel", "dct"] = Field(default="pixel", description="directions that are stepped along")
    frequencies: float = Field(default=0.25, gt=0.0, le=1.0, description="share of each side's frequencies tried first")

    def search(self, asked: Asked, keys: Keys) -> Floats:
        best, first = asked.x.copy(), asked.clean()
        margin, rows = first.margin.copy(), np.flatnonzero(~first.won)
        dims = best.shape[1]
        directions = _Directions(asked.values, self.basis, self.frequencies, keys)
        at, tried, idle = (np.zeros(len(best), dtype=np.int64) for _ in range(3))  # tried: ways of the direction so far
        while len(rows := asked.affordable(rows[idle[rows] < dims])):
            size = self.step_size if self.step_size is not None else asked.reach[rows] / (5 if self.norm == "l2" else 1)
            way = np.where(tried[rows] == 0, 1.0, -1.0)[:, None] * size
            wish = best[rows].astype(np.float64) + way * directions.at(rows, at[rows] % dims)
            candidate = projected_rows(asked, rows, wish, self.norm)
            moved = (candidate != best[rows]).any(axis=1)
            asking = rows[moved]
            answer = asked.ask(asking, candidate[moved])
            kept = (answer.margin > margin[asking]) | answer.won
            best[asking[kept]], margin[asking[kept]] = candidate[moved][kept], answer.margin[kept]
            helped = np.zeros(len(best), dtype=bool)
            helped[asking[kept]] = True
            on = helped[rows] | (tried[rows] == 1)
            idle[rows] = np.where(helped[rows], 0, idle[rows] + on)
            at[rows] += on
            tried[rows] = np.where(on, 0, 1)
            done = np.zeros(len(best), dtype=bool)
            done[asking[answer.won]] = True
            rows = rows[~done[rows]]
        return best


class _Directions:
    """The basis, and the order in which each sample goes through it."""

    def __init__(self, values: Values, basis: str, frequencies: float, keys: Keys) -> None:
        self._values, self._basis = values, basis
        dims = values.x.shape[1]
        words = keys.child("order").words(dims).astype(np.int64)
        if basis == "dct":
            self._channels, self._height, self._width = values.planes(values.x[:1]).shape[1:]
            low = np.ones((self._channels, self._height, self._width), dtype=bool)
            low[:, _count(frequencies, self._height):] = False
            low[:, :, _count(frequencies, self._width):] = False
            words += np.where(low.reshape(-1), 0, 1 << 32)
        self._order = np.argsort(words, axis=1, kind="stable").astype(np.int32)

    def at(self, rows: Rows, place: Rows) -> npt.NDArray[np.float64]:
        """The unit vectors [K, D] that the samples ``rows`` have at places [K] of their orders."""
        which = self._order[rows, place].astype(np.int64)
        if self._basis == "pixel":
            out = np.zeros((len(rows), self._values.x.shape[1]))
            out[np.arange(len(rows)), which] = 1.0
            return out
        channel, rest = np.divmod(which, self._height * self._width)
        down, across = np.divmod(rest, self._width)
        planes = np.zeros((len(rows), self._channels, self._height, self._width))
        waves = _cosines(self._height)[down][:, :, None] * _cosines(self._width)[across][:, None, :]
        planes[np.arange(len(rows)), channel] = waves
        return self._values.flat(planes)


def _count(share: float, side: int) -> int:
    return max(1, int(np.ceil(share * side)))


def _cosines(n: int) -> npt.NDArray[np.float64]:
    """The orthonormal DCT-II basis, a row for each frequency."""
    k = np.arange(n)[:, None]
    waves = np.sqrt(2.0 / n) * np.cos(np.pi * (2 * np.arange(n)[None] + 1) * k / (2 * n))
    waves[0] /= np.sqrt(2.0)
    return np.asarray(waves)
