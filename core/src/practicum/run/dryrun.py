"""What a recipe would cost, from a small probe: a short fit, one batch for each technique."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from practicum.evaluate.cells import clean_table, run_cell
from practicum.keys import Keys
from practicum.model import Model
from practicum.run.prepare import Prepared, prepare
from practicum.run.recipe import Recipe, load_recipe

PROBE = 32
"""Samples of a probe."""
FIT_PROBE = 256
"""Samples of the probe's fit."""


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """One line of a dry run.

    Args:
        stage: ``fit``, ``stress``, ``harden`` or ``stress-after``.
        what: the model, or the perturbation's label.
        split: of a cell, else ``""``.
        cells: how many (one for each seed).
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

    A model that needs it is fitted for one epoch on at most 256 samples, and each perturbation runs on at most 32
    samples; times are scaled by the number of samples, epochs, seeds and splits. Of two measurements the quicker
    counts, so that compiling doesn't.

    Raises:
        PracticumError: as :func:`run_recipe` before its first stage.
    """
    checked = load_recipe(recipe, overrides)
    prepared = prepare(checked, allow_import=allow_import)
    resting = _peak()
    model, fit_lines = _fit_probe(prepared)
    lines = list(fit_lines)
    stress = _stress_lines(prepared, model)
    lines += stress
    notes = ["Explaining and writing the report come on top."]
    if checked.harden is not None:
        lines.append(_harden_line(checked, prepared, model, stress))
        lines += [PlannedCell("stress-after", x.what, x.split, x.cells, x.samples, x.seconds) for x in stress]
        notes.append("Hardening is reckoned with one attacked and one augmented batch for every batch of the fit.")
    grown = max(0.0, _peak() - resting) * max(1.0, min(checked.batch_size, _largest(prepared)) / PROBE)
    return DryRun(tuple(lines), resting + grown, tuple(notes))


def _largest(prepared: Prepared) -> int:
    return max(len(prepared.data.part(n)) for n in prepared.splits)


def _quickest(work: Any, times: int = 2) -> tuple[float, Any]:
    best, out = math.inf, None
    for _ in range(times):
        began = time.perf_counter()
        out = work()
        best = min(best, time.perf_counter() - began)
    return best, out


def _epochs(model: Model) -> int:
    value = getattr(model, "epochs", 1)
    return value if isinstance(value, int) else 1


def _fit_probe(prepared: Prepared) -> tuple[Model, list[PlannedCell]]:
    if not prepared.fits:
        return prepared.model, []
    train = prepared.data.part("train")
    sample = train.take(np.arange(min(FIT_PROBE, len(train))))
    asked: Any = prepared.model
    short = asked.evolve(epochs=1) if "epochs" in type(asked).model_fields else asked
    seconds, made = _quickest(lambda: short.fit([sample], Keys(prepared.seeds[0], path=("fit",))))
    whole = seconds * len(train) / len(sample) * (_epochs(asked) if short is not asked else 1)
    return made, [PlannedCell("fit", asked.label, "", 1, len(train), whole)]


def _stress_lines(prepared: Prepared, model: Model) -> list[PlannedCell]:
    out = []
    for name in prepared.splits:
        batch = prepared.data.part(name)
        sample = batch.take(np.arange(min(PROBE, len(batch))))
        clean = clean_table(model, sample, prepared.metric, batch_size=PROBE)
        for item in prepared.planned:
            def work(item: Any = item, sample: Any = sample, clean: Any = clean) -> Any:
                return run_cell(model, sample, clean, item, prepared.metric, seed=prepared.seeds[0], split="probe",
                                phase="before", batch_size=PROBE)

            seconds, _ = _quickest(work)
            cells = len(prepared.seeds)
            out.append(PlannedCell("stress", item.perturbation.label, name, cells, len(batch),
                                   seconds * cells * len(batch) / len(sample)))
    return out


def _harden_line(recipe: Recipe, prepared: Prepared, model: Model, stress: Sequence[PlannedCell]) -> PlannedCell:
    """The fit, plus attacking half and augmenting half of the training data in every epoch, at the dearest of each."""
    train = prepared.data.part("train")
    sample = train.take(np.arange(min(FIT_PROBE, len(train))))
    asked: Any = prepared.model if prepared.fits else model
    budget = recipe.harden.budget if recipe.harden is not None else {}
    changed = asked.evolve(**budget) if budget else asked
    epochs = _epochs(changed)
    short = changed.evolve(epochs=1) if "epochs" in type(changed).model_fields else changed
    seconds, _ = _quickest(lambda: short.fit([sample], Keys(prepared.seeds[0], path=("harden",))))
    kinds = {p.perturbation.label: p.perturbation.kind for p in prepared.planned}
    dearest = [max((x.seconds / (x.cells * x.samples) for x in stress if kinds.get(x.what) == kind), default=0.0)
               for kind in ("attack", "transformation")]
    whole = epochs * len(train) * (seconds / len(sample) + 0.5 * sum(dearest))
    return PlannedCell("harden", asked.label, "", 1, len(train), whole)


def _peak() -> float:
    """Peak resident memory of this process in bytes."""
    try:
        import resource
    except ImportError:
        return math.nan
    unit = 1 if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * unit
