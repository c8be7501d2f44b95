"""What every kind of run does around its work: a directory, a tracker's run, the status at the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from practicum.atomic import write_atomic
from practicum.errors import RunError
from practicum.evaluate.store import to_text
from practicum.registry import default_registry
from practicum.run.begin import RUNS, last_run
from practicum.run.recipe import Common
from practicum.run.rundir import RunDir
from practicum.tracker import Run, Status, Tracker


def run_path(recipe: Common, out: str | Path | None, run_id: str, *, resume: bool) -> Path:
    """The run's directory: ``out``, else a new one under ``runs/``, or with ``resume`` the recipe's last one.

    Raises:
        RunError: there is nothing to resume.
    """
    path = Path(out) if out is not None else last_run(recipe) if resume else RUNS / run_id
    if resume and not path.is_dir():
        raise RunError(f"there is no run directory {str(path)!r} to resume: leave --resume out to start one")
    return path


@contextmanager
def underway(run_dir: RunDir, recipe: Common, tracker: Tracker | None) -> Iterator[Run | None]:
    """A run that has begun: plugins are told, the tracker's run is open, and how it ends is kept in ``status.json``.

    Yields:
        the tracker's run, with the recipe as its parameters; ``None`` without a tracker.
    """
    notify = default_registry().notify
    tracked = _open(run_dir, recipe, tracker)
    status: Status = "FAILED"
    notify("run_started", run_dir=run_dir.path, recipe=recipe.plain())
    try:
        yield tracked
        status = "FINISHED"
    except (KeyboardInterrupt, SystemExit):
        status = "KILLED"
        raise
    finally:
        with suppress(RunError):  # a full disk must not hide what went wrong before
            write_atomic(run_dir.file("status.json"), to_text({"status": status}))
        if tracked is not None:
            tracked.finish(status)
        notify("run_finished", run_dir=run_dir.path, status=status)


def _open(run_dir: RunDir, recipe: Common, tracker: Tracker | None) -> Run | None:
    if tracker is None:
        return None
    run_id = str(run_dir.facts["run_id"])
    tracked = tracker.start(recipe.name or "recipe", run_id, run_id=run_id)
    tracked.log_params(_flat(recipe.plain()))
    return tracked


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """Nested plain data with dotted keys."""
    if isinstance(value, Mapping) and value:
        return {k: v for name, inner in value.items() for k, v in _flat(inner, f"{path}.{name}".lstrip(".")).items()}
    if isinstance(value, (list, tuple)) and any(isinstance(v, (Mapping, list, tuple)) for v in value):
        return {k: v for n, inner in enumerate(value) for k, v in _flat(inner, f"{path}.{n}").items()}
    return {path: value}
