"""Boundary attack: a random walk along the boundary, towards the clean input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.black_box import Asked, boxed
from practicum_gradient_attacks.decision import DecisionAttack, distance, halved
from practicum_gradient_attacks.values import Floats, Rows

_PROBE = 5
"""Every fifth step the sidestep is asked about by itself, to learn how rough the boundary is."""


class Boundary(DecisionAttack):
    """Sidestep at random on the sphere around the clean input, step inwards, and keep both where still adversarial.

    Follows Brendel, Rauber and Bethge, "Decision-Based Adversarial Attacks: Reliable Attacks Against Black-Box Machine
    Learning Models", arXiv:1712.04248, with these differences: the walk starts on the boundary, found by halving the
    way from a random adversarial input; both step lengths adapt after each question, per sample, so that half of the
    sidesteps alone and a quarter of whole steps are kept, where the paper looks at the last hundred; the walk draws
    Gaussian directions for values that may move only.

    Args:
        sidestep: length of the first sidesteps, as a share of the distance.
        inwards: length of the first steps inwards, as a share of the distance.

    Raises:
        ConfigError: the criterion needs more than the predicted class.
        DataError: the column isn't float32 or float64 of one size, or a label is no class of the model.
        ModelOutputError: the scores are not [N, C] with C >= 2.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[3.0, 4.0], [0.0, 0.0]])
        >>> result = Boundary(queries=1000)(model, np.array([[0.6, 0.8]]), [0])  # the boundary is 1 away
        >>> result.success, bool(result.norm[0] < 1.01), result.queries
        (array([ True]), True, array([1000]))
    """

    name: ClassVar[str] = "gradient-attacks/boundary"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"queries": (500, 2000, 5000)}

    norm: Literal["l2"] = Field(default="l2", description="norm of the distance")
    sidestep: float = Field(default=0.1, gt=0.0, le=1.0, description="first sidesteps, as a share of the distance")
    inwards: float = Field(default=0.01, gt=0.0, lt=1.0, description="first steps inwards, as a share of the distance")

    def measure(self) -> Literal["linf", "l2"]:
        return "l2"

    def approach(self, asked: Asked, rows: Rows, now: Floats, keys: Keys) -> Floats:
        best = now.copy()
        best[rows] = halved(asked, rows, now[rows], "l2", 1e-3)
        side, inwards = np.full(len(best), self.sidestep), np.full(len(best), self.inwards)
        turn, bound = 0, keys.bind(asked.values.ids.take(rows))
        while len(rows := asked.affordable(rows)):
            if len(bound) != len(rows):
                bound = keys.bind(asked.values.ids.take(rows))
            around = self._around(asked, rows, best[rows], side[rows], bound.child(f"step-{turn}"))
            if turn % _PROBE == 0:
                held = asked.ask(rows, boxed(asked, rows, around)).won
                side[rows] = np.clip(side[rows] * np.where(held, 1.2, 1 / 1.2), 1e-7, 1.0)
                inwards[rows] = np.where(held, inwards[rows], inwards[rows] / 1.2)
                left = asked.left(rows) > 0
                rows, around = rows[left], around[left]
            clean = asked.x[rows].astype(np.float64)
            candidate = boxed(asked, rows, clean + (1.0 - inwards[rows])[:, None] * np.nan_to_num(around - clean))
            answer = asked.ask(rows, candidate)
            far = distance(asked, rows, best[rows], "l2")
            kept = answer.won & (distance(asked, rows, candidate, "l2") < far)
            best[rows[kept]] = candidate[kept]
            inwards[rows] = np.clip(inwards[rows] * np.where(answer.won, 1.1**3, 1 / 1.1), 1e-9, 0.5)
            turn += 1
        return best

    def _around(self, asked: Asked, rows: Rows, x: Floats, side: npt.NDArray[np.float64],
                keys: Keys) -> npt.NDArray[np.float64]:
        """Points as far from the clean inputs as ``x`` [K, D], a sidestep away from it."""
        clean = asked.x[rows].astype(np.float64)
        out = np.nan_to_num(x.astype(np.float64) - clean)
        square = (out**2).sum(axis=1, keepdims=True)
        far = np.sqrt(square)
        step = keys.normal(x.shape[1]).astype(np.float64)
        if asked.values.free is not None:
            step *= asked.values.free[rows]
        step -= (step * out).sum(axis=1, keepdims=True) / np.maximum(square, 1e-300) * out
        step *= side[:, None] * far / np.maximum(np.linalg.norm(step, axis=1, keepdims=True), 1e-300)
        moved = out + step
        return np.asarray(clean + moved * far / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-300))
