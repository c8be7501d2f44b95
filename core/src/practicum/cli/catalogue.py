"""Commands that show what is installed: list, info, doctor, kernels."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from practicum.registry import Registry
    from practicum.spec import TechniqueSpec


def print_version(wanted: bool) -> None:
    """``--version``."""
    if wanted:
        from practicum._version import __version__

        typer.echo(f"practicum {__version__}")
        raise typer.Exit


def list_techniques(
    kind: str = typer.Option("", "--kind", help="transformation, attack, explainer, model, environment or tracker."),
    modality: str = typer.Option("", "--modality", help="text, image, record, table, series, graph or state."),
    as_json: bool = typer.Option(False, "--json", help="Full specs as JSON."),
) -> None:
    """List the installed techniques, without importing them."""
    from practicum.errors import UsageError
    from practicum.registry import default_registry
    from practicum.spec import KINDS, MODALITIES

    for value, known, option in ((kind, KINDS, "--kind"), (modality, MODALITIES, "--modality")):
        if value and value not in known:
            raise UsageError(f"{option} {value!r} is not one of {', '.join(known)}")
    registry = default_registry()
    specs = registry.techniques(kind or None, modality or None)
    if as_json:
        typer.echo(json.dumps([{**asdict(s), "distribution": registry.catalogue.owners[s.name].distribution,
                                "version": registry.catalogue.owners[s.name].version} for s in specs], indent=2))
        return
    if sys.stdout.isatty():
        _grouped(specs, registry)
    else:
        for s in specs:
            typer.echo(f"{s.name}\t{s.kind}\t{','.join(s.modalities) if s.plugin != 'core' else '*'}\t{s.summary}")
    broken = registry.catalogue.failures
    if broken:
        typer.echo(f"{len(broken)} plugin{'s' if len(broken) > 1 else ''} failed to load "
                   f"({', '.join(f.plugin.name for f in broken)}): see practicum doctor", err=True)


def _grouped(specs: list[TechniqueSpec], registry: Registry) -> None:
    plugin = ""
    for s in specs:
        if s.plugin != plugin:
            plugin, owner = s.plugin, registry.catalogue.owners[s.name]
            typer.secho(f"\n{plugin}", bold=True, nl=False)
            typer.secho(f"  {owner.distribution} {owner.version}", dim=True)
        typer.echo(f"  {s.short:<18} {s.kind:<15} {s.summary}")


def info(name: str = typer.Argument(help="plugin/technique, or a bare name that is unique."),
         as_json: bool = typer.Option(False, "--json", help="Spec, schema and example as JSON.")) -> None:
    """Show a technique's card: what it does, its fields, an example, the paper it follows."""
    from practicum.registry import default_registry

    registry = default_registry()
    spec = registry.spec(name)
    cls = registry.load(spec.name)
    schema, owner = cls.model_json_schema(), registry.catalogue.owners[spec.name]
    doc = (cls.__doc__ or "").strip()
    facts = {key: str(value) for key in ("scope", "label_effect", "access", "upper_bound", "task")
             if isinstance(value := getattr(cls, key, None), (str, bool))}
    if as_json:
        typer.echo(json.dumps({"spec": asdict(spec), "distribution": owner.distribution, "version": owner.version,
                               "facts": facts, "schema": schema, "doc": doc, "example": example(doc)}, indent=2))
        return
    typer.secho(f"{spec.name}", bold=True, nl=False)
    typer.echo(f"  {spec.kind}  {', '.join(spec.modalities)}  ({owner.distribution} {owner.version})")
    typer.echo(f"\n{_dedent(doc)}\n")
    if facts:
        typer.echo("  ".join(f"{k}: {v}" for k, v in facts.items()))
    typer.echo("\nFields:")
    for field, rule in schema.get("properties", {}).items():
        default = f" = {json.dumps(rule['default'])}" if "default" in rule else " (required)"
        typer.echo(f"  {field}: {_type(rule)}{default}{'  ' + rule['description'] if 'description' in rule else ''}")
    if spec.cite:
        typer.echo(f"\nFollows: {spec.cite}")


def example(doc: str) -> str:
    """The doctest lines of a docstring."""
    lines = [line.strip() for line in doc.splitlines()]
    return "\n".join(line[4:] for line in lines if line.startswith((">>> ", "... ")))


def _dedent(doc: str) -> str:
    import inspect

    return inspect.cleandoc(doc)


def _type(rule: dict[str, Any]) -> str:
    if "enum" in rule:
        return " | ".join(json.dumps(v) for v in rule["enum"])
    if "anyOf" in rule:
        return " | ".join(_type(r) for r in rule["anyOf"])
    name = str(rule.get("type", "any"))
    limits = [f"{sign} {rule[key]}" for key, sign in (("minimum", ">="), ("exclusiveMinimum", ">"), ("maximum", "<="),
                                                      ("exclusiveMaximum", "<")) if key in rule]
    return f"{name} ({', '.join(limits)})" if limits else name


def doctor(as_json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
    """Check the installation: Python, packages, plugins that failed and how to mend them."""
    from practicum.doctor import examine

    findings = examine()
    if as_json:
        typer.echo(json.dumps([asdict(f) for f in findings], indent=2))
    else:
        for f in findings:
            mark = {"ok": "ok     ", "note": "note   ", "problem": "PROBLEM"}[f.level]
            typer.echo(f"{mark} {f.what}: {f.found}{'. Fix: ' + f.fix if f.fix else ''}")
    if any(f.level == "problem" for f in findings):
        raise typer.Exit(1)


def kernels(as_json: bool = typer.Option(False, "--json", help="As JSON.")) -> None:
    """Compile every kernel for its targets, count its bytes, and print the table."""
    from practicum.kernels.report import kernel_rows, kernel_text

    rows = kernel_rows()
    typer.echo(json.dumps([asdict(r) for r in rows], indent=2) if as_json else kernel_text(rows))
    if any(r.problem for r in rows):
        raise typer.Exit(1)
