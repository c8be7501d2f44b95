"""The report as one HTML file: everything inside, nothing fetched, every user text escaped."""

from __future__ import annotations

import base64
import hashlib
import math
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from practicum.evaluate.faithfulness import BETTER
from practicum.evaluate.result import Estimate
from practicum.report.charts import axis_limits, bars_chart, curve_chart, series_chart
from practicum.report.findings import worst_rows
from practicum.report.images import largest_side, overlay, png_uri
from practicum.report.shown import shown
from practicum.report.textdiff import Part, Shade, diff_parts, shades, strongest
from practicum.report.view import Curve, Failure, Metric, Row, View, known

MOST_BARS, MOST_CURVES = 24, 36
"""Techniques drawn at most, the most harmful ones; the table holds all."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with what its caption and data table need."""

    key: str
    title: str
    svg: Markup
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A failure ready for the template."""

    failure: Failure
    clean: str = ""
    changed: str = ""
    ratio: str = "1"
    overlays: tuple[tuple[str, str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    drawing: Markup = field(default_factory=Markup)
    shades: tuple[tuple[str, tuple[Shade, ...], tuple[Shade, ...]], ...] = ()


def render_view(view: View) -> str:
    """The whole HTML file. The same view gives the same bytes.

    Args:
        view: what to show; see :func:`practicum.report.render` for a report.
    """
    view = shown(view)
    metric, harmful = view.metric, view.worst()
    worst = _marked(harmful[:MOST_BARS])
    limits = axis_limits(metric, view.rows, [view.clean_before, view.clean_after])
    swept = _most_harmful([c for c in view.curves() if len(c.rows) > 1], harmful)
    curves = [Chart(f"curve-{n}", c.title, curve_chart(c, metric, f"curve-{n}", limits), c.rows)
              for n, c in enumerate(swept)]
    bars = Chart("bars", "Each technique at its most harmful strength", bars_chart(
        worst, (view.clean_before, view.clean_after), metric, "bars", limits), tuple(worst)) if worst else None
    script = Markup(_asset("report.js"))
    page = _environment().get_template("report.html.j2")
    return page.render(
        view=view, metric=metric, bars=bars, curves=curves, groups=_groups(view.failures), weak=worst_rows(view.rows),
        techniques=len({r.technique for r in view.rows}), left_out=len(harmful) > min(MOST_BARS, MOST_CURVES),
        css=Markup(_asset("report.css")), script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii"),
        shown_figures={name for row in view.faithfulness for name in row.figures},
        legend=_legend(view), attacked=any(r.kind == "attack" for r in view.rows)) + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("practicum.report", "templates"), autoescape=True,
                              undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["share"] = lambda value: f"{value:.1%}" if math.isfinite(value) else "n/a"
    environment.tests["finite"] = math.isfinite
    environment.globals["interval"] = _interval
    environment.globals["change_interval"] = _change_interval
    environment.globals["agreed"] = _agreed
    environment.globals["better"] = BETTER
    return environment


@cache
def _asset(name: str) -> str:
    return files("practicum.report").joinpath("templates", name).read_text("utf-8")


def _interval(metric: Metric, estimate: Estimate) -> str:
    return f"{metric.show(estimate.low)} to {metric.show(estimate.high)}" if known(estimate) else "no interval"


def _agreed(estimate: Estimate) -> Markup:
    """A similarity with its interval."""
    if not estimate.n:
        return Markup("–")
    return Markup("{}<small>{}</small>").format(
        f"{estimate.value:.2f}", f"{estimate.low:.2f} to {estimate.high:.2f}" if known(estimate) else "no interval")


def _change_interval(metric: Metric, estimate: Estimate) -> str:
    if not known(estimate):
        return "no interval"
    low, high = (metric.show_change(v, sign=True).removesuffix(" points") for v in (estimate.low, estimate.high))
    return f"{low} to {high}"


def _marked(rows: list[Row]) -> list[Row]:
    """Rows whose label may change say so in their name, since the bars have no other place for it."""
    return [row if row.label_effect == "preserves" else
            replace(row, technique=f"{row.technique} ({row.label_effect} the label)") for row in rows]


def _most_harmful(curves: list[Curve], harmful: list[Row]) -> list[Curve]:
    """The curves to draw, in the recipe's order."""
    rank = {(row.technique, row.axis): place for place, row in enumerate(harmful)}
    order = sorted(range(len(curves)), key=lambda n: rank.get((curves[n].title, curves[n].axis), len(rank)))
    return [curves[n] for n in sorted(order[:MOST_CURVES])]


def _legend(view: View) -> list[dict[str, str]]:
    items = [{"which": "before", "text": "before hardening" if view.hardened else "the model as given"}]
    return [*items, {"which": "after", "text": "after hardening"}] if view.hardened else items


def _groups(failures: tuple[Failure, ...]) -> list[dict[str, Any]]:
    """Failures by technique, in order, pictures encoded within the file's budget."""
    pictures = sum(2 + len(f.saliency) + len(f.saliency_before) for f in failures if f.form == "image")
    side = largest_side(pictures)
    groups: dict[str, list[Card]] = {}
    for number, failure in enumerate(failures):
        groups.setdefault(failure.where, []).append(_card(failure, side, f"series-{number}"))
    return [{"where": where, "cards": cards, "form": cards[0].failure.form} for where, cards in groups.items()]


def _card(failure: Failure, side: int, key: str) -> Card:
    if failure.form == "series":
        return Card(failure, drawing=series_chart(failure.clean, failure.changed, key, f"Sample {failure.sample}"))
    if failure.form == "image":
        seen = tuple((name, phase, png_uri(overlay(picture, maps[name]), side)) for name in failure.saliency
                     for phase, picture, maps in (("before", failure.clean, failure.saliency_before),
                                                  ("after", failure.changed, failure.saliency)) if name in maps)
        height, width = failure.clean.shape[:2]
        return Card(failure, png_uri(failure.clean, side), png_uri(failure.changed, side),
                    f"{width}/{height}" if 0.2 < width / height < 5 else "1", seen)
    units = []
    for name, found in failure.attribution.items():
        shaded = shades(found.units, found.values)
        units.append((name, tuple(shaded), tuple(strongest(shaded))))
    return Card(failure, parts=tuple(diff_parts(failure.clean, failure.changed)), shades=tuple(units))
