"""What a gain table would cost, and what a tracker is told of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from practicum.cli import run
from practicum.errors import ConfigError, UsageError
from practicum.run import load_gain_recipe, plan_gain_run, run_gain
from practicum.run.dryrun import Cost, measured
from practicum.testing.toys_models import SoftmaxRegression
from practicum.track.local import LocalTracker

RECIPE = """\
data: {use: toy/blobs, count: 200, split: {train: 0.6, test: 0.4}}
model: {use: toy/softmax, epochs: 10}
augment:
  - {use: toy/add-noise, sweep: {std: [0.0, 2.0]}}
labels: [10, 40]
seeds: 3
stress: [{use: toy/push, eps: 0.5}]
"""


@pytest.fixture
def recipe(toys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    path = tmp_path / "g.yaml"
    path.write_text(RECIPE)
    return path


class Clock:
    """A clock that only work moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr("practicum.run.dryrun.time.perf_counter", lambda: self.now)

    def passes(self, seconds: float) -> None:
        self.now += seconds


def test_a_line_through_two_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    found = measured(lambda count: clock.passes(3.0 + 0.5 * count), (8, 64), 1000)
    assert (found.call, found.sample) == pytest.approx((3.0, 0.5))
    assert found.of(130, 64) == pytest.approx(3 * 3.0 + 130 * 0.5)
    assert measured(lambda count: clock.passes(2.0), (8, 64), 8) == Cost(0.0, 0.25), "too few to tell the two apart"


def test_trainings_and_tests_are_reckoned_as_they_will_run(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A training costs 2 s and 0.01 s a sample and epoch, 0.03 s with an augmentation; a prediction 0.1 s a call."""
    clock, fit, predict = Clock(monkeypatch), SoftmaxRegression.fit, SoftmaxRegression.predict

    def slow_fit(self: Any, data: Any, keys: Any, tracker: Any = None, **options: Any) -> Any:
        clock.passes(2.0 + self.epochs * len(data[0]) * (0.03 if options.get("augment") else 0.01))
        return fit(self, data, keys, tracker, **options)

    def slow_predict(self: Any, batch: Any) -> Any:
        clock.passes(0.1)
        return predict(self, batch)

    monkeypatch.setattr(SoftmaxRegression, "fit", slow_fit)
    monkeypatch.setattr(SoftmaxRegression, "predict", slow_predict)
    found = plan_gain_run(recipe, overrides=["labels=[40, 100]"])
    trained = {(x.what, x.samples): x.seconds for x in found.lines if x.stage == "train"}
    expected = {}
    for label, each in (("no augmentation", 0.01), ("add-noise std=0", 0.03), ("add-noise std=2", 0.03)):
        expected |= {(label, n): pytest.approx(3 * (2.0 + each * 10 * n)) for n in (40, 100)}
    assert trained == expected
    clean = next(x for x in found.lines if x.what == "(clean)")
    assert (clean.stage, clean.cells, clean.samples) == ("test", 18, 80)
    assert clean.seconds == pytest.approx(18 * 0.1)
    assert [x.what for x in found.lines if x.stage == "test"] == ["(clean)", "push eps=0.5"]


def test_the_command_prints_the_cost_and_writes_nothing(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(p.name for p in Path().iterdir())
    assert run(["gain", "g.yaml", "labels=[10]", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "9 trainings." in shown
    assert "expected time" in shown
    assert [line.split()[:2] for line in shown.splitlines() if line.startswith("test ")] == [["test", "(clean)"],
                                                                                            ["test", "push"]]
    assert sorted(p.name for p in Path().iterdir()) == before
    assert run(["gain", "g.yaml", "labels=[121]", "--dry-run"]) == 1
    assert "more samples than the training split has" in capsys.readouterr().err


def test_a_tracker_gets_every_figure_of_the_table_once(recipe: Path) -> None:
    tracker = "tracker={use: local, root: tracked}"
    done = run_gain(recipe, "out", overrides=[tracker])
    store = LocalTracker(root="tracked").store()
    info = store.run(json.loads(Path("out/run.json").read_text())["run_id"])
    assert (info.experiment, info.status) == ("g", "FINISHED")
    assert info.params["model.epochs"] == 10
    assert info.params["augment.0.sweep.std"] == [0.0, 2.0]
    table = done.table.table()
    for figure in ("with", "gain_low", "robust_gain", "push eps=0.5 with"):
        rows = store.metrics(info.run_id, f"add-noise std=2/{figure}")
        wanted = table[table.augmentation == "add-noise std=2"]
        assert [(r.step, r.value) for r in rows] == list(zip(wanted.labels, wanted[figure], strict=True))
    folder = Path("tracked", info.run_id, "artifacts")
    for name in ("gain.json", "gain.html"):
        assert folder.joinpath(name).read_bytes() == Path("out/results", name).read_bytes()
    run_gain(recipe, "out", overrides=[tracker], resume=True)
    assert len(store.metrics(info.run_id, "add-noise std=2/gain")) == 2, "not once more"


def test_a_tracker_that_is_none_is_refused(recipe: Path) -> None:
    with pytest.raises(UsageError, match=r"tracker.*toy/softmax is model, which has no place under tracker"):
        run_gain(recipe, "out", overrides=["tracker=toy/softmax"])
    with pytest.raises(ConfigError, match=r"a tracker is written \{use: local\}"):
        load_gain_recipe(recipe, ["tracker=3"])
    assert not Path("out").exists()
