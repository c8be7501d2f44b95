"""HopSkipJump: the boundary's normal, estimated from decisions around a point on it."""

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

_MOST_HALVINGS = 30
_BLOCK = 50
"""Questions of one sample drawn together."""


class HopSkipJump(DecisionAttack):
    """Step along the boundary's normal, then go back to the boundary, again and again, nearer each time.

    Follows Chen, Jordan and Wainwright, "HopSkipJumpAttack: A Query-Efficient Decision-Based Attack",
    arXiv:1904.02144, with its precision, spread of questions, number of questions and step lengths. What differs: each
    round goes on from the nearest point found so far, not from the last one; normals are averaged over rounds with
    ``momentum``; at the end of the queries the last round makes do with what is left of them.

    Args:
        norm: how the distance is measured: ``l2`` its length, ``linf`` its largest value.
        questions: questions of the first round's normal; round t asks ``questions * sqrt(t)``.
        momentum: weight of the earlier rounds' normals against the new one.

    Raises:
        ConfigError: the criterion needs more than the predicted class.
        DataError: the column isn't float32 or float64 of one size, or a label is no class of the model.
        ModelOutputError: the scores are not [N, C] with C >= 2.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[3.0, 4.0], [0.0, 0.0]])
        >>> result = HopSkipJump(queries=1000)(model, np.array([[0.6, 0.8]]), [0])  # the boundary is 1 away
        >>> result.success, bool(result.norm[0] < 1.01), result.queries
        (array([ True]), True, array([1000]))
    """

    name: ClassVar[str] = "gradient-attacks/hop-skip-jump"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"queries": (500, 2000, 5000)}

    norm: Literal["l2", "linf"] = Field(default="l2", description="norm of the distance")
    questions: int = Field(default=100, ge=2, description="questions of the first round's normal")
    momentum: float = Field(default=0.5, ge=0.0, lt=1.0, description="weight of the earlier rounds' normals")

    def measure(self) -> Literal["linf", "l2"]:
        return self.norm

    def approach(self, asked: Asked, rows: Rows, now: Floats, keys: Keys) -> Floats:
        dims = now.shape[1]
        root = float(np.sqrt(dims)) if self.norm == "l2" else float(dims)
        precision = min(1.0 / (dims * root), 1e-3)  # the paper's, but in a few dimensions that would be no precision
        best, normal = now.copy(), np.zeros(now.shape)
        best[rows] = halved(asked, rows, now[rows], self.norm, precision)
        far = distance(asked, np.arange(len(best)), best, self.norm)
        turn = 1
        while len(rows := rows[(asked.left(rows) > 3) & (far[rows] > 0)]):
            count = np.minimum(int(self.questions * np.sqrt(turn)), (asked.left(rows) - 1) * 3 // 4)
            spread = far[rows] / max(dims, 10)
            found = self._normal(asked, rows, best[rows], count, spread, keys.child(f"round-{turn}"))
            normal[rows] = self.momentum * normal[rows] + found
            jumped = self._jump(asked, rows, best[rows], normal[rows], far[rows] / np.sqrt(turn))
            new = halved(asked, rows, jumped, self.norm, precision)
            reached = distance(asked, rows, new, self.norm)
            nearer = reached < far[rows]
            best[rows[nearer]], far[rows[nearer]] = new[nearer], reached[nearer]
            turn += 1
        return best

    def _normal(self, asked: Asked, rows: Rows, x: Floats, count: Rows, spread: npt.NDArray[np.float64],
                keys: Keys) -> npt.NDArray[np.float64]:
        """Unit vectors [K, D] that point across the boundary at ``x`` [K, D], from ``count`` [K] questions each."""
        dims = x.shape[1]
        won, ways, both = np.zeros(len(rows)), np.zeros((len(rows), dims)), np.zeros((len(rows), dims))
        for block in range(-(-int(count.max()) // _BLOCK)):
            drawn = keys.child(f"block-{block}")
            here = np.flatnonzero(count > block * _BLOCK)
            for at in asked.groups(here, _BLOCK):
                kept = block * _BLOCK + np.arange(_BLOCK)[None] < count[at][:, None]
                u = drawn.bind(asked.values.ids.take(rows[at])).normal(_BLOCK * dims).astype(np.float64)
                u = u.reshape(len(at), _BLOCK, dims)[kept]
                who = np.repeat(at, kept.sum(axis=1))
                if asked.values.free is not None:
                    u *= asked.values.free[rows[who]]
                u *= (spread[who] / np.maximum(np.linalg.norm(u, axis=1), 1e-300))[:, None]
                centre = x[who].astype(np.float64)
                candidate = boxed(asked, rows[who], centre + u)
                answer = asked.ask(rows[who], candidate)
                moved = np.nan_to_num(candidate.astype(np.float64) - centre) / spread[who][:, None]
                sign = np.where(answer.won, 1.0, -1.0)
                first = np.searchsorted(who, at)  # the questions of a sample stand one after the other
                won[at] += np.add.reduceat(sign, first)
                ways[at] += np.add.reduceat(moved, first, axis=0)
                both[at] += np.add.reduceat(sign[:, None] * moved, first, axis=0)
        mean = (won / count)[:, None]
        # Taking the mean off lowers the variance; where all answers agree it would leave nothing.
        total = np.where(np.abs(mean) == 1.0, both, both - mean * ways)
        return np.asarray(total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-300))

    def _jump(self, asked: Asked, rows: Rows, x: Floats, normal: npt.NDArray[np.float64],
              size: npt.NDArray[np.float64]) -> Floats:
        """The first of ``x`` + size, size / 2, size / 4 ... times the normal's direction that is adversarial."""
        if self.norm == "linf":
            way = np.sign(normal)
        else:
            way = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-300)
        made, size, at = x.copy(), size.copy(), np.arange(len(rows))
        for _ in range(_MOST_HALVINGS):
            at = at[asked.left(rows[at]) > 0]
            if not len(at):
                break
            candidate = boxed(asked, rows[at], x[at].astype(np.float64) + size[at, None] * way[at])
            answer = asked.ask(rows[at], candidate)
            made[at[answer.won]] = candidate[answer.won]
            at = at[~answer.won]
            size[at] /= 2
        return made
