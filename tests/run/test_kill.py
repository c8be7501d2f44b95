"""A run killed with SIGKILL at random moments, resumed until done, gives the figures of a run left alone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from practicum.evaluate import Report
from practicum.run import run_recipe
from practicum.run.rundir import RunDir

CHILD = """\
import sys, time
from practicum.run import run_recipe
def tell(event):
    print(event.stage, event.done, flush=True)
    time.sleep(0.02)  # so that the kill falls anywhere in a unit, not only after the last
run_recipe(sys.argv[1], sys.argv[2], resume=sys.argv[3] == "1", on_event=tell)
"""

RECIPE = """\
data: {use: toy/blobs, count: 240, split: {train: 0.5, valid: 0.25, test: 0.25}}
model: {use: toy/softmax, epochs: 300}
stress:
  - {use: toy/add-noise, sweep: {std: [0.5, 1.0, 2.0]}}
  - {use: toy/push, sweep: {eps: [0.3, 0.8]}}
harden: {top: 2, budget: {epochs: 300}}
tracker: {use: local, root: tracked}
report: {html: null}
seeds: 3
"""


def figures(run_dir: Path) -> dict[str, Any]:
    """Everything a run measured, without the times it took."""
    facts: dict[str, Any] = json.loads(run_dir.joinpath("results", "report.json").read_text("utf-8"))

    def timeless(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: timeless(v) for k, v in value.items() if k not in ("seconds", "run_id")}
        return [timeless(v) for v in value] if isinstance(value, list) else value

    out = timeless(facts)
    assert isinstance(out, dict)
    return out


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_a_killed_run_resumes_to_the_same_figures(toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recipe = tmp_path / "r.yaml"
    recipe.write_text(RECIPE)
    whole = run_recipe(recipe, "whole").run_dir
    moment = np.random.default_rng(int(os.environ.get("PRACTICUM_KILL_SEED", time.time_ns() % 10_000)))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(toys), *filter(None, [os.environ.get("PYTHONPATH")])])}
    kills: list[str] = []
    for attempt in range(30):
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(recipe), "killed", str(int(attempt > 0))], env=env,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert child.stdout is not None
        before = len(list(Path("killed/units").glob("*"))) if Path("killed/units").is_dir() else 0
        wait, last = (int(moment.integers(1, 25)), "") if attempt < 3 else (10**9, "")
        fresh = 0
        for line in child.stdout:
            last = line.strip()
            fresh += len(list(Path("killed/units").glob("*"))) > before or last.startswith("fit")
            if fresh >= wait:
                time.sleep(float(moment.uniform(0, 0.03)))
                os.kill(child.pid, signal.SIGKILL)
                break
        _, errors = child.communicate()
        if child.returncode == 0:
            break
        assert child.returncode == -signal.SIGKILL, errors
        kills.append(last)
    assert len(kills) >= 2, kills
    assert figures(Path("killed")) == figures(whole), kills
    one, two = Report.load("whole/results"), Report.load("killed/results")
    for a, b in zip(one.cells, two.cells, strict=True):
        assert a.samples.equals(b.samples)
    for p, q in zip(one.examples, two.examples, strict=True):
        assert p.after.equals(q.after)
    assert list(Path("killed").rglob("*.tmp")) == []


def test_a_half_written_unit_is_never_read(tmp_path: Path) -> None:
    """Only whole files have a unit's name: what a kill leaves behind has another."""
    import pyarrow as pa

    run_dir = RunDir(tmp_path)
    (tmp_path / "units").mkdir()
    (tmp_path / "units" / ".a.parquet.123.abcd.tmp").write_bytes(b"PAR1 half")
    assert run_dir.get("a") is None
    run_dir.put("a", pa.table({"x": [1]}))
    assert run_dir.get("a") == pa.table({"x": [1]})
    long = "before-test-" + "x" * 300
    run_dir.put(long, pa.table({"x": [2]}))
    found = run_dir.get(long)
    assert found is not None
    assert found["x"].to_pylist() == [2]
