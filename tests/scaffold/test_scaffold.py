"""``practicum new``: every generated plugin passes its tests unedited, does what its card says, and is right."""

from __future__ import annotations

import ast
import importlib.util
import io
import os
import re
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import jinja2
import pytest

from practicum.errors import UsageError
from practicum.scaffold import new_plugin
from practicum.scaffold.operations import operations
from practicum.testing import check_name_or_path

TRUTH = Path(__file__).parent / "truth"
ROOT = Path(__file__).parents[2]

IMPORTS = """from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from practicum import Batch, Keys
from practicum.testing import sample_batch
from practicum.testing.torch_toys import BagOfWords, TorchToy
"""

SHAPES = {"image": "2, 1, 1, 2", "state": "2, 2", "series": "2, 2, 1"}

NEEDS = {"graph": "torch_geometric", "environment": "gymnasium"}


def installed(folder: Path, site: Path) -> None:
    """What an editable install does: the package on the path, and a distribution that names its entry point."""
    name = folder.name
    package = f"practicum_{name.replace('-', '_')}"
    (site / package).symlink_to(folder / "src" / package, target_is_directory=True)
    info = site / f"{package}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: practicum-{name}\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[practicum.plugins]\n{name} = {package}._plugin\n")


def truth_of(folder: Path, kind: str, modality: str, template: str) -> None:
    """A test of what the template's operation really does, beside the generated tests."""
    module = folder.name.replace("-", "_")
    cls = "".join(part.capitalize() for part in folder.name.split("-"))
    shape = f"torch.from_numpy(values).reshape({SHAPES[modality]})" if modality in SHAPES else ""
    text = jinja2.Template((TRUTH / f"{template}.py.j2").read_text("utf-8")).render(
        cls=cls, modality=modality, truth_input=shape)
    extra = "from torch_geometric.data import Data\n" if modality == "graph" else ""
    (folder / "tests" / "test_truth.py").write_text(
        f"from __future__ import annotations\n\n{IMPORTS}{extra}from practicum_{module}.{module} import {cls}\n\n\n"
        f"{text}")


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """All kinds and modalities generated, installed and given a truth test; the folder and its site."""
    base = tmp_path_factory.mktemp("generated")
    site = base / "site"
    site.mkdir()
    for (kind, modality), operation in operations().items():
        need = NEEDS.get(modality or kind)
        if need and importlib.util.find_spec(need) is None:
            continue
        folder = base / "contrib" / f"gen-{kind}-{modality}".rstrip("-")
        new_plugin(folder, kind, modality or "text")
        truth_of(folder, kind, modality, operation.template)
        installed(folder, site)
    return base, site


def run(command: list[str], site: Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}
    return subprocess.run([sys.executable, *command], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_generated_plugins_pass_their_tests_unedited_and_are_right(generated: tuple[Path, Path]) -> None:
    base, site = generated
    done = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "contrib"], site, base)
    assert done.returncode == 0, done.stdout[-3000:]
    counts = re.search(r"contract checks: (\d+) run, 0 skipped", done.stdout)
    assert counts, done.stdout[-500:]
    assert int(counts[1]) > 380


def test_cards_print_what_they_show(generated: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    base, site = generated
    monkeypatch.syspath_prepend(str(site))
    for card in sorted(base.glob("contrib/*/README.md")):
        text = card.read_text("utf-8")
        code = re.search(r"```python\n(.*?)```\n\nprints\n\n```\n(.*?)\n```", text, re.DOTALL)
        assert code, card
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code[1], str(card), "exec"), {})
        assert printed.getvalue().rstrip("\n") == code[2], card


def test_benchmarks_run(generated: tuple[Path, Path]) -> None:
    base, site = generated
    for name in ("gen-transformation-text", "gen-tracker"):
        done = run([str(next((base / "contrib" / name / "benchmarks").glob("*.py")))], site, base)
        assert done.returncode == 0, done.stderr
        assert re.search(r"[\d,]+ \w+/s", done.stdout)


def test_modules_are_typed_short_and_clean(generated: tuple[Path, Path]) -> None:
    base, _ = generated
    for file in sorted(base.glob("contrib/*/src/*/*.py")):
        tree = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.returns is not None, (file, node.name)
        assert max(map(len, file.read_text("utf-8").splitlines())) <= 140, file


