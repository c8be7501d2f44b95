"""Running the recipe of a gain table, in a directory from which a killed measurement goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from practicum.evaluate.gain_table import GainTable
from practicum.evaluate.gaining import GainProgress, gain
from practicum.run.begin import begin
from practicum.run.gain_prepare import prepare_gain
from practicum.run.gain_recipe import GainRecipe, load_gain_recipe
from practicum.run.rundir import RunDir, locked, new_run_id
from practicum.run.underway import run_path, underway
from practicum.tracker import Run


@dataclass(frozen=True)
class GainRun:
    """A finished measurement.

    Args:
        table: what was found.
        run_dir: where it is kept, with ``results/gain.json``, ``gain.parquet`` and ``gain.html``.
        seconds: wall time of this process's part.
    """

    table: GainTable
    run_dir: Path
    seconds: float


def run_gain(recipe: str | Path | Mapping[str, Any] | GainRecipe, out: str | Path | None = None, *,
             overrides: Sequence[str] = (), resume: bool = False, allow_import: bool = False,
             on_cell: Callable[[GainProgress], None] | None = None, command: str = "") -> GainRun:
    """Measure a gain table from a recipe, or go on where a killed measurement stopped.

    Args:
        recipe: a YAML or JSON file, plain data, or a checked recipe.
        out: the run directory; a new one under ``runs/`` when left out, or with ``resume`` the recipe's last one.
        overrides: ``"key=value"``, see :func:`load_gain_recipe`.
        resume: go on with an existing run of the same recipe; finished trainings are read back.
        allow_import: let the recipe name Python import paths.
        on_cell: called after each training.
        command: the command line, kept with the run.

    Raises:
        RunError: the directory holds another run, is in use, or there is nothing to resume.
        PracticumError: as :func:`practicum.evaluate.gain`; names file, line and key.
    """
    began = time.perf_counter()
    checked = load_gain_recipe(recipe, overrides)
    run_id = new_run_id(checked.name)
    path = run_path(checked, out, run_id, resume=resume)
    prepared = prepare_gain(checked, allow_import=allow_import)
    with locked(path):
        run_dir = RunDir(path)
        begin(run_dir, checked, prepared.plan.data, seeds=prepared.plan.seeds, notes=prepared.notes, resume=resume,
              command=command, run_id=run_id)
        with underway(run_dir, checked, prepared.tracker) as tracked:
            table = gain(prepared.plan.model, prepared.plan.data, checked.augment, **prepared.asked,
                         batch_size=checked.batch_size, level=checked.level, store=run_dir, on_cell=on_cell)
            table = replace(table, data={k: v for k, v in checked.plain()["data"].items() if v is not None})
            table.to_parquet(run_dir.file("results", "gain.parquet"))
            html = table.to_html(run_dir.file("results", "gain.html"))
            facts = table.to_json(run_dir.file("results", "gain.json"))
            if tracked is not None and run_dir.done("logged-gain") is None:
                log_gain(tracked, table)
                for file in (facts, html):
                    tracked.log_artifact(file)
                run_dir.finish("logged-gain")
            return GainRun(table, path, time.perf_counter() - began)


def log_gain(run: Run, table: GainTable) -> None:
    """Give a tracker's run every figure of a gain table.

    Names are ``AUGMENTATION/FIGURE``, with the number of labels as the step: the columns of :meth:`GainTable.table`
    that are numbers (``with``, ``gain``, ``gain_low``, ``robust_gain``, ...). What is not a finite number is left out.
    """
    for line in table.table().to_dict("records"):
        figures = {f"{line['augmentation']}/{name}": float(value) for name, value in line.items()
                   if name not in ("augmentation", "labels") and isinstance(value, (int, float))
                   and math.isfinite(value)}
        run.log_metrics(figures, step=int(line["labels"]))
