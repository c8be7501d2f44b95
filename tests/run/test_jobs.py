"""What ``practicum run`` prints, and its gate."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import typer

from practicum.errors import UsageError
from practicum.run import jobs, load_recipe

pytestmark = pytest.mark.usefixtures("toys")

RECIPE = """\
data: {use: toy/blobs, count: 160, split: {train: 0.5, valid: 0.25, test: 0.25}}
model: {use: toy/softmax, epochs: 20}
stress: [{use: toy/add-noise, sweep: {std: [0.5, 3.0]}}]
harden: {budget: {epochs: 20}}
seeds: 2
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMP_WAIT_POLICY", "PASSIVE")
    path = tmp_path / "r.yaml"
    path.write_text(RECIPE)
    return path


def test_table_sentence_and_path(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs.run(recipe, out=Path("out"))
    told = capsys.readouterr()
    assert "add-noise at std 3" in told.out
    assert "Accuracy falls from" in told.out.splitlines()[-2]
    assert told.out.splitlines()[-1].startswith("Report: out/report.html")
    assert told.err.split("\n")[:2] == ["fit", "stress"]


def test_the_gate_fails_and_says_why(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        jobs.run(recipe, out=Path("out"), fail_under=["robust_accuracy=0.99", "accuracy=0.5"], junit=Path("j.xml"))
    assert ended.value.exit_code == 1
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("FAILED")]
    assert errors
    assert all("robust_accuracy=0.99: add-noise" in line for line in errors)
    assert Path("j.xml").is_file()
    jobs.run(recipe, out=Path("out"), resume=True, fail_under=["accuracy=0.5"])


def test_a_malformed_threshold_stops_before_the_run(recipe: Path) -> None:
    with pytest.raises(UsageError, match="NAME=NUMBER"):
        jobs.run(recipe, out=Path("out"), fail_under=["accuracy"])
    assert not Path("out").exists()


def test_a_dry_run_prints_and_writes_nothing(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs.run(recipe, ["seeds=1"], dry_run=True)
    assert "8 cells, expected time" in capsys.readouterr().out
    assert [p.name for p in Path.cwd().iterdir() if p.name not in ("r.yaml", "toys")] == []


def test_the_packaged_recipe_is_the_example() -> None:
    example = Path(__file__).resolve().parents[2] / "examples" / "harden-digits.yaml"
    packaged = files("practicum") / "recipes" / "harden-digits.yaml"
    assert packaged.read_text("utf-8") == example.read_text("utf-8")
    assert load_recipe(example).harden is not None
