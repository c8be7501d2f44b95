"""Explanations as rows: every value, or the largest ones of each sample; and what their places are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError
from practicum.explanation import Explanation

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


def flat(explanation: Explanation) -> list[Floats]:
    """The values of each sample in one row, float64; what is not finite counts as 0, padding past the units is cut."""
    ends = [None] * len(explanation) if explanation.units is None else [len(u) for u in explanation.units]
    return [np.nan_to_num(row.astype(np.float64).reshape(-1)[:end], nan=0.0, posinf=0.0, neginf=0.0)
            for row, end in zip(explanation.rows(), ends, strict=True)]


def places(explanation: Explanation, row: int, names: Sequence[str] | None = None) -> list[str]:
    """What the values of a sample are called, in order.

    Raises:
        DataError: ``names`` are too few or too many.

    Example:
        >>> e = Explanation(np.zeros((1, 2, 1, 2)), np.array([0]), ["x"], modality="image")
        >>> places(e, 0)
        ['channel 0, row 0, column 0', 'channel 0, row 0, column 1', 'channel 1, row 0, column 0', 'channel 1, row 0, \
column 1']
        >>> places(Explanation(np.zeros((1, 2)), np.array([0]), ["x"]), 0, ["age", "height"])
        ['age', 'height']
    """
    if explanation.units is not None:
        return list(explanation.units[row])
    value: Any = explanation.values[row]
    shape, form = tuple(np.shape(value)), explanation.form
    if form == "image":
        order = ("channel", "row", "column") if hasattr(explanation.values, "shape") else ("row", "column", "channel")
        if shape[order.index("channel")] == 1:
            return [f"row {r}, column {c}" for r, c in np.ndindex(*(n for n, o in zip(shape, order, strict=True)
                                                                    if o != "channel"))]
        return [", ".join(f"{o} {i}" for o, i in zip(order, at, strict=True)) for at in np.ndindex(*shape)]
    if form == "series" and len(shape) == 2:
        called = _checked(names, shape[1], "channels")
        if shape[1] == 1 and called is None:
            return [f"step {t}" for t in range(shape[0])]
        return [f"step {t}, {called[c] if called else f'channel {c}'}" for t, c in np.ndindex(*shape)]
    called = _checked(names, int(np.prod(shape)), "features")
    return called or [f"feature {k}" for k in range(int(np.prod(shape)))]


def _checked(names: Sequence[str] | None, count: int, what: str) -> list[str] | None:
    if names is not None and len(names) != count:
        raise DataError(f"{len(names)} names were given for {count} {what}: give one name each, in order")
    return None if names is None else [str(n) for n in names]


def table(explanation: Explanation, names: Sequence[str] | None = None) -> pd.DataFrame:
    """See :meth:`Explanation.table`."""
    import pandas as pd

    rows: dict[str, list[Any]] = {"id": [], "target": [], "place": [], "unit": [], "value": []}
    for row, values in enumerate(explanation.rows()):
        called = places(explanation, row, names)
        one = values.astype(np.float64).reshape(-1)[:len(called)].tolist()
        rows["id"] += [explanation.ids[row]] * len(one)
        rows["target"] += [int(explanation.target[row])] * len(one)
        rows["place"] += range(len(one))
        rows["unit"] += called
        rows["value"] += one
    return pd.DataFrame(rows)


def top(explanation: Explanation, k: int = 10, names: Sequence[str] | None = None) -> pd.DataFrame:
    """See :meth:`Explanation.top`.

    Example:
        >>> e = Explanation(np.array([[1.0, -3.0]]), np.array([0]), ["x"])
        >>> print(top(e, 1).to_string(index=False))
        id  target  rank      unit  value  share
         x       0     1 feature 1   -3.0   0.75
    """
    import pandas as pd

    rows: dict[str, list[Any]] = {"id": [], "target": [], "rank": [], "unit": [], "value": [], "share": []}
    for row, values in enumerate(flat(explanation)):
        called, whole = places(explanation, row, names), float(np.abs(values).sum()) or 1.0
        for rank, place in enumerate(strongest(values, k), start=1):
            for name, value in (("id", explanation.ids[row]), ("target", int(explanation.target[row])), ("rank", rank),
                                ("unit", called[place]), ("value", float(values[place])),
                                ("share", abs(float(values[place])) / whole)):
                rows[name].append(value)
    return pd.DataFrame(rows)


def strongest(values: Floats, k: int) -> list[int]:
    """Places of the ``k`` largest values in size, largest first, the earlier one first where they are equal."""
    found: list[int] = np.argsort(-np.abs(values), kind="stable")[:k].tolist()
    return found


def importance(explanation: Explanation, k: int, names: Sequence[str] | None = None) -> list[tuple[str, float, int]]:
    """The ``k`` units with the largest mean size: name, mean of the values' sizes over the samples that have the unit,
    and how many these are. A unit that a sample has several times counts there with the sum of its sizes."""
    if explanation.units is None:
        rows = flat(explanation)
        if len({r.shape for r in rows}) > 1:
            raise DataError("samples differ in shape, so no unit is in all of them: explain inputs of one size")
        if not rows:
            return []
        mean = np.abs(np.stack(rows)).mean(axis=0)
        order = strongest(mean, k)
        called = places(explanation, 0, names)
        return [(called[p], float(mean[p]), len(rows)) for p in order]
    sums: dict[str, list[float]] = {}
    for units, values in zip(explanation.units, flat(explanation), strict=True):
        mine: dict[str, float] = {}
        for unit, value in zip(units, values.tolist(), strict=False):
            mine[unit] = mine.get(unit, 0.0) + abs(value)
        for unit, value in mine.items():
            sums.setdefault(unit, []).append(value)
    ranked = sorted(sums.items(), key=lambda item: -float(np.mean(item[1])))[:k]
    return [(unit, float(np.mean(found)), len(found)) for unit, found in ranked]
