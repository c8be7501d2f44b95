"""KernelSHAP: Shapley values by weighted regression on coalitions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import comb
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.errors import ConfigError
from practicum.keys import Keys, SampleRng
from practicum.masking import Game
from practicum_explain.coalitions import Present, asked, of_size
from practicum_explain.perturbation import Floats, Found, Perturbation


class KernelShap(Perturbation):
    """Shapley values as the solution of a weighted least squares problem over coalitions.

    Follows Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", arXiv:1705.07874, with what has
    been learned since: sizes of coalitions are covered in full from the outside in (one part, all but one, two parts,
    ...) as far as the budget goes; the others are drawn in pairs of a coalition and its complement (Covert and Lee,
    arXiv:2012.01536), none twice. Where the budget covers all ``2^d - 2`` coalitions nothing is drawn and the values
    are exact. Values always add up to the score.

    ``error`` is the largest standard error of a sample's values: of the regression's coefficients, robust to unequal
    variances, with a pair counted as one draw; 0 where nothing was drawn.

    Args:
        budget: coalitions asked for each sample, at most, beside none and all. At least twice the parts.

    Raises:
        ConfigError: the budget is below twice the parts of a sample, so that the values aren't determined.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> out = KernelShap()(model, torch.tensor([[3.0, 1.0]]), target=0)
        >>> out.values.round(5), out.error
        (array([[ 3., -2.]], dtype=float32), array([0.]))
    """

    name: ClassVar[str] = "explain/kernel-shap"
    adds_up: ClassVar[bool] = True

    budget: int | None = Field(default=None, ge=2, description="coalitions asked for each sample, at most; when left "
                               "out: 2048 and twice the parts")

    def solve(self, game: Game, keys: Keys) -> Found:
        plans = [self._plan(int(count), keys.one(row), game.batch.ids[row]) for row, count in enumerate(game.counts)]
        scores = asked(game, range(len(game)), [p.present for p in plans])
        values, error = np.zeros((len(game), game.width)), np.zeros(len(game))
        for row, (plan, score) in enumerate(zip(plans, scores, strict=True)):
            count = int(game.counts[row])
            values[row, :count], error[row] = solved(plan, score, float(game.empty[row]), float(game.full[row]))
        return Found(values, error)

    def _plan(self, count: int, rng: SampleRng, sample: object) -> Plan:
        budget = 2048 + 2 * count if self.budget is None else self.budget
        if budget < min(2 * count, (1 << min(count, 62)) - 2):
            raise ConfigError(f"{self.name}: budget {budget} is too small for the {count} parts of sample {sample!r}, "
                              f"which need {2 * count} coalitions: raise it, or choose fewer parts (players)")
        return plan(count, budget, rng)


@dataclass(frozen=True)
class Plan:
    """Coalitions to ask about.

    Args:
        present: bool [S, d].
        weights: of the regression, float64 [S].
        pair: the draw that each came of, int64 [S]; -1 for those that weren't drawn.
    """

    present: Present
    weights: Floats
    pair: npt.NDArray[np.int64]


def plan(count: int, budget: int, rng: SampleRng) -> Plan:
    """Coalitions of ``count`` players within a budget, with their weights in the Shapley kernel."""
    present, weight, size = _covered(count, budget)
    pair = np.full(len(present), -1, dtype=np.int64)
    pairs = (budget - len(present)) // 2
    if 2 * size > count or not pairs:
        return Plan(present, weight, pair)
    first, times = _drawn(count, size, pairs, rng)
    drawn = np.concatenate([first, ~first])
    share = _mass(count)[size:count - size + 1].sum() * times / (2 * times.sum())
    return Plan(np.concatenate([present, drawn]), np.concatenate([weight, share, share]),
                np.concatenate([pair, np.arange(len(first)), np.arange(len(first))]))


def _mass(count: int) -> Floats:
    """What all coalitions of each size weigh together in the Shapley kernel, float64 [count]; of sizes 1 and up."""
    return np.array([0.0] + [(count - 1) / (k * (count - k)) for k in range(1, count)])


@lru_cache(maxsize=16)
def _covered(count: int, budget: int) -> tuple[Present, Floats, int]:
    """The coalitions of all sizes that are covered in full, their weights, and the first size that isn't."""
    mass = _mass(count)
    covered: list[Present] = [np.zeros((0, count), dtype=bool)]
    weights: list[Floats] = [np.zeros(0)]
    left, size = budget, 1
    while 2 * size <= count:
        number = comb(count, size) * (1 if 2 * size == count else 2)
        if number > left:
            break
        for k in sorted({size, count - size}):
            covered.append(of_size(count, k))
            weights.append(np.full(comb(count, k), mass[k] / comb(count, k)))
        left, size = left - number, size + 1
    present, weight = np.concatenate(covered), np.concatenate(weights)
    present.flags.writeable = weight.flags.writeable = False
    return present, weight, size


