"""What a model says about other texts of the same samples: margins and verdicts, told apart only where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.attack import Attack
from practicum.batch import Batch, Column
from practicum.columns import column_kind
from practicum.errors import DataError, ModelOutputError
from practicum.model import Model

Answer = tuple[float, bool]
_COARSE, _FINE = 20, 36  # bits of a margin that count, of 24 and of 53: what lies below changes with the batch


class Judge:
    """Asks a model about texts that stand for samples of a batch.

    Margins are rounded to a grid of 2**-20 (for scores of single precision) or 2**-36 of the size of the first scores
    of the sample: batches of other sizes round sums differently, and equally good texts must not be told apart by that.

    Args:
        attack: whose criterion holds.
        model: the model, as the core hands it over.
        batch: the samples.
    """

    def __init__(self, attack: Attack, model: Model, batch: Batch) -> None:
        self.attack, self.model = attack, model
        self.column = batch.column_name(attack.on, attack.modalities)
        self.batch = Batch(batch.ids, batch.columns, {})
        self.criterion = attack.aim()
        self.facts = self.criterion.facts(batch)
        self.texts: list[str] = batch.to_list(self.column)
        self.grid = np.full(len(batch), np.nan)

    def asked(self, rows: npt.NDArray[np.int64], texts: Sequence[str]) -> Batch:
        """The samples ``rows`` with other texts; a sample may occur several times."""
        others = Batch(self.batch.ids, {n: c for n, c in self.batch.columns.items() if n != self.column}, {})
        taken, new = others.take(rows), column_kind("text").coerce(list(texts), name=self.column)
        columns = {n: Column("text", new) if n == self.column else taken.columns[n] for n in self.batch.columns}
        return Batch(taken.ids, columns, {})

    def answers(self, rows: npt.NDArray[np.int64], texts: Sequence[str]) -> list[Answer]:
        """Margin and verdict of texts, by one call of the model.

        Raises:
            ModelOutputError: the scores are not [N, C] with C >= 2.
        """
        scores = np.asarray(self.model.predict(self.asked(rows, texts)).values)
        if scores.ndim != 2 or scores.shape[1] < 2:
            raise ModelOutputError(f"{self.attack.name}: {self.model.name} returned scores of shape {scores.shape}; "
                                   "they must be [N, C] with at least two classes")
        return self.judge(rows, scores)

    def judge(self, rows: npt.NDArray[np.int64], scores: npt.NDArray[Any]) -> list[Answer]:
        """Margin and verdict of scores [N, C] of the samples ``rows``."""
        import torch

        facts = {name: values[rows] for name, values in self.facts.items()}
        label = facts["label"]
        if len(label) and int(label.max()) >= scores.shape[1]:
            row = int(rows[int(label.argmax())])
            raise DataError(f"{self.attack.name}: sample {self.batch.ids[row]!r} has class {int(label.max())}, but "
                            f"{self.model.name} knows {scores.shape[1]} classes (0 to {scores.shape[1] - 1}): fix the "
                            "labels or the model's number of classes")
        exact = scores.astype(np.float64)
        margins = self.criterion.margin(torch.from_numpy(exact), facts).numpy()
        fresh = np.isnan(self.grid[rows])
        if fresh.any():
            bits = _FINE if scores.dtype == np.float64 else _COARSE
            size = np.abs(np.where(np.isfinite(exact), exact, 0.0)).max(axis=1)
            scale = np.exp2(np.floor(np.log2(np.where(size > 0, size, 1.0))) - bits)
            for row, value in zip(rows[fresh].tolist(), scale[fresh].tolist(), strict=True):
                if np.isnan(self.grid[row]):
                    self.grid[row] = value
        steady = self.steady(rows, margins)
        return list(zip(steady.tolist(), self.criterion.reached(scores, facts).tolist(), strict=True))

    def steady(self, rows: npt.NDArray[np.int64], margins: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Margins, or changes of them, on the grids of their samples."""
        grid = self.grid[rows]
        return np.asarray(np.where(np.isfinite(margins), np.round(margins / grid) * grid, margins))
