"""The report for people: one self-contained HTML file, and a table on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from practicum.evaluate.report import Report

__all__ = ["render", "write_html"]


def render(report: Report) -> str:
    """The HTML report of an evaluation, as text; the same report gives the same bytes.

    Args:
        report: of :func:`practicum.stress`, :func:`practicum.harden` or ``practicum run``.
    """
    from practicum.report.from_report import build_view
    from practicum.report.html import render_view

    return render_view(build_view(report))


def write_html(report: Report, path: str | Path) -> Path:
    """Write the HTML report: whole, or not at all.

    Args:
        report: what to show.
        path: of the file; its folder is made when missing.

    Raises:
        RunError: the file can't be written; what was there before is untouched.
    """
    from practicum.atomic import write_atomic

    target = Path(path)
    write_atomic(target, render(report))
    return target
