"""The worst failures: which samples, what was done to them, and what the model rests on before and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.evaluate.cells import change, chunks, predict
from practicum.evaluate.expand import Planned, short_label
from practicum.evaluate.metrics import Metric, outcome
from practicum.evaluate.result import Cell, Examples, Row
from practicum.explainer import Explainer, Explanation
from practicum.keys import Keys
from practicum.model import Model

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa


def explain_worst(model: Model, batch: Batch, rows: Sequence[Row], cells: Sequence[Cell], planned: Sequence[Planned],
                  metric: Metric, explainers: Sequence[Explainer] = (), *, count: int = 6, batch_size: int = 256,
                  on_done: Callable[[Examples], None] | None = None) -> tuple[Examples, ...]:
    """The worst failures under each of some perturbations, with attributions.

    A sample's failure is worst where it was right before and wrong after with the largest growth of its loss; where too
    few samples turned wrong, the largest growth of the loss follows. Ties are broken by the hash of the id, so the
    choice depends on the results only. The inputs are made again from the seed, chunk by chunk as in the evaluation, so
    they are the ones that were measured.

    Args:
        model: the model that was evaluated.
        batch: the split.
        rows: the perturbations to show, as :meth:`Report.worst` gives them.
        cells: results of the split.
        planned: perturbations with their techniques.
        metric: the metric of the evaluation.
        explainers: what explains; each explains the class the model predicts, before and after.
        count: examples per perturbation.
        batch_size: as in the evaluation.
        on_done: called after each perturbation.
    """
    techniques = {p.perturbation.key: p for p in planned}
    out = []
    for row in rows:
        cell = min((c for c in cells if c.perturbation.key == row.perturbation.key and c.phase == row.phase
                    and c.split == row.split), key=lambda c: row.seeds.index(c.seed))
        chosen = worst_samples(cell.samples, batch.ids.hashes, metric, count)
        if not len(chosen):
            continue
        found = _examples(model, batch, cell, techniques[row.perturbation.key], chosen, explainers, batch_size)
        out.append(found)
        if on_done is not None:
            on_done(found)
    return tuple(out)


def worst_samples(samples: pa.Table, hashes: npt.NDArray[np.uint64], metric: Metric,
                  count: int) -> npt.NDArray[np.int64]:
    """Rows of the worst failures, worst first; without samples that failed or got no worse."""
    growth = samples["loss"].to_numpy() - samples["clean_loss"].to_numpy()
    worse = metric.worsening(samples["clean_score"].to_numpy(), samples["score"].to_numpy())
    turned = np.zeros(samples.num_rows, dtype=bool)
    if samples["correct"].null_count == 0:
        before, after = (np.asarray(samples[n].to_numpy(zero_copy_only=False), dtype=bool)
                         for n in ("clean_correct", "correct"))
        turned = before & ~after
    usable = ~np.asarray(samples["failed"].to_numpy(zero_copy_only=False), dtype=bool) & np.isfinite(growth)
    usable &= turned | (growth > 0) | (worse > 0)
    order = np.lexsort((hashes, -np.where(np.isfinite(growth), growth, 0.0), ~turned))
    return np.asarray(order[usable[order]][:count], dtype=np.int64)


def _examples(model: Model, batch: Batch, cell: Cell, planned: Planned, chosen: npt.NDArray[np.int64],
              explainers: Sequence[Explainer], batch_size: int) -> Examples:
    before = batch.take(chosen)
    after = made_again(model, batch, cell, planned, chosen, batch_size)
    table = cell.samples.take(chosen)
    column = {n: tuple(table[n].to_pylist()) for n in ("label", "clean_prediction", "prediction", "clean_loss", "loss")}
    return Examples(cell.perturbation, cell.split, cell.seed, _bare(before), _bare(after), column["label"],
                    column["clean_prediction"], column["prediction"], column["clean_loss"], column["loss"],
                    _explanations(model, before, after, table, explainers, cell.seed))


def made_again(model: Model, batch: Batch, cell: Cell, planned: Planned, chosen: npt.NDArray[np.int64],
               batch_size: int) -> Batch:
    """The perturbed inputs of some samples, in their order, chunk by chunk as in the evaluation."""
    technique = planned.ready(model, cell.seed)
    parts = []
    for rows in chunks(batch, batch_size):
        wanted = np.flatnonzero(np.isin(rows, chosen))
        if not len(wanted):
            continue
        failed = np.asarray(cell.samples["failed"].to_numpy(zero_copy_only=False), dtype=bool)[rows].any()
        if failed:  # the chunk was evaluated sample by sample
            parts += [change(technique, model, batch.take(rows[k:k + 1]), cell.seed).batch for k in wanted]
        else:
            parts.append(change(technique, model, batch.take(rows), cell.seed).batch.take(wanted))
    joined = Batch.concat(parts)
    place = {h: k for k, h in enumerate(joined.ids.hashes.tolist())}
    return joined.take(np.array([place[h] for h in batch.ids.hashes[chosen].tolist()], dtype=np.int64))


def _bare(batch: Batch) -> Batch:
    """Without the edit log, which the report makes itself."""
    return replace(batch, edits=None)


def _explanations(model: Model, before: Batch, after: Batch, table: pa.Table, explainers: Sequence[Explainer],
                  seed: int) -> Mapping[str, tuple[Explanation, Explanation]]:
    if model.task != "classification":
        return {}
    classes = [np.array(table[n].to_pylist(), dtype=np.int64) for n in ("clean_prediction", "prediction")]
    return {short_label(e): (e.run(model, before, classes[0], Keys(seed)), e.run(model, after, classes[1], Keys(seed)))
            for e in explainers}


def judged_again(examples: Sequence[Examples], model: Model, metric: Metric) -> tuple[Examples, ...]:
    """The same examples with the hardened model's predictions on the same perturbed inputs."""
    return tuple(replace(e, hardened_predictions=tuple(outcome(metric, predict(model, e.after), e.after).prediction))
                 for e in examples)
