"""From sample-by-sample cells to the lines of a table, with paired intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.attack import Note
from practicum.evaluate.bootstrap import paired_bootstrap
from practicum.evaluate.metrics import Metric
from practicum.evaluate.report import Report
from practicum.evaluate.result import Cell, CleanRow, Estimate, Gain, Hardening, Phase, Row

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.float64]


def clean_row(table: pa.Table, metric: Metric, *, split: str, phase: Phase, level: float) -> CleanRow:
    """The line of a split's clean inputs."""
    estimate = paired_bootstrap(table["score"].to_numpy(), level=level)[0]
    return CleanRow(split, phase, metric.name, estimate, table.num_rows)


def rows_of(cells: Sequence[Cell], metric: Metric, *, level: float) -> list[Row]:
    """One line per perturbation, split and phase, in the order in which they first occur.

    The intervals of one split all come from the same resamples, so lines may be compared.
    """
    grouped: dict[tuple[str, str, str], list[Cell]] = {}
    for cell in cells:
        grouped.setdefault((cell.split, cell.phase, cell.perturbation.key), []).append(cell)
    found: dict[tuple[str, str, str], Row] = {}
    for split, phase in dict.fromkeys((s, p) for s, p, _ in grouped):
        keys = [k for k in grouped if k[:2] == (split, phase)]
        series = [s for k in keys for s in _series(grouped[k], metric)]
        estimates = paired_bootstrap(*series, level=level)
        for place, key in enumerate(keys):
            found[key] = _row(grouped[key], metric, estimates[4 * place:4 * place + 4])
    return [found[k] for k in grouped]


def mean_score(cells: Sequence[Cell]) -> Floats:
    """Each sample's score under the perturbation, averaged over seeds."""
    return np.asarray(np.mean([c.samples["score"].to_numpy() for c in cells], axis=0))


def _series(cells: Sequence[Cell], metric: Metric) -> list[Floats]:
    clean = cells[0].samples["clean_score"].to_numpy()
    perturbed = mean_score(cells)
    flips = np.mean([_flipped(c.samples) for c in cells], axis=0)
    return [clean, perturbed, metric.worsening(clean, perturbed), flips]


def _flipped(samples: pa.Table) -> Floats:
    """1 where the prediction changed, also to no answer at all; NaN where answers are numbers."""
    import pyarrow as pa

    if pa.types.is_floating(samples.schema.field("prediction").type):
        return np.full(samples.num_rows, np.nan)
    before, after = samples["clean_prediction"].to_pylist(), samples["prediction"].to_pylist()
    return np.array([a != b for a, b in zip(before, after, strict=True)], dtype=np.float64)


def _row(cells: Sequence[Cell], metric: Metric, estimates: Sequence[Estimate]) -> Row:
    first = cells[0]
    clean, perturbed, drop, flips = estimates
    per_seed = [float(np.mean(c.samples["score"].to_numpy())) if c.samples.num_rows else np.nan for c in cells]
    row = Row(first.perturbation, first.split, first.phase, metric.name, clean, perturbed, drop, flips,
              first.samples.num_rows, sum(int(np.sum(_column(c, "failed"))) for c in cells),
              tuple(c.seed for c in cells), float(np.std(per_seed, ddof=1)) if len(per_seed) > 1 else 0.0,
              seconds=sum(c.seconds for c in cells))
    if first.perturbation.kind == "transformation":
        return row
    return replace(row, **_attack_facts(cells), median_norm=_reach(cells) if first.perturbation.unlimited else None)


def _column(cell: Cell, name: str) -> npt.NDArray[Any]:
    return np.asarray(cell.samples[name].to_numpy(zero_copy_only=False))


def _attack_facts(cells: Sequence[Cell]) -> dict[str, Any]:
    """Success among samples right before; distances, budget and queries of the samples that were attacked."""
    right = np.concatenate([_column(c, "clean_correct").astype(bool) for c in cells])
    wrong = ~np.concatenate([_column(c, "correct").astype(bool) for c in cells])
    norms = np.concatenate([c.samples["norm"].drop_null().to_numpy() for c in cells])
    within = [v for c in cells for v in c.samples["within"].drop_null().to_pylist()]
    queries = np.concatenate([c.samples["queries"].drop_null().to_numpy() for c in cells])
    same = [v for c in cells for v in c.samples["same_alone"].drop_null().to_pylist()]
    return {"notes": Note.merged(n for c in cells for n in c.notes),
            "checked_alone": len(same), "differ_alone": len(same) - sum(same),
            "success_rate": float((right & wrong).sum() / right.sum()) if right.any() else float("nan"),
            "max_norm": float(norms.max()) if len(norms) else float("nan"),
            "outside_budget": float(1.0 - np.mean(within)) if within else float("nan"),
            "queries": float(queries.mean()) if len(queries) else float("nan")}


def _reach(cells: Sequence[Cell]) -> float | None:
    """The distance within which half of the samples right before turn wrong, all seeds together."""
    far = []
    for cell in cells:
        right, wrong = _column(cell, "clean_correct").astype(bool), ~_column(cell, "correct").astype(bool)
        norm = np.array([np.inf if v is None else v for v in cell.samples["norm"].to_pylist()])
        far.append(np.where(wrong, norm, np.inf)[right])
    whole = np.sort(np.concatenate(far))
    middle = float(whole[(len(whole) - 1) // 2]) if len(whole) else np.inf
    return middle if np.isfinite(middle) else None


def joined(before: Report, after: Report, metric: Metric, hardening: Hardening) -> Report:
    """One report of the model before and after hardening, with the paired gains."""
    cells = (*before.cells, *after.cells)
    seconds = dict(before.meta.seconds)
    for stage, spent in after.meta.seconds.items():
        seconds[f"{stage}-after"] = spent
    seconds["harden"] = hardening.seconds
    return Report(replace(before.meta, seconds=seconds), (*before.rows, *after.rows), (*before.clean, *after.clean),
                  cells, before.examples, tuple(gains_of(cells, metric, level=before.meta.level)), hardening,
                  (*before.shifts, *after.shifts), before.faithfulness, before.techniques)


def gains_of(cells: Sequence[Cell], metric: Metric, *, level: float) -> list[Gain]:
    """What hardening bought, paired by sample: clean inputs first, then each perturbation, split by split."""
    grouped: dict[tuple[str, str], dict[str, list[Cell]]] = {}
    for cell in cells:
        grouped.setdefault((cell.split, cell.perturbation.key), {}).setdefault(cell.phase, []).append(cell)
    out = []
    for split in dict.fromkeys(s for s, _ in grouped):
        pairs = [g for (s, _), g in grouped.items() if s == split and len(g) == 2]
        if not pairs:
            continue
        series = [pairs[0]["before"][0].samples["clean_score"].to_numpy(),
                  pairs[0]["after"][0].samples["clean_score"].to_numpy()]
        for pair in pairs:
            series += [mean_score(pair["before"]), mean_score(pair["after"])]
        gains = [metric.worsening(b, a) * -1.0 for b, a in zip(series[::2], series[1::2], strict=True)]
        estimates = paired_bootstrap(*series, *gains, level=level)
        what = [None, *(p["before"][0].perturbation for p in pairs)]
        out += [Gain(w, split, metric.name, estimates[2 * k], estimates[2 * k + 1], estimates[len(series) + k])
                for k, w in enumerate(what)]
    return out
