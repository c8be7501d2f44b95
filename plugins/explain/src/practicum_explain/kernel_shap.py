"""KernelSHAP: Shapley values by weighted regression on coalitions."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from practicum.errors import ConfigError
from practicum.keys import Keys
from practicum.masking import Game
from practicum_explain.coalitions import asked, in_groups, of_sample
from practicum_explain.kernel_plan import Plan, plan
from practicum_explain.perturbation import Floats, Found, Perturbation


class KernelShap(Perturbation):
    """Shapley values as the solution of a weighted least squares problem over coalitions.

    Follows Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", arXiv:1705.07874, with what has
    been learned since: sizes of coalitions are covered in full from the outside in (one part, all but one, two parts,
    ...) while draws would ask for as many; the others are drawn in pairs of a coalition and its complement (Covert and
    Lee, arXiv:2012.01536), none twice, and weigh by the chance that they were drawn at all (Horvitz and Thompson, DOI
    10.1080/01621459.1952.10483446). Where the budget covers all ``2^d - 2`` coalitions the values are exact. Values
    always add up to the score.

    ``error`` is the largest standard error of a sample's values: of the regression's coefficients, robust to unequal
    variances, with a pair counted as one draw; 0 where all coalitions were asked.

    Args:
        budget: coalitions asked for each sample, at most, beside none and all. At least four times the parts, or all.

    Raises:
        ConfigError: the budget is too small for a sample's parts to determine its values and their error.

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
                               "out: 2048 and four times the parts")

    def solve(self, game: Game, keys: Keys) -> Found:
        values, error = np.zeros((len(game), game.width)), np.zeros(len(game))
        for group in in_groups(game, self._budget(game.width)):
            plans = [self._plan(int(game.counts[row]), of_sample(keys, row), game.batch.ids[row]) for row in group]
            scores = asked(game, group, [p.present for p in plans])
            for row, asked_about, score in zip(group, plans, scores, strict=True):
                found = solved(asked_about, score, game.empty[row], game.full[row])
                values[row, :game.counts[row]], error[row] = found
        return Found(values, error)

    def _budget(self, count: int) -> int:
        return 2048 + 4 * count if self.budget is None else self.budget

    def _plan(self, count: int, keys: Keys, sample: object) -> Plan:
        budget = self._budget(count)
        least = min(4 * count, (1 << min(count, 62)) - 2)
        if budget < least:
            raise ConfigError(f"{self.name}: budget {budget} is too small for the {count} parts of sample {sample!r}, "
                              f"which need at least {least} coalitions: raise it, or choose fewer parts (players)")
        return plan(count, budget, keys)


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
    pairs = len(plan.doubt)
    if not pairs:
        return values, 0.0
    drawn = slice(len(z) - 2 * pairs, None)
    slopes = (plan.weights[drawn] * (wanted[drawn] - reduced[drawn] @ beta))[:, None] * reduced[drawn]
    pulls = slopes[:pairs] + slopes[pairs:]
    pulls = (pulls - pulls.mean(axis=0)) * np.sqrt(plan.doubt)[:, None]
    spread = inverse @ (pulls.T @ pulls * (pairs / max(pairs - 1, 1))) @ inverse
    variances = np.append(np.diag(spread), spread.sum())
    return values, float(np.sqrt(variances.max()))
