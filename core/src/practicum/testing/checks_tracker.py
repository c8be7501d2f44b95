"""What a tracker promises: everything logged is there, also after a kill."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from practicum.testing.compare import shown
from practicum.testing.result import contract_check
from practicum.testing.subject import Subject, broken

_CHILD = """
import pickle, sys, time
sys.path[:] = pickle.loads(bytes.fromhex(sys.argv[1]))
tracker = pickle.loads(bytes.fromhex(sys.argv[2]))
run = tracker.start("killed", "child")
run.log_params({"rate": 0.5})
for step in range(40):
    run.log_metrics({"loss": step / 2}, step=step)
print(run.run_id, flush=True)
time.sleep(600)
"""


@contextmanager
def _tracker(subject: Subject) -> Iterator[tuple[Any, Path]]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        config = subject.contract.config_in(place)  # type: ignore[attr-defined]  # the contract of trackers
        yield subject.contract.make(subject.cls, {**subject.config, **config}), place


def _read(subject: Subject, folder: Path, run_id: str) -> Any:
    return subject.contract.read(folder, run_id)  # type: ignore[attr-defined]  # the contract of trackers


def _same_metrics(found: Any, expected: list[tuple[str, int | None, float]]) -> bool:
    if len(found) != len(expected):
        return False
    return all(a[0] == b[0] and a[1] == b[1] and (a[2] == b[2] or (math.isnan(a[2]) and math.isnan(b[2])))
               for a, b in zip(found, expected, strict=True))


@contract_check("what is logged is there", "tracker")
def logged_is_there(subject: Subject) -> None:
    """Parameters, metrics with steps in order, tags, status and artifacts come back."""
    with _tracker(subject) as (tracker, folder):
        run = tracker.start("contract", "first", tags={"kind": "test"})
        run.log_params({"rate": 0.1, "name": "a"})
        expected: list[tuple[str, int | None, float]] = []
        for step in range(3):
            run.log_metrics({"accuracy": 0.5 + step / 8}, step=step)
            expected.append(("accuracy", step, 0.5 + step / 8))
        run.set_tags({"kind": "contract"})
        source = folder.parent / f"{folder.name}-artifact.txt"
        source.write_bytes(b"kept")
        try:
            run.log_artifact(source, "notes.txt")
        finally:
            source.unlink()
        run.finish("FINISHED")
        found = _read(subject, folder, run.run_id)
    if not _same_metrics(found.metrics, expected):
        raise broken(f"metrics {expected} were logged, {shown(found.metrics)} came back")
    params = {k: str(v) for k, v in found.params.items()}
    if params.get("rate") != "0.1" or params.get("name") != "a":
        raise broken(f"parameters rate=0.1, name=a were logged, {shown(found.params)} came back")
    if found.tags.get("kind") != "contract":
        raise broken(f"tag kind was set to 'contract' last, {shown(found.tags)} came back")
    if found.status != "FINISHED":
        raise broken(f"the run was finished, its status came back as {found.status!r}")
    if b"kept" not in found.artifacts.values():
        raise broken("the artifact's content didn't come back")


@contract_check("survives a kill", "tracker")
def survives_kill(subject: Subject) -> None:
    """What was logged before a SIGKILL is there after it."""
    with _tracker(subject) as (tracker, folder):
        sent = [pickle.dumps(v).hex() for v in (sys.path, tracker)]
        child = subprocess.Popen([sys.executable, "-c", _CHILD, *sent], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True)
        try:
            run_id = (child.stdout.readline() if child.stdout else "").strip()
        finally:
            child.kill()
            _, errors = child.communicate()
        if not run_id:
            raise broken(f"logging in a child process failed: {(errors.strip().splitlines() or ['no output'])[-1]}")
        found = _read(subject, folder, run_id)
    expected: list[tuple[str, int | None, float]] = [("loss", step, step / 2) for step in range(40)]
    if not _same_metrics(found.metrics, expected):
        raise broken(f"40 metrics were logged before a kill, {len(found.metrics)} came back")
    if str(found.params.get("rate")) != "0.5":
        raise broken("a parameter logged before a kill didn't come back")


@contract_check("finishes twice", "tracker")
def finishes_twice(subject: Subject) -> None:
    """A second finish does nothing: the first status stays."""
    with _tracker(subject) as (tracker, folder):
        run = tracker.start("contract")
        run.log_metrics({"a": 1.0})
        run.finish("FAILED")
        run.finish("FINISHED")
        found = _read(subject, folder, run.run_id)
    if found.status != "FAILED":
        raise broken(f"finished as FAILED and then again, the status became {found.status!r}")


@contract_check("NaN and infinity kept", "tracker")
def not_finite(subject: Subject) -> None:
    """A loss that blew up is logged as such."""
    values = [float("nan"), float("inf"), float("-inf")]
    with _tracker(subject) as (tracker, folder):
        run = tracker.start("contract")
        for step, value in enumerate(values):
            run.log_metrics({"loss": value}, step=step)
        run.finish()
        found = _read(subject, folder, run.run_id)
    if not _same_metrics(found.metrics, [("loss", step, value) for step, value in enumerate(values)]):
        raise broken(f"NaN, inf and -inf were logged, {shown([m[2] for m in found.metrics])} came back")


@contract_check("any text kept", "tracker")
def any_text(subject: Subject) -> None:
    """Names and values in any script, with quotes and line ends."""
    value = "naïve \"κ\" 数据 👍\nsecond line, tab\t;"
    with _tracker(subject) as (tracker, folder):
        run = tracker.start("Übung", "läuft", tags={"ort": value})
        run.log_params({"größe": value})
        run.log_metrics({"Genauigkeit für Klasse ß": 0.5}, step=1)
        run.finish()
        found = _read(subject, folder, run.run_id)
    if found.params.get("größe") != value or found.tags.get("ort") != value:
        raise broken(f"a text with accents, quotes and a line end came back as {shown(found.params)}, "
                     f"{shown(found.tags)}")
    if not _same_metrics(found.metrics, [("Genauigkeit für Klasse ß", 1, 0.5)]):
        raise broken(f"a metric with accents in its name came back as {shown(found.metrics)}")


@contract_check("repeated steps kept", "tracker")
def repeated_steps(subject: Subject) -> None:
    """Values of one step, of steps going back and without step are all kept, in order."""
    logged: list[tuple[str, int | None, float]] = [("a", 1, 1.0), ("a", 1, 2.0), ("a", 0, 3.0), ("a", None, 4.0),
                                                   ("a", None, 4.0)]
    with _tracker(subject) as (tracker, folder):
        run = tracker.start("contract")
        for name, step, value in logged:
            run.log_metrics({name: value}, step=step)
        run.finish()
        found = _read(subject, folder, run.run_id)
    if not _same_metrics(found.metrics, logged):
        raise broken(f"{logged} were logged, {shown(found.metrics, 200)} came back")


@contract_check("runs stay apart", "tracker")
def runs_apart(subject: Subject) -> None:
    """Two open runs don't mix, and a run can be gone on with by its id."""
    with _tracker(subject) as (tracker, folder):
        first, second = tracker.start("contract", "same"), tracker.start("contract", "same")
        if first.run_id == second.run_id:
            raise broken("two runs got one id")
        first.log_metrics({"a": 1.0}, step=0)
        second.log_metrics({"a": 2.0}, step=0)
        first.finish()
        second.finish()
        again = tracker.start("contract", "same", run_id=first.run_id)
        again.log_metrics({"a": 3.0}, step=1)
        again.finish()
        one, two = (_read(subject, folder, r.run_id) for r in (first, second))
    if not _same_metrics(two.metrics, [("a", 0, 2.0)]):
        raise broken(f"of two open runs, one came back with the other's values: {shown(two.metrics)}")
    if not _same_metrics(one.metrics, [("a", 0, 1.0), ("a", 1, 3.0)]):
        raise broken(f"a run continued by its id came back as {shown(one.metrics)}")


@contract_check("an exception is a failed run", "tracker")
def exception_is_failed(subject: Subject) -> None:
    """As a context manager a run ends FINISHED, or FAILED when the block raises."""
    with _tracker(subject) as (tracker, folder):
        with tracker.start("contract") as fine:
            fine.log_metrics({"a": 1.0})
        bad = tracker.start("contract")
        try:
            with bad:
                raise ArithmeticError("on purpose")
        except ArithmeticError:
            pass
        found = [_read(subject, folder, r.run_id).status for r in (fine, bad)]
    if found != ["FINISHED", "FAILED"]:
        raise broken(f"a clean block and one that raised came back as {found}, not FINISHED and FAILED")
