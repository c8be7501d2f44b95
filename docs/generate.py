"""Writes docs/techniques/*.md and the README's table of techniques from the installed specs.

Usage: python docs/generate.py [--check]. With --check nothing is written, and the exit status is 1
when a file is out of date.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

from practicum.registry import default_registry
from practicum.spec import TechniqueSpec

ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- techniques: begin -->", "<!-- techniques: end -->"


def table(specs: list[TechniqueSpec]) -> str:
    """The README's table."""
    lines = ["| technique | kind | takes | what it does |", "|---|---|---|---|"]
    for s in specs:
        takes = ", ".join(s.modalities) if s.plugin != "core" else "any" if s.kind == "transformation" else ""
        lines.append(f"| [`{s.name}`](docs/techniques/{file_name(s)}) | {s.kind} | {takes} | {s.summary} |")
    return "\n".join(lines)


def file_name(spec: TechniqueSpec) -> str:
    """Page of a technique."""
    return spec.name.replace("/", "-") + ".md"


def page(spec: TechniqueSpec) -> str:
    """One technique's page: summary, docstring, fields, facts."""
    cls = default_registry().load(spec.name)
    lines = [f"# {spec.name}", "", spec.summary, "", f"Kind: {spec.kind}. "
             + (f"Takes: {', '.join(spec.modalities)}. " if spec.modalities and spec.plugin != "core" else "")
             + f"Licence: {spec.licence}." + (f" Follows: {spec.cite}." if spec.cite else "")]
    facts = {k: getattr(cls, k, None) for k in ("scope", "label_effect", "access", "upper_bound", "task")}
    shown = [f"{k.replace('_', ' ')}: {v}" for k, v in facts.items() if isinstance(v, (str, bool)) and v != ""]
    if shown:
        lines += ["", "; ".join(shown) + "."]
    lines += ["", "```", inspect.cleandoc(cls.__doc__ or ""), "```", "", "| field | type | default | meaning |",
              "|---|---|---|---|"]
    for field, rule in cls.model_json_schema().get("properties", {}).items():
        kind = rule.get("type") or " or ".join(str(r.get("type", "any")) for r in rule.get("anyOf", [])) or "any"
        default = json.dumps(rule["default"]) if "default" in rule else "required"
        lines.append(f"| `{field}` | {kind} | {default} | {rule.get('description', '')} |")
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """Every generated file and its text."""
    specs = default_registry().techniques()
    specs = [s for s in specs if s.plugin == "core" or (ROOT / "plugins" / s.plugin).is_dir()]
    readme = (ROOT / "README.md").read_text("utf-8")
    before, rest = readme.split(BEGIN)
    out = {ROOT / "README.md": f"{before}{BEGIN}\n{table(specs)}\n{END}{rest.split(END)[1]}"}
    out |= {ROOT / "docs" / "techniques" / file_name(s): page(s) for s in specs}
    return out


def main() -> int:
    """Write, or with --check compare."""
    made = files()
    if "--check" in sys.argv:
        stale = [str(p.relative_to(ROOT)) for p, text in made.items() if not p.exists() or p.read_text("utf-8") != text]
        if stale:
            sys.stdout.write(f"out of date: {', '.join(stale)}; run make docs\n")
        return int(bool(stale))
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(made)} files written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
