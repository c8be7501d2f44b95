"""The gain table: what an augmentation buys, by training with and without it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.attack import Attack
from practicum.batch import Batch
from practicum.compose import Combinator
from practicum.data.splits import Splits
from practicum.errors import (
    ConfigError,
    DataError,
    ModalityError,
    ModelOutputError,
    PracticumError,
    TechniqueFailed,
    UsageError,
)
from practicum.evaluate.bootstrap import crossed_bootstrap
from practicum.evaluate.cells import Memory, Store, clean_table, run_cell
from practicum.evaluate.expand import Planned, Techniques, check_fit, expand, learning_from
from practicum.evaluate.gain_table import Effect, GainRow, GainTable
from practicum.evaluate.metrics import Metric, metric, target_of
from practicum.keys import Keys
from practicum.model import Model, require
from practicum.transformation import Transformation

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.float64]
NONE = "none"
"""Key of the training without augmentation."""
CLEAN = ""
"""What a cell's table calls test samples as they are."""


@dataclass(frozen=True)
class GainProgress:
    """How far a measurement is; handed to ``on_cell`` after every training.

    Args:
        done, total: trainings.
        what: augmentation, labels and seed, in words.
        resumed: it was read back, not run.
        error: why it failed, ``""`` when it didn't.
    """

    done: int
    total: int
    what: str
    resumed: bool
    error: str


def gain(model: Model, data: Splits, augmentations: Techniques, *, labels: Sequence[int] = (100, 300, 1000),
         seeds: int | Sequence[int] = 5, stress: Techniques = (), metric: str | Metric | None = None,
         batch_size: int = 256, level: float = 0.95, store: Store | None = None,
         on_cell: Callable[[GainProgress], None] | None = None) -> GainTable:
    """Train with and without each augmentation on few labels, and measure what it gains on the test split.

    For each seed the training samples are put in an order drawn by their ids, and its first ``n`` are the labelled ones
    (see :func:`subset`), so that 100 are among the 300 and these among the 1,000. The model is trained on them once as
    it is and once with each augmentation, for as long as its own fields say. Both trainings have the same samples,
    initial weights, batch order and dropout; every epoch augments anew. The gain is paired by seed and test
    sample, and its interval is :func:`crossed_bootstrap` over seeds and test samples, from the same resamples in all
    rows. Intervals are not widened for the number of rows.

    A training that fails counts in its row's ``failed``. Failed with the augmentation, it scores the worst that the
    metric knows on every sample (NaN where the metric has no worst), since there is no model to use; failed without, it
    leaves nothing to compare with, and the row's figures are NaN.

    Args:
        model: a trainable model; it is not changed.
        data: the splits; ``train`` is learned from, ``test`` is measured on, ``valid`` isn't touched.
        augmentations: transformations, their names, or ``{"use": name, field: value, "sweep": {field: [values]}}``.
        labels: numbers of labelled samples.
        seeds: how many (0, 1, ...), or which.
        stress: transformations and attacks under which robustness is measured; each seed's draws are the same for all
            of its models.
        metric: by name; the usual one of the model's task when left out.
        batch_size: samples a call in the evaluation.
        level: of the intervals.
        store: where finished trainings' scores are kept, so that an interrupted measurement goes on.
        on_cell: called after every training.

    Raises:
        CapabilityError: the model can't be trained, or lacks what an attack needs.
        ModalityError: an augmentation doesn't take the data; names both.
        UsageError, ConfigError: an augmentation is an attack or a filter, is listed twice, or numbers are out of range.
        DataError: a split is missing, or smaller than the labels asked for.
        TechniqueFailed: every training failed; the first error is named.

    Example:
        >>> from practicum.data.splits import split
        >>> from practicum.testing.toys import AddNoise
        >>> from practicum.testing.toys_models import SoftmaxRegression, blobs
        >>> parts = split(blobs(400), {"train": 0.5, "test": 0.5})
        >>> found = gain(SoftmaxRegression(epochs=5), parts, [AddNoise(std=0.0)], labels=[20, 60], seeds=2)
        >>> print(found.table()[["labels", "gain", "gain_low", "gain_high", "reading"]].to_string(index=False))
         labels  gain  gain_low  gain_high      reading
             20   0.0       0.0        0.0 no gain seen
             60   0.0       0.0        0.0 no gain seen
    """
    plan = plan_gain(model, data, augmentations, labels=labels, seeds=seeds, stress=stress, metric=metric)
    kept = store or Memory()
    tables: dict[str, pa.Table] = {}
    cells = plan.cells()
    for place, cell in enumerate(cells):
        table = kept.get(cell.key)
        resumed = table is not None
        if table is None:
            table = _run(plan, cell, batch_size)
            kept.put(cell.key, table)
        tables[cell.key] = table
        if on_cell is not None:
            on_cell(GainProgress(place + 1, len(cells), str(cell), resumed, _error_of(table)))
    errors = {key: text for key, table in tables.items() if (text := _error_of(table))}
    if len(errors) == len(cells):
        raise TechniqueFailed(f"all {len(cells)} trainings failed; the first said: {next(iter(errors.values()))}")
    return GainTable(tuple(_rows(plan, tables, level)), plan.metric.name, plan.metric.direction, _config(model), {},
                     tuple(p.perturbation.label for p in plan.stress), plan.seeds,
                     {n: len(plan.data.part(n)) for n in ("train", "test")}, level, errors)


