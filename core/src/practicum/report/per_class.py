"""Class by class: where the model is weak, on unchanged data and under the technique that hurts the class most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.report.failures import where_of
from practicum.report.view import ClassRow

if TYPE_CHECKING:
    from practicum.evaluate.report import Report
    from practicum.evaluate.result import Cell, Phase

MOST = 100
"""Classes shown at most, the worst first."""


def classes_of(report: Report) -> tuple[ClassRow, ...]:
    """The per-class table of a classification report, the class with the lowest figure under change first.

    Only techniques that keep the label count. After hardening the same technique is looked up for each class, so
    that before and after compare.
    """
    if report.meta.task != "classification":
        return ()
    before, after = _scores(report, "before"), _scores(report, "after")
    if not before:
        return ()
    sign = 1.0 if report.meta.direction == "higher" else -1.0
    names = report.meta.classes
    first = next(iter(before.values()))
    rows = []
    for label in sorted(set(first["label"].tolist())):
        clean, count = _mean(first, "clean_score", label)
        under = {key: _mean(cell, "score", label)[0] for key, cell in before.items()}
        key = min(under, key=lambda k: sign * under[k] if math.isfinite(under[k]) else math.inf)
        hardened = after.get(key)
        rows.append(ClassRow(
            names[label] if 0 <= label < len(names) else str(label), count, clean, under[key], _where(report, key),
            _mean(hardened, "clean_score", label)[0] if hardened else math.nan,
            _mean(hardened, "score", label)[0] if hardened else math.nan))
    rows.sort(key=lambda r: sign * r.worst if math.isfinite(r.worst) else math.inf)
    return tuple(rows[:MOST])


Columns = dict[str, npt.NDArray[Any]]


def _scores(report: Report, phase: Phase) -> dict[str, Columns]:
    """Perturbation key -> label, clean score and score of every sample, all seeds together."""
    cells: dict[str, list[Cell]] = {}
    for cell in report.cells:
        if (cell.phase == phase and cell.split == report.main_split and cell.perturbation.label_effect == "preserves"):
            cells.setdefault(cell.perturbation.key, []).append(cell)
    names = ("label", "clean_score", "score")
    return {key: {name: np.concatenate([_numbers(c, name) for c in group]) for name in names}
            | {"seeds": np.array(len(group))} for key, group in cells.items()}


def _numbers(cell: Cell, name: str) -> npt.NDArray[Any]:
    dtype: Any = np.int64 if name == "label" else np.float64
    return np.array([math.nan if v is None else v for v in cell.samples.column(name).to_pylist()], dtype=dtype)


def _mean(columns: Columns, name: str, label: int) -> tuple[float, int]:
    """Mean over a class, and how many samples it has (each counted once, whatever the number of seeds)."""
    values = columns[name][columns["label"] == label]
    return (float(np.nanmean(values)) if np.isfinite(values).any() else math.nan,
            len(values) // max(int(columns["seeds"]), 1))


def _where(report: Report, key: str) -> str:
    return next((where_of(p) for p in report.perturbations if p.key == key), key)
