"""A run directory: what was asked, what it ran with, every finished unit, and the results.

::

    recipe.yaml      the recipe, every default written out
    run.json         run id, versions, git commit, seeds, command
    units/           one file per finished unit, written whole or not at all
    checkpoints/     of an unfinished fit
    models/          fitted/ and hardened/
    results/         report.json, samples.parquet, examples/
    report.html
    journal.jsonl    what finished when
    lock             held by the process that works here now

A unit is the smallest piece that is never done by halves: a fit, one cell, the examples, a retraining. A killed run
goes on with the first unit that has no file.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from practicum.atomic import cannot_write, write_atomic
from practicum.errors import RunError
from practicum.evaluate.store import read_facts, to_text

if TYPE_CHECKING:
    import pyarrow as pa

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_run_id(run_id: str) -> str:
    """The id, if it can be a folder's name and nothing else.

    Raises:
        RunError: it could lead out of the folder of runs.

    Example:
        >>> check_run_id("20261122-digits-1f")
        '20261122-digits-1f'
    """
    if not _RUN_ID.fullmatch(run_id) or ".." in run_id:
        raise RunError(f"run id {run_id!r} must be letters, digits, dots, dashes and underscores, and start with a "
                       "letter or digit")
    return run_id


def new_run_id(name: str) -> str:
    """Time and name, unique enough for one machine: ``20261122-160102-harden-digits-3f2a``."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    return check_run_id(f"{time.strftime('%Y%m%d-%H%M%S')}-{slug}-{os.urandom(2).hex()}")


class RunDir:
    """A run directory, for reading and for the process that holds it (see :func:`locked`)."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, *parts: str) -> Path:
        """A path inside the directory."""
        return self.path.joinpath(*parts)

    @property
    def facts(self) -> dict[str, Any]:
        """``run.json``."""
        return read_facts(self.file("run.json"), "run")

    def get(self, key: str) -> pa.Table | None:
        """The table of a finished unit, or ``None``; a file that can't be read is an error, not a missing unit."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self._unit(key, ".parquet")
        if not path.is_file():
            return None
        try:
            table = pq.read_table(path)
        except (OSError, pa.ArrowInvalid) as error:
            raise RunError(f"{path} is damaged ({error}): remove it and resume, and this unit runs again") from error
        kept = {k: v for k, v in (table.schema.metadata or {}).items() if k == b"seconds"}
        return table.replace_schema_metadata(kept or None)

    def put(self, key: str, table: pa.Table) -> None:
        """Keep a unit's table; on return it survives a kill."""
        import pyarrow.parquet as pq

        write_atomic(self._unit(key, ".parquet"), lambda file: pq.write_table(table, file, compression="zstd"))
        self.note(key)

    def done(self, key: str) -> dict[str, Any] | None:
        """What a finished unit without a table left, or ``None``."""
        path = self._unit(key, ".json")
        return read_facts(path, "unit") if path.is_file() else None

    def finish(self, key: str, **facts: Any) -> dict[str, Any]:
        """Mark a unit without a table as finished."""
        write_atomic(self._unit(key, ".json"), to_text(facts))
        self.note(key)
        return facts

    def sweep(self) -> None:
        """Remove what a killed process had half written; only for the process that holds the directory."""
        for path in self.path.rglob(".*.tmp"):
            path.unlink(missing_ok=True)

    def note(self, unit: str) -> None:
        """One line in the journal."""
        line = json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "unit": unit, "pid": os.getpid()}) + "\n"
        try:
            with open(self.file("journal.jsonl"), "ab") as file:
                file.write(line.encode())
        except OSError as error:
            raise cannot_write(self.file("journal.jsonl"), error) from error

    def _unit(self, key: str, suffix: str) -> Path:
        """Long keys are shortened by their hash, so that every file system takes them."""
        if len(key) > 150:
            key = f"{key[:120]}-{hashlib.blake2b(key.encode(), digest_size=8).hexdigest()}"
        return self.file("units", f"{key}{suffix}")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a run directory for this process. The system drops the lock when the process ends, however it ends.

    Raises:
        RunError: another process works there, or the directory can't be written.
    """
    lock = path / "lock"
    try:
        path.mkdir(parents=True, exist_ok=True)
        file = open(lock, "a+", encoding="utf-8")  # noqa: SIM115  # held over the yield, closed below
    except OSError as error:
        raise cannot_write(lock, error) from error
    with file:
        if not _take(file):
            file.seek(0)
            holder = file.read(200).strip() or "another process"
            raise RunError(f"{path} is in use by {holder}: wait for it, or choose another directory with --out")
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}")
        file.flush()
        yield


def _take(file: IO[str]) -> bool:
    """An exclusive lock on an open file, without waiting."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def dump_yaml(values: Any) -> str:
    """Plain data as YAML, keys in order."""
    import yaml

    return str(yaml.safe_dump(values, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True))