@dataclass(frozen=True)
class GainCell:
    """One training: the unit of work and of resume."""

    augmentation: Planned | None
    labels: int
    seed: int

    @property
    def key(self) -> str:
        """Unique in a measurement, safe as a file name."""
        made = NONE if self.augmentation is None else self.augmentation.perturbation.key
        return f"gain-n{self.labels}-s{self.seed}-{made}"

    def __str__(self) -> str:
        label = "no augmentation" if self.augmentation is None else self.augmentation.perturbation.label
        return f"{label}, {self.labels} labels, seed {self.seed}"


@dataclass(frozen=True)
class GainPlan:
    """A measurement, checked before anything runs."""

    model: Model
    data: Splits
    augmentations: tuple[Planned, ...]
    labels: tuple[int, ...]
    seeds: tuple[int, ...]
    stress: tuple[Planned, ...]
    metric: Metric

    def cells(self) -> list[GainCell]:
        """Every training, in the order in which they run."""
        return [GainCell(a, n, s) for s in self.seeds for n in self.labels for a in (None, *self.augmentations)]


def plan_gain(model: Model, data: Splits, augmentations: Techniques, *, labels: Sequence[int],
              seeds: int | Sequence[int], stress: Techniques, metric: str | Metric | None) -> GainPlan:
    """Check that everything fits together; see :func:`gain` for arguments and errors."""
    require(model, "training", "gain")
    if not isinstance(data, Splits):
        raise UsageError("gain needs training data and a test split: give it practicum.data.split(batch, "
                         "{'train': 0.6, 'test': 0.4})")
    train, test = data.part("train"), data.part("test")
    if isinstance(augmentations, Sequence) and not isinstance(augmentations, str) and not augmentations:
        raise UsageError("there is no augmentation to measure: list at least one transformation")
    planned = tuple(expand(augmentations))
    for item in planned:
        _check_augmentation(item.technique, train)
    chosen = _metric(metric, model)
    none = isinstance(stress, Sequence) and not isinstance(stress, str) and not stress
    stresses = check_fit(model, test, [] if none else expand(stress), [], chosen)
    numbers = tuple(range(seeds)) if isinstance(seeds, int) else tuple(int(s) for s in seeds)
    if not numbers or len(set(numbers)) != len(numbers):
        raise UsageError(f"seeds={seeds!r} must be a positive count or a list of different integers")
    return GainPlan(model, data, planned, _checked_labels(labels, model, train), numbers, tuple(stresses), chosen)


def _metric(name: str | Metric | None, model: Model) -> Metric:
    return metric(name, model.task)


def _checked_labels(labels: Sequence[int], model: Model, train: Batch) -> tuple[int, ...]:
    counts = tuple(int(n) for n in labels)
    if not counts or min(counts) < 1 or len(set(counts)) != len(counts):
        raise UsageError(f"labels={list(labels)!r} must be different positive numbers of training samples")
    if max(counts) > len(train):
        raise DataError(f"labels={max(counts)} asks for more samples than the training split has ({len(train)}): ask "
                        "for fewer, or give it a larger share of the data")
    target = target_of(model.task, train)
    classes = len(np.unique(target.data)) if target.kind == "label" else 1
    if min(counts) < classes:
        raise UsageError(f"labels={min(counts)} is less than one sample for each of {classes} classes: ask for at "
                         f"least {classes}")
    return tuple(sorted(counts))


