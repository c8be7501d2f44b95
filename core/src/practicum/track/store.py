"""Reading runs back: the journals, folded into one SQLite file that can be made again from them."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from practicum.errors import RunError
from practicum.track.journal import records
from practicum.track.names import checked_run_id
from practicum.track.process import Process

JOURNAL = "journal.log"
DATABASE = "runs.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (run TEXT PRIMARY KEY, experiment TEXT, name TEXT, created INTEGER,
                                 place INTEGER NOT NULL, torn INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (run TEXT, session TEXT, process TEXT, started INTEGER, ended INTEGER, status TEXT,
                                     PRIMARY KEY (run, session)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS params (run TEXT, key TEXT, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tags (run TEXT, key TEXT, value TEXT, PRIMARY KEY (run, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS artifacts (run TEXT, name TEXT, sha256 TEXT, size INTEGER, time INTEGER,
                                      PRIMARY KEY (run, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS metrics (number INTEGER PRIMARY KEY, run TEXT, key TEXT, step INTEGER, time INTEGER,
                                    value REAL);
CREATE INDEX IF NOT EXISTS metrics_by_key ON metrics (run, key);
"""


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One logged value.

    Args:
        step: as given, or ``None``.
        time: seconds since 1970, UTC.
        value: the number; may be NaN or infinite.
    """

    step: int | None
    time: float
    value: float


@dataclass(frozen=True, slots=True)
class Artifact:
    """One kept file: its digest and its size in bytes."""

    sha256: str
    size: int
    path: Path


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run as read back.

    Args:
        run_id: its id.
        experiment, name: as given at its start.
        status: RUNNING, FINISHED, FAILED, KILLED, or LOST when its process is gone without having finished it.
        created: seconds since 1970, UTC.
        ended: when it finished; ``None`` before.
        params: configuration values.
        tags: free labels.
        last: each metric's last logged value.
        artifacts: name -> :class:`Artifact`.
        torn: records that a full disk or a power cut left incomplete; they don't count.
    """

    run_id: str
    experiment: str
    name: str
    status: str
    created: float
    ended: float | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    last: Mapping[str, float] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)
    torn: int = 0


