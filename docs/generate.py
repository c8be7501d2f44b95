"""Writes docs/techniques/ (an index, a page and a picture for each technique) and the README's table of plugins.

Usage: python docs/generate.py [--check]. With --check nothing is written, and the exit status is 1 when a file is out
of date. Pictures are only looked for then, since JPEG encoders differ.
"""

from __future__ import annotations

import inspect
import json
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from before_after import NOT_SHOWN, picture_of, section

from practicum.atomic import write_atomic
from practicum.registry import default_registry
from practicum.spec import TechniqueSpec

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "docs" / "techniques"
BEGIN, END = "<!-- techniques: begin -->", "<!-- techniques: end -->"
CORE = "Compositions of techniques, and the local tracker."


def home(plugin: str) -> Path | None:
    """The plugin's folder here; ``None`` for one that is installed from elsewhere."""
    return next((ROOT / f / plugin for f in ("plugins", "contrib") if (ROOT / f / plugin / "pyproject.toml").is_file()),
                None)


def shown() -> dict[str, list[TechniqueSpec]]:
    """Techniques of the core and of this repository's plugins, by plugin."""
    out: dict[str, list[TechniqueSpec]] = {}
    for spec in default_registry().techniques():
        if spec.plugin == "core" or home(spec.plugin) is not None:
            out.setdefault(spec.plugin, []).append(spec)
    return out


def description(plugin: str) -> str:
    """One line, as the plugin's distribution says it."""
    folder = home(plugin)
    if folder is None:
        return CORE
    with (folder / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["description"]).removesuffix(".") + "."


def plugin_table(plugins: dict[str, list[TechniqueSpec]]) -> str:
    """The README's table: a row a plugin."""
    lines = ["| plugin | kinds | techniques | what it offers |", "|---|---|---|---|"]
    for name, specs in plugins.items():
        kinds = ", ".join(dict.fromkeys(s.kind for s in specs))
        link = f"{'contrib' if _contributed(name) else 'plugins'}/{name}" if home(name) else "docs/techniques"
        lines.append(f"| [`{name}`]({link}/README.md) | {kinds} | [{len(specs)}](docs/techniques/README.md#{name}) | "
                     f"{description(name)} |")
    return "\n".join(lines)


def _contributed(name: str) -> bool:
    folder = home(name)
    return folder is not None and folder.parent.name == "contrib"


def index(plugins: dict[str, list[TechniqueSpec]]) -> str:
    """The list of all techniques."""
    total = sum(map(len, plugins.values()))
    lines = ["# Techniques", "", f"{total} techniques of {len(plugins)} plugins. `practicum list` prints those "
             "that are installed, and `practicum info NAME` one of them."]
    for name, specs in plugins.items():
        lines += ["", f"## {name}", "", description(name), "", table(specs)]
    return "\n".join(lines) + "\n"


def table(specs: Sequence[TechniqueSpec]) -> str:
    """Techniques of one plugin."""
    lines = ["| technique | kind | takes | what it does |", "|---|---|---|---|"]
    for s in specs:
        takes = ", ".join(s.modalities) if s.plugin != "core" else "any" if s.kind == "transformation" else ""
        lines.append(f"| [`{s.name}`]({file_name(s)}.md) | {s.kind} | {takes} | {s.summary} |")
    return "\n".join(lines)


def file_name(spec: TechniqueSpec) -> str:
    """Page and picture of a technique, without the ending."""
    return spec.name.replace("/", "-")


def has_picture(spec: TechniqueSpec) -> bool:
    """Whether the page shows a picture."""
    return (spec.kind == "transformation" and "image" in spec.modalities and spec.plugin != "core"
            and spec.name not in NOT_SHOWN)


def page(spec: TechniqueSpec) -> str:
    """One technique's page: summary, facts, docstring, fields, an example."""
    cls = default_registry().load(spec.name)
    lines = [f"# {spec.name}", "", spec.summary, "", f"Kind: {spec.kind}. "
             + (f"Takes: {', '.join(spec.modalities)}. " if spec.modalities and spec.plugin != "core" else "")
             + f"Licence: {spec.licence}." + (f" Follows: {spec.cite}." if spec.cite else "")]
    facts = {k: getattr(cls, k, None) for k in ("scope", "label_effect", "access", "upper_bound", "task")}
    told = [f"{k.replace('_', ' ')}: {v}" for k, v in facts.items() if isinstance(v, (str, bool)) and v != ""]
    if told:
        lines += ["", "; ".join(told) + "."]
    lines += section(spec, cls, f"images/{file_name(spec)}.jpg")
    lines += ["", "## Reference", "", "```", inspect.cleandoc(cls.__doc__ or ""), "```", "",
              "| field | type | default | meaning |", "|---|---|---|---|"]
    for field, rule in cls.model_json_schema().get("properties", {}).items():
        kind = rule.get("type") or " or ".join(str(r.get("type", "any")) for r in rule.get("anyOf", [])) or "any"
        default = json.dumps(rule["default"], ensure_ascii=False) if "default" in rule else "required"
        lines.append(f"| `{field}` | {kind} | {default} | {rule.get('description', '')} |")
    return "\n".join(lines) + "\n"


def texts() -> dict[Path, str]:
    """Every generated text file and what it holds."""
    plugins = shown()
    readme = (ROOT / "README.md").read_text("utf-8")
    before, rest = readme.split(BEGIN)
    out = {ROOT / "README.md": f"{before}{BEGIN}\n{plugin_table(plugins)}\n{END}{rest.split(END)[1]}",
           PAGES / "README.md": index(plugins)}
    return out | {PAGES / f"{file_name(s)}.md": page(s) for specs in plugins.values() for s in specs}


def pictures() -> dict[Path, TechniqueSpec]:
    """Every generated picture, and whose it is."""
    return {PAGES / "images" / f"{file_name(s)}.jpg": s for specs in shown().values() for s in specs if has_picture(s)}


def leftovers(wanted: set[Path]) -> list[Path]:
    """Generated files of techniques that are no more."""
    return [p for p in (*PAGES.glob("*.md"), *PAGES.glob("images/*.jpg")) if p not in wanted]


def main() -> int:
    """Write, or with --check compare."""
    made, drawn = texts(), pictures()
    gone = leftovers({*made, *drawn})
    if "--check" in sys.argv:
        stale = [p for p, text in made.items() if not p.exists() or p.read_text("utf-8") != text]
        stale += [*(p for p in drawn if not p.is_file()), *gone]
        if stale:
            sys.stdout.write(f"out of date: {', '.join(str(p.relative_to(ROOT)) for p in stale)}; run make docs\n")
        return int(bool(stale))
    for path, text in made.items():
        write_atomic(path, text)
    for path, spec in drawn.items():
        content = picture_of(spec.name, default_registry().load(spec.name))
        write_atomic(path, lambda file, content=content: file.write(content))
    for path in gone:
        path.unlink()
    sys.stdout.write(f"{len(made)} texts and {len(drawn)} pictures written, {len(gone)} removed\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
