"""The HTML report: its structure, its figures, what it escapes, what it never does."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
from markupsafe import Markup

from practicum.batch import Batch
from practicum.evaluate.report import Report
from practicum.evaluate.result import Perturbation
from practicum.registry import Registry
from practicum.report import render, write_html
from practicum.report.failures import where_of
from practicum.report.from_report import build_view
from practicum.report.html import render_view
from practicum.spec import ReportSectionSpec

SEEDS = (0, 1, 2)
VOID = frozenset({"meta", "link", "img", "br", "hr", "input"})


@dataclass
class Element:
    """An element with its attributes and its text, children included."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    own: list[str] = field(default_factory=list)

    def text(self) -> str:
        """All text inside."""
        return "".join(self.own)

    def all(self, tag: str) -> list[Element]:
        """Descendants of a tag, in document order."""
        return [e for c in self.children for e in ([c] if c.tag == tag else []) + c.all(tag)]

    def inside(self, tag: str) -> bool:
        """Whether an ancestor has the tag."""
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))


class Page(HTMLParser):
    """Parses a page; refuses tags that don't nest, are left open, or carry an attribute twice."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#root", {})
        self.at = self.root
        self.ids: list[str] = []
        self.feed(source)
        self.close()
        assert self.at is self.root, f"<{self.at.tag}> is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._add(tag, attrs)
        assert tag in VOID or element.inside("svg"), f"<{tag}/> is not closed in HTML"

    def handle_endtag(self, tag: str) -> None:
        assert self.at.tag == tag, f"</{tag}> closes <{self.at.tag}> at {self.getpos()}"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        element: Element | None = self.at
        while element is not None:
            element.own.append(data)
            element = element.parent

    def _add(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        names = [n for n, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice at {self.getpos()}"
        element = Element(tag, {n: v or "" for n, v in attrs}, self.at)
        if "id" in element.attributes:
            self.ids.append(element.attributes["id"])
        self.at.children.append(element)
        return element

    def all(self, tag: str) -> list[Element]:
        """All elements of a tag."""
        return self.root.all(tag)

    def everything(self) -> list[Element]:
        """Every element, in document order."""
        return _walk(self.root)


def _walk(element: Element) -> list[Element]:
    return [d for c in element.children for d in [c, *_walk(c)]]


LAYOUT = ["summary", "findings", "curves", "failures", "classes", "table", "reproducibility"]


@pytest.fixture(scope="module")
def html(digits: Report) -> str:
    return render(digits)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_structure(page: Page) -> None:
    assert [s.attributes["id"] for s in page.all("section")] == LAYOUT
    assert [len(page.all(t)) for t in ("header", "nav", "main", "footer", "h1")] == [1] * 5
    assert page.all("head")[0].all("title")[0].text() == "Where linear breaks on sklearn/digits"
    assert page.all("html")[0].attributes["lang"] == "en"
    levels = [int(e.tag[1]) for e in page.everything() if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), levels
    targets = [e.attributes["href"] for e in page.all("a")]
    assert targets[0] == "#main"
    assert {t.lstrip("#") for t in targets} <= set(page.ids)


def test_ids_are_unique_and_references_resolve(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    for element in page.everything():
        for name in ("aria-labelledby", "aria-describedby"):
            assert set(element.attributes.get(name, "").split()) <= set(page.ids)


def test_every_picture_and_chart_has_a_name(page: Page) -> None:
    images = page.all("img")
    assert len(images) >= 30
    assert all(len(e.attributes["alt"]) > 10 for e in images)
    assert all(e.attributes["src"].startswith("data:image/png;base64,") for e in images)
    charts = [e for e in page.all("svg") if e.attributes.get("aria-hidden") != "true"]
    assert len(charts) == 4
    for chart in charts:
        assert chart.attributes["role"] == "img"
        title, desc = chart.children[:2]
        assert (title.tag, desc.tag) == ("title", "desc")
        assert len(title.text()) > 10
        assert len(desc.text()) > 40
        assert chart.parent is not None
        assert chart.parent.tag == "figure"
        assert len(chart.parent.all("details")[0].all("table")) == 1
    for scroll in (e for e in page.all("div") if e.attributes.get("class") == "scroll"):
        assert scroll.attributes["tabindex"] == "0"
        assert scroll.attributes["role"] == "region"
        assert scroll.attributes["aria-label"]
    assert all(h.attributes.get("scope") in ("row", "col") for h in page.all("th"))
    assert all(t.inside("div") for t in page.all("table"))


def test_figures_are_those_of_the_report(page: Page, digits: Report) -> None:
    table = next(s for s in page.all("section") if s.attributes["id"] == "table").all("tbody")[0]
    rows = digits.select(split="test", phase="before")
    assert len(table.children) == len(rows)
    gains = {g.perturbation.key: g for g in digits.gains if g.perturbation}
    for line, row in zip(table.children, rows, strict=True):
        cells = [c.text() for c in line.children]
        assert row.perturbation.group in cells[0]
        assert cells[1] == row.label_policy
        assert float(cells[2].split("%")[0]) == pytest.approx(100 * row.perturbed.value, abs=0.0501)
        assert float(cells[4].rstrip("%")) == pytest.approx(100 * row.flip_rate.value, abs=0.0501)
        assert float(cells[5].split("%")[0]) == pytest.approx(100 * gains[row.perturbation.key].after.value, abs=0.0501)
        assert cells[7] == f"{row.failed}of {row.n * len(SEEDS)}"
    text = page.all("main")[0].text()
    assert "6 tries (samples times seeds) failed under shift" in text
    assert "sample 3: TechniqueFailed: no edges in the picture" in text


def test_the_label_changing_technique_is_no_weakness(page: Page) -> None:
    weak = next(e for e in page.all("ol") if e.attributes["class"] == "weak")
    assert [re.search(r"under (\S+)", li.text()).group(1) for li in weak.children] == [  # type: ignore[union-attr]  # found
        "shift", "fgsm", "gaussian-noise"]
    assert "flip may change the label itself" in page.all("main")[0].text()
    assert "flip" not in next(s for s in page.all("section") if s.attributes["id"] == "failures").text()


@pytest.mark.parametrize(("group", "parameter", "strength", "words"), [
    ("pgd steps=10 norm=linf", "eps", 0.1, "pgd (steps 10, norm linf) at eps 0.1"),
    ("fgsm eps=0.1", "", None, "fgsm (eps 0.1)"),
    ("swap then delete", "", None, "swap then delete"), ("noise", "std", 1 / 3, "noise at std 0.3333"),
    ("typo", "layout", "de", "typo at layout de")])
def test_names_in_words(group: str, parameter: str, strength: object, words: str) -> None:
    assert where_of(Perturbation("k", {}, "l", group, "attack", parameter, strength)) == words


def test_classes_are_recounted_from_the_samples(page: Page, digits: Report) -> None:
    lines = next(s for s in page.all("section") if s.attributes["id"] == "classes").all("tbody")[0].children
    assert len(lines) == 10
    label = digits.meta.classes.index(lines[0].children[0].text())
    per = {}
    for cell in digits.cells:
        if cell.phase == "before" and cell.perturbation.label_effect == "preserves":
            frame = cell.samples.to_pandas()
            per.setdefault(cell.perturbation.key, []).append(frame[frame.label == label].correct.mean())
    assert lines[0].children[3].text() == f"{100 * min(sum(v) / len(v) for v in per.values()):.1f}%"
    worst = [float(line.children[3].text().rstrip("%")) for line in lines]
    assert worst == sorted(worst)


def test_reproducibility_block(page: Page) -> None:
    text = next(s for s in page.all("section") if s.attributes["id"] == "reproducibility").text()
    for part in ("practicum run examples/harden-digits.yaml --out runs/digits", "0, 1, 2", "python 3.11.9",
                 "sweep:", "models-basic/linear (epochs 8)", "20261122-digits"):
        assert part in text


def test_nothing_is_fetched(html: str, texts: Report) -> None:
    for source in (html, render(texts)):
        assert not re.search(r"https?:|[\"'(=]\s*//|@import|<iframe|<object|<embed|<base|srcset", source)
        references = re.findall(r"""(?:src|href|action|poster|data)=["']([^"']*)""", source) + re.findall(
            r"url\(([^)]*)\)", source)
        assert references
        assert all(r.startswith(("#", "data:")) for r in references)


