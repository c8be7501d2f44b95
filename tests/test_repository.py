"""The shape of the repository: what every distribution must have, and what no file may do."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "transformers", "triton", "albumentations", "sklearn", "datasets", "pandas", "matplotlib", "numba",
         "scipy", "pyarrow"}
PLUGINS = sorted(p.parent for folder in ("plugins", "contrib") for p in ROOT.glob(f"{folder}/*/pyproject.toml"))


def project(folder: Path) -> dict[str, Any]:
    with (folder / "pyproject.toml").open("rb") as file:
        data: dict[str, Any] = tomllib.load(file)["project"]
    return data


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


@pytest.fixture(params=PLUGINS, ids=lambda p: p.name)
def plugin(request: pytest.FixtureRequest) -> Path:
    folder: Path = request.param
    return folder


def test_plugin_is_complete(plugin: Path) -> None:
    facts = project(plugin)
    package = "practicum_" + plugin.name.replace("-", "_")
    assert facts["name"] == f"practicum-{plugin.name}"
    assert facts["license"] == "MIT"
    assert facts["requires-python"] == ">=3.11"
    assert facts["entry-points"]["practicum.plugins"] == {plugin.name: f"{package}._plugin"}
    assert (plugin / "README.md").stat().st_size > 500
    assert (plugin / "src" / package / "py.typed").exists()
    assert list((plugin / "tests").glob("test_*.py"))
    assert list((plugin / "benchmarks").glob("bench_*.py"))


def test_plugin_states_ranges_not_pins(plugin: Path) -> None:
    facts = project(plugin)
    needs = facts["dependencies"] + [d for extra in facts.get("optional-dependencies", {}).values() for d in extra]
    assert not [d for d in needs if "==" in d.split(";")[0]]
    assert any(re.fullmatch(r"practicum>=0\.1,<0\.2", d) for d in facts["dependencies"])


def test_declaration_imports_only_hooks_and_specs(plugin: Path) -> None:
    package = plugin / "src" / ("practicum_" + plugin.name.replace("-", "_"))
    allowed = {"practicum.hooks", "practicum.spec", "__future__", "collections.abc", "typing", "json",
               "importlib.resources"}
    for source in (package / "_plugin.py", *package.glob("catalogue/*.py")):
        assert {m for m in imports(source) if m.split(".")[:2] != [package.name, "catalogue"]} <= allowed
    code = f"import sys, {package.name}._plugin; print(sorted(set(sys.modules) & {HEAVY!r}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_plugin_imports_no_other_plugin(plugin: Path) -> None:
    own = "practicum_" + plugin.name.replace("-", "_")
    for source in [*plugin.glob("src/**/*.py"), *plugin.glob("tests/**/*.py")]:
        others = {m.split(".")[0] for m in imports(source) if m.startswith("practicum_")} - {own}
        assert not others, f"{source} imports {others}"


def test_every_technique_runs_its_contract(plugin: Path) -> None:
    from practicum.registry import default_registry

    tests = "\n".join(p.read_text("utf-8") for p in plugin.glob("tests/**/*.py"))
    names = [s.name for s in default_registry().techniques() if s.plugin == plugin.name]
    assert names
    assert [n for n in names if f'"{n}"' not in tests] == []


def test_every_kernel_runs_its_contract(plugin: Path) -> None:
    from practicum.registry import default_registry

    tests = "\n".join(p.read_text("utf-8") for p in plugin.glob("tests/**/*.py"))
    names = [n for n in default_registry().catalogue.kernels if n.partition("/")[0] == plugin.name]
    assert not names or "(KernelContract):" in tests
    assert [n for n in names if f'op = "{n}"' not in tests] == []


def test_only_the_constraints_file_pins() -> None:
    facts = project(ROOT)
    needs = facts["dependencies"] + [d for extra in facts["optional-dependencies"].values() for d in extra]
    assert not [d for d in needs if "==" in d.split(";")[0]]


def test_generated_pages_are_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_listing_imports_nothing_heavy_and_import_is_light() -> None:
    code = ("import sys, practicum; assert 'numpy' not in sys.modules; from practicum.cli import run; run(['list']);"
            f"print(sorted(set(sys.modules) & {HEAVY!r}), file=sys.stderr)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


ALONE = """
import importlib, json, sys
from practicum.registry import Registry

class Hide:
    own = ""
    def find_spec(self, name, path=None, target=None):
        if name.startswith("practicum_") and name.split(".")[0] != self.own:
            raise ModuleNotFoundError(f"hidden: {name}", name=name)

hide = Hide()
sys.meta_path.insert(0, hide)
found = {}
for plugin in sys.argv[1:]:
    for name in [n for n in sys.modules if n.startswith("practicum_")]:
        del sys.modules[name]
    hide.own = "practicum_" + plugin.replace("-", "_")
    try:
        registry = Registry(allow=[plugin])
        names = [s.name for s in registry.techniques() if s.plugin == plugin]
        for name in names:
            registry.load(name)
        found[plugin] = len(names)
    except Exception as error:
        found[plugin] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def alone() -> dict[str, int | str]:
    """Techniques that each plugin loads where no other plugin's package can be imported, or what stopped it."""
    command = [sys.executable, "-c", ALONE, *(p.name for p in PLUGINS)]
    found: dict[str, int | str] = json.loads(
        subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])
    return found


def test_plugin_works_with_its_siblings_hidden(plugin: Path, alone: dict[str, int | str]) -> None:
    """Loading every technique of one plugin must not import another plugin's package."""
    loaded = alone[plugin.name]
    assert isinstance(loaded, int), loaded
    assert loaded > 0
