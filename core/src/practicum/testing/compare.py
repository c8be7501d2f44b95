"""Comparing batches sample by sample, and copying them so that nothing is shared."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np

from practicum.batch import Batch
from practicum.columns import column_kind
from practicum.errors import ContractViolation
from practicum.targets import MixedLabel, SoftLabel, Target


def independent_copy(batch: Batch) -> Batch:
    """A copy that shares no memory with ``batch``."""
    copied: Batch = pickle.loads(pickle.dumps(batch))
    return copied


def same_value(a: Any, b: Any, tolerance: float = 0.0) -> bool:
    """Equality of two samples of any modality; NaN equals NaN, arrays must agree in dtype and shape.

    Example:
        >>> same_value({"x": float("nan")}, {"x": float("nan")}), same_value([1.0], [1.1], 0.2)
        (True, True)
    """
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(same_value(a[k], b[k], tolerance) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(same_value(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if hasattr(a, "schema") and hasattr(b, "schema"):
        return bool(a.schema.equals(b.schema)) and same_value(a.to_pydict(), b.to_pydict(), tolerance)
    if hasattr(a, "edge_index") and hasattr(b, "edge_index"):
        return same_value(a.to_dict(), b.to_dict(), tolerance)
    if hasattr(a, "shape") or hasattr(b, "shape"):
        return _same_array(_array(a), _array(b), tolerance)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or (a != a and b != b) or abs(a - b) <= tolerance
    return type(a) is type(b) and bool(a == b)


def _array(value: Any) -> Any:
    return np.asarray(value.detach().cpu().numpy() if hasattr(value, "detach") else value)


def _same_array(a: Any, b: Any, tolerance: float) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    floats = a.dtype.kind in "fc"
    if not floats or tolerance == 0.0:
        return bool(np.array_equal(a, b, equal_nan=floats))
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True))


def target_row(target: Target, row: int) -> Any:
    """One sample's value of a target."""
    if isinstance(target.data, SoftLabel):
        return (int(target.data.a[row]), int(target.data.b[row]), float(target.data.lam[row]))
    if isinstance(target.data, MixedLabel):
        return target.data.classes[row], target.data.weights[row]
    return target.data[row]


def rows_by_id(batch: Batch) -> dict[Any, int]:
    """Where each sample is."""
    return {sample: row for row, sample in enumerate(batch.ids)}


def difference(expected: Batch, got: Batch, tolerance: float = 0.0, *, every: bool = True) -> str:
    """The first difference between two batches compared by sample id, or ``""``.

    Args:
        expected, got: batches in any order.
        tolerance: absolute and relative, for floats; 0 asks for equal bits.
        every: whether both must hold the same ids; otherwise the ids of ``got`` are looked up in ``expected``.
    """
    at, have = rows_by_id(expected), rows_by_id(got)
    if every and at.keys() != have.keys():
        odd = next(iter(at.keys() ^ have.keys()))
        return f"sample {odd!r} is only in one of both"
    if expected.columns.keys() != got.columns.keys() or expected.targets.keys() != got.targets.keys():
        return (f"columns or targets differ: {[*expected.columns, *expected.targets]} against "
                f"{[*got.columns, *got.targets]}")
    for name in expected.columns:
        old, new = expected.to_list(name), got.to_list(name)
        for sample, row in have.items():
            if sample in at and not same_value(old[at[sample]], new[row], tolerance):
                return (f"sample {sample!r}, column {name!r}: {shown(old[at[sample]])} against {shown(new[row])}")
    for name, target in expected.targets.items():
        for sample, row in have.items():
            if sample in at and not same_value(target_row(target, at[sample]), target_row(got.targets[name], row),
                                               tolerance):
                return f"sample {sample!r}, target {name!r}: {shown(target_row(target, at[sample]))} against " \
                       f"{shown(target_row(got.targets[name], row))}"
    return ""


def shown(value: Any, width: int = 100) -> str:
    """A value for a message, shortened."""
    text = " ".join(repr(value).split())
    return text if len(text) <= width else text[:width - 3] + "..."


def require_same(expected: Batch, got: Batch, promise: str, tolerance: float = 0.0, *, every: bool = True) -> None:
    """Raise unless both batches hold the same samples.

    Raises:
        ContractViolation: names the promise and the first difference.
    """
    found = difference(expected, got, tolerance, every=every)
    if found:
        raise ContractViolation(f"{promise}: {found}")


def columns_changed(before: Batch, after: Batch) -> int:
    """How many samples of ``before`` are gone, or differ in a column or target."""
    have = rows_by_id(after)
    lists = {n: (before.to_list(n), after.to_list(n)) for n in before.columns if n in after.columns}
    count = 0
    for sample, row in rows_by_id(before).items():
        if sample not in have:
            count += 1
            continue
        same = all(same_value(old[row], new[have[sample]]) for old, new in lists.values())
        same = same and all(n in after.targets and same_value(target_row(t, row),
                                                              target_row(after.targets[n], have[sample]))
                            for n, t in before.targets.items())
        count += not same
    return count


def column_lengths_agree(batch: Batch) -> bool:
    """Whether every column and target has one row for each id."""
    return (all(column_kind(c.modality).length(c.data) == len(batch) for c in batch.columns.values())
            and all(len(t) == len(batch) for t in batch.targets.values()))
