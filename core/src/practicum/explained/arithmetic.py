"""Explanations as vectors: sums and means, of the same samples or over samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError
from practicum.explanation import Explanation

Floats = npt.NDArray[np.float64]


def combined(parts: Sequence[Explanation], factors: Sequence[float]) -> Explanation:
    """The sum of multiples of explanations of the same samples, classes and units.

    Raises:
        DataError: there is none, or they differ in what they are of; says where.
    """
    if not parts:
        raise DataError("there are no explanations to add up: give at least one")
    first = parts[0]
    for other in parts[1:]:
        _same(first, other)
    weights = list(zip(parts, factors, strict=True))
    values: Any
    rows = [p.rows() for p in parts]
    summed = [np.asarray(sum(f * r[k] for (_, f), r in zip(weights, rows, strict=True))) for k in range(len(first))]
    whole = hasattr(first.values, "shape")
    values = np.stack(summed) if whole and summed else np.asarray(rows_of_none(first)) if whole else summed

    def added(name: str, sizes: bool = False) -> Any:
        found = [getattr(p, name) for p in parts]
        if any(v is None for v in found):
            return None
        return np.asarray(sum((abs(f) if sizes else f) * np.asarray(v) for (_, f), v in
                              zip(weights, found, strict=True)))

    def spent(name: str) -> Any:
        found = [getattr(p, name) for p in parts]
        return None if any(v is None for v in found) else np.sum(found, axis=0)

    methods = list(dict.fromkeys(p.method for p in parts if p.method))
    return replace(first, values=values, base_value=added("base_value"), score=added("score"),
                   error=added("error", sizes=True), queries=spent("queries"), gradients=spent("gradients"),
                   method=", ".join(methods), figures={})


def rows_of_none(explanation: Explanation) -> npt.NDArray[Any]:
    """The values of an explanation without samples, as an array of their shape."""
    return np.zeros(tuple(explanation.values.shape))


def mapped(explanation: Explanation, function: Callable[[npt.NDArray[Any]], npt.NDArray[Any]]) -> Explanation:
    """The same explanation with a function applied to each sample's values."""
    rows = [function(row) for row in explanation.rows()]
    whole = hasattr(explanation.values, "shape")
    values: Any = np.stack(rows) if whole and rows else rows_of_none(explanation) if whole else rows
    return replace(explanation, values=values)


def over_samples(explanation: Explanation) -> Explanation:
    """See :meth:`Explanation.mean`."""
    if not len(explanation):
        raise DataError("an explanation of no samples has no mean")
    rows, units = explanation.rows(), explanation.units
    for row, sample in enumerate(explanation.ids):
        if rows[row].shape != rows[0].shape or (units is not None and units[row] != units[0]):
            raise DataError(f"sample {sample!r} has other units than {explanation.ids[0]!r}, so there is no mean over "
                            "them: .bar() has the mean size of each unit by name, .table() every value")
    targets = set(np.asarray(explanation.target).tolist())
    target = np.array([targets.pop() if len(targets) == 1 else -1], dtype=np.int64)
    mean = np.mean(np.stack([row.astype(np.float64) for row in rows]), axis=0)[None]

    def averaged(name: str) -> Floats | None:
        value = getattr(explanation, name)
        return None if value is None else np.array([np.mean(value)])

    def spent(name: str) -> Any:
        value = getattr(explanation, name)
        return None if value is None else np.array([np.sum(value)])

    values: Any = mean if hasattr(explanation.values, "shape") else list(mean)
    return replace(explanation, values=values, target=target, ids=["mean"], units=None if units is None else [units[0]],
                   base_value=averaged("base_value"), score=averaged("score"), error=averaged("error"),
                   queries=spent("queries"), gradients=spent("gradients"), figures={})


def _same(one: Explanation, other: Explanation) -> None:
    if list(one.ids) != list(other.ids):
        raise DataError(f"explanations of other samples don't add up ({len(one)} and {len(other)} samples, first ids "
                        f"{_first(one.ids)} and {_first(other.ids)}): explain the same batch")
    for row, (a, b) in enumerate(zip(one.target, other.target, strict=True)):
        if a != b:
            raise DataError(f"sample {one.ids[row]!r} is explained for class {int(a)} and for class {int(b)}: give "
                            "both the same target=, or take one.against(other) for why one class rather than the other")
    for sample, a, b in zip(one.ids, one.rows(), other.rows(), strict=True):
        if a.shape != b.shape:
            raise DataError(f"sample {sample!r} has attributions of shape {a.shape} and {b.shape}: explain the same "
                            "units, or bring both to one form with .per_pixel() or .per_word()")
    if one.units is not None and other.units is not None:
        for sample, mine, theirs in zip(one.ids, one.units, other.units, strict=True):
            for place, (a, b) in enumerate(zip(mine, theirs, strict=True)):
                if a != b:
                    raise DataError(f"sample {sample!r}: unit {place} is {a!r} in one and {b!r} in the other: "
                                    "explain the same units, or bring both to words with .per_word()")
    elif (one.units is None) != (other.units is None):
        raise DataError("one explanation names its units and the other doesn't: explain the same column")


def _first(ids: Any) -> str:
    return repr(ids[0]) if len(ids) else "none"