def _check_augmentation(technique: Any, train: Batch) -> None:
    """Refuse what can't be trained with.

    Raises:
        UsageError: an attack, or a filter.
        ModalityError: it doesn't take the data.
        TargetError: it can't carry a target.
    """
    if isinstance(technique, Attack):
        raise UsageError(f"{technique.name} is an attack, and gain measures augmentations: list it under stress; "
                         "training against attacks is what harden does")
    assert isinstance(technique, Transformation)
    if technique.filters:
        raise UsageError(f"{technique.name} may drop samples, but gain compares trainings on the same samples: filter "
                         "the data first")
    if isinstance(technique, Combinator):
        for part in technique.parts():
            _check_augmentation(part, train)
        return
    try:
        technique._check_targets(train)
    except ModalityError as error:
        takes = " or ".join(sorted(technique.modalities))
        raise ModalityError(f"augmentation {technique.name} takes {takes} and doesn't fit the data: {error}") from None


def subset(train: Batch, count: int, seed: int, *, task: str = "classification") -> npt.NDArray[np.int64]:
    """Rows of the labelled samples, in the order of the split.

    Samples of a class are ordered by a keyed word of their id. The one at place k of a class of size m takes the rank
    (k + 1/2) / m, the first one 0; ranks of all classes are merged (ties by the word), and the first ``count`` are
    taken. So every class is there from the start and then grows with its share, a smaller count is a part of a larger
    one, and neither depends on the order of the samples. Without classes, the order is that of the words.

    Args:
        train: the training split.
        count: how many.
        seed: another gives another subset.
        task: of the model, which tells the target.

    Example:
        >>> import practicum as pm
        >>> train = pm.Batch.of(["a"] * 10, targets={"label": [0] * 8 + [1] * 2})
        >>> few, more = subset(train, 2, seed=0), subset(train, 5, seed=0)
        >>> train.label[few].tolist(), train.label[more].tolist(), set(few) <= set(more)
        ([0, 1], [0, 0, 0, 0, 1], True)
    """
    words = Keys(seed, path=("gain", "labels")).bind(train.ids).words(1)[:, 0]
    target = target_of(task, train)
    rank = np.zeros(len(train))
    if target.kind == "label":
        kinds = np.asarray(target.data)
        for value in np.unique(kinds):
            rows = np.flatnonzero(kinds == value)
            order = rows[np.lexsort((train.ids.hashes[rows], words[rows]))]
            rank[order] = (np.arange(len(order)) + 0.5) / len(order)
            rank[order[0]] = 0.0
    first = np.lexsort((train.ids.hashes, words, rank))[:count]
    return np.sort(first)


def _run(plan: GainPlan, cell: GainCell, batch_size: int) -> pa.Table:
    """Scores of one training on the test split, clean and under each stress, sample by sample."""
    began = time.perf_counter()
    train, test = plan.data.part("train"), plan.data.part("test")
    labelled = train.take(subset(train, cell.labels, cell.seed, task=plan.model.task))
    try:
        fitted = _fitted(plan.model, labelled, cell)
        clean = clean_table(fitted, test, plan.metric, batch_size=batch_size)
        parts = [(CLEAN, clean)]
        for item in learning_from(plan.stress, labelled):
            found = run_cell(fitted, test, clean, item, plan.metric, seed=cell.seed, split="test", phase="before",
                             batch_size=batch_size)
            parts.append((item.perturbation.key, found.samples))
    except (TechniqueFailed, ModelOutputError, DataError) as error:
        return _failed(plan, str(error), time.perf_counter() - began)
    return _joined(parts, "", time.perf_counter() - began)


def _fitted(model: Any, labelled: Batch, cell: GainCell) -> Model:
    """A model trained on the labelled samples. The keys don't know of the augmentation, so that a training with it
    has the weights, order and dropout of the one without."""
    augment = None if cell.augmentation is None else cell.augmentation.technique
    try:
        made: Model = model.fit([labelled], Keys(cell.seed, path=("gain", "fit")), None, augment=augment)
    except PracticumError:
        raise
    except Exception as error:
        raise TechniqueFailed(f"{model.name} raised {type(error).__name__} in training ({cell}): {error}") from error
    return made


