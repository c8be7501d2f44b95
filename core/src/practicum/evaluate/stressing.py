"""Stress: a model under every perturbation, at every strength, with every seed, on every split."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from practicum.attack import Note
from practicum.batch import Batch
from practicum.data.splits import Splits
from practicum.errors import ConfigError, UsageError
from practicum.evaluate.cells import Memory, Store, clean_table, run_cell
from practicum.evaluate.examples import explain_worst
from practicum.evaluate.expand import Planned, Techniques, check_fit, expand, learning_from
from practicum.evaluate.faithfulness import summed_up
from practicum.evaluate.metrics import Metric, metric, target_of
from practicum.evaluate.report import Report
from practicum.evaluate.result import Cell, Meta, Phase, Row
from practicum.evaluate.shifting import explanation_shift
from practicum.evaluate.summary import clean_row, rows_of
from practicum.explainer import Explainer
from practicum.model import Model
from practicum.technique import build
from practicum.tracker import Run, Tracker

ALONE = 4
"""Samples of an attack's first seed on each split that are also attacked by themselves."""


@dataclass(frozen=True)
class Progress:
    """How far a stress is; handed to ``on_cell`` after every cell.

    Args:
        done, total: cells.
        cell: the one just finished.
        resumed: it was read back, not run.
    """

    done: int
    total: int
    cell: Cell
    resumed: bool


def stress(model: Model, data: Batch | Splits, techniques: Techniques, *, seeds: int | Sequence[int] = 3,
           splits: Sequence[str] | None = None, metric: str | Metric | None = None,
           explain: Sequence[Explainer | Mapping[str, Any] | str] = (), tracker: Tracker | Run | None = None,
           on_cell: Callable[[Progress], None] | None = None, batch_size: int = 256, show: int = 3, examples: int = 6,
           level: float = 0.95, phase: Phase = "before", store: Store | None = None) -> Report:
    """Measure where a model breaks.

    Everything that doesn't fit (a gradient attack on a model without gradients, an image transformation on text, a
    metric of another task) is refused before anything runs. Clean predictions are computed once per split. A sample on
    which a technique raises keeps its place and is counted as failed. An attack that learns its change is fitted on the
    train split first, once for each seed, and its rows say so; where there is none it has to be given fitted.

    Args:
        model: a :class:`Model`; wrap yours with :func:`practicum.wrap`.
        data: labelled samples, or :class:`practicum.data.Splits`, of which validation and test are measured.
        techniques: transformations, attacks, names, or ``{"use": name, field: value, "sweep": {field: [values]}}``.
        seeds: how many (0, 1, ...), or which.
        splits: which splits, when ``data`` has several.
        metric: by name; the usual one of the model's task when left out.
        explain: explainers for the worst failures on the main split, and for how far explanations move there.
        tracker: a tracker, or an open run of one, that receives every row's figures.
        on_cell: called after every cell.
        batch_size: samples a call.
        show: how many of the worst perturbations to show examples of, and ``examples`` how many of each.
        level: of the bootstrap intervals.
        phase: ``after`` when the model is a hardened one.
        store: where finished cells are kept, so that an interrupted evaluation goes on.

    Returns:
        a :class:`Report`: ``.table()``, ``.worst()``, ``.per_class()``, ``.to_html()``, ``.save()``.

    Raises:
        CapabilityError, ModalityError, TargetError, UsageError, ConfigError: something doesn't fit; names both sides.
        DataError: a label is out of range; names the sample.
        TechniqueFailed, ModelOutputError: the model fails on clean inputs.

    Example:
        >>> import practicum as pm
        >>> from practicum.testing.toys import MaskChars
        >>> from practicum.testing.toys_models import KeywordModel
        >>> data = pm.Batch.of(["good film", "bad film", "good book", "dull book"], targets={"label": [1, 0, 1, 0]})
        >>> report = stress(KeywordModel(words=("good",)), data, [MaskChars(rate=1.0)], seeds=1)
        >>> print(report.table()[["perturbation", "clean", "perturbed", "drop"]].to_string(index=False))
             perturbation  clean  perturbed  drop
        mask-chars rate=1    1.0        0.5   0.5
    """
    started = time.perf_counter()
    planned = expand(techniques)
    parts = _parts(data, splits)
    explainers = [_explainer(e) for e in explain]
    found = _metric(metric, model)
    for _, batch in parts:
        planned = check_fit(model, batch, planned, explainers, found)
    planned = learning_from(planned, data.train if isinstance(data, Splits) else None)
    numbers = _seeds(seeds)
    store = store or Memory()
    cells, clean = _run(model, parts, planned, found, numbers, phase, batch_size, store, on_cell)
    rows = rows_of(cells, found, level=level)
    lines = [clean_row(table, found, split=name, phase=phase, level=level) for name, table in clean.items()]
    first = parts[0][1]
    modality = next(iter(first.columns.values())).modality
    meta = Meta(found.name, found.direction, model.task, _config(model), {}, {n: len(b) for n, b in parts},
                tuple(target_of(model.task, first).classes), modality, tuple(numbers), level,
                batch_size, versions=_versions(), seconds={"stress": time.perf_counter() - started})
    report = Report(meta, tuple(rows), tuple(lines), tuple(cells),
                    techniques={p.perturbation.key: p.technique for p in planned})
    if show and examples and phase == "before":
        began = time.perf_counter()
        worst = [r for r in report.worst(show) if r.drop.value > 0]
        shown = explain_worst(model, dict(parts)[report.main_split], worst, cells, planned, found, explainers,
                              count=examples, batch_size=batch_size)
        moved = explanation_shift(model, dict(parts)[report.main_split], worst, cells, planned, explainers,
                                  batch_size=batch_size, level=level)
        faithful = summed_up(model, dict(parts)[report.main_split], explainers, split=report.main_split, level=level)
        report = replace(report, examples=shown, shifts=moved, faithfulness=faithful).with_meta(
            seconds={**meta.seconds, "explain": time.perf_counter() - began})
    _track(tracker, report)
    return report


