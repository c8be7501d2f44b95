"""``practicum gain`` for a person at a terminal: progress, the table, one sentence, where it is kept."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from practicum.evaluate.gaining import GainProgress
from practicum.report.gain import gain_sentence, print_gain
from practicum.run.gain_dryrun import plan_gain_run
from practicum.run.gain_runner import run_gain
from practicum.run.jobs import command_line


def run(recipe: Path, overrides: Sequence[str] = (), *, resume: bool = False, out: Path | None = None,
        dry_run: bool = False, allow_import: bool = False) -> None:
    """Measure a gain table and print it.

    Args:
        recipe, overrides, resume, out, allow_import: see :func:`practicum.run.run_gain`.
        dry_run: print what it would cost, and run nothing.

    Raises:
        PracticumError: as the measurement.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # see practicum.run.jobs.run
    if dry_run:
        typer.echo(str(plan_gain_run(recipe, overrides=overrides, allow_import=allow_import)))
        return
    with _progress() as tell:
        done = run_gain(recipe, out, overrides=overrides, resume=resume, allow_import=allow_import, on_cell=tell,
                        command=command_line())
    print_gain(done.table, Console(width=None if sys.stdout.isatty() else 160))
    typer.echo(f"\n{gain_sentence(done.table)}")
    typer.echo(f"Table: {done.run_dir / 'results' / 'gain.html'}  ({done.seconds:.0f} s)")


@contextmanager
def _progress() -> Iterator[Callable[[GainProgress], None]]:
    """A bar on a terminal; one line in ten trainings where the output goes elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        def line(now: GainProgress) -> None:
            if now.done == now.total or now.done % max(1, now.total // 10) == 0:
                typer.echo(f"{now.done}/{now.total} trainings", err=True)

        yield line
        return
    columns = (TextColumn("trainings"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[what]}", markup=False))
    with Progress(*columns, console=console) as bars:
        task = bars.add_task("trainings", total=None, what="")

        def bar(now: GainProgress) -> None:
            bars.update(task, completed=now.done, total=now.total, what="" if now.done == now.total else now.what)

        yield bar
