"""What a game needs of a column: its players, and inputs in which only some of them are present."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch, Column
from practicum.columns import column_kind
from practicum.errors import DataError
from practicum.masking.score import Floats, Scorer

Rows = npt.NDArray[np.int64]
Present = npt.NDArray[np.bool_]


class Board(ABC):
    """One column of a batch as a board of players.

    Attributes:
        counts: players of each sample, int64 [N].
        units: the parts of each sample that attributions are given for, where the column has no array form; else
            ``None``.
        copies: inputs that the model is asked about for each coalition.
        cost: bytes of one such input, about.
    """

    counts: npt.NDArray[np.int64]
    units: list[list[str]] | None = None
    copies: int = 1
    cost: int = 1

    def __init__(self, batch: Batch, name: str) -> None:
        self.batch, self.name = batch, name

    @abstractmethod
    def spread(self, values: Floats) -> Any:
        """Values of players [N, P] as attributions: an array of the input's shape, or one number for each unit."""

    @property
    def names(self) -> list[list[str]] | None:
        """The players' names of each sample, where they have any: the units, but for special ones."""
        return self.units

    def gather(self, values: Any) -> Floats:
        """Attributions as values of players, float64 [N, P]: each player gets the sum of what it owns; inverse of
        :meth:`spread`. Here for columns whose units are the players.

        Raises:
            DataError: a sample has other units than players.
        """
        out = np.zeros((len(self.counts), int(self.counts.max(initial=0))))
        for row, (mine, count) in enumerate(zip(values, self.counts.tolist(), strict=True)):
            if len(mine) != count:
                raise DataError(f"sample {self.batch.ids[row]!r} has attributions of {len(mine)} units, but {count} "
                                "parts that can be taken away: choose players that are the units explained")
            out[row, :count] = np.asarray(mine, dtype=np.float64)
        return out

    @abstractmethod
    def scores(self, scorer: Scorer, rows: Rows, present: Present, target: npt.NDArray[np.int64]) -> Floats:
        """The score of each coalition, the mean over its copies, float64 [R]."""


class InputBoard(Board):
    """A board whose coalitions are inputs that the model can be given."""

    @abstractmethod
    def masked(self, rows: Rows, present: Present) -> Any:
        """The column's data for samples ``rows`` [R] in which only ``present`` [R, P] players are there, R times
        ``copies`` rows, the copies of a row next to each other."""

    def scores(self, scorer: Scorer, rows: Rows, present: Present, target: npt.NDArray[np.int64]) -> Floats:
        """The score of each coalition, the mean over its copies, float64 [R]."""
        asked = np.repeat(rows, self.copies)
        found = scorer.of(self.with_data(asked, self.masked(rows, present)), np.repeat(target, self.copies))
        return np.asarray(found.reshape(len(rows), self.copies).mean(axis=1))

    def with_data(self, rows: Rows, data: Any) -> Batch:
        """The samples ``rows`` with other data in the board's column, other columns as they are and no targets."""
        columns = {n: Column(c.modality, data if n == self.name else column_kind(c.modality).take(c.data, rows))
                   for n, c in self.batch.columns.items()}
        return Batch(self.batch.ids.take(rows), columns, {})


def by_unit(values: Floats, counts: Sequence[int] | npt.NDArray[np.int64]) -> list[Floats]:
    """One row for each sample, of as many numbers as it has players."""
    return [np.array(row[:count], dtype=np.float64) for row, count in zip(values, counts, strict=True)]
