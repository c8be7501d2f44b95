"""A report's tables, as pandas frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from practicum.errors import UsageError
from practicum.evaluate.result import Perturbation, Phase, Row

if TYPE_CHECKING:
    import pandas as pd

    from practicum.evaluate.report import Report


def rows_table(report: Report, *, split: str | None = None, phase: Phase | None = None) -> pd.DataFrame:
    """One line per row; columns of attacks only where there are attacks, ``after`` and ``gain`` only after hardening.

    Without ``phase``, the lines are those of the given model, with the hardened model's beside them.
    """
    import pandas as pd

    gains = {(g.split, g.perturbation.key): g for g in report.gains if g.perturbation is not None}
    rows = report.select(split=split, phase=phase or "before")
    lines = []
    for row in rows:
        line = _line(row)
        gain = gains.get((row.split, row.perturbation.key)) if phase is None else None
        if gain is not None:
            line |= {"after": gain.after.value, "gain": gain.gain.value, "gain_low": gain.gain.low,
                     "gain_high": gain.gain.high}
        lines.append(line)
    frame = pd.DataFrame(lines)
    return frame.dropna(axis="columns", how="all") if len(frame) else frame


def _line(row: Row) -> dict[str, Any]:
    made = row.perturbation
    return {"perturbation": made.label, "kind": made.kind, "split": row.split, "n": row.n, "clean": row.clean.value,
            "perturbed": row.perturbed.value, "drop": row.drop.value, "drop_low": row.drop.low,
            "drop_high": row.drop.high, "flip_rate": row.flip_rate.value, "failed": row.failed,
            "label": row.label_policy, "seeds": len(row.seeds), "success_rate": row.success_rate,
            "max_norm": row.max_norm, "median_norm": row.median_norm, "outside_budget": row.outside_budget,
            "queries": row.queries}


def class_table(report: Report, perturbation: str | Perturbation, *, split: str | None = None,
                phase: Phase = "before") -> pd.DataFrame:
    """Class by class: ``class``, ``n``, ``clean``, ``perturbed``, ``drop``; the largest drop first.

    Raises:
        UsageError: no such perturbation, or the task has no classes.
    """
    import pandas as pd

    split = split or report.main_split
    if report.meta.task != "classification":
        raise UsageError(f"task {report.meta.task!r} has no classes to tell apart")
    wanted = perturbation.key if isinstance(perturbation, Perturbation) else perturbation
    cells = [c for c in report.cells if c.split == split and c.phase == phase
             and wanted in (c.perturbation.key, c.perturbation.label)]
    if not cells:
        known = ", ".join(p.label for p in report.perturbations)
        raise UsageError(f"no results for {wanted!r} on split {split!r} in phase {phase!r}; there are {known}")
    label = np.asarray(cells[0].samples["label"])
    clean = cells[0].samples["clean_score"].to_numpy()
    score = np.mean([c.samples["score"].to_numpy() for c in cells], axis=0)
    sign = 1.0 if report.meta.direction == "higher" else -1.0
    names = report.meta.classes
    lines = []
    for value in np.unique(label):
        rows = label == value
        lines.append({"class": names[value] if 0 <= value < len(names) else str(value), "n": int(rows.sum()),
                      "clean": float(clean[rows].mean()), "perturbed": float(score[rows].mean()),
                      "drop": sign * float((clean[rows] - score[rows]).mean())})
    return pd.DataFrame(lines).sort_values("drop", ascending=False, kind="stable", ignore_index=True)
