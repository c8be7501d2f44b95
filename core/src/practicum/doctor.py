"""What is wrong with this installation, and what mends it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from practicum.registry import ALLOW_LIST, default_registry

Level = Literal["ok", "note", "problem"]
_OPTIONAL = {"torch": "practicum[torch]", "sklearn": "practicum[sklearn]", "datasets": "practicum[hf]",
             "transformers": "practicum[hf]", "triton": "practicum[kernels]"}
_TOOLS = {"git": "run directories then lack the commit: install git",
          "make": "type the Makefile's lines yourself, or install make",
          "cc": "Triton compiles its launchers with it on a GPU machine: install gcc or clang",
          "chromium": "only the report's browser tests need it"}
_MIN_FREE = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One examined thing.

    Args:
        what: the thing.
        level: ``ok``, ``note`` (an optional part is absent) or ``problem``.
        found: what was found.
        fix: what mends it.
    """

    what: str
    level: Level
    found: str
    fix: str = ""


def examine() -> list[Finding]:
    """Everything ``practicum doctor`` reports; imports no optional package."""
    return [_python(), *_packages(), *_tools(), _disk(), *_plugins(), *_requirements()]


def _python() -> Finding:
    return Finding("python", "ok", f"{platform.python_version()} at {sys.executable} on {platform.platform()}")


def _packages() -> list[Finding]:
    out = []
    for module, extra in _OPTIONAL.items():
        if importlib.util.find_spec(module) is None:
            out.append(Finding(module, "note", "not installed", f"pip install '{extra}' if you need it"))
            continue
        name = {"sklearn": "scikit-learn"}.get(module, module)
        try:
            out.append(Finding(module, "ok", version(name)))
        except PackageNotFoundError:
            out.append(Finding(module, "note", "importable but without metadata"))
    return out


def _tools() -> list[Finding]:
    """Programs that some part calls; all optional."""
    out = []
    for name, lack in _TOOLS.items():
        path = shutil.which(name)
        out.append(Finding(name, "ok", path) if path else Finding(name, "note", "not on the PATH", lack))
    return out


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    text = f"{free / 1e9:.1f} GB free in the current folder"
    return Finding("disk", "ok", text) if free > _MIN_FREE else Finding("disk", "problem", text, "free some space")


def _plugins() -> list[Finding]:
    found = default_registry().catalogue
    out = [Finding(f"plugin {p.name}", "ok", f"{p.distribution} {p.version}") for p in found.plugins]
    out += [Finding(f"plugin {p.name}", "note", f"{p.distribution} {p.version} is not in {ALLOW_LIST}="
                    f"{os.environ.get(ALLOW_LIST, '')}", "add its name there to load it") for p in found.refused]
    out += [Finding(f"plugin {f.plugin.name}", "problem", f"{f.plugin.distribution} {f.plugin.version} failed to load: "
                    f"{f.error}", f.fix) for f in found.failures]
    return out


def _requirements() -> list[Finding]:
    """Techniques whose optional dependency, or whose needed technique, is absent."""
    registry, out = default_registry(), []
    for spec in registry.techniques():
        missing = [m for m in spec.requires if importlib.util.find_spec(m.split(".")[0]) is None]
        owner = registry.catalogue.owners[spec.name].distribution
        if missing:
            extra = f"[{spec.extra}]" if spec.extra else ""
            out.append(Finding(spec.name, "note", f"needs {', '.join(missing)}", f"pip install '{owner}{extra}'"))
        absent = [t for t in spec.requires_techniques if t not in registry.catalogue.techniques]
        if absent:
            out.append(Finding(spec.name, "note", f"uses the technique {', '.join(absent)}, which is not installed",
                               f"pip install practicum-{absent[0].split('/')[0]}"))
    return out
