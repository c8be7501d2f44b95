"""The local tracker: nothing logged is lost, whoever dies, and what can't be kept is refused whole."""

from __future__ import annotations

import errno
import itertools
import math
import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import practicum as pm
from practicum.errors import RunError, UsageError
from practicum.track import LocalStore, LocalTracker


@pytest.fixture
def tracker(tmp_path: Path) -> LocalTracker:
    return LocalTracker(root=str(tmp_path / "runs"))


def child(code: str, *arguments: object, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True,
                            **options)


def test_found_by_its_bare_name(tmp_path: Path) -> None:
    assert pm.get("local", root=str(tmp_path)) == LocalTracker(root=str(tmp_path))


def test_every_value_comes_back_in_order(tracker: LocalTracker) -> None:
    rng = random.Random(5)
    odd = [math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 1.7976931348623157e308, 1e22, 0.1]
    keys = ["loss", "verlust/ü", "a\tb", "line\nend", "漢🙂", '"quoted"', " "]
    logged: dict[str, list[tuple[int | None, float]]] = {k: [] for k in keys}
    with tracker.start("e") as run:
        for _ in range(2000):
            step = rng.choice([None, 0, 1, -5, 2**63 - 1, -(2**63), rng.randrange(100)])
            values = {k: rng.choice([*odd, rng.gauss(0, 1e5)]) for k in rng.sample(keys, rng.randrange(1, 4))}
            run.log_metrics(values, step)
            for k, v in values.items():
                logged[k].append((step, v))
    store = tracker.store()
    assert store.metric_keys(run.run_id) == sorted(keys)
    for k in keys:
        points = store.metrics(run.run_id, k)
        assert [p.step for p in points] == [s for s, _ in logged[k]]
        np.testing.assert_array_equal([p.value for p in points], [v for _, v in logged[k]])
        assert all(a.time <= b.time for a, b in itertools.pairwise(points))
        assert abs(points[-1].time - time.time()) < 60
    np.testing.assert_equal(dict(store.run(run.run_id).last), {k: logged[k][-1][1] for k in sorted(keys)})


def test_numbers_of_other_types(tracker: LocalTracker) -> None:
    import torch

    with tracker.start("e") as run:
        run.log_metrics({"a": np.float32(0.5), "b": 3, "c": torch.tensor(2.0), "d": True}, step=np.int64(4))  # type: ignore[dict-item, arg-type]  # as users do
        for bad, said in [("0.5", "a str"), (None, "NoneType"), ([1.0], "a list"), (1j, "complex"), (10**400, "int"),
                          (torch.zeros(2), "a Tensor")]:
            with pytest.raises(UsageError, match=said):
                run.log_metrics({"good": 1.0, "bad": bad})  # type: ignore[dict-item]  # what is refused
        for step in (1.5, "3", 2**63):
            with pytest.raises(UsageError, match="step"):
                run.log_metrics({"good": 1.0}, step=step)  # type: ignore[arg-type]  # what is refused
        with pytest.raises(UsageError, match="U\\+D800"):
            run.log_metrics({"bad\ud800": 1.0})
    assert tracker.store().run(run.run_id).last == {"a": 0.5, "b": 3.0, "c": 2.0, "d": 1.0}, "all of a call or nothing"
    assert tracker.store().metrics(run.run_id, "a")[0].step == 4


def test_params_tags_and_their_rules(tracker: LocalTracker) -> None:
    with tracker.start("digits", "first", tags={"who": "me"}) as run:
        run.log_params({"lr": 0.1, "layers": [8, 16], "on": None, "path": Path("x"), "np": np.float32(0.5)})
        run.log_params({"lr": 0.1})
        with pytest.raises(RunError, match=r"'lr' is 0.1 and can't become 0.2"):
            run.log_params({"lr": 0.2, "new": 1})
        run.set_tags({"who": "you", "note": ""})
    info = tracker.store().run(run.run_id)
    assert (info.experiment, info.name, info.status) == ("digits", "first", "FINISHED")
    assert info.params == {"lr": 0.1, "layers": [8, 16], "on": None, "path": "x", "np": 0.5}
    assert info.tags == {"who": "you", "note": ""}
    assert info.ended is not None
    assert info.ended >= info.created


def test_status_follows_how_the_block_ended(tracker: LocalTracker) -> None:
    for error, status in ((None, "FINISHED"), (ValueError, "FAILED"), (KeyboardInterrupt, "KILLED"),
                          (SystemExit, "KILLED")):
        run = tracker.start("e", status)
        try:
            with run:
                assert tracker.store().run(run.run_id).status == "RUNNING"
                if error is not None:
                    raise error
        except (ValueError, KeyboardInterrupt, SystemExit):
            pass
        assert tracker.store().run(run.run_id).status == status
        run.finish("FAILED")
        assert tracker.store().run(run.run_id).status == status, "a second finish does nothing"
        with pytest.raises(RunError, match="is finished"):
            run.log_metrics({"a": 1.0})
    assert [r.name for r in tracker.store().runs("e")] == ["FINISHED", "FAILED", "KILLED", "KILLED"]
    assert tracker.store().runs("other") == []
    with pytest.raises(UsageError, match="not as 'DONE'"):
        tracker.start("e").finish("DONE")  # type: ignore[arg-type]  # what is refused


