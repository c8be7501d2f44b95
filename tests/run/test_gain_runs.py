"""Gain tables from recipes: the command, resume after a SIGKILL, bad input, and the shipped recipes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from practicum.cli import run
from practicum.errors import ConfigError, RunError, UsageError
from practicum.evaluate import GainTable
from practicum.evaluate.gaining import plan_gain
from practicum.registry import default_registry
from practicum.run import load_gain_recipe, load_run, run_gain
from practicum.run.prepare import built_model, loaded_data

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("gain-*.yaml"))

RECIPE = """\
data: {use: toy/blobs, count: 200, split: {train: 0.6, test: 0.4}}
model: {use: toy/softmax, epochs: 10}
augment:
  - {use: toy/add-noise, sweep: {std: [0.0, 2.0]}}
labels: [10, 40]
seeds: 3
stress: [{use: toy/push, eps: 0.5}]
"""

CHILD = """\
import sys, time
from practicum.run import run_gain
def tell(now):
    print(now.done, flush=True)
    time.sleep(0.05)
run_gain(sys.argv[1], sys.argv[2], on_cell=tell)
"""


@pytest.fixture
def recipe(toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    path = tmp_path / "g.yaml"
    path.write_text(RECIPE)
    return path


def test_the_command_prints_the_table_and_keeps_it(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gain", "g.yaml", "labels=[10]", "--out", "out"]) == 0
    told = capsys.readouterr()
    assert "9/9 trainings" in told.err
    assert "add-noise std=0      10" in told.out
    nothing = next(line for line in told.out.splitlines() if line.startswith("add-noise std=0"))
    assert "0.0 [0.0, 0.0]  no gain seen" in nothing
    assert told.out.splitlines()[-1].startswith("Table: out/results/gain.html")
    table = GainTable.load("out/results/gain.json")
    assert table.model == {"use": "toy/softmax", "epochs": 10, **{k: v for k, v in table.model.items()
                                                                  if k not in ("use", "epochs")}}
    assert table.data["use"] == "toy/blobs"
    assert sorted(p.name for p in Path("out/results").iterdir()) == ["gain.html", "gain.json", "gain.parquet"]
    assert json.loads(Path("out/status.json").read_text())["status"] == "FINISHED"


def test_level_and_metric_of_the_recipe_are_used(recipe: Path) -> None:
    wide, narrow = (run_gain(recipe, f"out{level}", overrides=["labels=[10]", "seeds=2", "metric=cross-entropy",
                                                             f"level={level}"]).table for level in (0.95, 0.5))
    assert (wide.metric, narrow.metric, narrow.level) == ("cross-entropy", "cross-entropy", 0.5)
    for one, other in zip(wide.rows[1:], narrow.rows[1:], strict=True):
        assert one.clean.gain.low < other.clean.gain.low < other.clean.gain.high < one.clean.gain.high


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no SIGKILL")
def test_killed_half_way_and_resumed_gives_the_same_bytes(recipe: Path, toys: Path) -> None:
    whole = run_gain(recipe, "whole")
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(toys), *filter(None, [os.environ.get("PYTHONPATH")])])}
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(recipe), "killed"], env=env, stdout=subprocess.PIPE,
                             text=True)
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) == 9:  # of 18
            os.kill(child.pid, signal.SIGKILL)
            break
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    kept = {p.name: p.read_bytes() for p in Path("killed/units").glob("*.parquet")}
    assert 9 <= len(kept) < 18
    told = []
    run_gain(recipe, "killed", resume=True, on_cell=told.append)
    assert sum(t.resumed for t in told) == len(kept)
    assert all(Path("killed/units", name).read_bytes() == content for name, content in kept.items())
    name = Path("results", "gain.json")
    assert (Path("killed") / name).read_bytes() == (whole.run_dir / name).read_bytes()


def test_half_of_the_cells_removed_and_resumed_by_the_command(recipe: Path) -> None:
    assert run(["gain", "g.yaml", "--out", "out"]) == 0
    before = Path("out/results/gain.json").read_bytes()
    for path in sorted(Path("out/units").glob("*.parquet"))[::2]:
        path.unlink()
    shutil.rmtree("out/results")
    assert run(["gain", "g.yaml", "--out", "out", "--resume"]) == 0
    assert Path("out/results/gain.json").read_bytes() == before


def test_what_would_mix_two_measurements_is_refused(recipe: Path) -> None:
    run_gain(recipe, "out", overrides=["labels=[10]", "seeds=1"])
    with pytest.raises(RunError, match="holds a run already"):
        run_gain(recipe, "out", overrides=["labels=[10]", "seeds=1"])
    with pytest.raises(RunError, match="another recipe"):
        run_gain(recipe, "out", overrides=["labels=[10]", "seeds=2"], resume=True)
    with pytest.raises(RunError, match="no run directory"):
        run_gain(recipe, "elsewhere", resume=True)
    with pytest.raises(RunError, match="gain table"):
        load_run("out")


@pytest.mark.parametrize(("override", "kind", "message"), [
    ("augmnt=[]", ConfigError, r"unknown key 'augmnt'; did you mean 'augment'"),
    ("augment=[]", ConfigError, r"augment.*at least 1"),
    ("augment.0.use=toy/add-nois", UsageError, r"augment.0.*toy/add-noise"),
    ("augment=[{use: toy/add-noise, std: -1}]", ConfigError, r"augment.0.*std"),
    ("augment=[toy/reverse]", UsageError, r"toy/reverse takes text and doesn't fit the data.*state"),
    ("augment=[toy/push]", UsageError, r"toy/push is an attack"),
    ("stress=[toy/reverse]", UsageError, r"text"),
    ("labels=[10, many]", ConfigError, r"labels"),
    ("labels=[0]", UsageError, r"labels=\[0\]"),
    ("metric=f9", UsageError, r"metric.*f9"),
    ("seeds=[1, 1]", UsageError, r"seeds"),
    ("model.use=toy/keyword", UsageError, r"toy/keyword"),
    ("level=2", ConfigError, r"level"),
])
def test_bad_input_is_named_and_leaves_nothing(recipe: Path, override: str, kind: type[UsageError], message: str,
                                               capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(kind, match=message):
        run_gain(recipe, "out", overrides=[override])
    assert not Path("out").exists()
    assert run(["gain", "g.yaml", override, "--out", "out"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("practicum: ")
    assert said.count("\n") == 1


def test_more_labels_than_samples_and_a_missing_file(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["gain", "g.yaml", "labels=[121]", "--out", "out"]) == 1
    assert "labels=121 asks for more samples than the training split has (120)" in capsys.readouterr().err
    assert run(["gain", "nothing.yaml"]) == 2
    assert not Path("out").exists()


def test_test_data_of_their_own(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, rows in {"train": 60, "test": 30, "other": 30}.items():
        third = "z" if name == "other" else "b"
        lines = [{"id": f"{name}-{k}", "f": k % 2 + 0.01 * k, "label": ["a", third][k % 2]} for k in range(rows)]
        Path(f"{name}.jsonl").write_text("\n".join(map(json.dumps, lines)))
    source = "{use: jsonl, path: %s.jsonl, columns: {state: [f]}, modality: state}"
    args = ["gain", "g.yaml", f"data={source % 'train'}", "labels=[10]", "seeds=1", "--out", "out"]
    assert run([*args, f"test={source % 'test'}"]) == 0
    assert GainTable.load("out/results/gain.json").sizes == {"train": 60, "test": 30}
    args[-1] = "two"
    assert run([*args, f"test={source % 'other'}"]) == 1
    assert "both files must hold the same classes" in capsys.readouterr().err
    assert run([*args, f"test={source % 'train'}"]) == 2
    assert "is in 'train' and in 'test'" in capsys.readouterr().err
    assert not Path("two").exists()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda p: p.stem)
def test_everything_a_shipped_recipe_names_fits_together(example: Path) -> None:
    pytest.importorskip("sklearn")
    recipe = load_gain_recipe(example)
    used = {str(item["use"]).partition("/")[0] for item in (*recipe.augment, *recipe.stress, {"use": recipe.model.use})}
    absent = used - {p.name for p in default_registry().catalogue.plugins}
    if absent:
        pytest.skip(f"needs the plugins {', '.join(sorted(absent))}")
    data, _ = loaded_data(recipe)
    plan = plan_gain(built_model(recipe, False), data, recipe.augment, labels=recipe.labels, seeds=recipe.seeds,
                     stress=recipe.stress, metric=recipe.metric)
    assert plan.labels == (100, 300, 1000)
    assert len(plan.seeds) == 5


def test_label_mixing_trains_through_soft_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mixed pictures teach a network as much as plain ones on an easy task; with hard labels they could not."""
    pytest.importorskip("sklearn")
    if {"image-mix", "models-basic"} - {p.name for p in default_registry().catalogue.plugins}:
        pytest.skip("needs the plugins image-mix and models-basic")
    monkeypatch.chdir(tmp_path)
    found = run_gain({"data": {"use": "sklearn/digits", "split": {"train": 0.3, "test": 0.3, "stratify": "label"}},
                      "model": {"use": "models-basic/small-cnn", "epochs": 20},
                      "augment": ["image-mix/mixup", "image-mix/cutmix"], "labels": [300], "seeds": 1}).table
    assert {r.label_effect for r in found.rows} == {"mixes"}
    for row in found.rows:
        assert row.failed == 0
        assert row.clean.with_.value > 0.85
        assert row.clean.with_.value != row.clean.without.value
