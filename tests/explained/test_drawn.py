"""Drawings say what the numbers say: heights, ends and places are read back from the SVG and compared exactly."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from practicum import Batch, Explanation
from practicum.errors import CapabilityError, DataError
from practicum.explained.drawing import DARK, PALETTE, Drawing
from practicum.explained.pictures import AGAINST, TOWARD, tinted
from practicum.explained.swarm import spread

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ["age", "height", "weight"]
VALUES = np.array([[1.0, -2.0, 0.5], [3.0, 0.0, -0.25], [-1.0, 1.0, 0.75]])
STATE = Explanation(VALUES, np.zeros(3, np.int64), ["a", "b", "c"], base_value=np.array([0.5, 0.0, 1.0]),
                    score=VALUES.sum(axis=1) + np.array([0.5, 0.0, 1.0]), method="explain/shapley", modality="state")


def elements(drawing: Drawing, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(str(drawing)).iter(f"{SVG}{tag}"))


def numbers(element: ElementTree.Element, *names: str) -> list[float]:
    return [float(element.attrib[n]) for n in names]


def texts(drawing: Drawing) -> list[str]:
    return [e.text or "" for e in elements(drawing, "text")]


def axis(drawing: Drawing) -> tuple[float, float]:
    """Pixels of value 0 and of one unit, from the axis's own figures."""
    ticks = [(float(t.text.replace("−", "-")), float(t.attrib["x"])) for t in elements(drawing, "text")
             if t.text and t.attrib["text-anchor"] == "middle" and re.fullmatch(r"−?[\d.]+", t.text)]
    (v0, x0), (v1, x1) = ticks[0], ticks[-1]
    unit = (x1 - x0) / (v1 - v0)
    return x0 - v0 * unit, unit


@given(st.lists(st.floats(-5, 5).map(lambda v: round(v, 3)), min_size=6, max_size=6).filter(any))
@settings(max_examples=20, deadline=None)
def test_bars_are_as_long_as_the_mean_size(values: list[float]) -> None:
    e = Explanation(np.array(values).reshape(2, 3), np.zeros(2, np.int64), [0, 1])
    mean = np.sort(np.abs(e.values).mean(axis=0))[::-1]
    drawing = e.bar(names=NAMES)
    _, unit = axis(drawing)
    lengths = [float(r.attrib["width"]) for r in elements(drawing, "rect")]
    assert np.allclose(lengths, mean * unit, atol=0.05)


def test_bars_are_ordered_named_and_cut() -> None:
    drawing = STATE.bar(k=2, names=NAMES)
    assert [t for t in texts(drawing) if t in NAMES] == ["age", "height"]
    assert len(elements(drawing, "rect")) == 2
    words = Explanation([np.array([1.0, -3.0]), np.array([4.0, 2.0, -2.0])], np.zeros(2, np.int64), [0, 1],
                        [["good", "bad"], ["film", "good", "good"]], modality="text")
    tips = [e.text for e in elements(words.bar(), "title")]
    assert tips == ["film: 4, in 1 of them", "bad: 3, in 1 of them", "good: 2.5"], "1 and |2| + |-2|, over two samples"


def test_a_waterfall_starts_at_the_base_value_and_ends_at_the_score() -> None:
    for row in range(3):
        drawing = STATE.waterfall(row, names=NAMES)
        zero, unit = axis(drawing)
        bars = [numbers(r, "x", "width") for r in elements(drawing, "rect")]
        steps = sorted(VALUES[row], key=lambda v: -abs(v))
        at = float(STATE.base_value[row])  # type: ignore[index]  # given above
        for (left, width), step in zip(bars, steps, strict=True):
            assert left == pytest.approx(zero + min(at, at + step) * unit, abs=0.05)
            assert width == pytest.approx(abs(step) * unit, abs=0.05)
            at += step
        assert at == STATE.score[row]  # type: ignore[index]  # given above
        thick = [float(e.attrib["x1"]) for e in elements(drawing, "line") if e.attrib["stroke-width"] == "2.5"]
        start = float(STATE.base_value[row])  # type: ignore[index]  # given above
        assert thick == pytest.approx([zero + start * unit, zero + at * unit], abs=0.05)


def test_a_waterfall_shows_what_is_left_out_and_what_is_missing() -> None:
    short = Explanation(VALUES, STATE.target, STATE.ids, base_value=STATE.base_value, score=STATE.score + 0.125,  # type: ignore[operator]  # given above
                        modality="state")
    drawing = short.waterfall(0, k=1, names=NAMES)
    assert [t for t in texts(drawing) if t in ("height", "2 others", "not accounted for")] == [
        "height", "2 others", "not accounted for"]
    assert {"+1.5", "+0.125"} <= set(texts(drawing))
    with pytest.raises(CapabilityError, match="gives no base value"):
        abs(STATE).waterfall()