def test_the_script_is_the_one_the_policy_names(page: Page) -> None:
    scripts = page.all("script")
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].text().encode()).digest()).decode()
    policy = next(m for m in page.all("meta") if "http-equiv" in m.attributes).attributes["content"]
    assert policy.startswith("default-src 'none'")
    assert f"script-src 'sha256-{digest}';" in policy


def test_size_and_repeatability(html: str, digits: Report, tmp_path: Path) -> None:
    assert len(html.encode()) < 400_000
    assert render(digits) == html
    assert write_html(digits, tmp_path / "deep" / "report.html").read_text("utf-8") == html
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["report.html"]


def test_the_wheel_takes_every_template_along() -> None:
    import tomllib

    root = Path(__file__).parents[2]
    patterns = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["practicum"]
    templates = sorted((root / "core/src/practicum/report/templates").iterdir())
    assert len(templates) == 6
    assert all(any(path.match(pattern) for pattern in patterns) for path in templates)


def test_large_pictures_stay_under_two_megabytes(digits: Report) -> None:
    rng = np.random.default_rng(0)
    examples = [replace(e, before=Batch.of(rng.random((len(e), 3, 224, 224), np.float32), ids=list(e.before.ids)),
                        after=Batch.of(rng.random((len(e), 3, 224, 224), np.float32), ids=list(e.before.ids)),
                        explanations={}) for e in digits.examples]
    assert len(render(replace(digits, examples=tuple(examples))).encode()) < 2_000_000


