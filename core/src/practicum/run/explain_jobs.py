"""``practicum explain`` for a person at a terminal: explanations in colour, or a file and its path."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import typer

from practicum.atomic import write_atomic
from practicum.errors import UsageError
from practicum.run.explaining import explain_recipe


def run(source: Path, overrides: list[str], *, out: Path | None, **options: Any) -> None:
    """Explain and show.

    Args:
        source, overrides, options: see :func:`practicum.run.explaining.explain_recipe`.
        out: an ``.html`` page; ``.npz`` or ``.json`` for the numbers of one explainer; ``None`` prints.

    Raises:
        UsageError: another ending, or several explainers for one file of numbers.
        PracticumError: as explaining.
    """
    ending = "" if out is None else out.suffix.lower()
    if out is not None and ending not in (".html", ".npz", ".json"):
        raise UsageError(f"--out {str(out)!r} must end in .html, .npz or .json")
    found = explain_recipe(source, overrides, **options)
    if out is None:
        from rich.console import Console

        console = Console(width=None if sys.stdout.isatty() else 120)
        for explanation in found.explanations:
            explanation.show(console, samples=len(explanation))
        return
    if ending == ".html":
        from practicum.explained.page import page

        write_atomic(out, page(found.explanations, found.batch))
    elif len(found.explanations) > 1:
        raise UsageError(f"--out {str(out)!r} holds one explanation and {len(found.explanations)} were made: name one "
                         "explainer with --with, or write an .html page")
    else:
        found.explanations[0].save(out)
    count = len(found.batch)
    typer.echo(f"{count} sample{'s' if count != 1 else ''} explained -> {out}", err=True)