ENDLESS = """
import itertools, sys
from practicum.track import LocalTracker
run = LocalTracker(root=sys.argv[1]).start("kill", run_id=sys.argv[2])
run.log_params({"lr": 0.1})
for step in itertools.count():
    run.log_metrics({"loss": step / 7}, step)
    sys.stdout.write(f"{step}\\n")
    sys.stdout.flush()
"""


def test_sigkill_loses_nothing_and_the_run_reads_as_lost(tracker: LocalTracker) -> None:
    process = child(ENDLESS, tracker.root, "victim")
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 1500:
            break
    assert tracker.store().run("victim").status == "RUNNING"
    process.send_signal(signal.SIGKILL)
    said = [int(x) for x in process.stdout.read().split("\n")[:-1]]
    process.wait()
    told = max([*said, 1500])
    points = tracker.store().metrics("victim", "loss")
    assert len(points) >= told + 1, "all that was logged before a line was printed is there"
    assert [(p.step, p.value) for p in points] == [(k, k / 7) for k in range(len(points))]
    info = tracker.store().run("victim")
    assert (info.status, info.params, info.torn) == ("LOST", {"lr": 0.1}, 0)

    with tracker.start("kill", run_id="victim") as run:
        with pytest.raises(RunError, match="can't become"):
            run.log_params({"lr": 0.3})
        run.log_metrics({"loss": -1.0}, step=3)
    assert tracker.store().run("victim").status == "FINISHED"
    assert tracker.store().metrics("victim", "loss")[:-1] == points, "resuming appends"


WRITER = """
import sys
from practicum.track import LocalTracker
root, run_id, mark, count = sys.argv[1:3] + [int(a) for a in sys.argv[3:]]
with LocalTracker(root=root).start("many", run_id=run_id) as run:
    for step in range(count):
        run.log_metrics({f"w{mark}": step * 1.5, "shared": mark}, step)
"""


def test_several_processes_on_one_run_and_on_one_store(tracker: LocalTracker) -> None:
    writers = [child(WRITER, tracker.root, run_id, mark, 3000) for mark, run_id in
               enumerate(["both", "both", "one", "two"])]
    while any(w.poll() is None for w in writers):
        if Path(tracker.root).is_dir():
            tracker.store().fold()
        time.sleep(0.05)
    assert [w.returncode for w in writers] == [0, 0, 0, 0]
    store = tracker.store()
    for mark, run_id in enumerate(["both", "both", "one", "two"]):
        assert [(p.step, p.value) for p in store.metrics(run_id, f"w{mark}")] == [(k, k * 1.5) for k in range(3000)]
    assert len(store.metrics("both", "shared")) == 6000
    assert {r.status for r in store.runs()} == {"FINISHED"}
    assert sum(r.torn for r in store.runs()) == 0


def test_the_sqlite_file_can_be_made_again(tracker: LocalTracker) -> None:
    with tracker.start("e", run_id="a", tags={"t": "1"}) as run:
        run.log_metrics({"x": math.nan}, 1)
        run.log_params({"p": 1})
    before = tracker.store().run("a")
    for file in Path(tracker.root).glob("runs.sqlite*"):
        file.unlink()
    after = tracker.store().run("a")
    assert str(after) == str(before)
    assert tracker.store().fold() == 0
    (Path(tracker.root) / "runs.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(RunError, match=r"safe in their journals.*delete runs.sqlite"):
        tracker.store().runs()


def test_a_deleted_run_is_gone(tracker: LocalTracker) -> None:
    import shutil

    for name in ("a", "b"):
        tracker.start("e", run_id=name).finish()
    shutil.rmtree(Path(tracker.root) / "a")
    assert [r.run_id for r in tracker.store().runs()] == ["b"]
    with pytest.raises(RunError, match="no run 'a'"):
        tracker.store().run("a")
    with pytest.raises(RunError, match="no run 'bb'; did you mean b"):
        tracker.store().metrics("bb", "x")


def test_artifacts_are_copies(tracker: LocalTracker, tmp_path: Path) -> None:
    import hashlib

    source = tmp_path / "model.bin"
    source.write_bytes(os.urandom(3_000_000))
    with tracker.start("e") as run:
        run.log_artifact(source)
        run.log_artifact(source, "deep/er/m.bin")
        kept = source.read_bytes()
        source.write_bytes(b"changed")
        run.log_artifact(source, "deep/er/m.bin")
        for name in ("../x", "/etc/x", "a/../../x", "", ".", "a//b", "a\\..\\x", "C:x", "a\0b", "x" * 300, "a\ud800"):
            with pytest.raises(UsageError, match="is not usable"):
                run.log_artifact(source, name)
        with pytest.raises(RunError, match="No such file"):
            run.log_artifact(tmp_path / "gone")
        with pytest.raises(RunError, match="directory"):
            run.log_artifact(tmp_path, "folder")
        (run.folder / "artifacts" / "out").symlink_to(tmp_path)
        with pytest.raises(UsageError, match="through a link"):
            run.log_artifact(source, "out/x")
    assert not (tmp_path / "x").exists()
    found = tracker.store().run(run.run_id).artifacts
    assert set(found) == {"model.bin", "deep/er/m.bin"}
    assert found["model.bin"].path.read_bytes() == kept
    assert found["model.bin"].sha256 == hashlib.sha256(kept).hexdigest()
    assert found["deep/er/m.bin"].path.read_bytes() == b"changed"
    assert found["deep/er/m.bin"].size == 7


@pytest.mark.parametrize("bad", ["", ".", "..", "../up", "a/b", "a\\b", "-x", ".hidden", "a b", "a\0", "x" * 101, "é"])
def test_run_ids_are_safe(tracker: LocalTracker, bad: str) -> None:
    with pytest.raises(UsageError, match="run id"):
        tracker.start("e", run_id=bad)
    with pytest.raises(UsageError, match="run id"):
        LocalStore(Path(tracker.root).parent).run(bad)
    assert not Path(tracker.root).exists()


def test_a_folder_that_cant_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="could not be written"):
        LocalTracker(root=str(tmp_path / "file")).start("e")
    with pytest.raises(RunError, match="no such folder of runs"):
        LocalStore(tmp_path / "none").runs()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_folder(tmp_path: Path) -> None:
    tracker = LocalTracker(root=str(tmp_path))
    tracker.start("e", run_id="a").finish()
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(RunError, match="choose another folder or change its rights"):
            tracker.start("e")
        assert tracker.store().run("a").status == "FINISHED"
    finally:
        tmp_path.chmod(0o700)


