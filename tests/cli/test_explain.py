"""``practicum explain``: samples of a recipe or a run, on the terminal, as a page, or as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from practicum import Explanation, Keys
from practicum.cli import run
from practicum.data import load_data
from practicum.registry import default_registry
from practicum.run.explaining import explain_recipe
from practicum.testing.toys_models import SoftmaxRegression, install_toys

RECIPE = """\
data: {use: toy/blobs, count: 60, spread: 2.0, split: {train: 0.5, valid: 0.25, test: 0.25}}
model: {use: toy/softmax, epochs: 5}
stress: [{use: toy/add-noise, std: 0.5}]
explain: [{use: toy/leave-out}]
seeds: 1
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with a recipe, where the toys are installed."""
    monkeypatch.syspath_prepend(str(install_toys(tmp_path / "site")))
    default_registry().refresh()
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "r.yaml").write_text(RECIPE)
    yield folder
    monkeypatch.undo()
    default_registry().refresh()


def test_the_numbers_are_those_of_the_fitted_model(here: Path) -> None:
    assert run(["explain", "r.yaml", "--count", "4", "--target", "1", "--out", "e.json"]) == 0
    found = Explanation.load("e.json")
    splits = load_data("toy/blobs", count=60, spread=2.0, split={"train": 0.5, "valid": 0.25, "test": 0.25})
    model = SoftmaxRegression(epochs=5).fit([splits.part("train")], Keys(0, path=("fit",)))  # type: ignore[union-attr]  # split above
    test = splits.part("test")  # type: ignore[union-attr]  # split above
    weight = model._weight  # type: ignore[attr-defined]  # the toy's own
    assert list(found.ids) == list(test.ids)[:4]
    assert found.values == pytest.approx(np.asarray(test.column())[:4] * weight[:2, 1])
    assert found.target.tolist() == [1] * 4
    assert (found.method, found.modality) == ("toy/leave-out", "state")


def test_on_the_terminal_and_as_a_page(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "r.yaml", "--count", "3"]) == 0
    shown = capsys.readouterr().out
    assert "Explanation of 3 samples by toy/leave-out" in shown
    assert shown.count("feature 0") == 3
    assert run(["explain", "r.yaml", "--with", "leave-out", "--with", "{use: toy/leave-out}", "--out", "e.html"]) == 0
    page = Path("e.html").read_text("utf-8")
    assert page.count("<h2>toy/leave-out</h2>") == 2
    assert "6 samples explained -> e.html" in capsys.readouterr().err
    assert run(["explain", "r.yaml", "--with", "leave-out", "--with", "leave-out", "--out", "e.npz"]) == 2
    assert "holds one explanation and 2 were made" in capsys.readouterr().err


def test_samples_by_id_and_those_the_model_gets_wrong(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    everything = explain_recipe("r.yaml", count=1000)
    wrong = explain_recipe("r.yaml", count=1000, wrong=True)
    missed = [i for i, label, said in zip(everything.batch.ids, everything.batch.label, everything.labels, strict=True)
              if label != said]
    assert missed
    assert list(wrong.batch.ids) == missed
    assert list(explain_recipe("r.yaml", count=1, wrong=True).batch.ids) == missed[:1]
    assert everything.explanations[0].target.tolist() == list(everything.labels), "the predicted class, unless told"
    two = [str(everything.batch.ids[3]), str(everything.batch.ids[0])]
    picked = explain_recipe("r.yaml", ids=two)
    assert [str(i) for i in picked.batch.ids] == two
    assert np.array_equal(picked.explanations[0].values, everything.explanations[0].values[[3, 0]])
    assert run(["explain", "r.yaml", "--id", "none"]) == 1
    assert "the test split has no sample 'none'" in capsys.readouterr().err
    assert run(["explain", "r.yaml", "--split", "train", "--id", str(two[0])]) == 1


def test_a_run_gives_its_own_models(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "h.yaml").write_text(RECIPE.replace("std: 0.5", "sweep: {std: [3.0]}") + "harden: {top: 1}\n")
    assert run(["run", "h.yaml", "--out", "out"]) == 0
    before = explain_recipe("out")
    assert np.array_equal(before.explanations[0].values, explain_recipe("h.yaml").explanations[0].values)
    model = SoftmaxRegression.load(Path("out/models/fitted")).with_weight(np.ones((3, 2)))
    model.save(Path("mine"))
    mine = explain_recipe("out", model=Path("mine"))
    assert mine.explanations[0].values == pytest.approx(np.asarray(mine.batch.column()))
    if Path("out/models/hardened").is_dir():
        after = explain_recipe("out", hardened=True)
        assert not np.array_equal(after.explanations[0].values, before.explanations[0].values)
    assert run(["explain", "r.yaml", "--hardened"]) == 2
    assert "name a run directory" in capsys.readouterr().err
    assert run(["explain", "mine"]) == 2
    assert "no run directory" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "told"), [
    (["--with", "leave-in"], "did you mean"),
    (["--with", "[1, 2]"], "must be an explainer's name"),
    (["--with", "toy/push"], "toy/push is attack, which has no place under explain"),
    (["--out", "e.txt"], "must end in .html, .npz or .json"),
    (["explain=[]"], "no explainer is named; name one with --with"),
])
def test_bad_usage_says_what_to_do(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str],
                                   told: str) -> None:
    assert run(["explain", "r.yaml", *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert said.count("\n") == 1