def _drawn(count: int, size: int, pairs: int, rng: SampleRng) -> tuple[Present, Floats]:
    """Different coalitions of sizes ``size .. count - size``, drawn as the kernel weighs them, and how often each was
    drawn with its complement, until there are ``pairs`` of them (or four draws for each)."""
    mass, sizes = _mass(count), np.arange(size, count - size + 1)
    plenty = sum(comb(count, int(k)) for k in sizes) > 64 * pairs  # then few are drawn twice
    attempts = pairs + pairs // 8 + 8 if plenty else 4 * pairs
    edges = np.cumsum(mass[sizes]) / mass[sizes].sum()
    words = rng.words(attempts * (count + 1)).reshape(attempts, count + 1)
    chosen = sizes[np.minimum(np.searchsorted(edges, words[:, 0] * 2.0**-32, side="right"), len(sizes) - 1)]
    # The players with the smallest words; a word's place in its row keeps equal ones apart.
    marks = words[:, 1:].astype(np.uint64) << np.uint64(32) | np.arange(count, dtype=np.uint64)
    present = marks <= np.take_along_axis(np.sort(marks, axis=1), chosen[:, None] - 1, axis=1)
    present ^= present[:, :1]  # of a coalition and its complement the one without the first player
    _, first, inverse = np.unique(np.packbits(present, axis=1), axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)
    kept = order[:pairs]
    last = first[order[pairs]] if len(order) > pairs else attempts  # draws after that are as if never made
    times = np.bincount(inverse.reshape(-1)[:last], minlength=len(first))
    return present[first[kept]], times[kept].astype(np.float64)


def solved(plan: Plan, scores: Floats, empty: float, full: float) -> tuple[Floats, float]:
    """The values [d] that add up to ``full - empty``, and the largest standard error of one of them."""
    count = plan.present.shape[1]
    gain = full - empty
    if count < 2:
        return np.full(count, gain), 0.0
    z = plan.present.astype(np.float64)
    # The last value follows from the sum, so the others are a regression without constraint.
    reduced = z[:, :-1] - z[:, -1:]
    wanted = scores - empty - z[:, -1] * gain
    hessian = reduced.T @ (plan.weights[:, None] * reduced)
    inverse = np.linalg.inv(hessian)
    beta = inverse @ (reduced.T @ (plan.weights * wanted))
    beta += inverse @ (reduced.T @ (plan.weights * (wanted - reduced @ beta)))  # rounding, refined once
    values = np.append(beta, gain - beta.sum())
    pairs = int(plan.pair.max()) + 1 if len(plan.pair) else 0
    if pairs < 1:
        return values, 0.0
    drawn = plan.pair >= 0
    slopes = (plan.weights * (wanted - reduced @ beta))[drawn, None] * reduced[drawn]
    pulls = np.zeros((pairs, count - 1))
    np.add.at(pulls, plan.pair[drawn], slopes)
    pulls -= pulls.mean(axis=0)
    spread = inverse @ (pulls.T @ pulls * (pairs / max(pairs - 1, 1))) @ inverse
    variances = np.append(np.diag(spread), spread.sum())
    return values, float(np.sqrt(variances.max()))
