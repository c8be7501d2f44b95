"""A float column seen as rows of NumPy numbers: what attacks work on that only ask a model for predictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch, Column, Ids
from practicum.columns import column_kind
from practicum.columns.arrays import Series
from practicum.columns.floats import FLOAT_MODALITIES
from practicum.errors import DataError

Floats = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Values:
    """One float column of a batch as a matrix that shares no memory with it, whatever holds it: an array or a tensor.

    Args:
        batch: the batch it was taken from.
        name: the column.
        x: its values, float32 or float64 [N, D].
        shape: of one sample.
        free: bool [N, D], values that may change (series: observed ones); ``None`` when all may.

    Example:
        >>> values = Values.of(Batch.of(np.ones((2, 3), np.float32)), None, by="doc/example")
        >>> values.asking(np.array([0, 0, 1]), np.zeros((3, 3))).data.shape
        (3, 3)
    """

    batch: Batch
    name: str
    x: Floats
    shape: tuple[int, ...]
    free: npt.NDArray[np.bool_] | None

    @classmethod
    def of(cls, batch: Batch, on: str | None, *, by: str) -> Values:
        """Take column ``on`` (or the only float one) for the technique named ``by``.

        Raises:
            DataError: the values are integers, half precision, or images of differing sizes.
            ModalityError: the column is no image, state or series.
        """
        name = batch.column_name(on, FLOAT_MODALITIES)
        data = batch.columns[name].data
        if isinstance(data, list):
            raise DataError(f"{by}: column {name!r} holds images of differing sizes; resize or pad them to one size, "
                            "so that they are one tensor [N, C, H, W]")
        values = data.values if isinstance(data, Series) else data
        whole = values.detach().cpu().numpy() if hasattr(values, "detach") else np.asarray(values)
        if whole.dtype not in (np.float32, np.float64):
            raise DataError(f"{by}: column {name!r} has dtype {whole.dtype}; a change within a budget needs float32 or "
                            "float64: convert the data first, for example with x.float() / 255")
        x = np.array(whole, order="C").reshape(len(whole), int(np.prod(whole.shape[1:], dtype=np.int64)))
        free = None
        if isinstance(data, Series):
            mask = np.asarray(data.mask, dtype=bool)
            free = (mask.reshape(*mask.shape, *[1] * (whole.ndim - 2)) & ~np.isnan(whole)).reshape(x.shape)
            free = None if bool(free.all()) else free
        return cls(batch, name, x, tuple(whole.shape[1:]), free)

    @property
    def ids(self) -> Ids:
        """Of the samples."""
        return self.batch.ids

    @property
    def modality(self) -> str:
        """Of the column."""
        return self.batch.columns[self.name].modality

    def within(self, free: npt.NDArray[np.bool_] | None) -> Values:
        """The same where only values in a mask of the column's shape may change as well."""
        if free is None:
            return self
        may = free.reshape(self.x.shape)
        return replace(self, free=may if self.free is None else may & self.free)

    def take(self, rows: Rows) -> Values:
        """Rows ``rows`` (int64 [K]) of column and batch."""
        return Values(self.batch.take(rows), self.name, self.x[rows], self.shape,
                      None if self.free is None else self.free[rows])

    def asking(self, rows: Rows, x: Floats) -> Batch:
        """A batch of variants: ``x`` [K, D] in place of the samples ``rows`` [K], which may repeat; without targets."""
        columns = {}
        for name, column in self.batch.columns.items():
            if name == self.name:
                columns[name] = Column(column.modality, self._data(x, rows))
            else:
                columns[name] = Column(column.modality, column_kind(column.modality).take(column.data, rows))
        return Batch(self.ids.take(rows), columns, {})

    def restored(self, x: Floats) -> Batch:
        """The batch with new values [N, D] in the column's own form."""
        return self.batch.with_column(self.name, self._data(x, None))

    def _data(self, x: Floats, rows: Rows | None) -> Any:
        old = self.batch.columns[self.name].data
        held = old.values if isinstance(old, Series) else old
        made: Any = np.ascontiguousarray(x, dtype=self.x.dtype).reshape(len(x), *self.shape)
        if hasattr(held, "detach"):
            import torch

            made = torch.from_numpy(made).to(held.device)
        if not isinstance(old, Series):
            return made
        return Series(made, old.mask if rows is None else old.mask[rows])

    def planes(self, x: Floats) -> Floats:
        """Rows [K, D] as [K, channels, height, width]: a series has a height of 1 and time as width, a state one
        channel."""
        if self.modality == "image" and len(self.shape) == 3:
            return x.reshape(len(x), *self.shape)
        if self.modality == "series" and len(self.shape) == 2:
            return np.ascontiguousarray(x.reshape(len(x), *self.shape).transpose(0, 2, 1))[:, :, None, :]
        return x.reshape(len(x), 1, 1, x.shape[1])

    def flat(self, planes: Floats) -> Floats:
        """Inverse of :meth:`planes`."""
        if self.modality == "series" and len(self.shape) == 2:
            return np.ascontiguousarray(planes[:, :, 0, :].transpose(0, 2, 1)).reshape(len(planes), -1)
        return np.ascontiguousarray(planes).reshape(len(planes), -1)
