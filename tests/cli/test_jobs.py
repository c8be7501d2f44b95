"""The commands that do the main job, from typed arguments to files: run, compare, demo, init, new, check, kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml

from practicum.cli import run
from practicum.kernels.report import kernel_rows
from practicum.registry import default_registry
from practicum.spec import KernelSpec
from practicum.testing.toys_models import install_toys

ROOT = Path(__file__).parents[2]
COMMANDS = ("list", "info", "apply", "run", "gain", "explain", "compare", "demo", "init", "new", "check", "doctor",
            "kernels")

RECIPE = """\
data: {use: toy/blobs, count: 120, split: {train: 0.5, valid: 0.25, test: 0.25}}
model: {use: toy/softmax, epochs: 20}
stress:
  - {use: toy/add-noise, sweep: {std: [0.5, 2.0]}}
  - {use: toy/push, eps: 0.8}
report: {html: report.html}
seeds: 2
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory where the toys are installed."""
    monkeypatch.syspath_prepend(str(install_toys(tmp_path / "site")))
    default_registry().refresh()
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "r.yaml").write_text(RECIPE)
    yield folder
    monkeypatch.undo()
    default_registry().refresh()


def report(folder: str) -> Any:
    from practicum.run import load_run

    return load_run(folder)


def test_run_leaves_a_report_and_says_what_it_found(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "r.yaml", "seeds=1", "stress.0.sweep.std=[0.25, 3.0]", "--out", "r"]) == 0
    shown = capsys.readouterr()
    assert [line.split()[0] for line in shown.err.splitlines()] == ["fit", "stress", "explain", "report"]
    assert "add-noise at std 3" in shown.out
    assert "Report: r/report.html" in shown.out
    assert Path("r/report.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    found = report("r")
    assert [r.perturbation.strength for r in found.select(split="test")][:2] == [0.25, 3.0]
    assert {c.seed for c in found.cells} == {0}
    assert f"{found.clean_row('test').clean.value:.1%}" in shown.out


def test_without_out_runs_go_under_runs_and_resume_finds_the_last(here: Path,
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "r.yaml"]) == 0
    assert run(["run", "r.yaml", "--resume"]) == 0
    assert len(list(Path("runs").glob("*/run.json"))) == 1
    assert run(["run", "r.yaml", "seeds=1", "--resume"]) == 1
    assert "no run of this recipe" in capsys.readouterr().err
    where = str(next(Path("runs").iterdir()))
    assert run(["run", "r.yaml", "--out", where]) == 1
    assert "--resume" in capsys.readouterr().err


def test_a_dry_run_prints_the_plan_and_writes_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "r.yaml", "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "12 cells" in shown
    assert "expected time" in shown
    assert "expected memory" in shown
    assert [p.name for p in here.iterdir()] == ["r.yaml"]


def test_the_gate(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "r.yaml", "--out", "r", "--fail-under", "accuracy=0.5", "--junit", "ok.xml"]) == 0
    assert ElementTree.parse("ok.xml").getroot()[0].get("failures") == "0"
    capsys.readouterr()
    assert run(["run", "r.yaml", "--out", "r", "--resume", "--fail-under", "robust-accuracy=0.999",
                "--junit", "no.xml"]) == 1
    failed = capsys.readouterr().err
    suite = ElementTree.parse("no.xml").getroot()[0]
    worst = [r.perturbation.label for r in report("r").select(split="test") if r.perturbed.value < 0.999]
    assert worst
    assert suite.get("failures") == str(len(worst))
    assert all(f"FAILED: robust-accuracy=0.999: {label}: " in failed for label in worst)
    assert run(["run", "r.yaml", "--out", "s", "--fail-under", "accuracy"]) == 2
    assert not Path("s").exists(), "a malformed threshold is refused before the run is spent on it"


def test_compare(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "r.yaml", "--out", "a"]) == 0
    assert run(["run", "r.yaml", "model.epochs=1", "--out", "b"]) == 0
    capsys.readouterr()
    assert run(["compare", "a", "b"]) == 0
    assert "push eps=0.8" in capsys.readouterr().out
    assert run(["compare", "a", "b", "--json"]) == 0
    rows = {(r["split"], r["perturbation"]): r for r in json.loads(capsys.readouterr().out)}
    clean = [report(name).clean_row("test").clean.value for name in "ab"]
    assert rows["test", "(clean)"]["better"] == pytest.approx(clean[1] - clean[0])
    assert run(["compare", "a", "absent"]) == 1
    assert "absent" in capsys.readouterr().err


def test_demo_runs_the_recipe_of_the_examples(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import practicum.run.jobs as jobs

    seen: list[tuple[str, Path | None]] = []
    monkeypatch.setattr(jobs, "run", lambda recipe, overrides, out=None: seen.append((Path(recipe).read_text(), out)))
    assert run(["demo", "--out", str(tmp_path / "d")]) == 0
    assert seen == [((ROOT / "examples" / "harden-digits.yaml").read_text("utf-8"), tmp_path / "d")]
    packaged = files("practicum") / "recipes" / "harden-digits.yaml"
    assert packaged.read_text("utf-8") == (ROOT / "examples" / "harden-digits.yaml").read_text("utf-8")
    recipe = yaml.safe_load(packaged.read_text("utf-8"))
    assert recipe["data"]["use"] == "sklearn/digits"


TORCH = """\
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.head = torch.nn.Linear(2, 2)

    def forward(self, x):
        return self.head(x)

