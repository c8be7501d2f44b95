"""The local tracker: each run a folder with a journal, folded into one SQLite file when read."""

from __future__ import annotations

import hashlib
import json
import operator
import os
import secrets
import sqlite3
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from time import time_ns
from typing import Any, BinaryIO, ClassVar, get_args

from pydantic import Field

from practicum.atomic import cannot_write, writing
from practicum.errors import RunError, UsageError
from practicum.track.journal import Journal, records
from practicum.track.names import checked_artifact, checked_run_id, checked_text, new_run_id
from practicum.track.process import Process
from practicum.track.store import JOURNAL, LocalStore
from practicum.tracker import Run, Status, Tracker

_INT64 = range(-(2**63), 2**63)


class LocalTracker(Tracker):
    """Keeps runs in a local folder, without a service.

    What is logged is in the run's journal when the call returns, so that nothing is lost when the process is killed;
    :class:`practicum.track.LocalStore` reads runs back. Several processes may log to one folder, and even to one run.

    Example:
        >>> import tempfile
        >>> tracker = LocalTracker(root=tempfile.mkdtemp())
        >>> with tracker.start("digits", "first") as run:
        ...     run.log_params({"lr": 0.1})
        ...     run.log_metrics({"loss": 0.5}, step=1)
        >>> info = tracker.store().run(run.run_id)
        >>> info.status, info.params, info.last
        ('FINISHED', {'lr': 0.1}, {'loss': 0.5})
    """

    name: ClassVar[str] = "core/local"

    root: str = Field(default="runs", min_length=1, description="folder of all runs; made when missing")
    sync: bool = Field(default=False, description="sync every record to the disk, so that a power cut loses nothing")

    def start(self, experiment: str, run_name: str = "", *, run_id: str | None = None,
              tags: Mapping[str, str] | None = None) -> LocalRun:
        """Open a run, or go on with ``run_id``.

        Args:
            experiment: what the run belongs to.
            run_name: free; the run id when left out.
            run_id: up to 100 letters, digits, ``.``, ``_``, ``-``; made up when left out. A run that exists goes on,
                under the experiment and name that it has.
            tags: free labels.

        Raises:
            UsageError: an unusable id or name.
            RunError: the folder can't be written.
        """
        ident = new_run_id() if run_id is None else checked_run_id(run_id)
        facts = {"experiment": checked_text(experiment, "experiment"),
                 "name": checked_text(run_name or ident, "run name")}
        folder = Path(self.root).expanduser() / ident
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from error
        run = LocalRun(folder, facts, sync=self.sync)
        if tags:
            run.set_tags(tags)
        return run

    def store(self) -> LocalStore:
        """The runs of this tracker's folder, for reading."""
        return LocalStore(self.root)


