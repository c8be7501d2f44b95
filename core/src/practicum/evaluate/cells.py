"""Running a model on clean and perturbed inputs, sample by sample; what fails is kept and counted."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from practicum.attack import Attack, Note
from practicum.batch import Batch
from practicum.errors import ModelOutputError, PracticumError, TechniqueFailed, UsageError
from practicum.evaluate.expand import Planned
from practicum.evaluate.metrics import NUMERIC, Metric, Outcome, outcome, target_of
from practicum.evaluate.result import Cell, Phase
from practicum.keys import Keys
from practicum.model import Model, Predictions
from practicum.transformation import Transformation

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_ERROR = 500  # characters of a message kept per sample


class Store(Protocol):
    """Where finished tables are kept, so that an interrupted evaluation goes on."""

    def get(self, key: str) -> pa.Table | None:
        """The table finished under this key, or ``None``."""
        ...

    def put(self, key: str, table: pa.Table) -> None:
        """Keep a finished table; on return it survives a kill."""
        ...


class Memory:
    """A store that forgets with the process."""

    def __init__(self) -> None:
        self.tables: dict[str, pa.Table] = {}

    def get(self, key: str) -> pa.Table | None:
        return self.tables.get(key)

    def put(self, key: str, table: pa.Table) -> None:
        self.tables[key] = table


def chunks(batch: Batch, size: int) -> Iterator[npt.NDArray[np.int64]]:
    """Row numbers in runs of ``size``."""
    for start in range(0, len(batch), size):
        yield np.arange(start, min(start + size, len(batch)), dtype=np.int64)


def predict(model: Model, batch: Batch) -> Predictions:
    """The model's predictions, checked for form.

    Raises:
        ModelOutputError: not one prediction per sample.
        TechniqueFailed: the model raised; the cause is attached.
    """
    try:
        made = model.predict(batch)
    except PracticumError:
        raise
    except Exception as error:
        raise TechniqueFailed(f"{model.name} raised {type(error).__name__} on {len(batch)} samples (first id "
                              f"{batch.ids[0]!r}): {error}") from error
    if not isinstance(made, Predictions):
        raise ModelOutputError(f"{model.name} returned a {type(made).__name__}, not Predictions")
    if made.task != "links" and len(made.values) != len(batch):
        raise ModelOutputError(f"{model.name} returned {len(made.values)} predictions for {len(batch)} samples; it "
                               "must return one row per sample, in order")
    return made


def clean_table(model: Model, batch: Batch, metric: Metric, *, batch_size: int) -> pa.Table:
    """The model on unperturbed inputs: ``id, label, prediction, correct, score, loss, failed``.

    Raises:
        DataError: a label is out of range.
        ModelOutputError, TechniqueFailed: the model fails on clean inputs.
    """
    board = _Board(batch, metric, model.task)
    for rows in chunks(batch, batch_size):
        part = batch.take(rows)
        board.fill(rows, outcome(metric, predict(model, part), part))
    return board.table()


def run_cell(model: Model, batch: Batch, clean: pa.Table, planned: Planned, metric: Metric, *, seed: int, split: str,
             phase: Phase, batch_size: int, alone: int = 0) -> Cell:
    """One perturbation with one seed over one split.

    Where a technique raises on a batch, its samples are tried one by one; a sample on which it still raises keeps its
    clean prediction and is marked failed, with the error. A sample on which the *model* raises, or gives numbers that
    are not finite, counts as wrong and is marked failed too.

    Args:
        model, batch, clean, planned, metric, seed, split, phase, batch_size: what to run on what, and how.
        alone: attacks: on how many samples to try whether the sample by itself gives the same input.

    An attack that learns is fitted first, where it isn't; see :meth:`Planned.ready`.

    Raises:
        UsageError: the technique refuses the model or data as a whole.
    """
    started = time.perf_counter()
    technique = planned.ready(model, seed)
    board = _Board(batch, metric, model.task, clean)
    attack = isinstance(technique, Attack)
    to_check = alone if attack else 0
    notes: list[Note] = [*planned.note(len(batch))]
    for rows in chunks(batch, batch_size):
        pending = [rows]
        while pending:
            tried = pending.pop()
            part = batch.take(tried)
            try:
                changed = change(technique, model, part, seed)
            except UsageError:
                raise
            except PracticumError as error:
                if len(tried) > 1:
                    pending += [tried[k:k + 1] for k in range(len(tried) - 1, -1, -1)]
                else:
                    board.technique_failed(tried, error)
                continue
            scored = _scored_against(changed.batch, part, model.task, planned.perturbation.label_effect)
            _score(board, model, metric, tried, scored)
            if attack:
                board.attacked(tried, changed)
                notes += changed.notes
            if to_check:
                few = np.arange(min(to_check, len(tried)))
                board.same_alone(tried[few], _same_alone(technique, model, part.take(few), changed.batch, seed))
                to_check = 0
    table = board.table(clean)
    return Cell(planned.perturbation, split, seed, phase, table, time.perf_counter() - started, Note.merged(notes))


@dataclass(frozen=True)
class Changed:
    """Perturbed inputs; for attacks with the core's own figures."""

    batch: Batch
    norm: npt.NDArray[np.float64] | None = None
    within: npt.NDArray[np.bool_] | None = None
    queries: npt.NDArray[np.int64] | None = None
    gradients: npt.NDArray[np.int64] | None = None
    notes: tuple[Note, ...] = ()