class Pictures(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(1),
                                        torch.nn.Flatten(), torch.nn.Linear(4, 2))

    def forward(self, x):
        return self.body(x)
"""
PLAIN = """\
import numpy as np

def vowels(texts):
    share = np.array([sum(c in "aeiou" for c in t) / max(1, len(t)) for t in texts])
    return np.stack([1 - share, share], axis=1)

numbers = 3
"""


def data_files(folder: Path) -> None:
    import pandas as pd

    rng = np.random.default_rng(0)
    label = np.arange(40) % 2
    frame = pd.DataFrame({"id": [f"s{i}" for i in range(40)], "a": rng.normal(label * 4 - 2.0, 1).round(3),
                          "b": rng.normal(0, 1, 40).round(3), "label": label})
    frame.to_csv(folder / "d.csv", index=False)
    frame.to_parquet(folder / "d.parquet")
    texts = [{"text": "area idea oboe aerie" if y else "rhythm crypt myth sky", "label": int(y)} for y in label]
    (folder / "d.jsonl").write_text("".join(json.dumps(t) + "\n" for t in texts))
    np.savez(folder / "d.npz", x=rng.random((40, 3, 8, 8)).astype(np.float32), label=label)
    np.savez(folder / "levels.npz", x=rng.integers(0, 256, (40, 8, 8, 3), dtype=np.uint8), y=label)


def pictures(folder: Path) -> None:
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for i in range(10):
            Image.fromarray(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)).save(folder / name / f"{i}.png")


@pytest.mark.parametrize(("model", "data", "adapter", "modality", "technique"), [
    ("net.py:Net", "d.csv", "torch-module", "state", "gradient-attacks/pgd"),
    ("net.py:Net", "d.parquet", "torch-module", "state", "gradient-attacks/fgsm"),
    ("plain.py:vowels", "d.jsonl", "callable", "text", "text-noise/char-swap"),
    ("net.py:Pictures", "d.npz", "torch-module", "image", "image-basic/gaussian-noise"),
    ("net.py:Pictures", "levels.npz", "torch-module", "image", "gradient-attacks/pgd"),
    ("net.py:Pictures", "photos", "torch-module", "image", "image-mix/cutout"),
    ("sklearn.linear_model:LogisticRegression", "d.csv", "sklearn", "state",
     "gradient-attacks/square"),
])
def test_init_writes_a_recipe_that_runs(here: Path, capsys: pytest.CaptureFixture[str], model: str, data: str,
                                        adapter: str, modality: str, technique: str) -> None:
    Path("net.py").write_text(TORCH)
    Path("plain.py").write_text(PLAIN)
    data_files(here)
    pictures(here / "photos")
    code = run(["init", "--model", model, "--data", data, "--out", "mine.yaml"])
    assert code == 0
    recipe = yaml.safe_load(Path("mine.yaml").read_text())
    assert recipe["model"]["use"] == f"models-basic/{adapter}"
    assert recipe["model"]["modality"] == modality
    assert technique in [s["use"] for s in recipe["stress"]]
    blind = [s for s in recipe["stress"] if default_registry().spec(s["use"]).access in ("score", "label", "none")]
    assert len(blind) <= 1
    for stress in recipe["stress"]:
        for values in stress["sweep"].values():
            assert values in (sorted(values), sorted(values)[::-1]), "weakest first; few photons are strong noise"
    assert run(["run", "mine.yaml", "--dry-run"]) == 2
    assert "--allow-import" in capsys.readouterr().err
    short = [f"stress.{i}.sweep.{k}=[{v[-1]}]" for i, s in enumerate(recipe["stress"]) for k, v in s["sweep"].items()]
    assert run(["run", "mine.yaml", "seeds=1", *short, "--allow-import", "--out", "r"]) == 0
    assert Path("r/report.html").stat().st_size > 10_000
    found = report("r")
    assert {r.perturbation.config["use"] for r in found.rows} == {s["use"] for s in recipe["stress"]}
    assert all(r.failed == 0 for r in found.rows)
    if adapter == "callable":
        assert found.clean_row("test").clean.value == 1.0


@pytest.mark.parametrize(("model", "data", "code", "said"), [
    ("net.py", "d.csv", 2, "FILE.py:NAME"), ("net.py:Nett", "d.csv", 2, "has no 'Nett'; it has torch, Net"),
    ("absent.py:Net", "d.csv", 2, "is no file"), ("plain.py:numbers", "d.csv", 2, "is a int"),
    ("net.py:Net", "absent.csv", 2, "absent.csv"), ("net.py:Net", "net.py", 2, "must be csv"),
    ("net.py:Net", "empty.csv", 1, "no rows"), ("net.py:Net", "latin.csv", 1, "latin.csv, line 2"),
    ("net.py:Net", "broken.jsonl", 1, "broken.jsonl, line 1"), ("net.py:Net", "broken.npz", 1, "broken.npz"),
    ("net.py:Net", "other.csv", 1, "no field 'label'; it has a, b"), ("net.py:Net", "bare.csv", 1, "beside 'label'"),
])
def test_init_says_what_is_wrong(here: Path, capsys: pytest.CaptureFixture[str], model: str, data: str, code: int,
                                 said: str) -> None:
    Path("net.py").write_text(TORCH)
    Path("plain.py").write_text(PLAIN)
    data_files(here)
    for name, content in (("empty.csv", b""), ("latin.csv", b"a,label\ncaf\xe9,1\n"), ("broken.jsonl", b"{\n"),
                          ("broken.npz", b"PK no archive"), ("other.csv", b"a,b\n1,2\n"), ("bare.csv", b"label\n1\n")):
        Path(name).write_bytes(content)
    assert run(["init", "--model", model, "--data", data]) == code
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1
    assert not Path("recipe.yaml").exists()


def test_init_never_replaces_a_recipe_unasked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("plain.py").write_text(PLAIN)
    data_files(here)
    arguments = ["init", "--model", "plain.py:vowels", "--data", "d.jsonl", "--out", "r.yaml"]
    assert run(arguments) == 2
    assert "--force" in capsys.readouterr().err
    assert Path("r.yaml").read_text() == RECIPE
    assert run([*arguments, "--force"]) == 0
    assert "plain.py:vowels" in Path("r.yaml").read_text()


def test_init_without_anything_to_stress_with_writes_nothing(here: Path, monkeypatch: pytest.MonkeyPatch,
                                                            capsys: pytest.CaptureFixture[str]) -> None:
    data_files(here)
    kept = {n: s for n, s in default_registry().catalogue.techniques.items() if s.kind == "model"}
    monkeypatch.setattr(default_registry().catalogue, "techniques", kept)
    model = "sklearn.linear_model:LogisticRegression"
    assert run(["init", "--model", model, "--data", "d.csv", "--out", "m.yaml"]) == 1
    assert "no installed technique stresses state data" in capsys.readouterr().err
    assert not Path("m.yaml").exists()


def test_new_writes_under_contrib_and_refuses_what_it_can_not(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["new", "my-technique"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[-1] == "Next: make test-one P=contrib/my-technique"
    assert all(Path(line).is_file() for line in shown[:-2])
    assert "contrib/my-technique/pyproject.toml" in shown
    assert run(["new", "contrib/my-technique"]) == 2
    assert "not empty" in capsys.readouterr().err
    for arguments in (["new", "Bad_Name"], ["new", "x", "--kind", "potion"], ["new", "x", "--modality", "smell"]):
        assert run(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert os.listdir("contrib") == ["my-technique"]


def test_check_counts_and_fails(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "toy/reverse"]) == 0
    assert ", 0 failed" in capsys.readouterr().out
    assert run(["check", "toy/revers"]) == 2
    assert "did you mean toy/reverse" in capsys.readouterr().err
    assert run(["check", "core/one-of"]) == 2
    assert "practicum check core/one-of --set of=VALUE" in capsys.readouterr().err
    assert run(["check", "core/one-of", "--set", "of=[toy/reverse, {use: toy/mask-chars, rate: 0.5}]"]) == 0
    assert ", 0 failed" in capsys.readouterr().out
    assert run(["check", "toy/reverse", "--set", "rate"]) == 2
    assert "must be FIELD=VALUE" in capsys.readouterr().err


def test_kernels_lists_every_declared_kernel(monkeypatch: pytest.MonkeyPatch,
                                             capsys: pytest.CaptureFixture[str]) -> None:
    """The plugins' own kernels are compiled and run by the contracts of their tests; here, by the command, a toy."""
    pytest.importorskip("triton")
    declared = {k.name for k in default_registry().catalogue.kernels.values()}
    assert {r.op for r in kernel_rows(aot=False, interpret=False)} == declared
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "kernels"))
    toy = {"toy/scale": KernelSpec("toy/scale", "toy_declared:SCALE")}
    monkeypatch.setattr(default_registry().catalogue, "kernels", toy)
    assert run(["kernels", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(r["compiled"] == "yes" and not r["problem"] for r in rows), rows
    assert {(r["op"], r["target"]) for r in rows} == {("toy/scale", t) for t in ("sm_80", "sm_90", "sm_100", "gfx942")}


@pytest.mark.parametrize("command", COMMANDS)
def test_help_lists_every_option(command: str, capsys: pytest.CaptureFixture[str],
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    import typer

    from practicum.cli.app import build_app

    monkeypatch.setenv("COLUMNS", "200")
    group: Any = typer.main.get_command(build_app())
    assert set(group.commands) >= set(COMMANDS)
    for flag in ("-h", "--help"):
        assert run([command, flag]) == 0
        shown = capsys.readouterr().out
        for parameter in group.commands[command].params:
            assert not parameter.opts[0].startswith("-") or parameter.opts[0] in shown
        assert "--help" in shown


def child(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "practicum", *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, **environment}, timeout=120)


def test_the_module_is_the_command() -> None:
    assert child("--version").stdout.startswith("practicum 0.")
    wrong = child("info", "char-swop")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("practicum: no technique 'char-swop'")
    nothing = child()
    assert nothing.returncode in (0, 2)
    assert "Usage: " in nothing.stdout + nothing.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell: str) -> None:
    # Typer asks which shell its parent is, and takes a name only where it can't tell; a test has no shell above it.
    shown = child("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert shown.returncode == 0, shown.stderr
    assert "_PRACTICUM_COMPLETE" in shown.stdout


def test_completion_proposes_commands() -> None:
    asked = child(_PRACTICUM_COMPLETE="complete_bash", COMP_WORDS="practicum co", COMP_CWORD="1")
    assert asked.stdout.split() == ["compare"]


@pytest.mark.parametrize("arguments", ["list", "info char-swap", "list --json", "doctor", "apply --help"])
def test_a_closed_pipe_is_no_failure(arguments: str) -> None:
    """The reader is gone before the first byte is written, so that every write fails."""
    command = f"({sys.executable} -m practicum {arguments}; echo $? >&2) | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=120)
    assert done.stderr.split() == ["0"], done.stderr
