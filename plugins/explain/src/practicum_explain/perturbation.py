"""What explainers have in common that look at a model only through its score without parts of the input."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.explainer import Explainer, Explanation
from practicum.keys import Keys
from practicum.masking import AnyAbsent, AnyPlayers, Game, Output
from practicum.model import Model

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Found:
    """What a method says of a game.

    Args:
        values: of the players, float64 [N, width]; places past a sample's own players are ignored.
        error: estimated standard error of each sample's least certain value, float64 [N], where there is one.
        figures: other numbers, one each sample.
    """

    values: Floats
    error: Floats | None = None
    figures: Mapping[str, Floats] = field(default_factory=dict)


class Perturbation(Explainer):
    """Explains by what the score is when only some parts of the input are present; needs predictions only.

    Args:
        absent: what stands in the place of absent parts: ``constant``, ``mean``, ``blur``, ``background``, ``token``,
            ``hidden`` or ``missing``, see :mod:`practicum.masking`.
        players: the parts: ``values``, ``pixels``, ``grid``, ``superpixels``, ``steps``, ``words``, ``fields`` or
            ``nodes``. A part's value is divided equally among its numbers, so that sums stay.
        output: the score explained: the class's ``logit``, ``probability`` or ``log-odds``; ``auto`` is the logit where
            the model gives logits, else the score that it predicts.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"image", "text", "record", "series", "state", "graph"})
    access: ClassVar[Literal["gradient", "score"]] = "score"
    most: ClassVar[int] = 64

    absent: AnyAbsent | None = Field(default=None, description="what stands for absent parts: {kind: constant, mean, "
                                     "blur, background, token, hidden or missing}; when left out: the mean of an image "
                                     "or series, zero for a state or node, no value for a field, words hidden from "
                                     "models with embeddings and else left out")
    players: AnyPlayers | None = Field(default=None, description="the parts: {kind: values, pixels, grid, superpixels, "
                                       "steps, words, fields or nodes}; when left out: patches of an image, stretches "
                                       "of a series, values, words, fields, nodes")
    output: Output = Field(default="auto", description="the score: auto, logit, probability or log-odds")

    def unnamed(self) -> tuple[str, str]:
        return ("", "") if self.absent is None else self.absent.unnamed()

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of each sample's class: an array of the input's shape, or one number for each unit."""
        game = self.game(model, batch, target)
        found = self.solve(game, keys)
        base, score = (game.empty, game.full) if self.adds_up else (None, None)
        return Explanation(game.spread(found.values), target, batch.ids, units=game.units, base_value=base,
                           error=found.error, method=self.name, score=score, figures=found.figures)

    def game(self, model: Model, batch: Batch, target: npt.NDArray[np.int64]) -> Game:
        """The game that is played."""
        return Game(model, batch, target, self.absent, self.players, on=self.on, output=self.output, most=self.most,
                    by=self.name)

    @abstractmethod
    def solve(self, game: Game, keys: Keys) -> Found:
        """Values of the game's players."""
