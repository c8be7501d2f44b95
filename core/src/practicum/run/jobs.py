"""``practicum run`` for a person at a terminal: progress, the table, one sentence, the report's path, the gate."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from practicum.report.terminal import print_report, summary_sentence
from practicum.run.dryrun import plan
from practicum.run.gate import judge, parse_thresholds, write_junit
from practicum.run.result import Event
from practicum.run.runner import OnEvent, run_recipe

_TITLES = {"data": "load", "fit": "fit", "stress": "stress", "explain": "explain the worst failures",
           "harden": "harden", "stress-after": "stress again", "report": "report"}


def run(recipe: Path, overrides: Sequence[str] = (), *, resume: bool = False, out: Path | None = None,
        dry_run: bool = False, fail_under: Sequence[str] = (), junit: Path | None = None,
        allow_import: bool = False) -> None:
    """Run a recipe and print what was found.

    Args:
        recipe, overrides, resume, out, allow_import: see :func:`practicum.run.run_recipe`.
        dry_run: print what it would cost, and run nothing.
        fail_under: thresholds, see :func:`practicum.run.judge`; one that is not met exits with 1.
        junit: file for the verdicts.

    Raises:
        PracticumError: as the run.
        typer.Exit: a threshold was not met.
    """
    # Threads that wait by spinning take the processor from each other where anything else runs: measured on two busy
    # cores, ten times slower. Read when torch is loaded, which is later than here; the user's own setting wins.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    parse_thresholds(fail_under)
    if dry_run:
        typer.echo(str(plan(recipe, overrides=overrides, allow_import=allow_import)))
        return
    with _progress() as tell:
        result = run_recipe(recipe, out, overrides=overrides, resume=resume, allow_import=allow_import, on_event=tell,
                            command=command_line())
    console = Console(width=None if sys.stdout.isatty() else 120)
    print_report(result.report, console)
    typer.echo(f"\n{summary_sentence(result.report)}")
    typer.echo(f"Report: {result.html or result.run_dir / 'results' / 'report.json'}  ({result.seconds:.0f} s)")
    verdicts = judge(result.report, fail_under)
    if junit is not None:
        write_junit(result.report, verdicts, junit)
    for verdict in verdicts:
        if not verdict.passed:
            typer.echo(str(verdict), err=True)
    if not all(v.passed for v in verdicts):
        raise typer.Exit(1)


def command_line() -> str:
    """The command line as typed, with the program's name only."""
    words = sys.argv if sys.argv and Path(sys.argv[0]).name in ("practicum", "__main__.py") else []
    return shlex.join(["practicum", *words[1:]]) if words else ""


@contextmanager
def _progress() -> Iterator[OnEvent]:
    """A bar for each stage on a terminal; one line for each stage where the output goes elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        seen: set[str] = set()

        def line(event: Event) -> None:
            if event.stage not in seen:
                seen.add(event.stage)
                typer.echo(_TITLES[event.stage], err=True)

        yield line
        return
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("{task.fields[what]}", markup=False))
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def bar(event: Event) -> None:
            if event.stage not in tasks:
                tasks[event.stage] = bars.add_task(_TITLES[event.stage], total=event.total, what="")
            bars.update(tasks[event.stage], completed=event.done, total=event.total,
                        what="" if event.done == event.total else event.what)

        yield bar