def test_a_store_that_cant_be_written_is_read_in_memory(tracker: LocalTracker, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tracker.start("e", run_id="a")
    run.log_metrics({"x": 1.0}, 1)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert tracker.store().run("a").last == {"x": 1.0}
    assert not (Path(tracker.root) / "runs.sqlite").exists()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """After ``left`` more bytes, writing through ``os.write`` fails as on a full disk, with a torn record first."""
    state = {"left": 10**9}
    real = os.write

    def write(fd: int, data: bytes) -> int:
        if not state["left"]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(fd, data[:state["left"]])
        state["left"] -= written
        return written

    monkeypatch.setattr(os, "write", write)
    yield state
    monkeypatch.undo()


def test_a_full_disk_refuses_and_spoils_nothing(tracker: LocalTracker, full_disk: dict[str, int]) -> None:
    run = tracker.start("e", run_id="full")
    run.log_metrics({"x": 1.0}, 1)
    full_disk["left"] = 20
    with pytest.raises(RunError, match="only 20 of"):
        run.log_metrics({"x": 2.0, "y": 2.0}, 2)
    with pytest.raises(RunError, match=r"No space left on device.*free some space"):
        run.log_metrics({"x": 3.0}, 3)
    assert [p.step for p in tracker.store().metrics("full", "x")] == [1]
    full_disk["left"] = 10**9
    run.log_metrics({"x": 4.0}, 4)
    run.finish()
    assert [p.step for p in tracker.store().metrics("full", "x")] == [1, 4]
    info = tracker.store().run("full")
    assert (info.status, info.torn, info.last) == ("FINISHED", 1, {"x": 4.0})


LIMITED = """
import resource, signal, sys
from pathlib import Path
from practicum.errors import RunError
from practicum.track import LocalTracker
run = LocalTracker(root=sys.argv[1]).start("e", run_id="limited")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
done = 0
try:
    while True:
        run.log_metrics({"x": float(done)}, done)
        done += 1
except RunError as error:
    print(done, error)
try:
    run.log_artifact(Path(sys.argv[2]), "big")
except RunError as error:
    print(error)
"""


def test_a_real_limit_on_file_sizes(tracker: LocalTracker, tmp_path: Path) -> None:
    assert resource.RLIMIT_FSIZE is not None
    big = tmp_path / "big"
    big.write_bytes(b"x" * 100_000)
    process = child(LIMITED, tracker.root, big)
    out, _ = process.communicate()
    assert process.returncode == 0
    journal, artifact = out.strip().split("\n")
    assert "free some space" in journal or "raise the limit" in journal
    assert "could not be written (File too large)" in artifact
    done = int(journal.split()[0])
    assert [p.step for p in tracker.store().metrics("limited", "x")] == list(range(done))
    assert list((Path(tracker.root) / "limited" / "artifacts").iterdir()) == [], "nothing half-copied"


def test_a_fold_that_fails_warns_and_loses_nothing(tracker: LocalTracker, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tracker.start("e", run_id="a")
    run.log_metrics({"x": 1.0})

    def fail(*_: Any, **__: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", fail)
        with pytest.warns(UserWarning, match="the next reading folds it"):
            run.finish()
    assert tracker.store().run("a").status == "FINISHED"


def test_synced_runs_read_the_same(tmp_path: Path) -> None:
    with LocalTracker(root=str(tmp_path), sync=True).start("e") as run:
        run.log_metrics({"x": 1.0})
    assert LocalStore(tmp_path).run(run.run_id).last == {"x": 1.0}