def change(technique: Transformation | Attack, model: Model, batch: Batch, seed: int) -> Changed:
    """The inputs that a perturbation makes, the same here and wherever they are made again."""
    if isinstance(technique, Attack):
        result = technique.run(model, batch, Keys(seed))
        return Changed(result.batch, result.norm, result.within, result.queries, result.gradients, result.notes)
    return Changed(technique.run(batch, Keys(seed)))


def _same_alone(technique: Transformation | Attack, model: Model, few: Batch, changed: Batch, seed: int) -> list[bool]:
    """Whether each sample, perturbed by itself, comes out as it did in the batch, up to 1e-6."""
    column = few.column_name(technique.on)
    whole: Any = changed.take(np.arange(len(few))).column(column)
    if few.columns[column].modality not in ("image", "state") or isinstance(whole, list):
        return []
    whole, out = np.asarray(whole, dtype=np.float64), []
    for row in range(len(few)):
        try:
            alone = change(technique, model, few.take(np.array([row])), seed).batch
        except PracticumError:
            out.append(False)
            continue
        single = np.asarray(alone.column(column), dtype=np.float64)
        out.append(bool(np.abs(single[0] - whole[row]).max(initial=0.0) <= 1e-6))
    return out


def _scored_against(changed: Batch, before: Batch, task: str, label_effect: str) -> Batch:
    """The changed inputs with the truth to measure against: what the technique made of it where it changes or moves
    labels, else the sample's own."""
    target = target_of(task, before)
    name = next(n for n, t in before.targets.items() if t is target)
    made = changed.targets.get(name)
    keep = made is not None and made.kind == target.kind and (target.kind != "label" or label_effect == "changes")
    return changed if keep else replace(changed, targets={**changed.targets, name: target})


def _score(board: _Board, model: Model, metric: Metric, rows: npt.NDArray[np.int64], scored: Batch) -> None:
    try:
        board.fill(rows, outcome(metric, predict(model, scored), scored))
    except UsageError:
        raise
    except PracticumError as error:
        if len(rows) == 1:
            board.model_failed(rows, error)
            return
        for k in range(len(rows)):
            _score(board, model, metric, rows[k:k + 1], scored.take(np.array([k])))


