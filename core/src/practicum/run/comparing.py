"""Two runs side by side, paired by sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.errors import UsageError
from practicum.evaluate.bootstrap import paired_bootstrap
from practicum.evaluate.report import Report
from practicum.evaluate.result import Cell, Perturbation
from practicum.run.runner import load_run

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]


def compare_runs(run_a: str | Path | Report, run_b: str | Path | Report, *, level: float = 0.95) -> pd.DataFrame:
    """How two runs differ under each perturbation that both have.

    Samples are paired by id; those that only one run has are left out, and ``n`` says how many were compared. Scores
    are averaged over seeds first. ``better`` is the difference in the metric's good direction: positive where run B is
    better; ``sure`` says whether its interval leaves out zero.

    Args:
        run_a, run_b: run directories, or reports.
        level: of the intervals.

    Returns:
        a frame with columns phase, split, perturbation, n, a, b, better, low, high, sure; clean inputs first.

    Raises:
        RunError: a directory holds no finished run.
        UsageError: the runs have another metric, or nothing in common.
    """
    import pandas as pd

    a, b = (r if isinstance(r, Report) else load_run(r) for r in (run_a, run_b))
    if a.meta.metric != b.meta.metric:
        raise UsageError(f"the runs measure different things ({a.meta.metric} and {b.meta.metric}): run one of them "
                         "again with metric=...")
    sign = 1.0 if a.meta.direction == "higher" else -1.0
    groups_a, groups_b = _groups(a), _groups(b)
    common = [k for k in groups_a if k in groups_b]
    if not common:
        raise UsageError("the runs have no perturbation on a split in common: stress both with the same techniques")
    lines: list[dict[str, Any]] = []
    clean_done: set[tuple[str, str]] = set()
    for key in common:
        phase, split, _ = key
        columns: list[tuple[str, Perturbation | None]] = [("score", groups_a[key][0].perturbation)]
        if (phase, split) not in clean_done:
            clean_done.add((phase, split))
            columns.insert(0, ("clean_score", None))
        for column, made in columns:
            line = _line(groups_a[key], groups_b[key], column, sign, level)
            lines.append({"phase": phase, "split": split, "perturbation": _name(made), **line})
    return pd.DataFrame(lines)


def _name(made: Perturbation | None) -> str:
    return "(clean)" if made is None else made.label


def _groups(report: Report) -> dict[tuple[str, str, str], list[Cell]]:
    out: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in report.cells:
        out.setdefault((cell.phase, cell.split, cell.perturbation.key), []).append(cell)
    return out


def _scores(cells: list[Cell], column: str) -> dict[str, float]:
    means = np.mean([c.samples[column].to_numpy() for c in cells], axis=0)
    return {str(i): float(v) for i, v in zip(cells[0].samples["id"].to_pylist(), means, strict=True)}


def _line(cells_a: list[Cell], cells_b: list[Cell], column: str, sign: float, level: float) -> dict[str, Any]:
    a, b = _scores(cells_a, column), _scores(cells_b, column)
    ids = sorted(set(a) & set(b))
    first, second = (np.array([s[i] for i in ids], dtype=np.float64) for s in (a, b))
    mean_a, mean_b, better = paired_bootstrap(first, second, sign * (second - first), level=level)
    return {"n": len(ids), "a": mean_a.value, "b": mean_b.value, "better": better.value, "low": better.low,
            "high": better.high, "sure": bool(better.low > 0 or better.high < 0)}
