"""The journal's records stand each on its own, and processes are told apart."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from practicum.track.journal import Journal, records
from practicum.track.process import Process


def child() -> subprocess.Popen[bytes]:
    """A process that ends at once."""
    return subprocess.Popen([sys.executable, "-c", "pass"])


def test_records_survive_any_damage_around_them(tmp_path: Path) -> None:
    rng = random.Random(11)
    path = tmp_path / "j"
    for _ in range(200):
        path.unlink(missing_ok=True)
        expected, torn = [], 0
        for number in range(rng.randrange(1, 8)):
            text = f"record {number} " + "é\t" * rng.randrange(5)
            journal = Journal(path)
            before = path.stat().st_size
            journal.append(text)
            journal.close()
            if rng.random() < 0.3:
                size = path.stat().st_size
                with open(path, "r+b") as file:
                    file.truncate(rng.randrange(before + 2, size))
                torn += 1
            else:
                expected.append(text)
        found, place, seen_torn = [], 0, 0
        for record, after in records(path):
            place = after
            if record is None:
                seen_torn += 1
            else:
                found.append(record)
        assert found == expected
        assert seen_torn in (torn, torn - 1), "a torn last record may still be on its way"
        journal = Journal(path)
        journal.append("after")
        journal.close()
        assert [r for r, _ in records(path, place) if r is not None] == ["after"]


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journal = Journal(path)
    for text in ("one", "two", "three"):
        journal.append(text)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"two")] ^= 1
    path.write_bytes(raw)
    assert [r for r, _ in records(path)] == ["one", None, "three"]


def test_processes_are_told_apart() -> None:
    me = Process.current()
    assert me.alive()
    assert not replace(me, started=me.started + 1).alive(), "a later process of the same number"
    assert not replace(me, boot="another").alive(), "the machine was started again"
    assert replace(me, host="elsewhere").alive(), "what can't be seen may run"
    gone = child()
    gone.wait()
    assert not replace(me, pid=gone.pid, started=0).alive()
    zombie = child()
    stopped = Process.current()
    deadline = time.time() + 10
    while Path(f"/proc/{zombie.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z" and time.time() < deadline:
        time.sleep(0.01)
    assert not replace(stopped, pid=zombie.pid, started=1).alive()
    zombie.wait()
    assert json.loads(json.dumps(asdict(me))) == asdict(me)
