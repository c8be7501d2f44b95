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
        norm: ``linf``, ``l2``, ``l1``, ``l0`` (values changed), ``edits`` or ``words`` (Levenshtein distance in
            characters or in words, split at white space).

    Raises:
        ModalityError: the norm doesn't fit the modality.
        DataError: shapes differ.
    """
    if norm in ("edits", "words"):
        if modality != "text":
            raise ModalityError(f"norm {norm!r} is for text, not {modality}")
        from practicum.columns import column_kind
        from practicum.levenshtein import levenshtein

        kind = column_kind("text")
        old, new = kind.to_list(before), kind.to_list(after)
        return levenshtein(*(_as_letters(old, new) if norm == "words" else (old, new)))
    delta = _moved(modality, before, after, norm)
    if not delta.size:
        return np.zeros(len(delta))
    if norm == "linf":
        return np.asarray(delta.max(axis=1))
    if norm == "l0":
        return np.asarray((delta != 0).sum(axis=1), dtype=np.float64)
    return np.asarray(np.sqrt((delta**2).sum(axis=1)) if norm == "l2" else delta.sum(axis=1))


def near(modality: str, before: Any, after: Any, norm: str, eps: Any) -> npt.NDArray[np.bool_]:
    """Whether each sample is at most ``eps`` away, up to a relative 1e-6 and an absolute 1e-7; bool [N].

    Args:
        modality, before, after, norm: as in :func:`distance`.
        eps: a number, one for each sample [N], or with ``linf`` one for each value.
    """
    limit = np.asarray(eps, dtype=np.float64) * (1 + 1e-6) + 1e-7
    if limit.ndim == 0 or (limit.ndim == 1 and len(limit) == len(_values(modality, before))):
        return np.asarray(distance(modality, before, after, norm) <= limit)
    if norm != "linf":
        raise DataError(f"one eps for each value has a meaning for norm 'linf' only, not {norm!r}")
    values = _values(modality, before)
    wide = np.broadcast_to(limit, tuple(values.shape))
    return np.asarray((_moved(modality, before, after, norm) <= wide.reshape(len(wide), -1)).all(axis=1))


def unmoved(modality: str, before: Any, after: Any, fixed: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Whether each sample's values at ``fixed`` (bool, of the data's shape) are as before, bool [N]."""
    still = _moved(modality, before, after, "linf") == 0
    wide = np.broadcast_to(fixed, tuple(_values(modality, before).shape)).reshape(len(still), -1)
    return np.asarray((still | ~wide).all(axis=1))


def _moved(modality: str, before: Any, after: Any, norm: str) -> npt.NDArray[np.float64]:
    if modality not in ("image", "state", "series") or isinstance(before, list):
        raise ModalityError(f"norm {norm!r} needs arrays of one size, not {modality} data of differing sizes")
    a, b = _flat(_values(modality, before)), _flat(_values(modality, after))
    if a.shape != b.shape:
        raise DataError(f"an attack changed the input's shape from {a.shape} to {b.shape}")
    return np.where(np.isnan(a) & np.isnan(b), 0.0, np.abs(b - a))


def _as_letters(*texts: list[str]) -> list[list[str]]:
    """Texts with each distinct word written as one character, so that word edits are character edits."""
    known: dict[str, str] = {}
    return [["".join(known.setdefault(w, chr(0x10000 + len(known))) for w in t.split()) for t in side]
            for side in texts]


def on_grid(modality: str, before: Any, after: Any, levels: int) -> Any:
    """``after`` on the grid of ``1 / levels``, each value rounded toward ``before``, in the form of ``after``.

    Args:
        modality: of the column, which must be ``image``.
        before, after: images [N, C, H, W], those before on the grid already.
        levels: of the grid, 255 for 8 bits.

    Raises:
        ModalityError: not images of one size.
        DataError: ``before`` doesn't lie on the grid.

    Example:
        >>> on_grid("image", np.full((1, 1, 1, 2), 0.5), np.array([[[[0.74, 0.01]]]]), 4)
        array([[[[0.5 , 0.25]]]])
    """
    if modality != "image" or isinstance(before, list):
        raise ModalityError(f"only images of one size are stored as whole numbers, not {modality} data")
    old, new = _flat(before) * levels, _flat(after) * levels
    if np.abs(old - np.rint(old)).max(initial=0.0) > 1e-3:
        raise DataError(f"the clean images don't lie on the grid of 1/{levels} themselves: they can't have come from a "
                        "file of whole numbers; round them first")
    old = np.rint(old)
    near_whole = np.rint(new)
    new = np.where(np.abs(new - near_whole) < 1e-3, near_whole, new)  # float32 values of the grid aren't on it exactly
    found = ((old + np.trunc(new - old)) / levels).reshape(tuple(after.shape))
    if hasattr(after, "detach"):
        import torch

        return torch.from_numpy(found).to(after)
    return found.astype(after.dtype)


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