def _joined(parts: Sequence[tuple[str, pa.Table]], failure: str, seconds: float) -> pa.Table:
    import pyarrow as pa

    made = []
    for name, table in parts:
        kept = table.select(["id", "label", "prediction", "score", "loss", "failed", "error"])
        kept = kept.add_column(0, "stress", pa.array([name] * kept.num_rows, pa.large_string()))
        made.append(kept.append_column("failure", pa.array([failure] * kept.num_rows, pa.large_string())))
    return pa.concat_tables(made).replace_schema_metadata({b"seconds": repr(seconds).encode()})


def _failed(plan: GainPlan, error: str, seconds: float) -> pa.Table:
    """The table of a training that gave no model: every sample fails."""
    import pyarrow as pa

    test = plan.data.part("test")
    worst = np.nan if plan.metric.worst is None else plan.metric.worst
    count = len(test)
    nothing = pa.array([None] * count, pa.large_string())
    table = pa.table({"id": pa.array([str(i) for i in test.ids], pa.large_string()), "label": nothing,
                      "prediction": nothing, "score": np.full(count, float(worst)), "loss": np.full(count, np.nan),
                      "failed": np.ones(count, dtype=bool), "error": pa.array([""] * count, pa.large_string())})
    names = [CLEAN, *(p.perturbation.key for p in plan.stress)]
    return _joined([(n, table) for n in names], error or "no reason given", seconds)


def _error_of(table: pa.Table) -> str:
    """Why the training of a cell failed; ``""`` when it didn't."""
    return str(table["failure"][0].as_py()) if table.num_rows else ""


def _rows(plan: GainPlan, tables: Mapping[str, pa.Table], level: float) -> list[GainRow]:
    """Every row, all intervals from the same resamples."""
    names = [CLEAN, *(p.perturbation.key for p in plan.stress)]
    sign = 1.0 if plan.metric.direction == "higher" else -1.0
    series: list[Floats] = []
    for item in plan.augmentations:
        for count in plan.labels:
            base, made = (_scores(plan, tables, a, count, names) for a in (None, item))
            stressed = [(b, m) for b, m in zip(base[1:], made[1:], strict=True)]
            if stressed:
                stressed.insert(0, (np.mean(base[1:], axis=0), np.mean(made[1:], axis=0)))
            for b, m in [(base[0], made[0]), *stressed]:
                series += [b, m, sign * (m - b)]
    estimates = iter(crossed_bootstrap(*series, level=level))
    matrices = iter(series)
    out = []
    for item in plan.augmentations:
        for count in plan.labels:
            effects = []
            per_seed: tuple[float, ...] = ()
            for place in range(1 if not plan.stress else 2 + len(plan.stress)):
                effects.append(Effect(next(estimates), next(estimates), next(estimates)))
                gains = [next(matrices) for _ in range(3)][2]
                per_seed = per_seed if place else tuple(float(v) for v in gains.mean(axis=1))
            out.append(_row(plan, tables, item, count, effects, per_seed))
    return out


def _row(plan: GainPlan, tables: Mapping[str, pa.Table], item: Planned, count: int, effects: Sequence[Effect],
         per_seed: tuple[float, ...]) -> GainRow:
    pairs = [tables[GainCell(a, count, s).key] for s in plan.seeds for a in (None, item)]
    labels = [p.perturbation.label for p in plan.stress]
    return GainRow(item.perturbation.label, item.perturbation.config, item.perturbation.label_effect, count, effects[0],
                   effects[1] if plan.stress else None, dict(zip(labels, effects[2:], strict=True)), per_seed,
                   sum(bool(_error_of(t)) for t in pairs), len(pairs),
                   sum(int(np.sum(t["failed"].to_numpy(zero_copy_only=False))) for t in pairs if not _error_of(t)))


def _scores(plan: GainPlan, tables: Mapping[str, pa.Table], item: Planned | None, count: int,
            names: Sequence[str]) -> list[Floats]:
    """For each name, scores [seeds, test samples]; NaN for the seeds whose training without augmentation failed."""
    size = len(plan.data.part("test"))
    out = np.empty((len(names), len(plan.seeds), size))
    for place, seed in enumerate(plan.seeds):
        table = tables[GainCell(item, count, seed).key]
        out[:, place] = table["score"].to_numpy().reshape(len(names), size)
        if item is None and _error_of(table):
            out[:, place] = np.nan
    return list(out)


def _config(model: Model) -> dict[str, Any]:
    try:
        return model.config()
    except ConfigError:
        return {"use": model.name}
