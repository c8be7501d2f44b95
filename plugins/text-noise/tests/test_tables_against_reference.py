"""The table techniques give, bit for bit, what their documented rules give in plain Python."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from table_reference import RULES, expected

import practicum as pm
from practicum.edits import apply_edits

CASES: list[tuple[str, dict[str, Any]]] = [
    ("char-repeat", {}), ("char-repeat", {"times": 5}), ("disemvowel", {}),
    *(("keyboard-typo", {"layout": name}) for name in ("azerty", "qwertz", "dvorak", "jcuken", "greek", "hebrew",
                                                       "arabic", "inscript")),
    ("ocr-confusion", {}), ("ocr-confusion", {"several": False}), ("homoglyph", {}), ("homoglyph", {"script": "any"}),
    ("homoglyph", {"script": "any", "direction": "to-ascii"}), ("diacritics-add", {}), ("diacritics-strip", {}),
    ("case-change", {}), ("case-change", {"mode": "upper", "unit": "word"}), ("case-change", {"mode": "lower"}),
    ("case-change", {"mode": "title", "unit": "word"}), ("leet", {}), ("leet", {"level": 3}),
    ("fancy-font", {"style": "script"}), ("fancy-font", {"style": "circled", "unit": "word"}), ("fullwidth", {}),
    ("upside-down", {}),
    ("zero-width-insert", {}), ("bidi-reorder", {}), ("space-insert", {}), ("space-delete", {}), ("space-repeat", {}),
    ("space-repeat", {"times": 8}), ("space-replace", {}), ("space-replace", {"spaces": " \u3000"}),
    ("punctuation-insert", {}), ("punctuation-insert", {"marks": "…"}), ("punctuation-delete", {}),
    ("punctuation-replace", {}), ("punctuation-repeat", {}), ("emoji-insert", {"emoji": ("🙂", "👩‍👩‍👧")}),
    ("text-to-emoji", {}), ("emoji-to-text", {}), ("emoji-to-text", {"form": "emoticon"}),
]
RATES = (1e-4, 0.1, 0.5, 0.97, 1.0)

ODD = ["", " ", "\n\t  ", "a", " a ", "é", "😀", "e\u0301a\u0308", "👩‍👩‍👧 family", "漢字かな交じり文。テスト",
       "...", "— a —",
       "don't, stop!", "\x00\x1fz", "ab" * 300, "\u00a0word\u3000other\u2003third\u0085end", "مرحبا بالعالم 12",
       "नमस्ते दुनिया", "Съешь ещё этих", "Θέλω καφέ, ς Σ", "שלום עולם", "\U0010ffff\ue000 private", "ǅ ﬁ ß ſ K İ ẞ",
       " -- ", "a\u200bb", "“quoted” …", "\U00020000\U0002f800 x", "rnrnm clcld vvw iiii lliil ri rn", "rn" * 40,
       "i" * 60, "nin" * 20,
       "I love my Cat, the CAT and dogs :-) :) :-))", "x:) :D. <3 >:( (:( http://cat", "❤ ❤️ 😀❤️🐱️ 🐱🐶", ":-",
       "<", "lov",
       "Тhe quӏck", "１２ Ｗｉｄｅ", "𝐛𝐨𝐥𝐝 ℎ"]

characters = st.one_of(st.characters(codec="utf-8"),
                       st.sampled_from("abcrnmlvdIOeß019 \t\n.,!:-)(—é漢😀❤\ufe0f\u0301\u00a0"))
texts_strategy = st.lists(st.text(alphabet=characters, max_size=60), max_size=5)


def edits_by_row(logged: pm.Batch) -> list[list[tuple[int, int, str]]]:
    """The edits of the only step, text by text."""
    found: list[list[tuple[int, int, str]]] = [[] for _ in logged.ids]
    for step in logged.edits.steps if logged.edits is not None else ():
        e = step.edits
        assert e is not None
        for row, start, stop, new in zip(e.row.tolist(), e.start.tolist(), e.stop.tolist(), e.text.to_pylist(),
                                         strict=True):
            found[row].append((start, stop, new))
    return found


def _run(op: str, texts: list[str], rate: float, seed: int, fields: dict[str, Any]) -> None:
    technique = pm.get(f"text-noise/{op}", rate=rate, **fields)
    keys = pm.Keys(seed).child(technique.name)
    ids = [f"id-{i}" for i in range(len(texts))]
    batch = pm.Batch.of(texts, ids=ids, modality="text")
    out = technique(batch, seed=seed)
    out.data.validate(full=True)
    edits = expected(op, texts, ids, rate, keys.stream, fields)
    assert out.to_list() == [apply_edits(text, found) for text, found in zip(texts, edits, strict=True)]
    logged = technique(batch, seed=seed, log=True)
    assert edits_by_row(logged) == edits
    assert logged.equals(out)
    assert pm.replay(batch, logged.edits).equals(out)


def test_every_rule_is_tested() -> None:
    assert {op for op, _ in CASES} == set(RULES)


@pytest.mark.parametrize(("op", "fields"), CASES)
def test_odd_texts(op: str, fields: dict[str, Any]) -> None:
    for seed, rate in enumerate(RATES):
        _run(op, ODD, rate, seed, fields)


@pytest.mark.parametrize(("op", "fields"), CASES)
@settings(max_examples=15, deadline=None)
@given(texts=texts_strategy, rate=st.sampled_from(RATES), seed=st.integers(0, 2**40))
def test_random_unicode(op: str, fields: dict[str, Any], texts: list[str], rate: float, seed: int) -> None:
    _run(op, texts, rate, seed, fields)


@pytest.mark.parametrize(("op", "fields"), CASES)
def test_random_ascii(op: str, fields: dict[str, Any]) -> None:
    rng = random.Random(5)
    texts = ["".join(rng.choices("aeirnlcdvwIO XYZ 015 .,-:)'\n", k=rng.randrange(120))) for _ in range(20)]
    for rate in (0.05, 1.0):
        _run(op, texts, rate, 11, fields)


@pytest.mark.parametrize(("op", "fields"), CASES)
def test_buffers_that_are_too_small_grow(op: str, fields: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum_text_noise import noise

    monkeypatch.setattr(noise, "_estimate", lambda *_: (0, 0, 0))
    _run(op, [*ODD, "a bé. " * 50, *ODD], 0.9, 1, fields)
