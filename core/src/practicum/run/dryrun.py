"""What a recipe would cost, from a small probe: a short fit, one batch for each technique."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from practicum.attack import Attack
from practicum.batch import Batch
from practicum.evaluate.cells import clean_table, run_cell
from practicum.evaluate.expand import Planned
from practicum.evaluate.hardening import check_hardening
from practicum.evaluate.metrics import Metric
from practicum.keys import Keys
from practicum.model import Model
from practicum.run.prepare import Prepared, prepare
from practicum.run.recipe import Harden, Recipe, load_recipe

PROBES = (8, 64)
"""Samples of the two probes of a technique: a line through both tells what a call costs, and what a sample."""
FIT_PROBES = (64, 256)
"""Samples of the two probes of a fit."""


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """One line of a dry run.

    Args:
        stage: ``fit``, ``stress``, ``harden`` or ``stress-after``; of a gain table ``train`` or ``test``.
        what: the model, or the perturbation's label.
        split: of a cell, else ``""``.
        cells: how many (one for each seed; of a gain table's tests one for each training).
        samples: how many samples each.
        seconds: expected, all of them together.
    """

    stage: str
    what: str
    split: str
    cells: int
    samples: int
    seconds: float


@dataclass(frozen=True)
class DryRun:
    """What a run would do and cost.

    Args:
        lines: its stages and cells.
        memory: expected peak of resident memory in bytes; NaN where the system doesn't tell.
        notes: what the estimate can't know.
    """

    lines: tuple[PlannedCell, ...]
    memory: float
    notes: tuple[str, ...]

    @property
    def seconds(self) -> float:
        """Expected wall time."""
        return sum(line.seconds for line in self.lines)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return sum(line.cells for line in self.lines if line.split)

    def __str__(self) -> str:
        rows = [(x.stage, x.what, x.split, str(x.cells), str(x.samples), f"{x.seconds:.1f} s") for x in self.lines]
        rows.insert(0, ("stage", "what", "split", "cells", "samples", "expected"))
        widths = [max(len(r[k]) for r in rows) for k in range(6)]
        text = ["  ".join(c.ljust(w) if k < 3 else c.rjust(w) for k, (c, w) in enumerate(zip(r, widths, strict=True)))
                for r in rows]
        memory = "unknown" if math.isnan(self.memory) else f"about {self.memory / 2**20:.0f} MiB"
        text += ["", f"{self.cells} cells, expected time {self.seconds:.0f} s, expected memory {memory}", *self.notes]
        return "\n".join(line.rstrip() for line in text)


def plan(recipe: str | Path | Mapping[str, Any] | Recipe, *, overrides: Sequence[str] = (),
         allow_import: bool = False) -> DryRun:
    """Estimate a run's time and memory. Everything is loaded and checked as in a run, but nothing is written.

    A model that needs it is fitted for one epoch on at most 256 samples, and each perturbation runs on 8 and on 64
    samples of a split; a line through both measurements tells what a call costs and what a sample. Of two measurements
    the quicker counts, so that compiling doesn't.

    Raises:
        PracticumError: as :func:`run_recipe` before its first stage.
    """
    checked = load_recipe(recipe, overrides)
    prepared = prepare(checked, allow_import=allow_import)
    model, fit_lines = _fit_probe(prepared)
    resting = peak()  # libraries are loaded by now, and their memory doesn't grow with the batch
    lines = list(fit_lines)
    stress = _stress_lines(prepared, model, checked.batch_size)
    lines += stress
    notes = ["Explaining and writing the report come on top."]
    if checked.harden is not None:
        lines.append(_harden_line(checked, prepared, model, stress))
        lines += [PlannedCell("stress-after", x.what, x.split, x.cells, x.samples, x.seconds) for x in stress]
        notes.append("Hardening is reckoned with one attacked and one augmented batch for every batch of the fit.")
    grown = max(0.0, peak() - resting) * max(1.0, min(checked.batch_size, _largest(prepared)) / PROBES[1])
    return DryRun(tuple(lines), resting + grown, tuple(notes))


def _largest(prepared: Prepared) -> int:
    return max(len(prepared.data.part(n)) for n in prepared.splits)


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of a call and of a sample."""

    call: float
    sample: float

    def of(self, samples: int, batch_size: int) -> float:
        """Seconds for so many samples in batches."""
        return -(-samples // batch_size) * self.call + samples * self.sample


def measured(work: Callable[[int], Any], sizes: Sequence[int], available: int) -> Cost:
    """The cost of a call that takes a number of samples, from a small and a large one."""
    small, large = (min(n, available) for n in sizes)
    times = []
    for count in (small, large):
        best = math.inf
        for _ in range(2):
            began = time.perf_counter()
            work(count)
            best = min(best, time.perf_counter() - began)
        times.append(best)
    if small == large:
        return Cost(0.0, times[1] / max(large, 1))
    slope = max(0.0, (times[1] - times[0]) / (large - small))
    return Cost(max(0.0, times[1] - slope * large), slope)


def _epochs(model: Model) -> int:
    value = getattr(model, "epochs", 1)
    return value if isinstance(value, int) else 1


def fit_cost(asked: Any, first: Callable[[int], Batch], available: int, keys: Keys,
             **options: Any) -> tuple[Model, Cost]:
    """A model fitted shortly, and what the whole fit costs: once, and for each training sample in all its epochs.

    Args:
        asked: the model.
        first: so many training samples.
        available: how many there are.
        keys: of the fit.
        **options: further ones of ``fit``, as ``augment``.
    """
    short = asked.evolve(epochs=1) if "epochs" in type(asked).model_fields else asked
    made: list[Model] = []
    cost = measured(lambda count: made.append(short.fit([first(count)], keys, None, **options)), FIT_PROBES, available)
    return made[-1], Cost(cost.call, cost.sample * (_epochs(asked) if short is not asked else 1))


def _fit_cost(asked: Any, prepared: Prepared, stage: str) -> tuple[Model, float]:
    train = prepared.data.part("train")
    made, cost = fit_cost(asked, lambda count: train.take(np.arange(count)), len(train),
                          Keys(prepared.seeds[0], path=(stage,)))
    return made, cost.call + cost.sample * len(train)


def cell_cost(model: Model, sample: Batch, item: Planned, metric: Metric, seed: int) -> Cost:
    """What one perturbation costs a model; ``sample`` holds the samples to try it on."""
    clean = clean_table(model, sample, metric, batch_size=PROBES[1])

    def work(count: int) -> None:
        run_cell(model, sample.take(np.arange(count)), clean.slice(0, count), item, metric, seed=seed, split="probe",
                 phase="before", batch_size=count)

    return measured(work, PROBES, len(sample))


def _fit_probe(prepared: Prepared) -> tuple[Model, list[PlannedCell]]:
    if not prepared.fits:
        return prepared.model, []
    made, seconds = _fit_cost(prepared.model, prepared, "fit")
    return made, [PlannedCell("fit", prepared.model.label, "", 1, len(prepared.data.part("train")), seconds)]


def learning_lines(stage: str, planned: Sequence[Planned], model: Model, seed: int, cells: int) -> list[PlannedCell]:
    """What fitting the attacks that learn their change costs, ``cells`` times each."""
    out = []
    for item in planned:
        train, attack = item.train, item.technique
        if train is None or not isinstance(attack, Attack):
            continue
        keys = Keys(seed).child(attack.name)
        cost = measured(partial(_fit_attack, attack, model, train, keys), PROBES, len(train))
        out.append(PlannedCell(stage, f"fit of {item.perturbation.label}", "", cells, len(train),
                               cells * cost.of(len(train), len(train))))
    return out


def _fit_attack(attack: Attack, model: Model, train: Batch, keys: Keys, count: int) -> Attack:
    part = train.take(np.arange(count))
    return attack.fit(model, part, keys.bind(part.ids))


def _stress_lines(prepared: Prepared, model: Model, batch_size: int) -> list[PlannedCell]:
    costs: dict[str, Cost] = {}
    out = learning_lines("stress", prepared.planned, model, prepared.seeds[0], len(prepared.seeds))
    for name in prepared.splits:
        batch = prepared.data.part(name)
        sample = batch.take(np.arange(min(PROBES[1], len(batch))))
        for item in prepared.planned:
            key = item.perturbation.key
            if key not in costs:  # a technique costs the same on every split
                costs[key] = cell_cost(model, sample, item, prepared.metric, prepared.seeds[0])
            cells = len(prepared.seeds)
            out.append(PlannedCell("stress", item.perturbation.label, name, cells, len(batch),
                                   cells * costs[key].of(len(batch), batch_size)))
    return out


def _harden_line(recipe: Recipe, prepared: Prepared, model: Model, stress: Sequence[PlannedCell]) -> PlannedCell:
    """The fit, plus attacking half and augmenting half of the training data in every epoch, at the dearest of each; a
    defence with an adversary of its own pays for it in the fit."""
    asked: Any = prepared.model if prepared.fits else model
    wanted = recipe.harden or Harden()
    changed: Any = check_hardening(asked, prepared.data, wanted.budget, wanted.defence)
    _, seconds = _fit_cost(changed, prepared, "harden")
    train = prepared.data.part("train")
    kinds = {p.perturbation.label: p.perturbation.kind for p in prepared.planned}
    used = ["transformation"] if getattr(type(changed), "own_adversary", False) else ["attack", "transformation"]
    dearest = [max((x.seconds / (x.cells * x.samples) for x in stress if kinds.get(x.what) == kind), default=0.0)
               for kind in used]
    whole = seconds + _epochs(changed) * len(train) * 0.5 * sum(dearest)
    return PlannedCell("harden", asked.label, "", 1, len(train), whole)


def peak() -> float:
    """Peak resident memory of this process in bytes."""
    try:
        import resource
    except ImportError:
        return math.nan
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit
