"""Explanations as HTML: one page or one fragment, everything inside, nothing fetched, no script, every text escaped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from practicum.explained.cards import LEVELS, Card, build_card
from practicum.explained.charts import bar
from practicum.explained.drawing import DARK, FONT, PALETTE, short
from practicum.explained.inputs import Inputs
from practicum.explanation import Explanation
from practicum.report.shown import shown

if TYPE_CHECKING:
    from practicum.batch import Batch

LIMIT = 49_000
"""Bytes of a page of one explanation, at most; each further one adds as many."""


@dataclass(frozen=True, slots=True)
class Section:
    """One explanation, ready for the template."""

    title: str
    facts: str
    scale: str = ""
    overview: Markup = field(default_factory=Markup)
    cards: tuple[Markup, ...] = ()
    left: str = ""


def page(explanations: Sequence[Explanation], batch: Batch | None = None, *, names: Sequence[str] | None = None,
         title: str = "") -> str:
    """A page of one or several explanations; see :meth:`Explanation.html`. The same explanations give the same bytes.

    Args:
        explanations: one after the other.
        batch: the inputs.
        names: see :meth:`Explanation.html`.
        title: of the page.
    """
    methods = ", ".join(dict.fromkeys(e.method for e in explanations if e.method))
    given = short(title or f"Explanation by {methods or 'attributions'}", 200)
    return _fitted("page.html.j2", explanations, batch, names, given, many=len(explanations) > 1)


def fragment(explanations: Sequence[Explanation], batch: Batch | None = None, *,
             names: Sequence[str] | None = None) -> str:
    """The same to stand in another page, a notebook's for example; it brings its own ground and colours."""
    return _fitted("fragment.html.j2", explanations, batch, names, "", many=True)


def _fitted(template: str, explanations: Sequence[Explanation], batch: Batch | None, names: Sequence[str] | None,
            title: str, *, many: bool) -> str:
    sections = []
    made = _environment().get_template(template)
    frame = len(made.render(sections=[], title=title, css=_css()).encode("utf-8"))
    room = (LIMIT * max(len(explanations), 1) - frame) // max(len(explanations), 1)
    for one in explanations:
        sections.append(_section(one, batch, names, room, titled=many))
    return made.render(sections=sections, title=title, css=_css())


def _section(explanation: Explanation, batch: Batch | None, names: Sequence[str] | None, room: int, *,
             titled: bool) -> Section:
    inputs = None if batch is None else Inputs(explanation, batch)
    many = len(explanation) > 1 and explanation.form in ("state", "record", "text")
    section = shown(Section(short(explanation.method or "Attributions", 120) if titled else "", _facts(explanation),
                            scale=_scale(explanation)))
    if many:
        section = replace(section, overview=bar(explanation, 10, names).svg)
    macros: Any = _environment().get_template("explanation.html.j2").module
    left = room - len(str(macros.part(section, 2)).encode("utf-8")) - 120
    cards: list[Markup] = []
    for row in range(len(explanation)):
        share = left / min(len(explanation) - row, 6)
        card = _card(macros, explanation, row, inputs, names, share if not cards else min(share, left))
        size = len(card.encode("utf-8"))
        if size > left:
            break
        cards.append(card)
        left -= size
    hidden = len(explanation) - len(cards)
    note = f"{hidden} more sample{'s are' if hidden > 1 else ' is'} not shown here." if hidden else ""
    return replace(section, cards=tuple(cards), left=note)


def _card(macros: Any, explanation: Explanation, row: int, inputs: Inputs | None, names: Sequence[str] | None,
          share: float) -> Markup:
    """A card in as much detail as its share of the page allows, the least at worst."""
    made, one = Markup(), explanation[row]
    for level in range(LEVELS):
        item: Card = shown(build_card(one, row, inputs, names, level))
        made = Markup(macros.card(item))
        if len(made.encode("utf-8")) <= share:
            break
    return made


def _facts(explanation: Explanation) -> str:
    count = len(explanation)
    parts = [f"{count} sample{'s' if count != 1 else ''}"]
    for name, what in (("queries", "forward"), ("gradients", "backward")):
        spent = getattr(explanation, name)
        if spent is not None and count and np.max(spent):
            mean = float(np.mean(spent))
            parts.append(f"{mean:.4g} {what} pass{'es' if mean != 1 else ''} each")
    if explanation.gap is not None and count:
        parts.append(f"largest gap between the sum and the score {np.max(explanation.gap):.2g}")
    if explanation.error is not None and count:
        parts.append(f"largest error by the method's own estimate {np.max(np.abs(explanation.error)):.2g}")
    for name, values in list(explanation.figures.items())[:4]:
        if count:
            parts.append(f"mean {short(name, 30)} {np.mean(values):.3g}")
    return "; ".join(parts) + "."


def _scale(explanation: Explanation) -> str:
    if explanation.form == "image":
        return "full colour at the picture's 99th percentile"
    return {"text": "dashed underlines mark what is against", "series": "bars point down for what is against"}.get(
        explanation.form, "")


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("practicum.explained", "templates"), autoescape=True,
                       undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _css() -> Markup:
    text = files("practicum.explained").joinpath("templates", "explanation.css").read_text("utf-8")
    return Markup(text.replace("PALETTE", PALETTE).replace("DARK", DARK).replace("FONT", FONT))
