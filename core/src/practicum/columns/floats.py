"""A float column seen as one torch tensor: what gradient techniques work on, for images, states and series alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from practicum.columns.arrays import Series
from practicum.errors import DataError

if TYPE_CHECKING:
    import torch

    from practicum.batch import Batch

FLOAT_MODALITIES = frozenset({"image", "state", "series"})
"""Modalities whose columns can be one float tensor."""


@dataclass(frozen=True)
class FloatColumn:
    """One column of a batch as a tensor that shares no memory with it.

    Args:
        batch: the batch it was taken from.
        name: the column.
        x: its values, float32 or float64 [N, ...].
        free: bool, of ``x``'s shape: values that are observed (series: inside the mask and not NaN); ``None`` when
            all are.

    Example:
        >>> import numpy as np
        >>> from practicum import Batch
        >>> column = FloatColumn.of(Batch.of(np.ones((2, 3), np.float32)), None, by="doc/example")
        >>> column.x.shape, type(column.restored(column.x + 1).data).__name__
        (torch.Size([2, 3]), 'ndarray')
    """

    batch: Batch
    name: str
    x: torch.Tensor
    free: torch.Tensor | None

    @classmethod
    def of(cls, batch: Batch, on: str | None, *, by: str) -> FloatColumn:
        """Take column ``on`` (or the only float one) for the technique named ``by``.

        Raises:
            DataError: the values are integers, half precision, or images of differing sizes.
            ModalityError: the column is no image, state or series.
        """
        import torch

        name = batch.column_name(on, FLOAT_MODALITIES)
        modality, data = batch.columns[name].modality, batch.columns[name].data
        if isinstance(data, list):
            raise DataError(f"{by}: column {name!r} holds images of differing sizes; resize or pad them to one size, "
                            "so that they are one tensor [N, C, H, W]")
        values = data.values if isinstance(data, Series) else data
        x = torch.as_tensor(values).detach()
        if x.dtype == torch.uint8 and modality == "image":
            raise DataError(f"{by}: column {name!r} holds uint8 images (0..255), which have no gradient; convert them "
                            "to float in [0, 1] first, for example with x.float() / 255")
        if x.dtype not in (torch.float32, torch.float64):
            raise DataError(f"{by}: column {name!r} has dtype {x.dtype}; gradients need float32 or float64: convert "
                            "the data first, for example with x.float()")
        x = x.clone(memory_format=torch.contiguous_format)
        free = None
        if isinstance(data, Series):
            mask = torch.as_tensor(np.asarray(data.mask, dtype=bool)).to(x.device)
            free = mask.reshape(*mask.shape, *[1] * (x.ndim - 2)) & ~torch.isnan(x)
            free = None if bool(free.all()) else free
        return cls(batch, name, x, free)

    def _data(self, x: torch.Tensor) -> Any:
        old = self.batch.columns[self.name].data
        return Series(x, old.mask) if isinstance(old, Series) else x

    def with_values(self, x: torch.Tensor) -> Batch:
        """The batch with the tensor itself as column, so that gradients flow back to ``x``."""
        return self.batch.with_column(self.name, self._data(x))

    def restored(self, x: torch.Tensor) -> Batch:
        """The batch with new values in the column's own form (NumPy stays NumPy), detached."""
        old = self.batch.columns[self.name].data
        values = old.values if isinstance(old, Series) else old
        new: Any = x.detach() if hasattr(values, "detach") else x.detach().cpu().numpy()
        return self.batch.with_column(self.name, Series(new, old.mask) if isinstance(old, Series) else new)

    def take(self, rows: Any) -> FloatColumn:
        """Rows ``rows`` (int64 [K]) of column and batch."""
        import torch

        index = torch.as_tensor(rows, device=self.x.device)
        free = None if self.free is None else self.free[index]
        return FloatColumn(self.batch.take(index.cpu().numpy()), self.name, self.x[index], free)
