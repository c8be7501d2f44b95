"""Trackers: where a run's parameters, metrics and artifacts go. The habits are Lightning's logger's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from practicum.technique import Technique

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]


class Tracker(Technique):
    """One sink for runs. :meth:`start` opens a run; what was logged before a kill is there after it."""

    kind: ClassVar[str] = "tracker"

    @abstractmethod
    def start(self, experiment: str, run_name: str = "", *, run_id: str | None = None,
              tags: Mapping[str, str] | None = None) -> Run:
        """Open a run, or go on with ``run_id``."""


class Run:
    """An open run of a tracker. Every sink implements these six verbs.

    Usable as a context manager: a clean exit is FINISHED, an exception FAILED, Ctrl-C or SIGTERM KILLED.
    """

    run_id: str

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Configuration values, written once per name."""
        raise TypeError(f"{type(self).__name__} must define log_params")

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Measured values; on return they survive a kill of the process."""
        raise TypeError(f"{type(self).__name__} must define log_metrics")

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Free labels; a later value replaces an earlier one."""
        raise TypeError(f"{type(self).__name__} must define set_tags")

    def log_artifact(self, path: Path, name: str | None = None) -> None:
        """Keep a copy of a file."""
        raise TypeError(f"{type(self).__name__} must define log_artifact")

    def finish(self, status: Status = "FINISHED") -> None:
        """Close the run; a second call does nothing."""
        raise TypeError(f"{type(self).__name__} must define finish")

    def __enter__(self) -> Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        killed = kind is not None and issubclass(kind, (KeyboardInterrupt, SystemExit))
        self.finish("FINISHED" if kind is None else "KILLED" if killed else "FAILED")
