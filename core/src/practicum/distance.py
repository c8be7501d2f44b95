"""Distances between inputs before and after an attack, computed by the core in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError, ModalityError


def _flat(data: Any) -> npt.NDArray[np.float64]:
    array = data.detach().cpu().numpy() if hasattr(data, "detach") else np.asarray(data)
    return array.astype(np.float64).reshape(len(array), int(np.prod(array.shape[1:])))


def _values(modality: str, data: Any) -> Any:
    return data.values if modality == "series" else data


def distance(modality: str, before: Any, after: Any, norm: str) -> npt.NDArray[np.float64]:
    """Per-sample distance, float64 [N].

    Args:
        modality: of the column.
        before, after: its data; a value missing (NaN) in both counts as unchanged.
        norm: ``linf``, ``l2``, ``l1``, or ``edits`` (Levenshtein distance in characters).

    Raises:
        ModalityError: the norm doesn't fit the modality.
        DataError: shapes differ.
    """
    if norm == "edits":
        if modality != "text":
            raise ModalityError(f"norm 'edits' is for text, not {modality}")
        from practicum.columns import column_kind
        from practicum.levenshtein import levenshtein

        kind = column_kind("text")
        return levenshtein(kind.to_list(before), kind.to_list(after))
    if modality not in ("image", "state", "series") or isinstance(before, list):
        raise ModalityError(f"norm {norm!r} needs arrays of one size, not {modality} data of differing sizes")
    a, b = _flat(_values(modality, before)), _flat(_values(modality, after))
    if a.shape != b.shape:
        raise DataError(f"an attack changed the input's shape from {a.shape} to {b.shape}")
    delta = np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(b - a))
    if not delta.size:
        return np.zeros(len(a))
    if norm == "linf":
        return np.asarray(delta.max(axis=1))
    return np.asarray(np.sqrt((delta**2).sum(axis=1)) if norm == "l2" else delta.sum(axis=1))


def inside(modality: str, data: Any, bounds: tuple[float, float] | None, before: Any) -> npt.NDArray[np.bool_]:
    """Whether each sample stays finite and in the box, bool [N].

    A value outside (or missing, NaN) already before may stay as it was. The box is rounded to the data's dtype, since
    float32 data that sit on a bound like 0.1 are a little above it in exact arithmetic.
    """
    if modality not in ("image", "state", "series") or isinstance(data, list):
        return np.ones(len(data), dtype=bool)
    new, old = _flat(_values(modality, data)), _flat(_values(modality, before))
    fine = np.isfinite(new)
    if bounds is not None:
        single = str(getattr(_values(modality, data), "dtype", "")).endswith("float32")
        low, high = (float(np.float32(b)) if single else float(b) for b in bounds)
        fine &= (new >= low) & (new <= high)
    fine |= (new == old) | (np.isnan(new) & np.isnan(old))
    return np.asarray(fine.all(axis=1))
