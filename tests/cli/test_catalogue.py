"""list, info, doctor, --version: also beside a broken plugin, a newer one and an allow-list."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from practicum.cli import run
from practicum.spec import KINDS


def install(folder: Path, name: str, code: str) -> None:
    """A distribution with one entry point, as pip would leave it."""
    module = f"{name.replace('-', '_')}_plugin"
    (folder / f"{module}.py").write_text(code)
    facts = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(f"[practicum.plugins]\n{name} = {module}\n")


def practicum(*arguments: str, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", "from practicum.cli import main; main()", *arguments],
                          capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(path), **environment})


def test_list_json_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--json"]) == 0
    specs = json.loads(capsys.readouterr().out)
    assert {"core/pipeline", "core/local"} <= {s["name"] for s in specs}
    assert all(s["kind"] in KINDS and s["summary"].endswith(".") and s["distribution"] for s in specs)


def test_list_filters(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["list", "--kind", "tracker"]) == 0
    assert [line.split("\t")[0] for line in capsys.readouterr().out.splitlines()] == ["core/local"]


def test_info_shows_fields_and_json_holds_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", "sometimes"]) == 0
    shown = capsys.readouterr().out
    assert "number (>= 0.0, <= 1.0) = 0.5" in shown
    assert run(["info", "core/sometimes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["schema"]["properties"]["p"]["maximum"] == 1.0


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("practicum 0.")


def test_a_broken_plugin_hides_nothing_and_doctor_names_it(tmp_path: Path) -> None:
    install(tmp_path, "practicum-broken", "import a_module_that_is_not_there\n")
    listed = practicum("list", path=tmp_path)
    assert listed.returncode == 0
    assert "core/pipeline" in listed.stdout
    assert "practicum-broken" in listed.stderr
    doctor = practicum("doctor", "--json", path=tmp_path)
    assert doctor.returncode == 1
    problem = next(f for f in json.loads(doctor.stdout) if f["level"] == "problem")
    assert "practicum-broken" in problem["what"]
    assert "a_module_that_is_not_there" in problem["found"]
    assert "pip install" in problem["fix"]


def test_a_newer_plugin_says_upgrade_the_core(tmp_path: Path) -> None:
    install(tmp_path, "practicum-newer", "from practicum.spec import TechniqueSpec\ndef register_techniques():\n"
            "    yield TechniqueSpec(name='newer/one', kind='model', target='x:Y', api=99)\n")
    doctor = practicum("doctor", "--json", path=tmp_path)
    problem = next(f for f in json.loads(doctor.stdout) if f["level"] == "problem")
    assert problem["fix"] == "upgrade practicum"


def test_the_allow_list_keeps_a_plugin_out(tmp_path: Path) -> None:
    install(tmp_path, "practicum-evil", "raise SystemExit('imported')\n")
    listed = practicum("list", path=tmp_path, PRACTICUM_PLUGINS="text-noise")
    assert listed.returncode == 0
    assert not [line for line in listed.stdout.splitlines() if not line.startswith(("core/", "text-noise/"))]
    doctor = practicum("doctor", "--json", path=tmp_path, PRACTICUM_PLUGINS="text-noise")
    assert any("practicum-evil" in f["what"] and f["level"] == "note" for f in json.loads(doctor.stdout))


def test_strict_raises(tmp_path: Path) -> None:
    install(tmp_path, "practicum-broken", "1 / 0\n")
    assert "ZeroDivisionError" in practicum("list", path=tmp_path, PRACTICUM_STRICT="1").stderr


def test_doctor_here(capsys: pytest.CaptureFixture[str]) -> None:
    run(["doctor"])
    shown = capsys.readouterr().out
    assert f"python: {sys.version.split()[0]} at" in shown
    assert "GB free" in shown
