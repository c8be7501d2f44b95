"""Checking what the command line names: a technique, a plugin, a plugin's folder, or a Python file."""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from practicum.errors import ConfigError, UsageError
from practicum.hooks import GROUP
from practicum.registry import default_registry
from practicum.technique import Technique
from practicum.testing.contract import LOADS, Contract, contract_for, run_contract
from practicum.testing.result import CheckResult

TOYS = EntryPoint("toy", "practicum.testing.toys_models", GROUP)
"""The kit's toys, which contracts may name in their configurations, as the model that a defence is to protect."""


def check_name_or_path(target: str, config: Mapping[str, Any] | None = None) -> list[CheckResult]:
    """Check everything that ``target`` names. Code found at a path is run with your rights.

    Args:
        target: a technique (``text-noise/char-swap`` or ``char-swap``), a plugin (``text-noise``), a plugin's folder
            (installed or not), a Python file, or ``file.py:Class``. Of a folder, and of a plugin installed from its
            folder (``pip install -e``), the contract classes of its tests are used, with their configurations, samples
            and skips; of others the kit's own samples and the technique's defaults.
        config: fields of the one technique that ``target`` names, instead of the configurations that are declared;
            those that the first contract class sets keep their values where ``config`` doesn't name them.

    Returns:
        the results of all techniques, each with its technique's name. A technique that can't be made without fields
        that nothing gives is skipped, with the reason, where ``target`` names several.

    Raises:
        UsageError: the path holds no technique, or ``config`` is given for several.
        ConfigError: the technique can't be made: names the fields that are missing.
        UnknownTechnique: no installed technique or plugin has the name.
    """
    registry = default_registry()
    known = any(p.name == TOYS.name for p in registry.catalogue.plugins)
    with registry.including([] if known else [(TOYS, None)]):
        return _check_target(target, config)


def _check_target(target: str, config: Mapping[str, Any] | None) -> list[CheckResult]:
    path = Path(target.rsplit(":", 1)[0] if ".py:" in target else target)
    if path.suffix == ".py" or path.is_dir():
        if not path.exists():
            raise UsageError(f"{path} does not exist: name a plugin's folder, a Python file or an installed technique")
        return _check_folder(path, config) if path.is_dir() else _check_file(path, target, config)
    registry = default_registry()
    names = [s.name for s in registry.techniques() if s.plugin == target] or [registry.spec(target).name]
    folder = _installed_from(registry.catalogue.owners[names[0]].distribution)
    return _check_names(names, _contracts(folder / "tests") if folder is not None else [], config)


def _check_file(path: Path, target: str, config: Mapping[str, Any] | None) -> list[CheckResult]:
    module = _import_file(path)
    wanted = target.rsplit(":", 1)[1] if ".py:" in target else ""
    found = [v for n, v in vars(module).items()
             if isinstance(v, type) and issubclass(v, Technique) and v.__module__ == module.__name__
             and not inspect.isabstract(v) and (not wanted or n == wanted)]
    if not found:
        raise UsageError(f"{path} defines no technique{f' {wanted!r}' if wanted else ''}: a technique is a class "
                         "derived from one of the six kinds, with its abstract methods written")
    return [r for cls in found for r in _results(cls, [], config, alone=len(found) == 1)]


def _check_folder(folder: Path, config: Mapping[str, Any] | None) -> list[CheckResult]:
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
        return _check_names(names, _contracts(folder / "tests"), config)


def _check_names(names: Sequence[str], written: Sequence[type[Contract]],
                 config: Mapping[str, Any] | None) -> list[CheckResult]:
    results: list[CheckResult] = []
    for name in names:
        own = [c for c in written if c.technique_name() in (name, name.split("/", 1)[1])
               or (isinstance(c.technique, type) and c.technique.name == name)]
        results += _results(name, own, config, alone=len(names) == 1)
    return results


def _results(technique: str | type[Technique], own: Sequence[type[Contract]], config: Mapping[str, Any] | None, *,
             alone: bool) -> list[CheckResult]:
    """The results of one technique, by its declared contracts where there are any."""
    if config and not alone:
        raise UsageError("a configuration is of one technique, but several are named: name one of them")
    if own and not config:
        return [r for c in own for r in run_contract(c)]
    base = own[0] if own else contract_for(_class_of(technique).kind)
    made: type[Contract] = type(base.__name__, (base,), {
        "technique": technique, "config": {**base.config, **(config or {})}, "configs": (), "skip": {}})
    try:
        _refuse_incomplete(made)
    except ConfigError as error:
        if alone:
            raise
        return [CheckResult(LOADS, "skipped", str(error), technique=made.technique_name())]
    # A skip was declared for other fields, under which the promise can't be kept: here it may be.
    return [replace(r, status="skipped", reason=base.skip[r.name])
            if r.status == "failed" and r.name in base.skip else r for r in run_contract(made)]


def _class_of(technique: str | type[Technique]) -> type[Technique]:
    return default_registry().load(technique) if isinstance(technique, str) else technique


def _refuse_incomplete(contract: type[Contract]) -> None:
    """Raise where the technique can't be made, with what to add.

    Raises:
        ConfigError: a field is missing, or has a wrong value.
    """
    cls, name = contract.technique_class(), contract.technique_name()
    missing = [f for f, facts in cls.model_fields.items() if facts.is_required() and f not in contract.config]
    if missing and contract.make is Contract.make:
        wanted = " ".join(f"--set {f}=VALUE" for f in missing)
        raise ConfigError(f"{name} can't be checked without {', '.join(missing)}: practicum check {name} {wanted} "
                          f"(practicum info {name} says what they take), or name the folder of its plugin, whose tests "
                          "may say")
    try:
        contract().make(cls, contract.config)
    except ConfigError as error:
        raise ConfigError(f"{error}; give fields with --set FIELD=VALUE (practicum info {name} lists them), or name "
                          "the folder of its plugin, whose tests may say") from None


def _installed_from(distribution: str) -> Path | None:
    """The folder that a distribution was installed from in editable mode (PEP 610), where it holds tests."""
    try:
        text = Distribution.from_name(distribution).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    facts = json.loads(text or "{}")
    if not facts.get("dir_info", {}).get("editable"):
        return None
    folder = Path(url2pathname(urlsplit(facts["url"]).path))
    return folder if (folder / "tests").is_dir() and (folder / "src").is_dir() else None


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
    before = list(sys.path)
    sys.path.insert(0, str(folder.resolve()))  # what tests keep beside them
    try:
        for path in sorted(folder.glob("test_*.py")):
            if "practicum.testing" not in path.read_text("utf-8"):
                continue
            module = _import_file(path)
            classes = {n: v for n, v in vars(module).items() if isinstance(v, type) and issubclass(v, Contract)}
            found |= {n: c for n, c in classes.items() if c.__module__ == module.__name__ and c.technique}
    finally:
        sys.path[:] = before
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