def test_the_linter_accepts_what_is_generated(tmp_path: Path) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed")
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text("utf-8"))
    for (kind, modality), _ in operations().items():
        new_plugin(tmp_path / "contrib" / f"a-{kind[:3]}-{modality[:3]}".rstrip("-"), kind, modality or "text")
    done = subprocess.run([str(ruff), "check", "--no-cache", "--output-format=concise", "."], cwd=tmp_path,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_one_method_is_marked_for_editing(generated: tuple[Path, Path]) -> None:
    base, _ = generated
    for folder in sorted((base / "contrib").iterdir()):
        module = next(folder.glob("src/*/gen_*.py"))
        assert module.read_text("utf-8").count("# The one method to edit:") == 1, module


def test_a_folder_can_be_checked_before_it_is_installed(tmp_path: Path) -> None:
    new_plugin(tmp_path / "not-installed", "transformation", "text")
    results = check_name_or_path(str(tmp_path / "not-installed"))
    assert {r.technique for r in results} == {"not-installed/not-installed"}
    assert not [r for r in results if r.status == "failed"]
    assert [r.status for r in results if r.name == "spec equals class"] == ["passed"]


@pytest.mark.parametrize(("name", "says"), [
    ("My_Technique", "kebab case"), ("my--technique", "kebab case"), ("2fast", "kebab case"), ("-x", "kebab case"),
    ("practicum-noise", "leave 'practicum' out"), ("core", "a word of"), ("for", "a word of"), ("none", "a word of"),
    ("transformation", "a word of"), ("sample-rng", "a word of"),
])
def test_bad_names_are_refused(tmp_path: Path, name: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        new_plugin(tmp_path / name, "transformation", "text")
    assert list(tmp_path.iterdir()) == []


def test_folders_with_something_in_them_are_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "thesis.tex").write_text("do not lose me")
    with pytest.raises(UsageError, match="not empty"):
        new_plugin(folder, "transformation", "text")
    assert [p.name for p in folder.iterdir()] == ["thesis.tex"]
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(UsageError, match="not empty"):
        new_plugin(file, "transformation", "text")


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    folder = tmp_path / "empty-one"
    folder.mkdir()
    files = new_plugin(folder, "tracker")
    assert all(f.is_file() for f in files)
    assert {p.relative_to(tmp_path).parts[0] for p in tmp_path.rglob("*")} == {"empty-one"}


@pytest.mark.parametrize(("kind", "modality", "says"), [
    ("filter", "text", "unknown kind"), ("transformation", "smell", "unknown modality"),
    ("attack", "graph", "there is one for image, state, series, text"), ("model", "table", "no template for a model"),
])
def test_unknown_kinds_and_modalities_are_named(tmp_path: Path, kind: str, modality: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        new_plugin(tmp_path / "fine-name", kind, modality)


def test_names_of_installed_plugins_are_taken(tmp_path: Path) -> None:
    from practicum.registry import default_registry

    others = [p.name for p in default_registry().catalogue.plugins if p.name != "core"]
    if not others:
        pytest.skip("no plugin is installed beside the core")
    with pytest.raises(UsageError, match="installed plugin"):
        new_plugin(tmp_path / others[0], "transformation", "text")


def test_a_checked_folder_uses_its_own_contracts_and_their_skips(tmp_path: Path) -> None:
    folder = tmp_path / "skipping"
    new_plugin(folder, "transformation", "text")
    module = folder / "src/practicum_skipping/skipping.py"
    source = module.read_text("utf-8")
    module.write_text(source.replace("        draws = rng", "        assert value\n        draws = rng"))
    failed = [r for r in check_name_or_path(str(folder)) if r.status == "failed"]
    assert [r.name for r in failed] == ["empty and tiny text"]
    test = folder / "tests/test_skipping.py"
    with test.open("a", encoding="utf-8") as file:
        file.write('    skip = {"empty and tiny text": "needs a letter"}\n')
    for name in [n for n in sys.modules if n.startswith("practicum_skipping")]:
        del sys.modules[name]
    results = check_name_or_path(str(folder))
    skipped = [(r.name, r.reason) for r in results if r.status == "skipped"]
    assert skipped == [("empty and tiny text", "needs a letter")]
    assert not [r for r in results if r.status == "failed"]
