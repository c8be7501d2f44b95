"""What a gain table would cost, from a small probe: short fits with each augmentation, one batch for each stress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from practicum.batch import Batch
from practicum.evaluate.cells import clean_table
from practicum.evaluate.expand import learning_from
from practicum.evaluate.gaining import GainPlan, subset
from practicum.keys import Keys
from practicum.model import Model
from practicum.run.dryrun import PROBES, Cost, DryRun, PlannedCell, cell_cost, fit_cost, learning_lines, measured, peak
from practicum.run.gain_prepare import prepare_gain
from practicum.run.gain_recipe import GainRecipe, load_gain_recipe


def plan_gain_run(recipe: str | Path | Mapping[str, Any] | GainRecipe, *, overrides: Sequence[str] = (),
                  allow_import: bool = False) -> DryRun:
    """Estimate a gain table's time and memory. Everything is loaded and checked as in a run, but nothing is written.

    The model is fitted for one epoch on at most 256 samples without and with each augmentation, and the test split's
    first 8 and 64 samples are predicted as they are and under each stress; a line through two measurements tells what
    a call costs and what a sample. Of two measurements the quicker counts, so that compiling doesn't.

    Raises:
        PracticumError: as :func:`practicum.run.run_gain` before its first training.
    """
    checked = load_gain_recipe(recipe, overrides)
    plan = prepare_gain(checked, allow_import=allow_import).plan
    lines: list[PlannedCell] = []
    model, resting = plan.model, 0.0
    for item in (None, *plan.augmentations):
        label = "no augmentation" if item is None else item.perturbation.label
        options = {} if item is None else {"augment": item.technique}
        model, cost = _fit_probe(plan, options)
        resting = resting or peak()  # libraries are loaded by now, and their memory doesn't grow with the batch
        lines += [PlannedCell("train", label, "train", len(plan.seeds), count,
                              len(plan.seeds) * (cost.call + cost.sample * count)) for count in plan.labels]
    lines += _test_lines(plan, model, checked.batch_size)
    test = len(plan.data.part("test"))
    grown = max(0.0, peak() - resting) * max(1.0, min(checked.batch_size, test) / PROBES[1])
    return DryRun(tuple(lines), resting + grown, (f"{len(plan.cells())} trainings. Writing the table comes on top.",))


def _fit_probe(plan: GainPlan, options: Mapping[str, Any]) -> tuple[Model, Cost]:
    train, seed = plan.data.part("train"), plan.seeds[0]

    def first(count: int) -> Batch:
        return train.take(subset(train, count, seed, task=plan.model.task))

    return fit_cost(plan.model, first, min(len(train), max(plan.labels)), Keys(seed, path=("gain", "fit")), **options)


def _test_lines(plan: GainPlan, model: Model, batch_size: int) -> list[PlannedCell]:
    test, trainings = plan.data.part("test"), len(plan.cells())
    sample = test.take(np.arange(min(PROBES[1], len(test))))
    clean = measured(lambda n: clean_table(model, sample.take(np.arange(n)), plan.metric, batch_size=n), PROBES,
                     len(sample))
    stresses = learning_from(plan.stress, plan.data.part("train"))
    costs = {"(clean)": clean} | {s.perturbation.label: cell_cost(model, sample, s, plan.metric, plan.seeds[0])
                                  for s in stresses}
    return learning_lines("test", stresses, model, plan.seeds[0], trainings) + [
        PlannedCell("test", label, "test", trainings, len(test), trainings * cost.of(len(test), batch_size))
        for label, cost in costs.items()]