def _run(model: Model, parts: Sequence[tuple[str, Batch]], planned: Sequence[Planned], metric: Metric,
         seeds: Sequence[int], phase: Phase, batch_size: int, store: Store,
         on_cell: Callable[[Progress], None] | None) -> tuple[list[Cell], dict[str, Any]]:
    cells: list[Cell] = []
    clean: dict[str, Any] = {}
    total = len(parts) * len(planned) * len(seeds)
    for name, batch in parts:
        table = store.get(f"{phase}-{name}-clean")
        if table is None:
            table = clean_table(model, batch, metric, batch_size=batch_size)
            store.put(f"{phase}-{name}-clean", table)
        clean[name] = table
        for item in planned:
            for seed in seeds:
                cell, resumed = _cell(model, batch, table, item, metric, seed, name, phase, batch_size, store,
                                      ALONE if seed == seeds[0] else 0)
                cells.append(cell)
                if on_cell is not None:
                    on_cell(Progress(len(cells), total, cell, resumed))
    return cells, clean


def _cell(model: Model, batch: Batch, clean: Any, item: Planned, metric: Metric, seed: int, split: str, phase: Phase,
          batch_size: int, store: Store, alone: int) -> tuple[Cell, bool]:
    empty = Cell(item.perturbation, split, seed, phase, clean, 0.0)
    table = store.get(empty.key)
    if table is not None:
        facts = table.schema.metadata or {}
        notes = tuple(Note(*n) for n in json.loads(facts.get(b"notes", b"[]")))
        return replace(empty, samples=table.replace_schema_metadata(None), seconds=float(facts.get(b"seconds", b"0")),
                       notes=notes), True
    cell = run_cell(model, batch, clean, item, metric, seed=seed, split=split, phase=phase, batch_size=batch_size,
                    alone=alone)
    facts = {b"seconds": repr(cell.seconds).encode(), b"notes": json.dumps([astuple(n) for n in cell.notes]).encode()}
    store.put(cell.key, cell.samples.replace_schema_metadata(facts))
    return cell, False


def _parts(data: Batch | Splits, wanted: Sequence[str] | None) -> list[tuple[str, Batch]]:
    if isinstance(data, Batch):
        if wanted is not None:
            raise UsageError("splits=... chooses among splits, but the data is one batch: give practicum.data.Splits")
        if not len(data):
            raise UsageError("there are no samples to stress the model on")
        return [("data", data)]
    if not isinstance(data, Splits):
        raise UsageError(f"data must be a Batch or Splits, not a {type(data).__name__}: see Batch.of")
    if wanted is None:
        wanted = [n for n, _ in data.items() if n != "train"]
    if not wanted:
        raise UsageError("the data has a train split only: stress needs a valid or test split")
    return [(n, data.part(n)) for n in wanted]


def _metric(name: str | Metric | None, model: Any) -> Metric:
    return metric(name, getattr(model, "task", "classification"))


def _seeds(seeds: int | Sequence[int]) -> list[int]:
    numbers = list(range(seeds)) if isinstance(seeds, int) else [int(s) for s in seeds]
    if not numbers or len(set(numbers)) != len(numbers):
        raise UsageError(f"seeds={seeds!r} must be a positive count or a list of different integers")
    return numbers


def _explainer(item: Explainer | Mapping[str, Any] | str) -> Explainer:
    made = build(item)
    if not isinstance(made, Explainer):
        raise UsageError(f"{made.name} is {made.kind}, not an explainer: list it under stress")
    return made


def _config(model: Model) -> dict[str, Any]:
    try:
        return model.config()
    except ConfigError:
        return {"use": model.name}


def _versions() -> dict[str, str]:
    from practicum.run.versions import versions

    return versions()


def _track(tracker: Tracker | Run | None, report: Report) -> None:
    if tracker is None:
        return
    if isinstance(tracker, Tracker):
        with tracker.start("stress") as run:
            log_report(run, report)
    else:
        log_report(tracker, report)


def log_report(run: Run, report: Report) -> None:
    """Give a tracker's run every figure of a report."""
    for line in report.clean:
        run.log_metrics({f"{line.phase}/{line.split}/clean/{line.metric}": line.clean.value})
    for row in report.rows:
        run.log_metrics(_figures(row))


def _figures(row: Row) -> dict[str, float]:
    at = f"{row.phase}/{row.split}/{row.perturbation.label}"
    values = {row.metric: row.perturbed.value, "drop": row.drop.value, "flip_rate": row.flip_rate.value,
              "failed": float(row.failed), "success_rate": row.success_rate}
    return {f"{at}/{n}": v for n, v in values.items() if v is not None and v == v}