class LocalStore:
    """All runs of a folder. Reading sees everything logged so far, also by processes that still run.

    The SQLite file is an index: deleting it loses nothing, the next reading makes it again from the journals. A folder
    that can't be written is indexed in memory.

    Args:
        root: the folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).expanduser()

    def runs(self, experiment: str | None = None) -> list[RunInfo]:
        """All runs, oldest first, optionally of one experiment.

        Raises:
            RunError: the folder is missing or can't be read.
        """
        with self._folded() as db:
            names = db.execute("SELECT run FROM runs WHERE ?1 IS NULL OR experiment = ?1 ORDER BY created, run",
                               (experiment,)).fetchall()
            return [self._info(db, run) for (run,) in names]

    def run(self, run_id: str) -> RunInfo:
        """One run.

        Raises:
            RunError: there is no such run; the message has close ids.
        """
        with self._folded(run_id) as db:
            return self._info(db, run_id)

    def metrics(self, run_id: str, key: str) -> list[MetricPoint]:
        """All values of one metric in the order logged; empty when there are none.

        Raises:
            RunError: there is no such run.
        """
        with self._folded(run_id) as db:
            rows = db.execute("SELECT step, time, value FROM metrics WHERE run = ? AND key = ? ORDER BY number",
                              (run_id, key)).fetchall()
        return [MetricPoint(step, time / 1e9, _float(value)) for step, time, value in rows]

    def metric_keys(self, run_id: str) -> list[str]:
        """Names of a run's metrics, sorted.

        Raises:
            RunError: there is no such run.
        """
        with self._folded(run_id) as db:
            return sorted(k for (k,) in db.execute("SELECT DISTINCT key FROM metrics WHERE run = ?", (run_id,)))

    def fold(self, run_id: str | None = None) -> int:
        """Take new journal records into the SQLite file, of one run or of all; safe beside writers and other readers.

        Returns:
            how many records were new.
        """
        with self._connection() as db:
            return self._fold(db, run_id)

    @contextmanager
    def _folded(self, run_id: str | None = None) -> Iterator[sqlite3.Connection]:
        if run_id is not None and not (self.root / checked_run_id(run_id) / JOURNAL).is_file():
            raise self._unknown(run_id)
        with self._connection() as db:
            self._fold(db, run_id)
            yield db

    def _unknown(self, run_id: str) -> RunError:
        import difflib

        known = [p.parent.name for p in self.root.glob(f"*/{JOURNAL}")]
        close = difflib.get_close_matches(run_id, known, n=2)
        hint = f"did you mean {' or '.join(close)}?" if close else f"it holds {len(known)} runs"
        return RunError(f"{self.root}: there is no run {run_id!r}; {hint}")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        if not self.root.is_dir():
            raise RunError(f"{self.root}: there is no such folder of runs: check the tracker's root")
        writable = os.access(self.root, os.W_OK)
        try:
            # isolation_level=None: transactions are begun by hand, so that one may read before it writes.
            db = sqlite3.connect(self.root / DATABASE if writable else ":memory:", timeout=30.0, isolation_level=None)
            try:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("PRAGMA synchronous=NORMAL")
                db.executescript(_SCHEMA)
                yield db
            finally:
                db.close()
        except sqlite3.DatabaseError as error:
            raise RunError(f"{self.root / DATABASE} can't be used ({error}): the runs themselves are safe in their "
                           f"journals; free some space, or delete {DATABASE}* to have it made again") from error

    def _fold(self, db: sqlite3.Connection, run_id: str | None) -> int:
        journals = sorted(self.root.glob(f"{run_id or '*'}/{JOURNAL}"))
        known = dict(db.execute("SELECT run, place FROM runs"))
        gone = set(known) - {j.parent.name for j in journals} if run_id is None else set()
        for run in gone:
            _forget(db, run)
        new = 0
        for journal in journals:
            if journal.stat().st_size <= known.get(journal.parent.name, 0):
                continue
            db.execute("BEGIN IMMEDIATE")
            try:
                new += self._fold_one(db, journal)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        return new

    def _fold_one(self, db: sqlite3.Connection, journal: Path) -> int:
        run = journal.parent.name
        db.execute("INSERT OR IGNORE INTO runs (run, place) VALUES (?, 0)", (run,))
        # Read again inside the transaction: another process may have folded since.
        (place,) = db.execute("SELECT place FROM runs WHERE run = ?", (run,)).fetchone()
        count = torn = 0
        points: list[tuple[Any, ...]] = []
        for record, after in records(journal, place):
            place, count = after, count + 1
            if record is None:
                torn += 1
                continue
            kind, time, rest = record.split("\t", 2)
            if kind == "M":
                step, *pairs = rest.split("\t")
                points += [(run, json.loads(key), int(step) if step else None, int(time), float(value))
                           for key, value in zip(pairs[::2], pairs[1::2], strict=True)]
            else:
                _apply(db, run, kind, int(time), json.loads(rest))
        db.executemany("INSERT INTO metrics (run, key, step, time, value) VALUES (?, ?, ?, ?, ?)", points)
        db.execute("UPDATE runs SET place = ?, torn = torn + ? WHERE run = ?", (place, torn, run))
        return count

    def _info(self, db: sqlite3.Connection, run: str) -> RunInfo:
        found = db.execute("SELECT experiment, name, created, torn FROM runs WHERE run = ?", (run,)).fetchone()
        if found is None or found[2] is None:
            raise RunError(f"{self.root / run}: the run's first record is damaged, so it was never begun: delete the "
                           "folder")
        status, ended = _status(db, run)
        params = {k: json.loads(v) for k, v in db.execute("SELECT key, value FROM params WHERE run = ? ORDER BY "
                                                          "key", (run,))}
        tags = dict(db.execute("SELECT key, value FROM tags WHERE run = ? ORDER BY key", (run,)))
        last = {k: _float(v) for k, v in db.execute(
            "SELECT key, value FROM metrics WHERE number IN (SELECT MAX(number) FROM metrics WHERE run = ? GROUP BY "
            "key) "
            "ORDER BY key", (run,))}
        artifacts = {n: Artifact(sha, size, self.root / run / "artifacts" / n) for n, sha, size in db.execute(
            "SELECT name, sha256, size FROM artifacts WHERE run = ? ORDER BY name", (run,))}
        experiment, name, created, torn = found
        return RunInfo(run, experiment, name, status, created / 1e9, None if ended is None else ended / 1e9, params,
                       tags, last, artifacts, torn)


def _apply(db: sqlite3.Connection, run: str, kind: str, time: int, value: Any) -> None:
    """One record that is no metric. The first parameter and the last tag of a name stay."""
    if kind == "S":
        db.execute("UPDATE runs SET experiment = ?, name = ?, created = ? WHERE run = ? AND created IS NULL",
                   (value["experiment"], value["name"], time, run))
        db.execute("INSERT OR IGNORE INTO sessions (run, session, process, started) VALUES (?, ?, ?, ?)",
                   (run, value["session"], json.dumps(value["process"]), time))
    elif kind == "E":
        db.execute("UPDATE sessions SET ended = ?, status = ? WHERE run = ? AND session = ?",
                   (time, value["status"], run, value["session"]))
    elif kind == "P":
        db.executemany("INSERT OR IGNORE INTO params VALUES (?, ?, ?)",
                       [(run, k, json.dumps(v)) for k, v in value.items()])
    elif kind == "T":
        db.executemany("INSERT OR REPLACE INTO tags VALUES (?, ?, ?)", [(run, k, v) for k, v in value.items()])
    elif kind == "A":
        db.execute("INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?)",
                   (run, value["name"], value["sha256"], value["size"], time))


def _forget(db: sqlite3.Connection, run: str) -> None:
    """A run whose folder was deleted."""
    db.execute("BEGIN IMMEDIATE")
    for table in ("metrics", "artifacts", "tags", "params", "sessions", "runs"):
        db.execute(f"DELETE FROM {table} WHERE run = ?", (run,))
    db.execute("COMMIT")


def _status(db: sqlite3.Connection, run: str) -> tuple[str, int | None]:
    """Running while any writer lives; else what the writer that began last left: its status, or LOST."""
    sessions = db.execute("SELECT process, status, ended FROM sessions WHERE run = ? ORDER BY "
                          "started", (run,)).fetchall()
    for process, status, _ in sessions:
        if status is None and Process(**json.loads(process)).alive():
            return "RUNNING", None
    _, status, ended = sessions[-1]
    return (status, ended) if status is not None else ("LOST", None)


def _float(value: float | None) -> float:
    # SQLite has no NaN and stores NULL for it.
    return math.nan if value is None else float(value)