def test_swarm_dots_stand_at_their_values_and_apart() -> None:
    batch = Batch.of(np.array([[9.0, 1, 2], [5, 1, 2], [7, 1, 2]]), modality="state", ids=["b", "c", "a"])
    drawing = STATE.beeswarm(batch, names=NAMES)
    zero, unit = axis(drawing)
    dots = elements(drawing, "circle")[:9]
    order = np.argsort(-np.abs(VALUES).mean(axis=0), kind="stable")
    expected = VALUES[:, order].T.reshape(-1)
    assert [float(d.attrib["cx"]) for d in dots] == pytest.approx((zero + expected * unit).tolist(), abs=0.06)
    age = [d.attrib["fill"] for d in dots[:3]]
    assert age == ["var(--high)", "var(--high)", "var(--low)"], "the inputs' own values 7, 9 and 5, found by id"
    with pytest.raises(DataError, match="the batch has no sample 'a'"):
        STATE.beeswarm(batch.take([0, 1]))


@given(st.lists(st.floats(0, 40), max_size=30))
@settings(max_examples=30, deadline=None)
def test_spread_dots_never_overlap(xs: list[float]) -> None:
    places = list(zip(xs, spread(xs, 5.0), strict=True))
    for k, (x, y) in enumerate(places):
        assert all(abs(x - a) >= 5.0 or abs(y - b) >= 5.0 for a, b in places[:k])


def test_pictures_are_tinted_by_sign_and_size() -> None:
    made = tinted(np.array([[2.0, -2.0], [0.0, 1.0]])).astype(float)
    ground = np.full(3, 240.0)
    assert np.abs(made[0, 0] - (0.05 * ground + 0.95 * np.array(TOWARD))).max() <= 1
    assert np.abs(made[0, 1] - (0.05 * ground + 0.95 * np.array(AGAINST))).max() <= 1
    assert made[1, 0].tolist() == ground.tolist()
    assert np.linalg.norm(made[1, 1] - ground) < np.linalg.norm(made[0, 0] - ground)
    assert (tinted(np.zeros((2, 2)), np.full((2, 2, 3), 100, np.uint8)) == 140).all()


def test_colours_are_legible_on_their_ground() -> None:
    for palette in (PALETTE, DARK):
        colours = dict(re.findall(r"--(\w+):(#\w+)", palette))
        for ground in ("paper", "panel"):
            for ink in ("ink", "soft", "faint"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
            for mark in ("toward", "against", "low", "high", "size"):
                assert contrast(colours[mark], colours[ground]) >= 3.0, (mark, ground)


def contrast(one: str, other: str) -> float:
    """Of two colours, after WCAG 2."""
    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
        parts = [int(digits[k:k + 2], 16) / 255 for k in (0, 2, 4)]
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_drawings_are_files_of_their_own(tmp_path: Path) -> None:
    text = STATE.bar().save(tmp_path / "bar.svg").read_text("utf-8")
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert root.attrib["aria-label"].startswith("Most important units by explain/shapley")
    assert "prefers-color-scheme:dark" in text
    assert set(re.findall(r"https?://[^\"' ]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "var(--size)" in STATE.bar()._repr_html_()
    assert "--size:" in STATE.bar()._repr_html_()


def test_on_the_terminal_hostile_texts_stay_text() -> None:
    from rich.console import Console

    bad = Explanation([np.array([1.0, -0.5])], np.zeros(1, np.int64), ["\x1b[31mid"], [["\x1b]0;x\x07", "[bold]b"]],
                      method="[red]m", modality="text")
    buffer = StringIO()
    bad.show(Console(file=buffer, width=100))
    for shown in (str(bad), buffer.getvalue()):
        assert "\x1b" not in shown
        assert "\x07" not in shown
        assert "[bold]b" in shown
        assert "[red]m" in shown
    assert str(bad).splitlines()[2].endswith("+1  ████████████████")
    assert str(bad).splitlines()[3].endswith("−0.5  ▒▒▒▒▒▒▒▒")
    colour = StringIO()
    STATE.show(Console(file=colour, width=80, force_terminal=True, color_system="truecolor"), names=NAMES)
    assert "\x1b[" in colour.getvalue()
    assert "height" in colour.getvalue()
    image = Explanation(np.ones((1, 1, 4, 6)), np.zeros(1, np.int64), ["i"])
    drawn = StringIO()
    image.show(Console(file=drawn, width=80))
    assert drawn.getvalue().count("▀") == 12, "a character for two pixels"


def test_a_picture_stays_a_picture() -> None:
    from practicum.explained.pictures import data_uri

    noise = np.random.default_rng(0).integers(0, 256, (300, 200, 3), dtype=np.uint8)
    for side in (224, 24):
        kind, raw = decoded(data_uri(noise, side))
        assert max(Image.open(raw).size) == side
        assert kind == ("jpeg" if side == 224 else "png")


def decoded(uri: str) -> tuple[str, Any]:
    import base64
    from io import BytesIO

    head, _, body = uri.partition(";base64,")
    return head.removeprefix("data:image/"), BytesIO(base64.b64decode(body))
