"""Records as boards: players are fields."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from practicum.batch import Batch
from practicum.errors import DataError
from practicum.masking.absent import Absent, Background
from practicum.masking.board import InputBoard, Present, Rows, by_unit
from practicum.masking.score import Floats


class RecordBoard(InputBoard):
    """A record's fields, null or those of a background's records where they are absent."""

    def __init__(self, batch: Batch, name: str, absent: Absent, by: str) -> None:
        super().__init__(batch, name)
        data = batch.columns[name].data
        self._fields = [f.name for f in data.type]
        self._columns = data.flatten()
        self.units = [list(self._fields) for _ in range(len(batch))]
        self.counts = np.full(len(batch), len(self._fields), dtype=np.int64)
        self.cost = 256 * max(len(self._fields), 1)
        self._others: list[Any] | None = None
        if isinstance(absent, Background):
            held = absent.batch
            column = name if name in held.columns else held.column_name(None, ["record"])
            other = held.columns[column].data
            missing = [f for f in self._fields if other.type.get_field_index(f) < 0]
            if missing:
                raise DataError(f"{by}: the background's records lack the field {missing[0]!r}: give background "
                                "records with the same fields")
            self._others = [other.field(f).cast(c.type) for f, c in zip(self._fields, self._columns, strict=True)]
            self.copies = len(held)

    def masked(self, rows: Rows, present: Present) -> Any:
        index = pa.array(np.repeat(rows, self.copies))
        shown = np.repeat(present, self.copies, axis=0)
        other = pa.array(np.tile(np.arange(self.copies), len(rows)))
        made = []
        for k, column in enumerate(self._columns):
            absent = pa.nulls(len(index), column.type) if self._others is None else self._others[k].take(other)
            made.append(pc.if_else(pa.array(shown[:, k]), column.take(index), absent))
        if not made:
            return self.batch.columns[self.name].data.take(index)
        return pa.StructArray.from_arrays(made, names=self._fields)

    def spread(self, values: Floats) -> list[Floats]:
        return by_unit(values, self.counts)
