"""NES: projected gradient steps along a gradient that is estimated from scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.black_box import Asked, BallAttack, boxed, projected_rows
from practicum_gradient_attacks.values import Floats, Rows


class NES(BallAttack):
    """Estimate the gradient of the margin from pairs of opposite Gaussian questions, and follow it in the ball.

    Follows Ilyas, Engstrom, Athalye and Lin, "Black-box Adversarial Attacks with Limited Queries and Information",
    arXiv:1804.08598 (its query-limited attack), with these differences: what is climbed is the margin of the criterion
    (of logits, or of the logarithms of probabilities); questions stay in the box, and a pair that the box shortens
    counts along the way that is left; a step is the steepest one of the norm; estimates are averaged over steps with
    ``momentum``; each new point is asked about too, and the best one is the result.

    A step costs ``samples + 1`` queries. The last one makes do with the pairs that are left.

    Args:
        norm: how the change is measured: ``linf`` its largest value, ``l2`` its length.
        eps: largest change in that norm, in the input's units (8/255 for images in [0, 1]).
        samples: questions of an estimate, an even number.
        sigma: standard deviation of the Gaussian questions, in the input's units.
        step_size: length of a step; ``4 * eps`` over the number of steps that the queries allow when left out, so that
            a run can cross the ball and come back.
        momentum: weight of the earlier estimates against the new one.

    Raises:
        DataError: the column isn't float32 or float64 of one size, or a label is no class of the model.
        ModelOutputError: the scores are not [N, C] with C >= 2.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0]])
        >>> result = NES(eps=0.25, queries=500)(model, np.array([[0.9, 0.1, 0.1], [0.9, -0.9, 0.1]]), [0, 0])
        >>> result.adversarial[1].round(3).tolist()
        [0.65, -0.65, -0.15]
        >>> result.success, result.within
        (array([ True, False]), array([ True,  True]))
    """

    name: ClassVar[str] = "gradient-attacks/nes"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.01, 0.03, 0.1)}

    norm: Literal["linf", "l2"] = Field(default="linf", description="norm of the change")
    samples: int = Field(default=50, ge=2, multiple_of=2, description="questions of an estimate")
    sigma: float = Field(default=0.001, gt=0.0, description="spread of the questions, in the input's units")
    step_size: float | None = Field(default=None, gt=0.0, description="length of a step, in the input's units")
    momentum: float = Field(default=0.9, ge=0.0, lt=1.0, description="weight of the earlier estimates")

    def search(self, asked: Asked, keys: Keys) -> Floats:
        import torch

        from practicum_gradient_attacks.geometry import steepest

        first = asked.clean()
        now, best = asked.x.copy(), asked.x.copy()
        reached, rows = first.margin.copy(), np.flatnonzero(~first.won)
        slope = np.zeros(now.shape)
        steps = max(1, (self.queries - 1) // (self.samples + 1))
        turn = 0
        while len(rows := rows[asked.left(rows) > 2]):  # a pair, and the point that it leads to
            pairs = min(self.samples, int(asked.left(rows[:1])[0]) - 1) // 2
            drawn = keys.child(f"step-{turn}")
            for part in asked.groups(rows, 2 * pairs):
                found = estimate(asked, part, now[part], pairs, self.sigma, drawn)
                slope[part] = self.momentum * slope[part] + (1.0 - self.momentum) * found
            x, clean = torch.from_numpy(now[rows]), torch.from_numpy(asked.x[rows])
            size = asked.radius(rows) * (4 / steps) if self.step_size is None else self.step_size
            moved = steepest(x, torch.from_numpy(slope[rows]), clean, self.norm, size, asked.bounds)
            now[rows] = projected_rows(asked, rows, moved.numpy().astype(np.float64), self.norm)
            answer = asked.ask(rows, now[rows])
            better = (answer.margin > reached[rows]) | answer.won
            best[rows[better]], reached[rows[better]] = now[rows[better]], answer.margin[better]
            rows = rows[~answer.won]
            turn += 1
        return best


def estimate(asked: Asked, rows: Rows, x: Floats, pairs: int, sigma: float, keys: Keys) -> npt.NDArray[np.float64]:
    """The gradient of the margin at ``x`` [K, D], estimated from ``2 * pairs`` queries of each of the samples ``rows``.

    The mean over pairs of (f(x + d) - f(x - d)) / (2 sigma^2) d with d Gaussian of spread ``sigma``. On a linear margin
    without a box its mean is the gradient, and the covariance of an estimate over n pairs is
    (|g|^2 I + g g') / n.

    Args:
        asked: who is asked.
        rows: int64 [K].
        x: where.
        pairs: how many.
        sigma: spread of the questions.
        keys: of the draws; bound to the samples here.

    Returns:
        float64 [K, D].
    """
    dims = x.shape[1]
    draws = keys.bind(asked.values.ids.take(rows)).normal(pairs * dims).astype(np.float64)
    step = (sigma * draws).reshape(len(rows) * pairs, dims)
    if asked.values.free is not None:
        step *= np.repeat(asked.values.free[rows], pairs, axis=0)
    every, centre = np.repeat(rows, pairs), np.repeat(x.astype(np.float64), pairs, axis=0)
    ahead, behind = boxed(asked, every, centre + step), boxed(asked, every, centre - step)
    answer = asked.ask(np.concatenate([every, every]), np.concatenate([ahead, behind]))
    with np.errstate(invalid="ignore"):
        rise = np.nan_to_num(answer.margin[:len(every)] - answer.margin[len(every):], posinf=0.0, neginf=0.0)
    way = np.nan_to_num((ahead.astype(np.float64) - behind.astype(np.float64)) / (2.0 * sigma))
    return np.asarray(((rise / (2.0 * sigma))[:, None] * way).reshape(len(rows), pairs, dims).mean(axis=1))
