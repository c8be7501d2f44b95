"""The inputs that an explanation is of, found in a batch."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.columns.arrays import Series
from practicum.errors import DataError
from practicum.explanation import Explanation

if TYPE_CHECKING:
    from practicum.batch import Batch


class Inputs:
    """The explained column's data, row by row.

    Args:
        explanation: what is shown.
        batch: holds its samples, by id; others may be among them.

    Raises:
        DataError: a sample is missing, or no column fits.
    """

    def __init__(self, explanation: Explanation, batch: Batch) -> None:
        place = {str(i): row for row, i in enumerate(batch.ids)}
        missing = [i for i in explanation.ids if str(i) not in place]
        if missing:
            raise DataError(f"the batch has no sample {missing[0]!r}, which is explained: give the batch that was "
                            "explained")
        fitting = [n for n, c in batch.columns.items() if c.modality == explanation.form]
        if not fitting:
            raise DataError(f"the batch has no column of modality {explanation.form}: give the batch that was "
                            "explained")
        rows = [place[str(i)] for i in explanation.ids]
        mine = batch.take(rows)
        self.name, self.data = fitting[0], mine.columns[fitting[0]].data
        self.values = mine.to_list(fitting[0])
        label = mine.targets.get("label")
        self.classes: tuple[str, ...] = () if label is None else label.classes
        self.labels = None if label is None or label.kind != "label" else np.asarray(label.data)
        self._units = explanation.units

    def array(self, row: int) -> npt.NDArray[np.float64]:
        """A state, an image [C, H, W] or [H, W, C], or a series [T, C], as numbers."""
        data = self.data.values if isinstance(self.data, Series) else self.data
        value: Any = data[row]
        return np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value, dtype=np.float64)

    def said(self, row: int) -> list[str] | None:
        """What stands at each place of a record or state, as text; ``None`` for other columns."""
        value = self.values[row]
        if isinstance(value, dict) and self._units is not None:
            return [_text(value.get(unit)) for unit in self._units[row]]
        if getattr(value, "ndim", 0) == 1:
            return [_text(v) for v in np.asarray(value).tolist()]
        return None

    def number(self, row: int, place: int) -> float | None:
        """The number at a place, or ``None`` where there is none."""
        value: Any = self.values[row]
        if isinstance(value, dict) and self._units is not None:
            found = value.get(self._units[row][place])
        elif isinstance(value, str) or self._units is not None:
            return None
        else:
            flat = self.array(row).reshape(-1)
            found = float(flat[place]) if place < len(flat) else None
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not math.isfinite(found):
            return None
        return float(found)


def _text(value: Any) -> str:
    if value is None:
        return "missing"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
