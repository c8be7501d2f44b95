"""From a matplotlib figure to inline SVG that follows the page: its colours, its font, its ids, nothing else.

matplotlib draws with placeholder colours that are swapped for CSS variables, so one drawing serves light and dark.
Namespaces, fonts, dates and global style rules are taken out; every id is prefixed with the chart's own.
"""

from __future__ import annotations

import re
import warnings
from io import StringIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, FAINT, GRID = "#010203", "#010204", "#010205"
BEFORE, AFTER, PAPER = "#010206", "#010207", "#010208"

VARIABLES = {INK: "--ink", FAINT: "--faint", GRID: "--grid", BEFORE: "--before", AFTER: "--after", PAPER: "--paper"}
"""Placeholder colour -> CSS variable of the page."""

RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 11.0,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.unicode_minus": True,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,
    "figure.facecolor": "none",
    "savefig.facecolor": "none",
    "path.simplify": False,
    "hatch.linewidth": 1.4,
}
"""Settings of a drawing; used with ``rc_context`` only."""

_COLOUR = re.compile("|".join(VARIABLES))
_FONT = re.compile(r"font: (?:\w+ )?([\d.]+)px[^;]*")  # how matplotlib before 3.10 writes size and family
_FAMILY = re.compile(r"font-family: [^;]*;? ?")
_URL = re.compile(r"url\(#")


def to_svg(figure: Figure, key: str, title: str, description: str) -> Markup:
    """Inline SVG of a figure, the same bytes for the same drawing.

    Args:
        figure: drawn with the placeholder colours.
        key: unique in the page, letters, digits and hyphens; prefixes every id.
        title: the chart's accessible name.
        description: what it shows, in words.
    """
    import matplotlib as mpl

    buffer = StringIO()
    with mpl.rc_context({**RC, "svg.hashsalt": key}), warnings.catch_warnings():
        # the browser draws the text in its own fonts; that matplotlib's lacks a glyph is of no interest
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    root = ElementTree.fromstring(buffer.getvalue())
    _clean(root, key)
    root.attrib = {"viewBox": root.attrib["viewBox"], "role": "img", "class": "chart",
                   "aria-labelledby": f"{key}-title {key}-desc"}
    for tag, text in (("desc", description), ("title", title)):
        child = ElementTree.Element(tag, {"id": f"{key}-{tag}"})
        child.text = text
        root.insert(0, child)
    return Markup(ElementTree.tostring(root, encoding="unicode"))  # ElementTree has escaped every text and attribute


def _clean(root: ElementTree.Element, key: str) -> None:
    used = {value.rsplit("#", 1)[-1].rstrip(")") for element in root.iter() for value in element.attrib.values()
            if "#" in value}
    for parent in root.iter():
        parent.tag = parent.tag.rsplit("}", 1)[-1]
        for child in list(parent):
            if child.tag.rsplit("}", 1)[-1] in ("metadata", "style"):
                parent.remove(child)
    for element in root.iter():
        attributes = {name.rsplit("}", 1)[-1]: value for name, value in element.attrib.items()}
        if "id" in attributes and attributes["id"] not in used:
            del attributes["id"]
        if attributes.get("transform", "").startswith("rotate(-0 "):
            del attributes["transform"]
        element.attrib = {name: _value(name, value, key) for name, value in attributes.items()}
        element.tail = None
        if element.text is not None and not element.text.strip():
            element.text = None


def _value(name: str, value: str, key: str) -> str:
    if name == "id":
        return f"{key}-{value}"
    if name == "href":
        return f"#{key}-{value.lstrip('#')}"
    value = _URL.sub(f"url(#{key}-", value)
    value = _FAMILY.sub("", _FONT.sub(r"font-size: \1px", value))
    return _COLOUR.sub(lambda match: f"var({VARIABLES[match.group()]})", value)