class LocalRun(Run):
    """An open run of the local tracker; made by :meth:`LocalTracker.start`.

    Args:
        folder: the run's own folder, which exists.
        facts: experiment and name, for a run that is new.
        sync: whether each record is synced to the disk.
    """

    def __init__(self, folder: Path, facts: Mapping[str, str], *, sync: bool = False) -> None:
        self.folder, self.run_id = folder, folder.name
        self._journal = Journal(folder / JOURNAL, sync=sync)
        self._session = secrets.token_hex(8)
        self._keys: dict[str, str] = {}
        self._params = _known_params(folder / JOURNAL)
        self._open = True
        started = {"session": self._session, "process": asdict(Process.current()), **facts}
        self._record("S", started)

    def _finished(self) -> RunError:
        return RunError(f"run {self.run_id} is finished: go on with it by tracker.start(experiment, "
                        f"run_id={self.run_id!r})")

    def _record(self, kind: str, value: Any) -> None:
        if not self._open:
            raise self._finished()
        self._journal.append(f"{kind}\t{time_ns()}\t{json.dumps(value)}")

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """Measured values, all of them or none; on return they survive a kill of the process.

        Args:
            metrics: name -> number; NaN and infinity are kept. Numbers are stored as float64.
            step: 64-bit integer or ``None``; steps may repeat and go back.

        Raises:
            UsageError: a value that is no number, or a step that is no integer.
            RunError: the disk is full, or the run is finished.
        """
        if type(step) is not int and step is not None:
            step = _step(step)
        if step is not None and not -9223372036854775808 <= step <= 9223372036854775807:
            raise UsageError(f"step {step} doesn't fit 64 bits")
        keys = self._keys
        parts = [f"M\t{time_ns()}\t{'' if step is None else step}"]
        for key, value in metrics.items():
            if type(value) is not float:
                value = _number(key, value)
            parts.append(f"{keys[key] if key in keys else self._key(key)}\t{value!r}")
        if not self._open:
            raise self._finished()
        self._journal.append("\t".join(parts))

    def _key(self, key: str) -> str:
        # As JSON, so that tabs and line ends in a name can't break the record.
        found = self._keys[key] = json.dumps(checked_text(key, "metric name"))
        return found

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Configuration values, written once per name; what JSON can't hold is kept as its text.

        Raises:
            RunError: a name has another value already.
        """
        new: dict[str, Any] = {}
        for key, value in params.items():
            plain = _plain(value)
            known = self._params.get(checked_text(key, "parameter name"), _NONE)
            if known is _NONE:
                new[key] = plain
            elif json.dumps(known) != json.dumps(plain):
                raise RunError(f"run {self.run_id}: parameter {key!r} is {known!r} and can't become {plain!r}: "
                               "parameters "
                               "are written once; use a tag, or start another run")
        if new:
            self._record("P", new)
            self._params |= new

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """Free labels; a later value replaces an earlier one."""
        self._record("T", {checked_text(k, "tag"): checked_text(v, f"value of tag {k!r},") if v else ""
                           for k, v in tags.items()})

    def log_artifact(self, path: Path, name: str | None = None) -> None:
        """Keep a copy of a file, with its SHA-256; a later copy of the same name replaces the earlier one.

        Args:
            path: the file.
            name: relative path under the run's folder of artifacts; the file's own name when left out.

        Raises:
            UsageError: the name leads out of the folder.
            RunError: the file is missing or can't be copied; an earlier copy is then still there.
        """
        source = Path(path)
        inside = checked_artifact(source.name if name is None else name)
        base = self.folder / "artifacts"
        target = base / inside
        if not target.parent.resolve().is_relative_to(base.resolve()):
            raise UsageError(f"artifact {str(inside)!r} would leave the run's folder through a link: remove the link")
        try:
            file = open(source, "rb")  # noqa: SIM115  # the error of opening differs from that of copying
        except OSError as error:
            raise RunError(f"artifact {source} could not be read ({error.strerror}): give the path of a "
                           "file") from error
        if not self._open:
            raise self._finished()
        with file, writing(target) as copy:
            size, digest = _copy(file, copy)
        self._record("A", {"name": str(inside), "sha256": digest, "size": size})

    def finish(self, status: Status = "FINISHED") -> None:
        """Close the run and fold its journal into the store; a second call does nothing."""
        if not self._open:
            return
        if status not in get_args(Status) or status == "RUNNING":
            raise UsageError(f"a run ends as FINISHED, FAILED or KILLED, not as {status!r}")
        self._record("E", {"session": self._session, "status": status})
        self._open = False
        self._journal.close()
        try:
            LocalStore(self.folder.parent).fold(self.run_id)
        except (sqlite3.Error, RunError) as error:
            warnings.warn(f"run {self.run_id} is complete in its journal but could not be folded into the store "
                          f"({error}); "
                          "the next reading folds it", stacklevel=2)


class _None:
    """No parameter of that name (``None`` is a value)."""


_NONE = _None()


def _known_params(journal: Path) -> dict[str, Any]:
    known: dict[str, Any] = {}
    for record, _ in records(journal):
        if record is not None and record.startswith("P\t"):
            known = json.loads(record.split("\t", 2)[2]) | known
    return known


def _plain(value: Any) -> Any:
    """A value as JSON gives it back."""
    try:
        return json.loads(json.dumps(value, default=lambda v: v.item() if getattr(v, "ndim", 1) == 0 else str(v)))
    except (TypeError, ValueError, RecursionError):
        return str(value)


def _step(step: Any) -> int:
    try:
        return operator.index(step)
    except TypeError:
        raise UsageError(f"step {step!r} is a {type(step).__name__}; a step is an integer") from None


def _number(key: str, value: Any) -> float:
    try:
        if isinstance(value, (str, bytes)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise UsageError(f"metric {key!r} is {str(value)[:60]!r}, a {type(value).__name__}; a metric is one number: "
                         "give "
                         "its mean, or log a parameter or an artifact") from None


def _copy(source: BinaryIO, target: BinaryIO) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while piece := source.read(1 << 20):
        digest.update(piece)
        size += target.write(piece)
    os.fsync(target.fileno())
    return size, digest.hexdigest()
