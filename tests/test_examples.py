"""The examples run as they stand: scripts, the notebook, and the README's script with the output it prints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))


def python(*arguments: str, cwd: Path) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_script_is_short_and_runs(script: Path, tmp_path: Path) -> None:
    assert len(script.read_text("utf-8").splitlines()) < 30
    assert python(str(script), cwd=tmp_path)


def test_readme_script_prints_what_the_readme_says(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    found = re.search(r"<!-- script -->\n```python\n(.*?)```\n.*?```text\n(.*?)```", text, re.DOTALL)
    assert found, "the README has no script between markers"
    code, printed = found.groups()
    assert python("-c", code, cwd=tmp_path) == printed


@pytest.mark.slow
def test_notebook_runs(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    notebook = nbformat.read(ROOT / "examples" / "tour.ipynb", as_version=4)
    client.NotebookClient(notebook, timeout=300, kernel_name="python3",
                          resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs]
    assert not [o for o in outputs if o.output_type == "error"]
    kilobytes = float(re.sub(r"[^0-9.]", "", outputs[-1]["data"]["text/plain"]))
    assert 20 < kilobytes < 2000


def test_notebook_is_stored_without_outputs() -> None:
    notebook = json.loads((ROOT / "examples" / "tour.ipynb").read_text("utf-8"))
    assert all(not c["outputs"] and c["execution_count"] is None for c in notebook["cells"] if c["cell_type"] == "code")
