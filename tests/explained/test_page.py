"""Pages of explanations: every user text stays text, nothing is fetched, and no page reaches 50 kB."""

from __future__ import annotations

import re
import types
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
import torch

from practicum import Batch, Explanation
from practicum.columns.arrays import Series
from practicum.errors import DataError
from practicum.explained.page import page

HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'; drop", "</span></p></style>",
           "&lt;b&gt;", "\u202eevil\u202c", "nul\x00\x1b[31m", "שלום", "مرحبا", "{{ 7*7 }}", "a" * 3000, "\ud800", "",
           "http://example.com/x.js", "🦜"]
ALLOWED = {"html", "head", "meta", "title", "link", "style", "body", "main", "section", "h1", "h2", "h3", "p", "span",
           "div", "figure", "img", "figcaption", "bdi", "svg", "desc", "rect", "line", "text", "circle", "path"}
VOID = {"meta", "link", "img"}


class Page(HTMLParser):
    """Tags, attributes and text; refuses tags that don't nest or that no explanation has."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(source)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)


def checked(source: str, pages: int = 1) -> Page:
    """The page, once it is known to fetch nothing, run nothing, and be small."""
    assert len(source.encode("utf-8")) < 50_000 * pages
    read = Page(source)
    for tag, name, value in read.attributes:
        assert not name.startswith("on"), (tag, name)
        if name in ("src", "href"):
            assert value.startswith(("data:image/png;base64,", "data:image/jpeg;base64,")) or value == "data:,", value
        if name == "style":
            assert re.fullmatch(r"--w:[\d.]+", value), value
    for style in re.findall(r"<style>(.*?)</style>", source, re.S):
        assert "url(" not in style
        assert "@import" not in style
    shown = "".join(read.texts)
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\ud800-\udfff]", shown)
    return read


def text(units: list[str], samples: int = 1, **facts: Any) -> Explanation:
    values = [np.sin(np.arange(len(units)) + 1.0)] * samples
    return Explanation(values, np.zeros(samples, np.int64), [f"s{k}" for k in range(samples)], [units] * samples,
                       modality="text", **facts)


def test_no_text_becomes_markup() -> None:
    e = text(HOSTILE, method=HOSTILE[0], figures={HOSTILE[1]: np.ones(1)})
    e.ids[0] = HOSTILE[1]
    read = checked(e.html(title=HOSTILE[0]))
    assert e.html() == e.html(), "the same bytes"
    shown = "".join(read.texts)
    for unit in HOSTILE[:5]:
        assert unit in shown
    assert "{{ 7*7 }}" in shown
    assert "⟨U+202E⟩evil" in shown
    assert "⟨U+0000⟩" in shown
    assert "⟨U+D800⟩" in shown
    assert "a" * 60 not in shown
    record = Explanation([np.arange(1.0, len(HOSTILE) + 1)], np.zeros(1, np.int64), [0], [HOSTILE], modality="record",
                         base_value=np.zeros(1), score=np.array([120.0]))
    checked(record.html())
    state = Explanation(np.ones((1, 2)), np.zeros(1, np.int64), [HOSTILE[0]])
    checked(state.html(names=[HOSTILE[1], HOSTILE[3] * 900]))
    for drawing in (record.bar(), record.waterfall(), record.beeswarm()):
        assert "<script" not in str(drawing)
        Page(str(drawing.svg))
    assert "<script" not in e._repr_html_()
    Page(e._repr_html_())


def test_class_names_and_other_inputs_are_escaped() -> None:
    fields = {"note": HOSTILE[0], "age": 3.5}
    batch = Batch.of([fields], modality="record", ids=["r"], targets={"label": [0]})
    label = batch.targets["label"]
    batch = Batch(batch.ids, batch.columns, {"label": type(label)("label", label.data, "", (HOSTILE[0], "b"))})
    e = Explanation([np.array([1.0, -1.0])], np.zeros(1, np.int64), ["r"], [["note", "age"]], modality="record")
    read = checked(e.html(batch))
    shown = "".join(read.texts)
    assert f"class {HOSTILE[0]}" in shown
    assert "age = 3.5" in shown


def big_ones() -> list[tuple[Explanation, Batch | None]]:
    rng = np.random.default_rng(0)
    noise = rng.random((16, 3, 128, 96)).astype(np.float32)
    images = Explanation(rng.normal(size=noise.shape), np.zeros(16, np.int64), list(range(16)), modality="image")
    series = rng.normal(size=(3, 4000, 6))
    long = Explanation(rng.normal(size=series.shape), np.zeros(3, np.int64), list(range(3)), modality="series")
    wide = rng.normal(size=(50, 300))
    state = Explanation(wide, np.zeros(50, np.int64), list(range(50)), modality="state", base_value=np.zeros(50),
                        score=wide.sum(axis=1))
    many = text([f'"{k}&<' for k in range(3000)], 8)
    edges = np.array([(a, b) for a in range(60) for b in range(a)]).T
    graph = types.SimpleNamespace(edge_index=torch.tensor(edges), x=torch.zeros(60, 1), to_dict=dict)
    nodes = Explanation([rng.normal(size=60)], np.zeros(1, np.int64), [0], [["<node>" * 20] * 60], modality="graph")
    return [(images, Batch.of(torch.from_numpy(noise), modality="image")), (images, None),
            (long, Batch.of(Series(series, np.ones((3, 4000), bool)), modality="series")),
            (state, Batch.of(wide, modality="state")), (many, None), (nodes, Batch.of([graph], modality="graph"))]


def test_no_page_reaches_fifty_kilobytes() -> None:
    for e, batch in big_ones():
        read = checked(e.html(batch))
        shown = "".join(read.texts)
        cards = sum(t.startswith(f"{e.ids[k]}: class") for k, t in zip(range(len(e)), [
            t for t in read.texts if ": class" in t], strict=False))
        assert cards >= 1
        hidden = re.search(r"(\d+) more samples? (?:is|are) not shown", shown)
        assert cards + (int(hidden[1]) if hidden else 0) == len(e), "what isn't shown is counted"


def test_every_form_shows_its_figures() -> None:
    words = checked(text(["un", "##believ", "##able", "film"], 2).html())
    spans = [(n, v) for tag, n, v in words.attributes if tag == "span" and n in ("class", "title")]
    assert spans[:2] == [("class", "t"), ("title", "+0.841")] or ("title", "+0.841") in spans
    assert "unbelievable" in "".join(words.texts).replace("\n", "")
    image = Explanation(np.array([[[[0.0, 2.0], [-1.0, 0.0]]]]), np.array([1]), ["i"])
    inputs = Batch.of(torch.zeros(1, 1, 2, 2), ids=["i"], modality="image")
    alts = [v for tag, n, v in checked(image.html(inputs)).attributes if tag == "img" and n == "alt"]
    assert alts == ["Sample i as it is", "Attributions of sample i: from −1 to +2, strongest at row 0, column 1"]
    assert len([1 for tag, n, _ in checked(image.html()).attributes if tag == "img" and n == "alt"]) == 1
    series = Explanation(np.array([[[0.0], [3.0], [-1.5]]]), np.array([0]), ["s"])
    curve = Batch.of(np.array([[[1.0], [np.nan], [2.0]]]), modality="series", ids=["s"])
    drawn = checked(series.html(curve))
    bands = [float(v) for tag, n, v in drawn.attributes if tag == "rect" and n == "height"]
    assert bands == [92.0, 17.0, 92.0, 8.5], "bars as high as the values, before bands of full height"
    assert len([1 for tag, _, _ in drawn.attributes if tag == "path"]) // 4 == 2, "a curve on each side of the gap"
    with pytest.raises(DataError, match="no column of modality image"):
        image.html(Batch.of(np.zeros((1, 2)), modality="state", ids=["i"]))


def test_nodes_of_a_graph_are_sized_by_value() -> None:
    graph = types.SimpleNamespace(edge_index=torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]]), x=torch.zeros(3, 1),
                                  to_dict=dict)
    e = Explanation([np.array([1.0, -0.5, 0.0])], np.array([0]), ["g"], [["0", "1", "2"]], modality="graph")
    read = checked(e.html(Batch.of([graph], modality="graph", ids=["g"])))
    radii = [float(v) for tag, n, v in read.attributes if tag == "circle" and n == "r"]
    assert radii == [6.0, 14.0, 6.0, 10.0, 6.0, 6.0]
    fills = [v for tag, n, v in read.attributes if tag == "circle" and n == "fill"][1::2]
    assert fills == ["var(--toward)", "var(--against)", "var(--toward)"]
    assert len([1 for tag, n, _ in read.attributes if tag == "line" and n == "x1"]) == 2, "each edge once"
    assert "class 0" in "".join(checked(e.html()).texts)


def test_several_explanations_on_one_page() -> None:
    read = checked(page([text(["a"], method="one"), text(["b"], method="two")], title="Both"), pages=2)
    headings = [t for t in read.texts if t in ("Both", "one", "two")]
    assert headings == ["Both", "Both", "one", "two"], "title, heading, and one section each"
    assert checked(text([]).html()).texts
    assert checked(text(["a"])[:0].html()).texts
