"""Shapley values from random orders."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from practicum.keys import Keys
from practicum.masking import Game
from practicum_explain.coalitions import of_sample
from practicum_explain.perturbation import Found, Perturbation


class PermutationShap(Perturbation):
    """Shapley values as the mean of what each part adds when the parts come in random orders, each order also walked
    backwards.

    Follows Mitchell, Cooper, Frank and Holmes, "Sampling Permutations for Shapley Value Estimation", arXiv:2104.12199
    (antithetic sampling). Each order adds up to the score, so the mean does. One order is exact where parts don't
    interact, and one with its reverse where they do so in pairs.

    ``error`` is the largest standard error of a sample's values, from the variance between pairs of orders (of a single
    pair: half of what its two orders differ).

    Args:
        pairs: random orders, each with its reverse; ``2 * pairs * (d - 1)`` queries for ``d`` parts, and two.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> out = PermutationShap(pairs=1)(model, torch.tensor([[3.0, 1.0]]), target=0)
        >>> out.values, out.error, out.queries
        (array([[ 3., -2.]], dtype=float32), array([0.]), array([4]))
    """

    name: ClassVar[str] = "explain/permutation-shap"
    adds_up: ClassVar[bool] = True

    pairs: int = Field(default=8, ge=1, description="random orders, each walked forwards and backwards")

    def solve(self, game: Game, keys: Keys) -> Found:
        values, error = np.zeros((len(game), game.width)), np.zeros(len(game))
        words = [of_sample(keys, row).words(self.pairs * count).reshape(self.pairs, count)
                 for row, count in enumerate(game.counts.tolist())]
        orders = [w.argsort(axis=1, kind="stable") for w in words]
        walks = [np.concatenate([o, o[:, ::-1]]) for o in orders]
        steps = [w[:, :-1].size for w in walks]
        starts = np.concatenate([[0], np.cumsum(steps)]).astype(np.int64)
        flat = np.empty(int(starts[-1]))
        for part in game.parts(len(flat)):
            place = np.arange(part.start, part.stop)
            rows = np.searchsorted(starts, place, side="right") - 1
            present = np.zeros((len(place), game.width), dtype=bool)
            for row in np.unique(rows).tolist():
                mine, count = rows == row, int(game.counts[row])
                walk, step = np.divmod(place[mine] - starts[row], count - 1)
                rank = walks[row].argsort(axis=1)
                present[mine, :count] = rank[walk] <= step[:, None]
            flat[part] = game(rows, present)
        for row, walk in enumerate(walks):
            count = walk.shape[1]
            if count:
                inner = flat[starts[row]:starts[row + 1]].reshape(2 * self.pairs, count - 1)
                ends = [np.full((2 * self.pairs, 1), edge[row]) for edge in (game.empty, game.full)]
                gains = np.diff(np.concatenate([ends[0], inner, ends[1]], axis=1), axis=1)
                each = np.empty_like(gains)
                np.put_along_axis(each, walk, gains, axis=1)
                forth, back = each[:self.pairs], each[self.pairs:]
                both = (forth + back) / 2
                values[row, :count] = both.mean(axis=0)
                spread = both.std(axis=0, ddof=1) / np.sqrt(self.pairs) if self.pairs > 1 else (forth - back)[0] / 2
                error[row] = np.abs(spread).max()
        return Found(values, error)
