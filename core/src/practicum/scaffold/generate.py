"""Writing a new plugin."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import jinja2

from practicum.errors import RunError, UsageError
from practicum.scaffold.imports import sorted_imports
from practicum.scaffold.operations import Operation, operations
from practicum.spec import KINDS, MODALITIES

_NAME = re.compile(r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")

RESERVED = frozenset({
    "any", "attack", "batch", "budget", "class-var", "core", "data-error", "environment", "explainer", "explanation",
    "field", "float-column", "jsonl-run", "keys", "label-effect", "literal", "logged", "mapping", "model", "path",
    "practicum", "predictions", "private-attr", "run", "run-error", "sample-rng", "scope", "self", "sequence", "status",
    "tracker", "transformation", "usage-error", "walk",
})
"""Names whose class would hide one that the generated module imports."""


def new_plugin(path: str | Path, kind: str, modality: str = "text") -> list[Path]:
    """Write a complete plugin that passes its tests unedited.

    Args:
        path: its folder, new or empty; the last part names the plugin, in kebab case (``contrib/my-technique``).
        kind: one of the six kinds.
        modality: what the technique takes; ignored for environments and trackers.

    Returns:
        the files written.

    Raises:
        UsageError: the name, kind or modality won't do, or the folder is not empty.
        RunError: the folder can't be written.
    """
    folder = Path(path)
    name = _checked_name(folder)
    operation = _operation(kind, modality)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not empty: choose another name, or remove it first")
    files = _render(name, kind, modality, operation)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{name}-") as beside:
            whole = Path(beside) / name
            for relative, text in files.items():
                target = whole / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, "utf-8")
            if folder.exists():
                folder.rmdir()
            shutil.move(whole, folder)
    except OSError as error:
        raise RunError(f"{folder} could not be written ({error.strerror or error}): choose another place, or change "
                       "its rights") from error
    return [folder / relative for relative in files]


def _checked_name(folder: Path) -> str:
    from practicum.registry import default_registry

    name = folder.name
    if not _NAME.match(name):
        raise UsageError(f"{name!r} won't do as a plugin's name: use kebab case, small letters, digits and single "
                         "hyphens, a letter first, as in contrib/my-technique")
    if name.startswith("practicum"):
        raise UsageError(f"{name!r}: leave 'practicum' out of the name; the distribution gets it in front by itself")
    if name in RESERVED or keyword.iskeyword(name) or keyword.iskeyword(_class_name(name)):
        raise UsageError(f"{name!r} is a word of Python or of Practicum itself: choose a name that says what the "
                         "technique does")
    taken = {p.name: p.distribution for p in default_registry().catalogue.plugins}
    if name in taken:
        raise UsageError(f"{name!r} is the name of an installed plugin ({taken[name]}): choose another")
    return name


def _operation(kind: str, modality: str) -> Operation:
    if kind not in KINDS:
        raise UsageError(f"unknown kind {kind!r}; known: {', '.join(KINDS)}")
    known = operations()
    if (kind, "") in known:
        return known[kind, ""]
    if modality not in MODALITIES:
        raise UsageError(f"unknown modality {modality!r}; known: {', '.join(MODALITIES)}")
    if (kind, modality) not in known:
        fitting = [m for k, m in known if k == kind]
        raise UsageError(f"there is no template for a {kind} of {modality}; there is one for {', '.join(fitting)}: "
                         "start from the closest and change its modalities")
    return known[kind, modality]


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def _render(name: str, kind: str, modality: str, operation: Operation) -> dict[Path, str]:
    """The text of each file, by path inside the plugin's folder."""
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    # Templates make Python and Markdown, where escaping for HTML would be wrong.
    templates = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, keep_trailing_newline=True,
                                   autoescape=False)
    module = name.replace("-", "_")
    facts: dict[str, Any] = {
        "name": name, "technique": f"{name}/{name}", "package": f"practicum_{module}", "module": module,
        "cls": _class_name(name), "kind": kind, "modality": modality,
        "modalities": kind not in ("environment", "tracker"),
        "test_dependencies": _test_dependencies(kind, modality),
        "dependencies": ["practicum>=0.1,<0.2", *operation.dependencies],
    }
    for field in ("summary", "more", "output", "fields", "facts", "requires", "access", "doc_input", "doc_train"):
        facts[field] = getattr(operation, field)
    facts["example"] = operation.example.format(**facts)

    def text(template: str) -> str:
        made = templates.get_template(f"{template}.j2").render(facts).rstrip("\n") + "\n"
        return sorted_imports(made) if template.endswith(".py") else made

    technique = text(f"technique/{operation.template}.py")
    source = Path("src") / f"practicum_{module}"
    return {
        Path("pyproject.toml"): text("pyproject.toml"),
        Path("README.md"): text("README.md"),
        source / "__init__.py": text("init.py"),
        source / "_plugin.py": text("plugin.py"),
        source / f"{module}.py": technique,
        source / "py.typed": "",
        Path("tests") / f"test_{module}.py": text("test.py"),
        Path("benchmarks") / f"bench_{module}.py": text("benchmark.py"),
    }


def _test_dependencies(kind: str, modality: str) -> list[str]:
    torch = kind in ("attack", "explainer") or modality in ("image", "graph")
    return ["pytest>=8", *(["torch>=2.9"] if torch and kind not in ("environment", "tracker") else [])]
