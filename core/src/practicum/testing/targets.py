"""Checking what the command line names: a technique, a plugin, a plugin's folder, or a Python file."""

from __future__ import annotations

import importlib.util
import inspect
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

from practicum.errors import UsageError
from practicum.hooks import GROUP
from practicum.registry import default_registry
from practicum.technique import Technique
from practicum.testing.contract import Contract, check, run_contract
from practicum.testing.result import CheckResult


def check_name_or_path(target: str) -> list[CheckResult]:
    """Check everything that ``target`` names. Code found at a path is run with your rights.

    Args:
        target: a technique (``text-noise/char-swap`` or ``char-swap``), a plugin (``text-noise``), a plugin's folder
            (installed or not; the contract classes of its tests, with their configurations and skips, are used), a
            Python file, or ``file.py:Class``.

    Returns:
        the results of all techniques, each with its technique's name.

    Raises:
        UsageError: the path holds no technique.
        UnknownTechnique: no installed technique or plugin has the name.
    """
    path = Path(target.rsplit(":", 1)[0] if ".py:" in target else target)
    if path.suffix == ".py" or path.is_dir():
        if not path.exists():
            raise UsageError(f"{path} does not exist: name a plugin's folder, a Python file or an installed technique")
        return _check_folder(path) if path.is_dir() else _check_file(path, target)
    registry = default_registry()
    names = [s.name for s in registry.techniques() if s.plugin == target] or [registry.spec(target).name]
    return [r for name in names for r in check(name)]


def _check_file(path: Path, target: str) -> list[CheckResult]:
    module = _import_file(path)
    wanted = target.rsplit(":", 1)[1] if ".py:" in target else ""
    found = [v for n, v in vars(module).items()
             if isinstance(v, type) and issubclass(v, Technique) and v.__module__ == module.__name__
             and not inspect.isabstract(v) and (not wanted or n == wanted)]
    if not found:
        raise UsageError(f"{path} defines no technique{f' {wanted!r}' if wanted else ''}: a technique is a class "
                         "derived from one of the six kinds, with its abstract methods written")
    return [r for cls in found for r in check(cls)]


def _check_folder(folder: Path) -> list[CheckResult]:
    project = folder / "pyproject.toml"
    if not project.is_file():
        raise UsageError(f"{folder} has no pyproject.toml: name the folder of a plugin")
    data = tomllib.loads(project.read_text("utf-8"))
    declared: dict[str, str] = data.get("project", {}).get("entry-points", {}).get(GROUP, {})
    if not declared:
        raise UsageError(f"{project} declares no entry point in the group {GROUP!r}, so it is no plugin")
    with _registered(folder, declared):
        registry = default_registry()
        failures = [f for f in registry.catalogue.failures if f.plugin.name in declared]
        if failures:
            raise UsageError(f"plugin {failures[0].plugin.name!r} can't be loaded: {failures[0].error}; "
                             f"{failures[0].fix}")
        names = [s.name for s in registry.techniques() if registry.catalogue.owners[s.name].name in declared]
        written = _contracts(folder / "tests")
        results: list[CheckResult] = []
        for name in names:
            own = [c for c in written if c.technique_name() in (name, name.split("/", 1)[1])
                   or (isinstance(c.technique, type) and c.technique.name == name)]
            results += [r for c in own for r in run_contract(c)] if own else check(name)
    return results


@contextmanager
def _registered(folder: Path, declared: dict[str, str]) -> Iterator[None]:
    """The plugin importable and known to the registry inside, also when it isn't installed."""
    source = str((folder / "src").resolve())
    missing = {n: v for n, v in declared.items() if importlib.util.find_spec(v.split(".")[0]) is None}
    before = list(sys.path)
    registry = default_registry()
    if missing:
        sys.path.insert(0, source)
    try:
        with registry.including([(EntryPoint(n, v, GROUP), None) for n, v in missing.items()]):
            yield
    finally:
        sys.path[:] = before


def _contracts(folder: Path) -> list[type[Contract]]:
    """The contract classes that a plugin's tests define."""
    found: dict[str, type[Contract]] = {}
    for path in sorted(folder.glob("test_*.py")):
        if "practicum.testing" not in path.read_text("utf-8"):
            continue
        module = _import_file(path)
        classes = {n: v for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, Contract)}
        found |= {n: c for n, c in classes.items() if c.__module__ == module.__name__ and c.technique}
    return list(found.values())


def _import_file(path: Path) -> Any:
    name = f"practicum_checked_{path.stem}_{abs(hash(str(path.resolve()))):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"{path} can't be read as a Python module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        sys.modules.pop(name, None)
        raise UsageError(f"{path} can't be imported ({type(error).__name__}: {error}): mend it, or install what it "
                         "needs") from error
    return module
