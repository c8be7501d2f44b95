"""State columns (one float or integer vector a sample) and series columns ([T, C] with a mask a sample)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from practicum.columns.base import ColumnKind, Index
from practicum.errors import DataError


def _is_tensor(value: Any) -> bool:
    return type(value).__module__.startswith("torch")


def _take(data: Any, index: Index) -> Any:
    if _is_tensor(data):
        import torch

        return data[torch.from_numpy(index).to(data.device)]
    return data[index]


def _concat(parts: Sequence[Any]) -> Any:
    if any(_is_tensor(p) for p in parts):
        import torch

        return torch.cat([torch.as_tensor(p) for p in parts])
    return np.concatenate(list(parts))


def _numpy(data: Any) -> npt.NDArray[Any]:
    return np.asarray(data.detach().cpu().numpy() if _is_tensor(data) else data)


def _rows(data: Any) -> Any:
    import pyarrow as pa

    return pa.array([np.ascontiguousarray(row).tobytes() for row in _numpy(data)], type=pa.large_binary())


def _meta(data: Any) -> dict[str, Any]:
    array = _numpy(data)
    return {"dtype": str(array.dtype), "shape": list(array.shape[1:]), "tensor": _is_tensor(data)}


def _unrows(array: Any, meta: dict[str, Any]) -> Any:
    raw = b"".join(array.to_pylist())
    out = np.frombuffer(raw, dtype=meta["dtype"]).reshape(len(array), *meta["shape"]).copy()
    if meta["tensor"]:
        import torch

        return torch.from_numpy(out)
    return out


class StateKind(ColumnKind):
    """States: a NumPy array or torch tensor [N, ...], numeric; the form a float feature vector takes too."""

    modality: ClassVar[str] = "state"

    def coerce(self, value: Any, *, name: str, ids: Any = None) -> Any:
        data = value if _is_tensor(value) else np.asarray(value)
        if not _is_tensor(data) and data.dtype.kind not in "fiub":
            raise DataError(f"column {name!r} of dtype {data.dtype} is not numeric: encode it as numbers, or use a "
                            "record column")
        if data.ndim < 1:
            raise DataError(f"column {name!r} is a single number; states are [N, ...]")
        return data

    def length(self, data: Any) -> int:
        return len(data)

    def take(self, data: Any, index: Index) -> Any:
        return _take(data, index)

    def concat(self, parts: Sequence[Any]) -> Any:
        return _concat(parts)

    def to_list(self, data: Any) -> list[Any]:
        return list(_numpy(data))

    def to_arrow(self, data: Any) -> Any:
        return _rows(data)

    def arrow_meta(self, data: Any) -> dict[str, Any]:
        return _meta(data)

    def from_arrow(self, array: Any, meta: dict[str, Any]) -> Any:
        return _unrows(array, meta)


@dataclass(frozen=True, slots=True)
class Series:
    """Time series of one column.

    Args:
        values: float [N, T, C]; steps past a series' end, and missing values, may hold NaN.
        mask: bool [N, T], true where a step was observed.
    """

    values: Any
    mask: Any

    def __len__(self) -> int:
        return len(self.values)


class SeriesKind(ColumnKind):
    """Series: float [N, T, C] with an observation mask [N, T]; unequal lengths are padded."""

    modality: ClassVar[str] = "series"

    def coerce(self, value: Any, *, name: str, ids: Any = None) -> Series:
        if isinstance(value, Series):
            return value
        if _is_tensor(value) or isinstance(value, np.ndarray):
            data = value[:, :, None] if value.ndim == 2 else value
            if data.ndim != 3:
                raise DataError(f"column {name!r} has shape {tuple(value.shape)}; series are [N, T] or [N, T, C]")
            return Series(data, np.ones(tuple(data.shape[:2]), dtype=bool))
        rows = [np.asarray(r, dtype=np.float64) for r in value]
        rows = [r[:, None] if r.ndim == 1 else r for r in rows]
        if len({r.shape[1] for r in rows}) > 1:
            raise DataError(f"column {name!r}: series differ in their number of channels")
        length, channels = max((len(r) for r in rows), default=0), rows[0].shape[1] if rows else 1
        values = np.full((len(rows), length, channels), np.nan)
        mask = np.zeros((len(rows), length), dtype=bool)
        for i, r in enumerate(rows):
            values[i, :len(r)], mask[i, :len(r)] = r, True
        return Series(values, mask)

    def length(self, data: Series) -> int:
        return len(data.values)

    def take(self, data: Series, index: Index) -> Series:
        return Series(_take(data.values, index), data.mask[index])

    def concat(self, parts: Sequence[Series]) -> Series:
        if len({tuple(p.values.shape[1:]) for p in parts}) > 1:
            raise DataError("series of different length or channels can't be joined: pad them first")
        return Series(_concat([p.values for p in parts]), np.concatenate([p.mask for p in parts]))

    def to_list(self, data: Series) -> list[Any]:
        return [row[: int(np.flatnonzero(m)[-1]) + 1 if m.any() else 0]
                for row, m in zip(_numpy(data.values), data.mask, strict=True)]

    def to_arrow(self, data: Series) -> Any:
        import pyarrow as pa

        return pa.StructArray.from_arrays([_rows(data.values), _rows(data.mask)], names=["values", "mask"])

    def arrow_meta(self, data: Series) -> dict[str, Any]:
        return {"values": _meta(data.values), "mask": _meta(data.mask)}

    def from_arrow(self, array: Any, meta: dict[str, Any]) -> Series:
        return Series(_unrows(array.field("values"), meta["values"]), _unrows(array.field("mask"), meta["mask"]))

    def like(self, original: Any, data: Series) -> Any:
        if isinstance(original, (list, tuple)):
            return self.to_list(data)
        if isinstance(original, Series):
            return data
        return data.values[:, :, 0] if original.ndim == 2 else data.values
