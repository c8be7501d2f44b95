"""Sections that plugins add to the report. One that fails leaves a note and never breaks the report."""

from __future__ import annotations

import pkgutil
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from practicum.report.view import Section

if TYPE_CHECKING:
    from practicum.evaluate.report import Report
    from practicum.registry import Registry
    from practicum.spec import ReportSectionSpec

PLACES = ("summary", "findings", "curves", "failures", "reasons", "classes", "table", "reproducibility")
"""The built-in sections a plugin's section can follow; any other name puts it after the last of them."""


def plugin_sections(report: Report, registry: Registry | None = None) -> tuple[Section, ...]:
    """The sections of all installed plugins, by name; those that return ``None`` are left out."""
    if registry is None:
        from practicum.registry import default_registry

        registry = default_registry()
    made = (_section(spec, report) for _, spec in sorted(registry.catalogue.sections.items()))
    return tuple(section for section in made if section is not None)


def _section(spec: ReportSectionSpec, report: Report) -> Section | None:
    after = spec.after if spec.after in PLACES else PLACES[-1]
    try:
        html = pkgutil.resolve_name(spec.target)(report)
    except Exception as error:  # noqa: BLE001  # a plugin's failure is a value here: the note below names it
        return Section(spec.name, spec.title, after, note=f"This section of {spec.name} failed: "
                       f"{type(error).__name__}: {error}. The rest of the report is not affected.")
    if html is None:
        return None
    # a plain string is text; only what says it is safe is taken as HTML
    return Section(spec.name, spec.title, after, html=html if isinstance(html, Markup) else escape(str(html)))
