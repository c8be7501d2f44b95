"""docs/generate.py: a row a plugin in the README, all techniques in the index, true examples, pictures by presence."""

from __future__ import annotations

import importlib
import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import practicum as pm
from practicum.registry import default_registry

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def docs(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The modules generate and before_after."""
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    return importlib.import_module("generate"), importlib.import_module("before_after")


def test_the_readme_has_a_row_a_plugin_and_the_index_one_a_technique(docs: tuple[Any, Any]) -> None:
    generate, _ = docs
    plugins = generate.shown()
    folders = [p.parent for f in ("plugins", "contrib") for p in ROOT.glob(f"{f}/*/pyproject.toml")]
    rows = generate.plugin_table(plugins).splitlines()[2:]
    assert len(rows) == len(plugins)
    for folder in folders:
        if folder.name in plugins:
            count = len(plugins[folder.name])
            assert sum(f"({folder.parent.name}/{folder.name}/README.md)" in r and f"[{count}]" in r for r in rows) == 1
    index = generate.index(plugins)
    names = [s.name for specs in plugins.values() for s in specs]
    assert re.findall(r"^\| \[`([^`]+)`\]", index, re.MULTILINE) == names
    for name in plugins:
        assert f"\n## {name}\n" in index, "what the README links to"


def test_what_is_said_of_single_techniques_is_about_real_ones(docs: tuple[Any, Any]) -> None:
    generate, shown = docs
    plugins = generate.shown()
    names = {s.name for specs in plugins.values() for s in specs}
    told = {n for n in (*shown.FIELDS, *shown.NOT_SHOWN, *shown.REFERENCES) if n.split("/")[0] in plugins}
    assert told <= names
    for name in set(shown.FIELDS) & names:
        assert default_registry().load(name)(**shown.FIELDS[name])


@pytest.mark.parametrize("name", ["text-noise/char-swap", "yoda-order/yoda-order", "date-format/date-format"])
def test_a_text_example_is_what_the_technique_does(docs: tuple[Any, Any], name: str) -> None:
    generate, shown = docs
    spec = next(s for specs in generate.shown().values() for s in specs if s.name == name)
    page = generate.page(spec)
    found = re.search(r"## Before and after\n\nSeed (\d+) at its default fields\.\n\n```\nbefore: (.*)\nafter:  (.*)\n",
                      page)
    assert found is not None
    seed, before, after = found.groups()
    assert before != after
    row = shown.TEXTS.index(before)
    assert pm.get(name)([before], seed=int(seed), ids=[f"text-{row}"]) == [after]


def test_a_filter_is_shown_by_what_it_keeps(docs: tuple[Any, Any]) -> None:
    generate, shown = docs
    spec = next(s for s in generate.shown()["gendered-name-swap"] if s.name.endswith("names-someone"))
    lines = generate.page(spec).splitlines()
    assert {text: line for text in shown.TEXTS for line in ("+", "-") if f"{line} {text}" in lines} == {
        text: "+" if "Mary" in text else "-" for text in shown.TEXTS}


@pytest.mark.parametrize(("name", "panels"), [("image-basic/flip", 2), ("image-mix/mixup", 3)])
def test_a_picture_shows_before_and_after(docs: tuple[Any, Any], name: str, panels: int) -> None:
    from PIL import Image

    generate, shown = docs
    spec = next(s for specs in generate.shown().values() for s in specs if s.name == name)
    content = shown.picture_of(name, default_registry().load(name))
    picture = np.asarray(Image.open(io.BytesIO(content)), dtype=np.float64)
    side = shown.SIDE
    assert picture.shape == (side, panels * side, 3)
    assert len(content) < 15_000
    source, last = shown._source("china.jpg").astype(np.float64), picture[:, -side:]
    assert np.abs(picture[:, :side] - source).mean() < 8, "JPEG"
    if name.endswith("flip"):
        assert np.abs(last - source[:, ::-1]).mean() < 8
    else:
        flower = shown._source("flower.jpg").astype(np.float64)
        assert np.abs(picture[:, side:2 * side] - flower).mean() < 8
        ratio = ((last - flower) * (source - flower)).sum() / ((source - flower) ** 2).sum()
        assert np.abs(last - (ratio * source + (1 - ratio) * flower)).mean() < 8, "a mix of both"
    page = generate.page(spec)
    assert f"](images/{name.replace('/', '-')}.jpg)" in page
    assert "CC BY 2.0" in page
    assert ("vultilion" in page) == (panels == 3)


def test_the_check_looks_at_texts_and_only_for_pictures(docs: tuple[Any, Any], tmp_path: Path, capsys: Any,
                                                        monkeypatch: pytest.MonkeyPatch) -> None:
    generate, _ = docs
    page, picture = tmp_path / "techniques" / "a.md", tmp_path / "techniques" / "images" / "a.jpg"
    monkeypatch.setattr(generate, "ROOT", tmp_path)
    monkeypatch.setattr(generate, "PAGES", tmp_path / "techniques")
    monkeypatch.setattr(generate, "texts", lambda: {page: "new\n"})
    spec = next(iter(default_registry().techniques(modality="image")))
    monkeypatch.setattr(generate, "pictures", lambda: {picture: spec})
    monkeypatch.setattr(generate, "picture_of", lambda name, cls: b"drawn here")

    def check(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["generate.py", *arguments])
        return generate.main(), capsys.readouterr().out

    assert check("--check")[0] == 1
    assert check() == (0, "1 texts and 1 pictures written, 0 removed\n")
    assert check("--check") == (0, "")
    picture.write_bytes(b"another encoder")
    assert check("--check") == (0, "")
    page.write_text("old\n")
    (page.parent / "gone.md").write_text("")
    (picture.parent / "gone.jpg").write_bytes(b"")
    picture.unlink()
    code, said = check("--check")
    assert code == 1
    assert all(n in said for n in ("techniques/a.md", "images/a.jpg", "techniques/gone.md", "images/gone.jpg"))
    assert check() == (0, "1 texts and 1 pictures written, 2 removed\n")
    assert sorted(p.name for p in page.parent.rglob("*.*")) == ["a.jpg", "a.md"]
