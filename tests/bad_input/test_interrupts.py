"""Ctrl-C, a termination and a kill: nothing half-written, no orphans, and a run that can be resumed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from shared_bad_input import MAIN, child, one_paragraph, snapshot, written


def descendants(pid: int) -> list[int]:
    children = [int(c) for task in Path(f"/proc/{pid}/task").glob("*") for c in (task / "children").read_text().split()]
    return children + [d for c in children for d in descendants(c)]


def gone(pids: list[int]) -> bool:
    """Whether all have ended (a zombie that nobody reaps has)."""
    def state(pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return "gone"

    return all(state(p) in ("gone", "Z") for p in pids)


def until(condition: Any, seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def heeding() -> None:
    """A shell starts jobs in the background with Ctrl-C ignored, which their children inherit."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
@pytest.mark.parametrize(("number", "group", "code"), [
    (signal.SIGINT, True, 130), (signal.SIGINT, False, 130), (signal.SIGTERM, False, 143), (signal.SIGKILL, False, -9)])
def test_interrupted_apply_ends_with_its_workers(plugins: Path, here: Path, number: int, group: bool,
                                                 code: int) -> None:
    """To the whole group, as Ctrl-C at a terminal; to the parent alone, as kill does."""
    Path("in.jsonl").write_text("".join(json.dumps({"text": f"text {i}"}) + "\n" for i in range(2000)))
    before = snapshot(here)
    command = ["apply", "faulty/slow", "in.jsonl", "out.jsonl", "--workers", "2", "--batch-size", "4"]
    process = subprocess.Popen([sys.executable, "-c", MAIN, *command], stderr=subprocess.PIPE, text=True,
                               start_new_session=True, preexec_fn=heeding)
    assert until(lambda: list(here.glob(".out*.tmp")) and len(descendants(process.pid)) > 2)
    time.sleep(1.0)
    workers = descendants(process.pid)
    if group:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    assert process.stderr is not None
    message = process.stderr.read()
    assert process.wait(60) == code, message
    assert "Traceback" not in message
    assert until(lambda: gone(workers), 20)
    if number != signal.SIGKILL:
        assert snapshot(here) == before
    assert Path("out.jsonl").read_text() == "precious\n"
    if number == signal.SIGINT:
        one_paragraph(message.lstrip("\n"), "interrupted")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_interrupted_run_can_be_resumed(plugins: Path, here: Path) -> None:
    recipe = written(stress=["faulty/slow", {"use": "toy/add-noise", "sweep": {"std": [0.1, 0.2]}}], seeds=4,
                     batch_size=1)
    process = subprocess.Popen([sys.executable, "-c", MAIN, "run", recipe, "--out", "r"], stderr=subprocess.PIPE,
                               text=True, start_new_session=True, preexec_fn=heeding)
    assert until(lambda: Path("r/units").is_dir() and any(Path("r/units").iterdir()))
    os.killpg(process.pid, signal.SIGINT)
    assert process.stderr is not None
    message = process.stderr.read()
    assert process.wait(60) == 130, message
    one_paragraph(message.replace("\n\n", "\n"), "interrupted")
    assert json.loads(Path("r/status.json").read_text())["status"] == "KILLED"
    assert not list(Path("r").rglob("*.tmp"))
    done = child("run", recipe, "--out", "r", "--resume")
    assert done.returncode == 0, done.stderr
