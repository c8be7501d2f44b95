"""Ablation: what the score loses without each part."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from practicum.keys import Keys
from practicum.masking import Game
from practicum_explain.perturbation import Found, Perturbation


class Ablation(Perturbation):
    """What the score loses when one part is absent and all others are there; also called leave-one-out.

    Follows Li, Monroe and Jurafsky, "Understanding Neural Networks through Representation Erasure", arXiv:1612.08220,
    with the loss of the score itself instead of its ratio. Exact on linear models: the values are the weights times the
    distance from what absent means. One query for each part and one for the whole.

    Raises:
        ModalityError: parts or absence don't fit the column.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> Ablation()(model, torch.tensor([[3.0, 1.0]]), target=0).values
        array([[ 3., -2.]], dtype=float32)
    """

    name: ClassVar[str] = "explain/ablation"

    def solve(self, game: Game, keys: Keys) -> Found:
        rows, players = np.nonzero(game.mine)
        scores = np.zeros(len(rows))
        for part in game.parts(len(rows)):
            scores[part] = game(rows[part], np.arange(game.width) != players[part, None])
        values = np.zeros((len(game), game.width))
        values[rows, players] = game.full[rows] - scores
        return Found(values)