@pytest.mark.parametrize("evil", [
    "<script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "\"'><svg/onload=alert(1)>",
    "</title></textarea><h1>x</h1>", "{{ 7*7 }}{% raw %}", "javascript:alert(1)//", "$\\frac{x}$ & &lt;b&gt;",
    "\x00\x1b\u202e\ud800\ufffe"])
def test_every_user_text_is_escaped(evil: str, hostile: Callable[[str], Report]) -> None:
    if "\ud800" in evil:
        evil = evil.replace("\ud800", "")  # a batch refuses lone surrogates; shown() is tested on them by itself
    report = hostile(evil)
    made = Page(render(report))
    plain = Page(render(hostile("")))
    assert [e.tag for e in made.all("main")[0].children] == [e.tag for e in plain.all("main")[0].children]
    assert {e.tag for e in made.everything()} <= {e.tag for e in plain.everything()} | {"del", "ins"}
    assert len(made.all("script")) == 1
    for element in made.everything():
        assert not [n for n in element.attributes if n.startswith("on")]
        assert not element.attributes.get("href", "").startswith("javascript")
    text = made.root.text()
    if evil.isprintable():
        assert text.count(evil) >= 15
    else:
        assert "⟨U+0000⟩⟨U+001B⟩⟨U+202E⟩⟨U+FFFE⟩" in text


def test_text_differences_and_attributions_are_readable_without_colour(texts: Report) -> None:
    made = Page(render(texts))
    failures = next(s for s in made.all("section") if s.attributes["id"] == "failures")
    assert len(failures.all("li")) == 4
    assert "[removed: " in failures.all("del")[0].text()
    assert "[added: " in failures.all("ins")[0].text()
    diff = next(p for p in failures.all("p") if p.attributes.get("class") == "diff")
    assert re.sub(r"\[(added|removed): |\]", "", "".join(_kept(diff, "ins"))) == texts.examples[0].before.to_list()[0]
    assert re.sub(r"\[(added|removed): |\]", "", "".join(_kept(diff, "del"))) == texts.examples[0].after.to_list()[0]
    assert "the answer rests most on" in failures.text()


