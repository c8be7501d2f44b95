"""Charts draw the figures they are given, in the page's colours, with names and without leaks."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest

from practicum.evaluate.result import Estimate
from practicum.report.charts import axis_limits, bars_chart, curve_chart
from practicum.report.svg import VARIABLES
from practicum.report.view import Curve, Metric, Row


def row(strength: float, before: float, after: float | None = None, name: str = "noise") -> Row:
    return Row(name, "transformation", f"std {strength}", strength, "std", "preserves",
               Estimate(before, before - 0.05, before + 0.05, 100), Estimate(1 - before, 0.1, 0.2, 100),
               after=None if after is None else Estimate(after, after - 0.05, after + 0.05, 100))


def points(svg: str, style: str) -> list[list[tuple[float, float]]]:
    """Corner points of every path drawn in a style, also of those drawn by reference."""
    root, found = ElementTree.fromstring(svg), []
    defined = {f"#{e.attrib['id']}": e for e in root.iter("path") if "id" in e.attrib}
    for element in root.iter():
        path = defined.get(element.attrib.get("href", ""), element)
        if style in element.attrib.get("style", "") and "d" in path.attrib:
            numbers = [float(v) for v in re.findall(r"-?\d+\.?\d*", path.attrib["d"])]
            found.append(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return found


def test_bars_are_as_long_as_their_values() -> None:
    svg = bars_chart([row(0.1, 0.25, 0.5), row(0.2, 0.8, 0.4)], (Estimate(1.0, 1, 1, 9), Estimate(0.9, 1, 1, 9)),
                     Metric(), "bars", (0.0, 100.0))

    def lengths(style: str) -> np.ndarray:
        return np.array([max(x for x, _ in p) - min(x for x, _ in p) for p in points(svg, style) if len(p) >= 4])

    solid, hatched = lengths("fill: var(--before)"), lengths("fill: url(#bars-")
    np.testing.assert_allclose(solid / solid[0], [1.0, 0.25, 0.8], atol=1e-4)
    np.testing.assert_allclose(hatched / solid[0], [0.9, 0.5, 0.4], atol=1e-4)


def test_curve_points_and_band_lie_where_the_figures_say() -> None:
    curve = Curve("noise", "std", (row(0.0, 1.0), row(0.5, 0.5), row(1.0, 0.25)), 1.0)
    svg = curve_chart(curve, Metric(), "curve-0", (0.0, 100.0))
    line = next(p for p in points(svg, "fill: none; stroke: var(--before)") if len(p) == 3)
    (x0, y0), (x1, y1), (x2, y2) = line
    assert (x1 - x0) / (x2 - x0) == pytest.approx(0.5, abs=1e-4)
    assert (y1 - y0) / (y2 - y0) == pytest.approx(0.5 / 0.75, abs=1e-4)
    band = next(p for p in points(svg, "fill: var(--before); fill-opacity: 0.2") if len(p) > 4)
    unit = (y2 - y0) / 0.75
    at_middle = sorted(y for x, y in band if x == pytest.approx(x1, abs=1e-3))
    assert at_middle[-1] - at_middle[0] == pytest.approx(0.1 * unit, abs=1e-3)


def test_svg_takes_the_pages_colours_and_brings_nothing_else() -> None:
    svg = curve_chart(Curve("noise", "std", (row(0.1, 0.9, 0.95), row(0.2, 0.5, 0.7)), 0.98, 0.97), Metric(), "curve-3",
                      (0.0, 100.0))
    assert not any(colour in svg for colour in VARIABLES)
    assert "#000" not in svg
    assert {"var(--ink)", "var(--grid)", "var(--before)", "var(--after)"} <= set(re.findall(r"var\(--\w+\)", svg))
    for leak in ("http", "xmlns", "<style", "<metadata", "DejaVu", "dc:date", "<?xml", "font-family"):
        assert leak not in svg
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert all(i.startswith("curve-3-") for i in ids)
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', svg))
    assert used <= set(ids)
    root = ElementTree.fromstring(svg)
    assert root.attrib["role"] == "img"
    named = {e.attrib["id"]: e.text for e in root if e.tag in ("title", "desc")}
    assert named["curve-3-title"] == "accuracy under noise by strength"
    assert "90.0% at the weakest strength and 50.0% at the strongest" in str(named["curve-3-desc"])


def test_drawing_keeps_global_settings_and_repeats_itself() -> None:
    before = dict(mpl.rcParams)
    curve = Curve("$x^2$ <b> & 日本", "std", (row(0.1, 0.9), row(0.2, 0.5)), 0.98)
    first = curve_chart(curve, Metric(), "curve-0", (0.0, 100.0))
    assert first == curve_chart(curve, Metric(), "curve-0", (0.0, 100.0))
    assert dict(mpl.rcParams) == before
    assert "&lt;b&gt; &amp; 日本" in first


def test_strengths_without_numbers_and_missing_figures_still_draw() -> None:
    nan = float("nan")
    rows = tuple(Row("typo", "transformation", f"layout {name}", None, "layout", "preserves",
                     Estimate(value, nan, nan, 0), Estimate(nan, nan, nan, 0))
                 for name, value in (("qwerty", 0.5), ("azerty", nan)))
    svg = curve_chart(Curve("typo", "layout", rows, 0.9), Metric(), "curve-0", (0.0, 100.0))
    assert "qwerty" in svg
    assert "nan" not in re.sub(r"<(title|desc).*?</\1>", "", svg)
    assert "<svg" in bars_chart(rows, (Estimate(0.9, nan, nan, 0), None), Metric(), "bars", (0.0, 100.0))


def test_limits_hold_every_figure() -> None:
    metric = Metric("mae", False, False)
    low, high = axis_limits(metric, [row(0.1, 3.0, 7.0)], [Estimate(1.0, 0.5, 1.5, 9)])
    assert low == 0.0
    assert high > 7.05
    assert axis_limits(Metric(), [], []) == (0.0, 100.0)
