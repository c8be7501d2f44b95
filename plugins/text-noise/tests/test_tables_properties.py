"""What the card promises of the table techniques: rates, supersets, what stays, forms, wrong fields."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_reference import RULES, punctuation, space, units, word_char
from test_tables_against_reference import CASES, edits_by_row

import practicum as pm
from practicum.errors import ConfigError

SENTENCE = ("Ünïted Kingdom's quick brown foxes, 42 of them — jump over 17 lazy dogs :-) in 漢字 parks; I ❤️ 🐶 "
            "and the moderń clock, ｗｉｄｅ Тhe!")
NONE_OF_SPACES = [c for c in CASES if not c[0].startswith(("space", "emoji-insert", "text-to-emoji", "emoji-to-text"))]
EDITS_PUNCTUATION = ("punctuation", "fullwidth", "upside-down", "leet", "text-to-emoji", "emoji-to-text")


def get(op: str, **fields: Any) -> Any:
    return pm.get(f"text-noise/{op}", **fields)


def edits_of(technique: Any, texts: list[str], seed: int = 0) -> list[list[tuple[int, int, str]]]:
    return edits_by_row(technique(pm.Batch.of(texts), seed=seed, log=True))


def assert_rate(hits: int, trials: int, rate: float) -> None:
    """Within five standard deviations of a binomial."""
    assert abs(hits - trials * rate) <= 5 * math.sqrt(trials * rate * (1 - rate)) + 1e-9, (hits / trials, rate)


@pytest.mark.parametrize(("op", "fields"), [c for c in CASES if c[0] not in ("bidi-reorder", "diacritics-add")])
def test_each_eligible_unit_is_edited_at_the_rate(op: str, fields: dict[str, Any]) -> None:
    rule, n = RULES[op](**fields), 400
    eligible = [(start, stop) for start, stop, _ in units(SENTENCE, rule)]
    if rule.by_word:
        return
    for rate in (0.1, 0.6, 1.0):
        rows = edits_of(get(op, rate=rate, **fields), [SENTENCE] * n, seed=1)
        places = [len({edit[:2] for edit in row}) for row in rows]
        assert_rate(sum(places), len(eligible) * n, rate)
        assert all(p <= len(eligible) for p in places)


@pytest.mark.parametrize(("op", "fields"), CASES)
def test_higher_rates_edit_more_of_the_same(op: str, fields: dict[str, Any]) -> None:
    texts = [SENTENCE, "a bb ccc rnrn", "word", "漢字 かな", SENTENCE[::-1]] * 10
    before: list[Counter[Any]] = [Counter() for _ in texts]
    for rate in (0.0, 0.01, 0.1, 0.3, 0.7, 1.0):
        now = [Counter(row) for row in edits_of(get(op, rate=rate, **fields), texts, seed=4)]
        assert all(a <= b for a, b in zip(before, now, strict=True))
        if rate == 0.0:
            assert not any(now)
        before = now


@pytest.mark.parametrize(("op", "fields"), NONE_OF_SPACES)
def test_whitespace_and_punctuation_stay(op: str, fields: dict[str, Any]) -> None:
    texts = [SENTENCE, "  lead, trail.  ", "a\tb\u00a0c\u3000d\n— e!"] * 10
    for rate in (0.2, 1.0):
        for before, after in zip(texts, get(op, rate=rate, **fields)(texts, seed=2), strict=True):
            assert [c for c in before if space(c)] == [c for c in after if space(c)]
            if not op.startswith(EDITS_PUNCTUATION):
                assert [c for c in before if punctuation(c)] == [c for c in after if punctuation(c)]


def test_options_are_equally_likely() -> None:
    for op, text, options in (("leet", "s", ["5", "$"]), ("diacritics-add", "c", list("çćĉċč")),
                              ("ocr-confusion", "rn", ["m"]), ("space-insert", "ab", [" "]),
                              ("punctuation-replace", ";", list(".,:!?")), ("zero-width-insert", "ab", None)):
        fields = {"level": 2} if op == "leet" else {}
        edits = edits_of(get(op, rate=1.0, **fields), [text] * 4000, seed=3)
        drawn = Counter(row[0][2] for row in edits)
        assert options is None or set(drawn) == set(options)
        for count in drawn.values():
            assert_rate(count, 4000, 1 / len(drawn))
    copies = Counter(len(row) for row in edits_of(get("char-repeat", rate=1.0, times=4), ["a"] * 4000, seed=3))
    assert set(copies) == {1, 2, 3, 4}
    for count in copies.values():
        assert_rate(count, 4000, 0.25)


def test_words_share_one_draw() -> None:
    texts = [SENTENCE] * 300
    changed = 0
    for after in get("case-change", rate=0.3, mode="upper", unit="word")(texts, seed=5):
        for old, new in zip(SENTENCE.split(), after.split(), strict=True):
            assert new in (old, old.upper())
        changed += sum(new != old for old, new in zip(SENTENCE.split(), after.split(), strict=True))
    assert_rate(changed, 300 * sum(w != w.upper() for w in SENTENCE.split()), 0.3)


def test_at_rate_one_all_is_done() -> None:
    text = ["Ünï “don't” stop, o'clock: 3 foxes — go!"]
    assert get("case-change", rate=1.0, mode="upper")(text) == [text[0].upper()]
    assert get("case-change", rate=1.0, mode="swap")(text) == [text[0].swapcase()]
    assert get("case-change", rate=1.0, mode="title")(text) == ["Ünï “don't” Stop, O'clock: 3 Foxes — Go!"]
    assert get("space-delete", rate=1.0)(text) == ["".join(text[0].split())]
    assert get("space-repeat", rate=1.0)(text) == [text[0].replace(" ", "  ")]
    assert get("punctuation-delete", rate=1.0)(text) == ["Ünï dont stop oclock 3 foxes  go"]
    assert get("fullwidth", rate=1.0)(["a1!"]) == ["ａ１！"]
    assert get("punctuation-insert", rate=1.0, marks=".")(["a bc, d"]) == ["a. bc, d."]
    assert get("emoji-insert", rate=1.0, emoji=["🙂"])(["a bc, d"]) == ["a 🙂 bc, 🙂 d 🙂"]
    assert get("space-insert", rate=1.0)(["abc, de"]) == ["a b c, d e"]


def test_normalisation_undoes_fonts_and_fullwidth() -> None:
    texts = ["The quick Brown fox, 42!"] * 20
    for op, fields in (("fancy-font", {"style": "any"}), ("fullwidth", {})):
        changed = get(op, rate=0.7, **fields)(texts)
        assert changed != texts
        assert get("unicode-normalize", form="NFKC")(changed) == texts


def test_look_alikes_are_cleaned_away() -> None:
    texts = ["The quick brown fox jumps over 42 dogs"] * 20
    changed = get("homoglyph", rate=0.8, script="any")(texts)
    assert changed != texts
    back = get("homoglyph", rate=1.0, script="any", direction="to-ascii")(changed)
    assert all(t.isascii() for t in back)
    assert sum(a == b for x, y in zip(texts, back, strict=True) for a, b in zip(x, y, strict=True)) > 0.97 * 20 * 38


def test_bidi_reorder_shows_the_old_text() -> None:
    """Reversing what stands between an override and its end gives the text as displayed."""
    import re

    for after in get("bidi-reorder", rate=0.6)([SENTENCE] * 50, seed=1):
        shown = re.sub("\u202e(..)\u202c", lambda m: m[1][::-1], after)
        assert "\u202e" in after
        assert shown == SENTENCE


FORMS = ("NFC", "NFD", "NFKC", "NFKD")


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(st.one_of(
    st.characters(codec="utf-8"), st.sampled_from("aeo \u0301\u0308\u0323é각ᄀ\u1161\u11a8ｶﾞﾡﾂ\u0344ﬁ①Å\u09c7\u09be"),
    st.characters(codec="utf-8", categories=["Mn", "Mc", "Lo", "Lm"])), max_size=12), max_size=4))
def test_normalisation_is_that_of_python(form: Any, texts: list[str]) -> None:
    batch = pm.Batch.of(texts, ids=list(range(len(texts))), modality="text")
    out = get("unicode-normalize", form=form)(batch, log=True)
    assert out.to_list() == [unicodedata.normalize(form, t) for t in texts]
    assert pm.replay(batch, out.edits).equals(out)


@pytest.mark.parametrize("form", FORMS)
def test_normalisation_of_every_character_replays(form: Any) -> None:
    every = map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x30000)))
    changed = [c for c in every if unicodedata.normalize(form, c) != c]
    chosen = np.random.default_rng(0).choice(len(changed), min(len(changed), 2500), replace=False)
    some = [changed[i] for i in sorted(chosen)]
    batch = pm.Batch.of([f"x{c}y {c}" for c in some])
    out = get("unicode-normalize", form=form)(batch, log=True)
    assert out.to_list() == [unicodedata.normalize(form, f"x{c}y {c}") for c in some]
    assert pm.replay(batch, out.edits).equals(out)
    assert out.edits.steps[0].edits.stop.max() <= 5


def test_normalisation_moves_spans_with_their_words() -> None:
    text = "ﬁne café Åland ２０"
    spans = [(0, 3, "a"), (4, 8, "b"), (9, 14, "c"), (15, 17, "d")]
    batch = pm.Batch.of([text], targets={"spans": [spans]})
    for form in FORMS:
        out = get("unicode-normalize", form=form)(batch)
        after = out.to_list()[0]
        assert [after[a:b] for a, b, _ in out.targets["spans"].data[0]] == after.split()


def test_normalisation_of_a_share_of_the_texts() -> None:
    out = get("unicode-normalize", rate=0.3, form="NFD")(["é"] * 3000, seed=1)
    assert_rate(sum(t != "é" for t in out), 3000, 0.3)
    more = get("unicode-normalize", rate=0.6, form="NFD")(["é"] * 3000, seed=1)
    assert all(b != "é" for a, b in zip(out, more, strict=True) if a != "é")


@pytest.mark.parametrize(("op", "fields", "message"), [
    ("keyboard-typo", {"layout": "qwert"}, "layout"), ("homoglyph", {"script": "thai"}, "script"),
    ("leet", {"level": 4}, "level"), ("leet", {"level": 0}, "level"), ("char-repeat", {"times": 9}, "times"),
    ("fancy-font", {"style": "comic"}, "style"), ("zero-width-insert", {"characters": "\u200b\u200b"}, "U\\+200B"),
    ("zero-width-insert", {"characters": "x"}, "U\\+0078"), ("space-replace", {"spaces": "x"}, "not whitespace"),
    ("space-replace", {"spaces": "\t\t"}, "twice"), ("punctuation-insert", {"marks": "a"}, "not punctuation"),
    ("punctuation-replace", {"marks": "!!"}, "twice"), ("emoji-insert", {"emoji": ["a b"]}, "whitespace"),
    ("emoji-insert", {"emoji": ["🙂", "🙂"]}, "twice"), ("emoji-insert", {"emoji": []}, "emoji"),
    ("unicode-normalize", {"form": "NFX"}, "form"), ("case-change", {"unit": "line"}, "unit"),
    ("space-delete", {"rate": -0.1}, "rate")])
def test_wrong_fields(op: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        get(op, **fields)


def test_a_text_of_punctuation_may_become_empty_but_no_word_does() -> None:
    assert get("punctuation-delete", rate=1.0)(["...", "a.", "—"]) == ["", "a", ""]
    out = get("disemvowel", rate=1.0)(["a i o you are eau"])
    assert out == ["a i o y ar e"]
    assert all(any(map(word_char, w)) for w in out[0].split())


@pytest.mark.parametrize(("form", "text", "edits"), [
    ("NFC", "xe\u0301 e\u0301\u0323 \u1112\u1161\u11ab.", [(1, 3, "é"), (4, 7, "ẹ\u0301"), (8, 11, "한")]),
    ("NFD", "é 한x\u0344", [(0, 1, "e\u0301"), (2, 3, "\u1112\u1161\u11ab"), (3, 5, "x\u0308\u0301")]),
    ("NFKC", "\u3131\u314f x", [(0, 2, "가")]),
    ("NFKC", "\u0344\U0002f800ﬁ \U00020000\u0301e\u0301",
     [(0, 1, "\u0308\u0301"), (1, 2, "\u4e3d"), (2, 3, "fi"), (6, 8, "é")])])
def test_normalisation_logs_the_shortest_pieces(form: str, text: str, edits: list[Any]) -> None:
    batch = pm.Batch.of(["a", text, "é e\u0301", text])
    out = get("unicode-normalize", form=form)(batch, log=True)
    found = out.edits.steps[0].edits
    rows = list(zip(found.row.tolist(), found.start.tolist(), found.stop.tolist(), found.text.to_pylist(), strict=True))
    for row in (1, 3):
        assert [edit[1:] for edit in rows if edit[0] == row] == edits
    assert pm.replay(batch, out.edits).to_list() == out.to_list()