def _kept(element: Element, without: str) -> list[str]:
    """The element's text without that of children of one tag."""
    left = element.text()
    for child in element.children:
        if child.tag == without:
            left = left.replace(child.text(), "", 1)
    return [left]


def test_a_plugins_sections(digits: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    target = types.ModuleType("toy_sections")

    def broken(report: Report) -> Markup:
        raise ZeroDivisionError("no <b>data</b>")

    target.safe = lambda report: Markup("<p><strong>{} rows</strong></p>").format(len(report.rows))  # type: ignore[attr-defined]  # built here
    target.plain = lambda report: "<script>plain</script>"  # type: ignore[attr-defined]  # built here
    target.broken, target.absent = broken, lambda report: None  # type: ignore[attr-defined]  # built here
    plugin = types.ModuleType("toy_plugin")
    plugin.register_report_sections = lambda: [  # type: ignore[attr-defined]  # built here
        ReportSectionSpec("toy/safe", "Safe <i>", "toy_sections:safe", after="curves"),
        ReportSectionSpec("toy/plain", "Plain", "toy_sections:plain"),
        ReportSectionSpec("toy/broken", "Broken", "toy_sections:broken", after="no such place"),
        ReportSectionSpec("toy/absent", "Absent", "toy_sections:absent"),
        ReportSectionSpec("toy/missing", "Missing", "toy_sections:nothing")]
    monkeypatch.setitem(sys.modules, "toy_sections", target)
    monkeypatch.setitem(sys.modules, "toy_plugin", plugin)
    registry = Registry([(EntryPoint("toy", "toy_plugin", "practicum.plugins"), None)])
    made = Page(render_view(build_view(digits, registry=registry)))
    order = [s.attributes["id"] for s in made.all("section")]
    assert order == ["summary", "findings", "plugin-toy-missing", "plugin-toy-plain", "curves", "plugin-toy-safe",
                     "failures", "classes", "table", "reproducibility", "plugin-toy-broken"]
    text = {s.attributes["id"]: s for s in made.all("section")}
    assert text["plugin-toy-safe"].all("strong")[0].text() == f"{len(digits.rows)} rows"
    assert text["plugin-toy-safe"].all("h2")[0].text() == "Safe <i>"
    assert not text["plugin-toy-plain"].all("script")
    assert "toy/broken failed: ZeroDivisionError: no <b>data</b>" in text["plugin-toy-broken"].text()
    assert "AttributeError" in text["plugin-toy-missing"].text()


def test_a_report_without_hardening_failures_or_classes(texts: Report) -> None:
    bare = replace(texts, examples=(), meta=replace(texts.meta, task="tagging", recipe=None, command="", run_id=""))
    made = Page(render(bare))
    assert [s.attributes["id"] for s in made.all("section")] == ["summary", "findings", "curves", "table",
                                                                "reproducibility"]
    assert "hardening" not in made.all("main")[0].text()


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio of two #rrggbb colours."""
    def luminance(colour: str) -> float:
        parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_colours_have_contrast_in_both_themes(html: str) -> None:
    blocks = re.findall(r":root[^{]*\{([^}]*)\}", html)
    assert len(blocks) == 3
    themes = [dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in blocks]
    assert themes[1] == themes[2]
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for theme in themes[:2]:
        for text, ground in [*itertools.product(("ink", "soft", "link"), ("paper", "panel", "note")),
                             ("removed-ink", "removed"), ("added-ink", "added"), ("before", "paper"),
                             ("faint", "paper")]:
            assert contrast(theme[text], theme[ground]) >= 4.5, (text, ground)
        assert contrast(theme["after"], theme["paper"]) >= 3
