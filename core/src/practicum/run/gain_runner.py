"""Running the recipe of a gain table, in a directory from which a killed measurement goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from practicum.atomic import write_atomic
from practicum.data.splits import Splits
from practicum.errors import ConfigError, DataError, RunError, UsageError
from practicum.evaluate.expand import expand
from practicum.evaluate.gain_table import GainTable
from practicum.evaluate.gaining import GainProgress, gain, plan_gain
from practicum.evaluate.metrics import metric
from practicum.evaluate.store import to_text
from practicum.registry import default_registry
from practicum.run.begin import RUNS, begin, last_run
from practicum.run.gain_recipe import GainRecipe, load_gain_recipe
from practicum.run.prepare import at, built_model, check_imports, loaded_data
from practicum.run.rundir import RunDir, locked, new_run_id


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
    path = Path(out) if out is not None else last_run(checked) if resume else RUNS / run_id
    if resume and not path.is_dir():
        raise RunError(f"there is no run directory {str(path)!r} to resume: leave --resume out to start one")
    check_imports(checked, allow_import)
    _check_lists(checked)
    with at(checked, "model"):
        model = built_model(checked, allow_import)
    with at(checked, "metric"):
        metric(checked.metric, model.task)
    data, notes = _data(checked)
    asked: dict[str, Any] = {"labels": checked.labels, "seeds": checked.seeds, "stress": checked.stress,
                             "metric": checked.metric}
    plan = plan_gain(model, data, checked.augment, **asked)
    with locked(path):
        run_dir = RunDir(path)
        begin(run_dir, checked, data, seeds=plan.seeds, notes=notes, resume=resume, command=command, run_id=run_id)
        notify = default_registry().notify
        notify("run_started", run_dir=path, recipe=checked.plain())
        status = "FAILED"
        try:
            table = gain(model, data, checked.augment, **asked, batch_size=checked.batch_size, level=checked.level,
                         store=run_dir, on_cell=on_cell)
            table = replace(table, data={k: v for k, v in checked.plain()["data"].items() if v is not None})
            table.to_parquet(run_dir.file("results", "gain.parquet"))
            table.to_html(run_dir.file("results", "gain.html"))
            table.to_json(run_dir.file("results", "gain.json"))
            status = "FINISHED"
            return GainRun(table, path, time.perf_counter() - began)
        except (KeyboardInterrupt, SystemExit):
            status = "KILLED"
            raise
        finally:
            with suppress(RunError):  # a full disk must not hide what went wrong before
                write_atomic(run_dir.file("status.json"), to_text({"status": status}))
            notify("run_finished", run_dir=path, status=status)


def _check_lists(recipe: GainRecipe) -> None:
    """Build every technique once, so that an error names the entry."""
    for key in ("augment", "stress"):
        for place, item in enumerate(getattr(recipe, key)):
            with at(recipe, f"{key}.{place}"):
                expand([item])


def _data(recipe: GainRecipe) -> tuple[Splits, tuple[str, ...]]:
    if recipe.test is None:
        return loaded_data(recipe)
    if recipe.data.split is not None or recipe.test.split is not None:
        raise ConfigError(f"{recipe.where('test')}: with test data of their own, data and test are not split: leave "
                          "split out")
    train, notes = loaded_data(recipe, alone="train")
    test, more = loaded_data(recipe, recipe.test, "test")
    one, other = train.part("train"), test.part("test")
    for name, target in one.targets.items():
        if name in other.targets and other.targets[name].classes != target.classes:
            raise DataError(f"{recipe.where('test')}: target {name!r} has the classes "
                            f"{', '.join(other.targets[name].classes)}, in the training data "
                            f"{', '.join(target.classes)}: both files must hold the same classes")
    try:
        return Splits(train=one, test=other), (*notes, *more)
    except DataError as error:
        raise UsageError(f"{recipe.where('test')}: {error}") from None