class _Board:
    """The columns of a table while it is filled."""

    def __init__(self, batch: Batch, metric: Metric, task: str, clean: pa.Table | None = None) -> None:
        count = len(batch)
        self.batch, self.metric, self.task = batch, metric, task
        self.label: list[Any] = [None] * count
        self.prediction: list[Any] = [None] * count
        self.correct: list[Any] = [None] * count
        self.score, self.loss = np.full(count, np.nan), np.full(count, np.nan)
        self.model_broke = np.zeros(count, dtype=bool)
        self.failed, self.error = np.zeros(count, dtype=bool), [""] * count
        self.facts: dict[str, list[Any]] = {n: [None] * count for n in ("norm", "within", "queries", "gradients")}
        self.alone: list[bool | None] = [None] * count
        if clean is not None:
            self.label, self.prediction = clean["label"].to_pylist(), clean["prediction"].to_pylist()
            self.correct = clean["correct"].to_pylist()
            self.score, self.loss = (clean[n].to_numpy().copy() for n in ("score", "loss"))

    def fill(self, rows: npt.NDArray[np.int64], found: Outcome) -> None:
        """Results of the samples ``rows``."""
        for k, row in enumerate(rows.tolist()):
            self.label[row], self.prediction[row] = found.label[k], found.prediction[k]
            self.correct[row] = None if found.correct is None else bool(found.correct[k])
            if not found.finite[k]:
                self._broke(row, "the model gave numbers that are not finite")
        self.score[rows], self.loss[rows] = found.score, found.loss
        self.loss[rows[~found.finite]] = np.nan

    def technique_failed(self, rows: npt.NDArray[np.int64], error: PracticumError) -> None:
        """The technique made nothing of these samples: they stand as they were."""
        for row in rows.tolist():
            self.failed[row], self.error[row] = True, str(error)[:_MAX_ERROR]

    def model_failed(self, rows: npt.NDArray[np.int64], error: PracticumError) -> None:
        """The model gave no answer: wrong."""
        for row in rows.tolist():
            self.prediction[row], self.correct[row] = None, None if self.task in NUMERIC else False
            self.loss[row] = np.nan
            self._broke(row, str(error)[:_MAX_ERROR])

    def _broke(self, row: int, why: str) -> None:
        self.failed[row], self.model_broke[row], self.error[row] = True, True, why

    def attacked(self, rows: npt.NDArray[np.int64], changed: Changed) -> None:
        """What the core measured of an attack."""
        for name, column in self.facts.items():
            for row, value in zip(rows.tolist(), getattr(changed, name), strict=True):
                column[row] = value.item()

    def same_alone(self, rows: npt.NDArray[np.int64], same: list[bool]) -> None:
        """Whether samples attacked by themselves gave the same inputs."""
        for row, value in zip(rows.tolist(), same, strict=False):
            self.alone[row] = value

    def table(self, clean: pa.Table | None = None) -> pa.Table:
        """The filled table."""
        import pyarrow as pa

        said: Any = {"classification": pa.int64(), "regression": pa.float64()}.get(self.task, pa.large_string())
        if self.model_broke.any():
            fine = self.score[~self.model_broke]
            fine = fine[np.isfinite(fine)]
            extreme = (fine.min() if self.metric.direction == "higher" else fine.max()) if len(fine) else np.nan
            self.score[self.model_broke] = extreme if self.metric.worst is None else self.metric.worst
        ids = list(self.batch.ids)
        plain = all(isinstance(i, int) for i in ids)
        columns: dict[str, Any] = {
            "id": pa.array(ids if plain else [str(i) for i in ids], type=pa.int64() if plain else pa.large_string()),
            "label": pa.array(self.label, type=said)}
        if clean is not None:
            columns["clean_prediction"] = clean["prediction"].combine_chunks()
        columns["prediction"] = pa.array(self.prediction, type=said)
        if clean is not None:
            columns["clean_correct"] = clean["correct"].combine_chunks()
        columns["correct"] = pa.array(self.correct, type=pa.bool_())
        if clean is not None:
            columns["clean_score"] = clean["score"].combine_chunks()
        columns["score"] = pa.array(self.score, type=pa.float64())
        if clean is not None:
            columns["clean_loss"] = clean["loss"].combine_chunks()
        columns["loss"] = pa.array(self.loss, type=pa.float64())
        columns["failed"] = pa.array(self.failed, type=pa.bool_())
        columns["error"] = pa.array(self.error, type=pa.large_string())
        if clean is not None:
            columns["norm"] = pa.array(self.facts["norm"], type=pa.float64())
            columns["within"] = pa.array(self.facts["within"], type=pa.bool_())
            columns["queries"] = pa.array(self.facts["queries"], type=pa.int64())
            columns["gradients"] = pa.array(self.facts["gradients"], type=pa.int64())
            columns["same_alone"] = pa.array(self.alone, type=pa.bool_())
        return pa.table(columns)
