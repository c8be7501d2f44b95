"""Shapley values from all coalitions."""

from __future__ import annotations

from math import comb
from typing import ClassVar

import numpy as np
from pydantic import Field

from practicum.errors import CapabilityError
from practicum.keys import Keys
from practicum.masking import Game
from practicum_explain.perturbation import Floats, Found, Perturbation


class Shapley(Perturbation):
    """Shapley values, exactly: the score of every coalition is asked once, and each part gets the mean of what it adds
    over all orders in which the parts can come.

    Follows Lundberg and Lee, "A Unified Approach to Interpreting Model Predictions", arXiv:1705.07874, with the sum
    over coalitions itself instead of an estimate. It takes ``2^d`` queries for ``d`` parts (with a background as often
    as it has rows) and no sampling, so its values add up to the score to rounding.

    Args:
        limit: parts of a sample, at most.

    Raises:
        CapabilityError: a sample has more parts than ``limit``.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> out = Shapley()(model, torch.tensor([[3.0, 1.0]]), target=0)
        >>> out.values, out.base_value, out.score, out.queries
        (array([[ 3., -2.]], dtype=float32), array([0.]), array([1.]), array([4]))
    """

    name: ClassVar[str] = "explain/shapley"
    adds_up: ClassVar[bool] = True
    most: ClassVar[int] = 9

    limit: int = Field(default=16, ge=1, le=24, description="parts of a sample, at most: 2^limit queries")

    def solve(self, game: Game, keys: Keys) -> Found:
        if game.width > self.limit:
            row = int(np.argmax(game.counts))
            raise CapabilityError(f"{self.name}: sample {game.batch.ids[row]!r} has {game.width} parts, so "
                                  f"2^{game.width} coalitions, more than 2^{self.limit}: choose fewer parts (players, "
                                  "for example {kind: grid, rows: 3, columns: 3}), raise limit, or take "
                                  "explain/kernel-shap")
        values = np.zeros((len(game), game.width))
        starts = np.concatenate([[0], np.cumsum(1 << game.counts)]).astype(np.int64)
        flat = np.empty(int(starts[-1]))
        for part in game.parts(len(flat)):
            rows = np.searchsorted(starts, np.arange(part.start, part.stop), side="right") - 1
            numbers = np.arange(part.start, part.stop) - starts[rows]
            flat[part] = game(rows, (numbers[:, None] >> np.arange(game.width)) & 1)
        game.empty, game.full = flat[starts[:-1]], flat[starts[1:] - 1]  # asked already
        for row, count in enumerate(game.counts.tolist()):
            values[row, :count] = shapley_values(flat[starts[row]:starts[row + 1]])
        return Found(values)


def shapley_values(scores: Floats) -> Floats:
    """Shapley values [d] of a game given by the scores of all its coalitions, float64 [2^d]; player i is bit i of a
    coalition's number.

    Example:
        >>> shapley_values(np.array([0.0, 0.0, 0.0, 1.0]))
        array([0.5, 0.5])
    """
    count = len(scores).bit_length() - 1
    values = np.zeros(count)
    if not count:
        return values
    sizes = np.bitwise_count(np.arange(len(scores) // 2))
    weights = np.array([1.0 / (count * comb(count - 1, size)) for size in range(count)])[sizes]
    for player in range(count):
        pairs = scores.reshape(-1, 2, 1 << player)
        values[player] = weights @ (pairs[:, 1] - pairs[:, 0]).reshape(-1)
    return values
