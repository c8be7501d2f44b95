"""What the core needs of a column's data, one small object per modality."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError

Index = npt.NDArray[np.int64]


class ColumnKind(ABC):
    """Operations on one modality's column data. The data stay the ecosystem's own objects."""

    modality: ClassVar[str]

    @abstractmethod
    def coerce(self, value: Any, *, name: str, ids: Any = None) -> Any:
        """Bring a user's value to the column's form and check it.

        Raises:
            DataError: a sample breaks the column's rules; the message names the column and the sample id.
        """

    @abstractmethod
    def length(self, data: Any) -> int:
        """Number of samples."""

    @abstractmethod
    def take(self, data: Any, index: Index) -> Any:
        """Rows ``index``, in that order; never a view of ``data`` that a caller could write through."""

    @abstractmethod
    def concat(self, parts: Sequence[Any]) -> Any:
        """Rows of all parts, in order.

        Raises:
            DataError: the parts don't fit together.
        """

    @abstractmethod
    def to_list(self, data: Any) -> list[Any]:
        """One Python value per sample."""

    @abstractmethod
    def to_arrow(self, data: Any) -> Any:
        """The column as a ``pyarrow.Array`` (no pickle); shape and type facts go in :meth:`arrow_meta`."""

    def arrow_meta(self, data: Any) -> dict[str, Any]:
        """JSON-able facts that :meth:`from_arrow` needs beside the array."""
        return {}

    @abstractmethod
    def from_arrow(self, array: Any, meta: dict[str, Any]) -> Any:
        """Inverse of :meth:`to_arrow`."""

    def equal(self, a: Any, b: Any) -> bool:
        """Bit equality of two columns (NaN equals NaN)."""
        return bool(self.to_arrow(a).equals(self.to_arrow(b)) and self.arrow_meta(a) == self.arrow_meta(b))

    def changed(self, a: Any, b: Any) -> npt.NDArray[np.bool_]:
        """Which rows differ between two columns of equal length, bool [N]."""
        return np.array([not _same(x, y) for x, y in zip(self.to_list(a), self.to_list(b), strict=True)], dtype=bool)

    def like(self, original: Any, data: Any) -> Any:
        """``data`` in the form the user passed ``original`` in (list in, list out; tensor in, tensor out)."""
        return self.to_list(data) if isinstance(original, (list, tuple)) else data


def _same(x: Any, y: Any) -> bool:
    if hasattr(x, "shape") or hasattr(y, "shape"):
        a, b = np.asarray(x), np.asarray(y)
        floats = a.dtype.kind in "fc" and b.dtype.kind in "fc"
        return a.shape == b.shape and bool(np.array_equal(a, b, equal_nan=floats))
    return bool(x == y) or (x != x and y != y)


def where(name: str, ids: Any, row: int) -> str:
    """``column 'x', sample 'id'`` for messages."""
    if ids is None:
        return f"column {name!r}, row {row}"
    return f"column {name!r}, sample {ids[row]!r} (row {row})"


def same_length(name: str, got: int, expected: int) -> None:
    """Raise unless a column has as many rows as there are ids."""
    if got != expected:
        raise DataError(f"column {name!r} has {got} rows but there are {expected} ids: every column and target needs "
                        "one row per sample")
