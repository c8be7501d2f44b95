"""CONTRIBUTING.md's first section, executed: its commands in order, its code put where it says."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
METHOD = "    def apply_one"


def blocks(text: str) -> list[tuple[str, str]]:
    """Fenced blocks of the section on adding a technique, as (language, text)."""
    section = text.split("\n## ")[1]
    return re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)


def environment(folder: Path) -> Path:
    """A virtual environment that sees this one's packages: nothing is downloaded, and nothing here is changed."""
    place = folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    packages = next(place.glob("lib/python*/site-packages"))
    (packages / "outer.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n"
                                                for path in site.getsitepackages()))
    for command, module in (("pip", "pip"), ("pytest", "pytest"), ("practicum", "practicum.cli")):
        call = "import sys; from practicum.cli import main; main()" if command == "practicum" else ""
        script = place / "bin" / command
        how = f"-c '{call}'" if call else f"-m {module}"
        script.write_text(f'#!/bin/sh\nexec "{place}/bin/python" {how} "$@"\n')
        script.chmod(0o755)
    for stamp, year in ((".tools", 2098), (".demo", 2099), (".test", 2099)):
        subprocess.run(["touch", "-d", f"{year}-01-01", str(place / stamp)], check=True)  # what make takes for set up
    return place


@pytest.mark.slow
def test_adding_a_technique_works_as_written(tmp_path: Path) -> None:
    if shutil.which("make") is None or shutil.which("git") is None:
        pytest.skip("make or git is not installed")
    repo = tmp_path / "repo"
    repo.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt", ".gitignore", "contrib/README.md"):
        (repo / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, repo / name)
    place = environment(repo)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "start"]):
        subprocess.run([*git, *command], cwd=repo, check=True)
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "PYTHONPATH", "VIRTUAL_ENV")}
    env |= {"OMP_NUM_THREADS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    outputs: list[str] = []
    found = blocks((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert [language for language, _ in found] == ["sh", "sh", "python", "sh", "python", "sh", "sh"]
    for language, text in found:
        if language == "sh":
            script = f". {place}/bin/activate\nset -e\n{text}"
            done = subprocess.run(["bash", "-c", script], cwd=repo, env=env, capture_output=True, text=True,
                                  check=False)
            assert done.returncode == 0, f"{text}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
            outputs.append(done.stdout)
        elif text.startswith("# "):
            (repo / text.split("\n", 1)[0][2:]).write_text(text.split("\n", 1)[1])
        else:
            module = repo / "contrib/my-technique/src/practicum_my_technique/my_technique.py"
            head, _ = module.read_text("utf-8").split(METHOD)
            assert text.startswith(METHOD)
            module.write_text(head + text)
    generated, first, second, used = outputs[1:]
    assert "make test-one P=contrib/my-technique" in generated
    for run in (first, second):
        assert re.search(r"contract checks: \d+ run, 0 skipped", run)
        assert re.search(r"\d+ passed", run)
    assert "my-technique/my-technique" in used
    assert "0 failed" in used
    assert [line for line in used.splitlines() if line.startswith("??")] == ["?? contrib/my-technique/"]
    assert not [line for line in used.splitlines() if line.startswith(" M")]
