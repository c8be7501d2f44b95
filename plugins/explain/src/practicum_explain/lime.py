"""LIME: a linear model around the sample."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from practicum.keys import Keys
from practicum.masking import Game
from practicum_explain.coalitions import Present, all_coalitions, asked, in_groups, of_sample
from practicum_explain.perturbation import Floats, Found, Perturbation


class Lime(Perturbation):
    """The coefficients of a linear model of the score, fitted to coalitions near the whole sample.

    Follows Ribeiro, Singh and Guestrin, "Why Should I Trust You? Explaining the Predictions of Any Classifier",
    arXiv:1602.04938: each part is present or absent with equal chance, and coalitions weigh
    ``exp(-(1 - sqrt(share present))^2 / width^2)``, the cosine distance to the whole sample under an exponential
    kernel. Differs: least squares without selection and, unless ``alpha`` asks for it, without shrinkage, so that a
    linear score is recovered exactly; where ``samples`` covers all coalitions, they are all asked and nothing is drawn;
    the whole sample is always among them.

    ``figures`` say how far to trust it: ``r2`` is the weighted share of the score's variance that the linear model
    explains, ``bias`` its value at the sample minus the score there (what shrinkage and curvature cost), ``intercept``
    its value where everything is absent.

    Args:
        samples: coalitions asked, at most.
        width: of the kernel. Small widths look at near coalitions only, of which few are drawn: see ``r2``.
        alpha: ridge penalty on the coefficients (not the intercept); weights of the coalitions sum to their number.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> out = Lime()(model, torch.tensor([[3.0, 1.0]]), target=0)
        >>> out.values.round(5), out.figures["r2"].round(5)
        (array([[ 3., -2.]], dtype=float32), array([1.]))
    """

    name: ClassVar[str] = "explain/lime"

    samples: int = Field(default=512, ge=2, description="coalitions asked, at most")
    width: float = Field(default=0.25, gt=0.0, description="width of the exponential kernel on cosine distance")
    alpha: float = Field(default=0.0, ge=0.0, description="ridge penalty; 0 does not shrink")

    def solve(self, game: Game, keys: Keys) -> Found:
        values = np.zeros((len(game), game.width))
        figures = {name: np.zeros(len(game)) for name in ("r2", "bias", "intercept")}
        for group in in_groups(game, self.samples):
            coalitions = [self._coalitions(int(game.counts[row]), keys, row) for row in group]
            for row, z, score in zip(group, coalitions, asked(game, group, coalitions), strict=True):
                beta, intercept, r2 = fitted(z, score, self._weights(z), self.alpha)
                values[row, :len(beta)] = beta
                whole = score[np.argmax(z.sum(axis=1))]
                for name, value in (("r2", r2), ("bias", intercept + beta.sum() - whole), ("intercept", intercept)):
                    figures[name][row] = value
        return Found(values, figures=figures)

    def _coalitions(self, count: int, keys: Keys, row: int) -> Present:
        if 1 << count <= self.samples:
            return all_coalitions(count)
        words = of_sample(keys, row).words((self.samples - 1) * count).reshape(self.samples - 1, count)
        return np.concatenate([np.ones((1, count), dtype=bool), words >> np.uint32(31) == 1])

    def _weights(self, present: Present) -> Floats:
        """Kernel weights of coalitions [S, d], scaled to sum to S, so that small widths keep their order."""
        distance = 1.0 - np.sqrt(present.mean(axis=1)) if present.shape[1] else np.zeros(len(present))
        weights = np.exp(-(distance / self.width) ** 2)
        return np.asarray(weights * (len(weights) / weights.sum()))


def fitted(present: Present, scores: Floats, weights: Floats, alpha: float) -> tuple[Floats, float, float]:
    """Coefficients [d], intercept and R2 of weighted ridge regression; of several best fits the shortest.

    ``beta = (Z'WZ + alpha I)^-1 Z'Wy`` with ``Z`` and ``y`` centred on their weighted means.
    """
    z = present.astype(np.float64)
    total = weights.sum()
    centre, middle = weights @ z / total, float(weights @ scores / total)
    zc, yc = z - centre, scores - middle
    root = np.sqrt(weights)
    left, right = zc * root[:, None], yc * root
    if alpha > 0:
        beta = np.linalg.solve(left.T @ left + alpha * np.eye(z.shape[1]), left.T @ right)
    else:
        beta = np.linalg.lstsq(left, right, rcond=None)[0]
    spread = float(weights @ yc**2)
    rest = float(weights @ (yc - zc @ beta) ** 2)
    # A score that doesn't change is explained in full by the intercept.
    r2 = 1.0 - rest / spread if spread > 1e-24 * max(1.0, middle**2) * total else 1.0
    return np.asarray(beta), middle - float(centre @ beta), r2
