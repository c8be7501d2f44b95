"""Runs from start to end in one process: what they leave, what they refuse, comparing, gating, planning."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from practicum.api import get
from practicum.errors import CapabilityError, ConfigError, DataError, NotAllowed, RunError, UsageError
from practicum.hooks import hookimpl
from practicum.registry import default_registry
from practicum.run import compare_runs, judge, load_recipe, load_run, plan, run_recipe, write_junit
from practicum.run.begin import last_run
from practicum.run.rundir import check_run_id, locked

pytestmark = pytest.mark.usefixtures("toys")

RECIPE: dict[str, Any] = {
    "name": "blobs",
    "data": {"use": "toy/blobs", "count": 160, "split": {"train": 0.5, "valid": 0.25, "test": 0.25}},
    "model": {"use": "toy/softmax", "epochs": 4},
    "stress": [{"use": "toy/add-noise", "sweep": {"std": [0.5, 2.0]}}, {"use": "toy/push", "eps": 0.8}],
    "harden": {"top": 1, "budget": {"epochs": 8}}, "seeds": 2, "batch_size": 16,
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**RECIPE, **changes}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_run_leaves_everything_behind(here: Path) -> None:
    events: list[Any] = []
    done = run_recipe(changed(tracker="local"), on_event=events.append, command="practicum run x")
    home = done.run_dir
    assert home.parent == Path("runs")
    for name in ("recipe.yaml", "run.json", "results/report.json", "results/samples.parquet", "report.html",
                 "models/fitted/technique.json", "models/hardened/technique.json", "journal.jsonl"):
        assert home.joinpath(name).is_file(), name
    assert json.loads(home.joinpath("status.json").read_text())["status"] == "FINISHED"
    assert load_recipe(home / "recipe.yaml").plain() == load_recipe(changed(tracker="local")).plain()
    facts = json.loads(home.joinpath("run.json").read_text())
    assert facts["versions"]["practicum-toys"] == "0.1.0"
    assert facts["seeds"] == [0, 1]
    report = done.report
    assert {r.phase for r in report.rows} == {"before", "after"}
    assert len(report.cells) == 3 * 2 * 2 * 2
    assert report.hardening is not None
    assert report.hardening.split == "valid"
    assert (report.meta.command, report.meta.run_id) == ("practicum run x", facts["run_id"])
    assert report.examples[0].hardened_predictions is not None
    assert load_run(home).rows == report.rows
    assert done.findings == load_run(home).findings()
    assert [e.stage for e in events if e.done == e.total] == ["fit", "stress", "explain", "harden", "stress-after",
                                                              "report"]
    tracked = get("core/local").store().run(facts["run_id"])
    assert tracked.status == "FINISHED"
    assert tracked.params["model.epochs"] == 4
    key = f"after/test/{report.rows[0].perturbation.label}/accuracy"
    assert tracked.last[key] == report.select(split="test", phase="after")[0].perturbed.value


def test_a_finished_run_resumes_without_running_anything(here: Path) -> None:
    first = run_recipe(RECIPE, "r")
    events: list[Any] = []
    again = run_recipe(RECIPE, "r", resume=True, on_event=events.append)
    assert all(e.resumed for e in events if e.stage != "report")
    assert again.report.rows == first.report.rows
    assert again.report.gains == first.report.gains
    assert again.report.hardening == first.report.hardening


def test_what_may_not_be_resumed(here: Path) -> None:
    run_recipe(RECIPE, "r")
    with pytest.raises(RunError, match="holds a run already"):
        run_recipe(RECIPE, "r")
    with pytest.raises(RunError, match=r"another recipe \('seeds: 2' there, 'seeds: 3' here\)"):
        run_recipe(changed(seeds=3), "r", resume=True)
    with pytest.raises(RunError, match="no run directory"):
        run_recipe(RECIPE, "absent", resume=True)
    with pytest.raises(RunError, match="no run of this recipe"):
        run_recipe(changed(seeds=7), resume=True)
    facts = json.loads(Path("r/run.json").read_text())
    Path("r/run.json").write_text(json.dumps({**facts, "data": "0" * 16}))
    with pytest.raises(RunError, match="data has changed"):
        run_recipe(RECIPE, "r", resume=True)
    versions = {**facts["versions"], "numpy": "1.0"}
    Path("r/run.json").write_text(json.dumps({**facts, "versions": versions}))
    with pytest.raises(RunError, match=r"made with numpy 1\.0"):
        run_recipe(RECIPE, "r", resume=True)


def test_the_last_run_of_a_recipe_is_found(here: Path) -> None:
    first, second = run_recipe(RECIPE).run_dir, run_recipe(RECIPE).run_dir
    assert first != second
    assert last_run(load_recipe(RECIPE)) == second
    assert run_recipe(RECIPE, resume=True).run_dir == second


def test_where_nothing_hurts_there_is_nothing_to_harden(here: Path) -> None:
    events: list[Any] = []
    report = run_recipe(changed(stress=[{"use": "toy/add-noise", "std": 0.0}]), "r", on_event=events.append).report
    assert report.hardening is None
    assert {r.phase for r in report.rows} == {"before"}
    assert "nothing hurts" in next(e.what for e in events if e.stage == "harden")


def test_a_directory_with_other_files_is_left_alone(here: Path) -> None:
    mine = here / "mine"
    mine.mkdir()
    (mine / "recipe.yaml").write_text("# my own\n")
    with pytest.raises(RunError, match="holds other files"):
        run_recipe(RECIPE, mine)
    assert (mine / "recipe.yaml").read_text() == "# my own\n"
    with pytest.raises(RunError, match="could not be written"):
        run_recipe(RECIPE, mine / "recipe.yaml" / "below")


def test_ctrl_c_is_told_as_killed(here: Path) -> None:
    def stop(event: Any) -> None:
        if event.stage == "stress":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_recipe(changed(tracker="local"), "r", on_event=stop)
    assert json.loads(Path("r/status.json").read_text())["status"] == "KILLED"
    done = run_recipe(changed(tracker="local"), "r", resume=True)
    assert get("core/local").store().run(done.report.meta.run_id).status == "FINISHED"


def test_two_processes_can_not_share_a_directory(here: Path) -> None:
    with locked(Path("r")), pytest.raises(RunError, match="in use by process"):
        run_recipe(RECIPE, "r")
    run_recipe(RECIPE, "r")


def test_ids_can_not_lead_elsewhere() -> None:
    for bad in ("../x", "a/b", "", ".hidden", "a..b", "x" * 101, "a\n"):
        with pytest.raises(RunError, match="run id"):
            check_run_id(bad)


def test_hooks_hear_of_the_run(here: Path) -> None:
    heard: list[tuple[Any, ...]] = []

    class Listener:
        @hookimpl
        def run_started(self, run_dir: Path, recipe: dict[str, Any]) -> None:
            heard.append(("started", recipe["name"]))

        @hookimpl
        def stage_finished(self, run_dir: Path, stage: str, seconds: float) -> None:
            heard.append((stage, seconds >= 0))

        @hookimpl
        def run_finished(self, run_dir: Path, status: str) -> None:
            heard.append(("finished", status))

    manager = default_registry()._load()[1]
    listener = Listener()
    manager.register(listener)
    try:
        run_recipe(RECIPE, "r")
        with pytest.raises(ConfigError):
            run_recipe(changed(model={"use": "toy/softmax", "classes": 1}), "bad")
    finally:
        manager.unregister(listener)
    assert heard == [("started", "blobs"), ("fit", True), ("stress", True), ("explain", True), ("harden", True),
                     ("stress-after", True), ("report", True), ("finished", "FINISHED")]


def test_a_run_that_fails_says_so_and_can_go_on(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum.testing.toys_models import SoftmaxRegression

    def broken(self: Any, batch: Any) -> Any:
        raise OSError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(SoftmaxRegression, "predict", broken)
        with pytest.raises(Exception, match="gone"):
            run_recipe(changed(model={**RECIPE["model"], "fit": True}), "r")
    assert json.loads(Path("r/status.json").read_text())["status"] == "FAILED"
    with pytest.raises(RunError, match="has no results yet"):
        load_run("r")
    run_recipe(changed(model={**RECIPE["model"], "fit": True}), "r", resume=True)
    assert load_run("r").rows


@pytest.mark.parametrize(("changes", "error", "message"), [
    ({"model": {"use": "toy/softmax", "epochs": 0}}, ConfigError, "model: toy/softmax: field 'epochs'"),
    ({"model": {"use": "toy/sofmax"}}, Exception, "did you mean toy/softmax"),
    ({"model": {"use": "toy/push"}}, UsageError, "is attack, not a model"),
    ({"model": {"use": "toy/keyword"}}, CapabilityError, "harden: harden needs a model with training"),
    ({"stress": ["toy/reverse"]}, UsageError, "stress: no column of modality text"),
    ({"stress": ["toy/add-noise", {"use": "toy/push", "epss": 1}]}, ConfigError, r"stress.1: .*did you mean 'eps'"),
    ({"stress": [{"use": "toy/push", "sweep": {"eps": [-1]}}]}, ConfigError, r"stress.0: toy/push: field 'eps'"),
    ({"explain": ["toy/push"]}, UsageError, "explain.0: toy/push is attack"),
    ({"tracker": "toy/push"}, UsageError, "tracker: toy/push is attack"),
    ({"metric": "squared-error"}, UsageError, "metric: metric 'squared-error' measures regression"),
    ({"data": {"use": "toy/blobs", "coutn": 3}}, UsageError, r"data: .*did you mean 'count'"),
    ({"data": {"use": "toy/blobs", "split": {"train": 0.9, "test": 0.3}}}, UsageError, "data.split: .*at most 1"),
    ({"data": {"use": "toy/blobs", "split": {"train": 0.5}}}, UsageError, "train split only"),
    ({"data": {"use": "toy/blobs", "split": {"train": 0.5, "test": 0.5}}}, UsageError, "harden: .*validation split"),
    ({"data": {"use": "toy/blobs"}, "harden": None}, DataError, "no 'train' split"),
    ({"harden": {"budget": {"depth": 3}}}, ConfigError, "harden: harden.budget: .* no field 'depth'"),
    ({"seeds": []}, UsageError, "seeds"),
    ({"splits": ["test"]}, UsageError, "splits must name it"),
])
def test_what_does_not_fit_is_refused_before_anything_is_written(here: Path, changes: dict[str, Any],
                                                                 error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run_recipe(changed(**changes), "r")
    assert not Path("r/run.json").exists()


def test_import_paths_need_permission(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum.testing.toys_models import KeywordModel

    monkeypatch.setattr(KeywordModel, "import_fields", ("words",), raising=False)
    text = changed(data={"use": "csv", "path": "a.csv", "text": "t", "label": "y"}, harden=None, stress=["toy/reverse"],
                   model={"use": "toy/keyword", "words": ["good"]})
    Path("a.csv").write_text("t,y\ngood,1\nbad,0\n")
    with pytest.raises(NotAllowed, match=r"model: .*--allow-import"):
        run_recipe(text, "r")
    assert run_recipe(text, "r", allow_import=True).report.rows[0].n == 2


def test_a_model_that_predicts_already_is_not_fitted_again(here: Path) -> None:
    first = run_recipe(changed(harden=None), "a")
    loaded = changed(model={"load": "a/models/fitted"}, harden=None)
    second = run_recipe(loaded, "b")
    assert not Path("b/models").exists()
    assert [r.perturbed for r in second.report.rows] == [r.perturbed for r in first.report.rows]
    refitted = run_recipe(changed(model={"load": "a/models/fitted", "fit": True}, harden=None), "c")
    assert [r.perturbed for r in refitted.report.rows] == [r.perturbed for r in first.report.rows]
    with pytest.raises(ConfigError, match="leave out epochs"):
        run_recipe(changed(model={"load": "a/models/fitted", "epochs": 2}), "d")


def test_comparing_pairs_by_sample(here: Path) -> None:
    run_recipe(changed(harden=None), "a")
    run_recipe(changed(harden=None, model={"use": "toy/softmax", "epochs": 60}), "b")
    table = compare_runs("a", "b")
    assert table["perturbation"].tolist() == ["(clean)", "add-noise std=0.5", "add-noise std=2", "push eps=0.8"] * 2
    a, b = load_run("a"), load_run("b")
    clean = table[(table["split"] == "test") & (table["perturbation"] == "(clean)")].iloc[0]
    assert clean["better"] == pytest.approx(b.clean_row().clean.value - a.clean_row().clean.value)
    same = compare_runs("a", "a")
    assert not same["sure"].any()
    assert (same["better"] == 0).all()
    assert (same["n"] == 40).all()
    run_recipe(changed(harden=None, metric="cross-entropy"), "c")
    with pytest.raises(UsageError, match="measure different things"):
        compare_runs("a", "c")
    run_recipe(changed(harden=None, stress=["toy/push"]), "d")
    with pytest.raises(UsageError, match="in common"):
        compare_runs("a", "d")
    lower = compare_runs("c", "c")
    assert np.allclose(lower["better"], 0)


def test_thresholds_judge_the_hardened_model_on_the_test_split(here: Path) -> None:
    report = run_recipe(RECIPE, "r").report
    rows = report.select(split="test", phase="after")
    worst = min(r.perturbed.value for r in rows)
    clean = report.clean_row("test", "after").clean.value
    assert all(v.passed for v in judge(report, [f"robust_accuracy={worst}", f"accuracy={clean}", "failed=0"]))
    failing = [v.name for v in judge(report, [f"robust-accuracy={worst + 1e-9}"]) if not v.passed]
    assert failing == [r.perturbation.label for r in rows if r.perturbed.value == worst]
    drop = max(r.drop.value for r in rows)
    assert all(v.passed for v in judge(report, [f"worst_drop={drop}"]))
    assert not all(v.passed for v in judge(report, [f"worst_drop={drop - 1e-9}"]))
    for bad, message in (("acuracy=1", "did you mean accuracy"), ("accuracy", "NAME=NUMBER"),
                         ("accuracy=high", "NUMBER"), ("accuracy=nan", "NUMBER"), ("f1=0.5", "it takes accuracy")):
        with pytest.raises(UsageError, match=message):
            judge(report, [bad])


def test_junit(here: Path) -> None:
    report = run_recipe(changed(harden=None), "r").report
    path = write_junit(report, judge(report, ["robust_accuracy=0.99", "accuracy=0.1"]), "out/junit.xml")
    suite = ElementTree.parse(path).getroot()[0]
    assert suite.get("tests") == "4"
    failed = [c.get("name") for c in suite if c.find("failure") is not None]
    assert suite.get("failures") == str(len(failed))
    assert "push eps=0.8" in failed
    assert "clean" not in failed


def test_a_plan_counts_the_cells_and_writes_nothing(here: Path) -> None:
    found = plan(RECIPE)
    assert found.cells == 3 * 2 * 2 * 2
    assert [x.stage for x in found.lines] == ["fit", *["stress"] * 6, "harden", *["stress-after"] * 6]
    assert found.seconds > 0
    assert "24 cells" in str(found)
    assert list(here.glob("r*")) == []
    assert plan(changed(harden=None), overrides=["stress=[toy/push]"]).cells == 4
