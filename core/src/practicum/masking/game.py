"""A prediction as a game: the score of a class when only some parts of the input are present."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.columns.floats import FLOAT_MODALITIES
from practicum.errors import CapabilityError, ConfigError, ModalityError
from practicum.masking.absent import Absent, Filled, Hidden, Token, default_absent
from practicum.masking.board import Board, Present, Rows
from practicum.masking.floats import FloatBoard
from practicum.masking.graphs import GraphBoard
from practicum.masking.players import Parts, Players, Words, default_players
from practicum.masking.records import RecordBoard
from practicum.masking.score import Floats, Output, Scorer
from practicum.masking.texts import HiddenBoard, TextBoard
from practicum.model import Embeddable, Model

MEMORY = 1 << 26
"""Bytes of masked inputs that are built at once, about."""
MOST_ROWS = 4096
"""Inputs that the model is asked about at once, at most."""


class Game:
    """The score of each sample's class as a function of which players are present.

    Perturbation explainers and faithfulness measures ask nothing else of a model. Each coalition is one query (with a
    :class:`~practicum.masking.absent.Background` one for each of its rows), counted for the sample it belongs to.

    Args:
        model: classifies, or predicts numbers (the class is then the number's column).
        batch: the samples.
        target: the class of each, int64 [N].
        absent: what absent means; when left out, see :func:`~practicum.masking.absent.default_absent`.
        players: what is present or absent as one; when left out, see
            :func:`~practicum.masking.players.default_players`.
        on: the column, where there is a choice.
        output: what is scored, see :class:`~practicum.masking.score.Scorer`.
        most: patches or stretches by default, at most.
        by: who plays, for messages.

    Attributes:
        counts: players of each sample, int64 [N]; ``width`` is the largest.
        units: names of the parts of each sample, where the column has no array form (text, record, graph). They are its
            players, but for special ones of a model (``[CLS]``), which are always there and get 0.
        absent, players: what was given, or the defaults.

    Raises:
        ModalityError: the column has no players, or ``absent`` or ``players`` don't fit it.
        CapabilityError: the model lacks what ``absent`` or ``output`` needs.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> game = Game(model, Batch.of(torch.tensor([[3.0, 1.0]])), np.array([0]))
        >>> rows, present = np.array([0, 0]), np.array([[True, False], [False, True]])
        >>> game(rows, present), game.full, game.empty
        (array([ 3., -2.]), array([1.]), array([0.]))
    """

    def __init__(self, model: Model, batch: Batch, target: Any, absent: Absent | None = None,
                 players: Players | None = None, *, on: str | None = None, output: Output = "auto", most: int = 64,
                 by: str = "game") -> None:
        name = batch.column_name(on)
        modality = batch.columns[name].modality
        self.by, self.batch, self.modality = by, batch, modality
        self.target: npt.NDArray[np.int64] = np.asarray(target, dtype=np.int64).reshape(-1)
        if len(self.target) != len(batch):
            raise CapabilityError(f"{by}: {len(self.target)} targets for {len(batch)} samples; give one class each")
        self.scorer = Scorer(model, modality, output, by)
        self.players = players or default_players(modality, _shape(batch.columns[name].data), most)
        self.absent = absent or self._default_absent(model)
        for what, chosen in (("absent", self.absent), ("players", self.players)):
            if modality not in chosen.modalities:
                raise ModalityError(f"{by}: {what} {chosen.model_dump()['kind']!r} is for "
                                    f"{' or '.join(sorted(chosen.modalities))}, but column {name!r} is {modality}: "
                                    "choose another, or leave it out")
        self.board = self._board(model, name)
        self.counts, self.units = self.board.counts, self.board.units
        self.width = int(self.counts.max()) if len(self.counts) else 0

    def _default_absent(self, model: Model) -> Absent:
        words = isinstance(self.players, Words) and self.players.unit == "word"
        return default_absent(self.modality, embeddable=isinstance(model, Embeddable) and not words)

    def _board(self, model: Model, name: str) -> Board:
        if self.modality in FLOAT_MODALITIES:
            assert isinstance(self.players, Parts)
            return FloatBoard(self.batch, name, self.absent, self.players, self.by)
        if self.modality == "record":
            return RecordBoard(self.batch, name, self.absent, self.by)
        if self.modality == "graph":
            assert isinstance(self.absent, Filled)
            return GraphBoard(self.batch, name, self.absent, self.by)
        assert isinstance(self.players, Words)
        hidden = isinstance(self.absent, Hidden)
        if hidden != ((self.players.unit or ("model" if hidden else "word")) == "model"):
            raise ConfigError(f"{self.by}: the model's units can be hidden and white-space words can be replaced by a "
                              "token, not the other way round: choose absent 'hidden' with unit 'model', or 'token' "
                              "with unit 'word'")
        if isinstance(self.absent, Token):
            return TextBoard(self.batch, name, self.absent)
        if not isinstance(model, Embeddable):
            raise CapabilityError(f"{self.by}: absent 'hidden' needs a model with embedding-gradient, which "
                                  f"{model.name} is not: use absent 'token' instead")
        return HiddenBoard(self.batch, name, model)

    def __len__(self) -> int:
        return len(self.target)

    @property
    def queries_each(self) -> int:
        """Queries that one coalition costs: 1, or the rows of the background."""
        return self.board.copies

    @property
    def at_once(self) -> int:
        """Coalitions that are asked in one call of the model."""
        return max(1, min(MEMORY // max(self.board.cost, 1), MOST_ROWS // self.board.copies))

    def __call__(self, rows: Any, present: Any) -> Floats:
        """The score of each coalition, float64 [R].

        Args:
            rows: the sample of each, int64 [R]; samples next to each other are built faster.
            present: bool [R, P], P at least :attr:`width`; places past a sample's own players have no influence.
        """
        rows, present = np.asarray(rows, dtype=np.int64), np.asarray(present, dtype=bool)
        if present.shape[0] != len(rows) or present.shape[1] < self.width:
            raise ConfigError(f"{self.by}: coalitions of shape {present.shape} for {len(rows)} rows and {self.width} "
                              "players; give bool [rows, players]")
        out = np.empty(len(rows))
        for part in self.parts(len(rows)):
            out[part] = self.board.scores(self.scorer, rows[part], present[part], self.target[rows[part]])
        return out

    def parts(self, count: int) -> Iterator[slice]:
        """Slices of ``count`` coalitions that are asked in one call each: who makes coalitions part by part needs
        memory for one part only."""
        for start in range(0, count, self.at_once):
            yield slice(start, min(start + self.at_once, count))

    @cached_property
    def full(self) -> Floats:
        """The score of each sample as it is, float64 [N]."""
        return self._everywhere(True)

    @cached_property
    def empty(self) -> Floats:
        """The score of each sample with no player present, float64 [N]."""
        return self._everywhere(False)

    def _everywhere(self, value: bool) -> Floats:
        rows: Rows = np.arange(len(self), dtype=np.int64)
        present: Present = np.full((len(self), self.width), value)
        return self(rows, present)

    @property
    def mine(self) -> Present:
        """Which places of :attr:`width` are players of each sample, bool [N, P]."""
        return np.asarray(np.arange(self.width) < self.counts[:, None])

    def spread(self, values: Any) -> Any:
        """Values of players, float [N, P], as attributions: an array of the input's shape in which a player's value is
        divided equally among its numbers, so that sums stay; or a list of one number for each unit."""
        return self.board.spread(np.where(self.mine, np.asarray(values, dtype=np.float64), 0.0))

    def gather(self, values: Any) -> Floats:
        """Attributions as values of players, float64 [N, P]: inverse of :meth:`spread`.

        Raises:
            DataError: the attributions are of other units.
        """
        return self.board.gather(values)


def _shape(data: Any) -> tuple[int, ...]:
    values = getattr(data, "values", data)
    return tuple(getattr(values, "shape", ()))[1:]


