"""Charts as SVG: few elements, exact positions, colours by CSS variables so that one drawing serves light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from markupsafe import Markup

from practicum.atomic import write_atomic
from practicum.report.shown import shown_text

PALETTE = """--paper:#fff;--panel:#f6f7f9;--ink:#1b1f24;--soft:#4d5661;--faint:#5f6873;--grid:#d9dde2;--line:#c8cdd4;\
--toward:#c04a00;--against:#00679e;--low:#2f6fb5;--high:#c2304f;--size:#6b4fa0"""
DARK = """--paper:#14171b;--panel:#1d2127;--ink:#e8eaed;--soft:#b9c0c9;--faint:#9aa3ae;--grid:#343a43;--line:#424953;\
--toward:#ff9d5c;--against:#5cbcf2;--low:#7db4f0;--high:#ff8099;--size:#b79df0"""
"""Colours on light and on dark ground; text on either has a contrast of at least 4.5."""

FONT = 'system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif'


@dataclass(frozen=True)
class Drawing:
    """A chart.

    Args:
        svg: the element, for a page that defines the colours.
        title: what it shows.

    ``str(drawing)`` is an SVG file of its own, in light or dark as the reader's system is; notebooks show it.
    """

    svg: Markup
    title: str = ""

    def __str__(self) -> str:
        style = (f"<style>svg{{{PALETTE};background:var(--paper);font-family:{FONT}}}"
                 f"@media(prefers-color-scheme:dark){{svg{{{DARK}}}}}</style>")
        head, _, rest = str(self.svg).partition(">")
        return f'{head} xmlns="http://www.w3.org/2000/svg">{style}{rest}'

    def save(self, path: str | Path) -> Path:
        """Write the SVG file: whole, or not at all.

        Raises:
            RunError: it can't be written.
        """
        write_atomic(path, str(self))
        return Path(path)

    def _repr_html_(self) -> str:
        return str(Markup('<div style="{}">{}</div>').format(Markup(PALETTE.replace("\n", "") + ";background:#fff"),
                                                             self.svg))


class Canvas:
    """An SVG under construction; coordinates in pixels from the top left corner."""

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self.width, self.height, self.title = width, height, shown_text(title)
        self._root = ElementTree.Element("svg", {"viewBox": f"0 0 {_n(width)} {_n(height)}", "role": "img",
                                                 "class": "chart", "aria-label": self.title})
        ElementTree.SubElement(self._root, "desc")
        self.describe(description)

    def describe(self, text: str) -> None:
        """What the drawing shows, in words, for those who don't see it."""
        self._root[0].text = shown_text(text)

    def rect(self, x: float, y: float, width: float, height: float, colour: str, *, tip: str = "",
             opacity: float | None = None, dashed: bool = False) -> None:
        """A filled rectangle; ``dashed`` ones have a rim that shows without colour."""
        given = {"x": _n(x), "y": _n(y), "width": _n(width), "height": _n(height), "fill": _colour(colour)}
        if opacity is not None:
            given["fill-opacity"] = _n(opacity)
        if dashed:
            given |= {"stroke": _colour(colour), "stroke-dasharray": "3 2", "fill-opacity": "0.55"}
        self._tip(ElementTree.SubElement(self._root, "rect", given), tip)

    def line(self, x1: float, y1: float, x2: float, y2: float, colour: str = "grid", width: float = 1.0,
             dash: str = "") -> None:
        """A straight line."""
        given = {"x1": _n(x1), "y1": _n(y1), "x2": _n(x2), "y2": _n(y2), "stroke": _colour(colour),
                 "stroke-width": _n(width)}
        ElementTree.SubElement(self._root, "line", given | ({"stroke-dasharray": dash} if dash else {}))

    def path(self, points: list[tuple[float, float]], colour: str = "ink", width: float = 1.4) -> None:
        """A line through points."""
        text = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        ElementTree.SubElement(self._root, "path", {"d": text, "fill": "none", "stroke": _colour(colour),
                                                    "stroke-width": _n(width)})

    def dot(self, x: float, y: float, radius: float, colour: str, *, opacity: float | None = None, rim: str = "",
            tip: str = "") -> None:
        """A disc."""
        given = {"cx": _n(x), "cy": _n(y), "r": _n(radius), "fill": _colour(colour)}
        if opacity is not None:
            given["fill-opacity"] = _n(opacity)
        if rim:
            given["stroke"] = _colour(rim)
        self._tip(ElementTree.SubElement(self._root, "circle", given), tip)

    def text(self, x: float, y: float, text: str, *, colour: str = "ink", size: float = 13, anchor: str = "start",
             most: int = 60) -> None:
        """A text with its baseline at ``y``, cut to ``most`` characters."""
        element = ElementTree.SubElement(self._root, "text", {
            "x": _n(x), "y": _n(y), "fill": _colour(colour), "font-size": _n(size), "text-anchor": anchor})
        element.text = short(text, most)

    def done(self) -> Drawing:
        """The drawing; every text in it is escaped."""
        return Drawing(Markup(ElementTree.tostring(self._root, encoding="unicode")), self.title)

    @staticmethod
    def _tip(element: ElementTree.Element, tip: str) -> None:
        if tip:
            ElementTree.SubElement(element, "title").text = shown_text(tip)


def short(text: str, most: int) -> str:
    """One line of at most ``most`` characters, fit to be shown.

    Example:
        >>> short("a long name", 6)
        'a lon…'
    """
    line = shown_text(" ".join(text.split()) or text)
    return line if len(line) <= most else line[: most - 1] + "…"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers from ``low`` to ``high``, about ``count`` of them, zero among them where it lies between.

    Example:
        >>> ticks(-0.3, 1.0)
        [0.0, 0.5, 1.0]
        >>> ticks(0, 7, 7)
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    import math

    span = high - low
    if not span > 0 or not math.isfinite(span):
        return [low]
    raw = span / count
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next((m * unit for m in (1.0, 2.0, 5.0) if m * unit >= raw * 0.999), 10.0 * unit)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(k * step, 12) + 0.0 for k in range(first, last + 1)]


def _n(value: float) -> str:
    return f"{round(value, 2) + 0.0:.2f}".rstrip("0").rstrip(".")


def _colour(name: str) -> str:
    return f"var(--{name})"
