"""The kernels give, bit for bit, what the documented rules give in plain Python."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_noise_reference import expected, word_char

import practicum as pm

OPS = ("char-swap", "char-delete", "char-insert", "char-substitute", "keyboard-typo", "word-swap", "word-delete")
RATES = (0.0, 1e-4, 0.1, 0.5, 0.97, 1.0)

ODD = ["", " ", "\n\t  ", "a", " a ", "é", "😀", "e\u0301a\u0308", "👩‍👩‍👧 family", "漢字かな交じり文。テスト",
       "...", "— a —", "a — b", "don't, stop!", "\x00\x1fz", "x" * 31, "x" * 32, "x" * 33, "ab" * 500,
       "\u00a0word\u3000other\u2003third\u0085end",
       "مرحبا بالعالم", "नमस्ते दुनिया", "\U0001f1e9\U0001f1ea flag", "\U0010ffff\ue000 private", "ǅ ﬁ ß ſ K", " -- ",
       "a\u200bb zero width", "“quoted” …", "\u1680ogham\u1680", "Üñï çødé " * 40]

characters = st.one_of(st.characters(codec="utf-8"), st.sampled_from("abcXYZ019 \t\n.,!—é漢😀\u0301\u00a0\u2028"))
texts_strategy = st.lists(st.text(alphabet=characters, max_size=90), max_size=6)


def _run(op: str, texts: list[str], rate: float, seed: int, **fields: Any) -> None:
    technique = pm.get(f"text-noise/{op}", rate=rate, **fields)
    keys = pm.Keys(seed).child(technique.name)
    ids = [f"id-{i}" for i in range(len(texts))]
    batch = pm.Batch.of(texts, ids=ids, modality="text")
    out = technique(batch, seed=seed)
    out.data.validate(full=True)
    assert out.to_list() == expected(op, texts, ids, rate, keys.stream, *fields.values())
    logged = technique(batch, seed=seed, log=True)
    assert logged.equals(out)
    assert pm.replay(batch, logged.edits).equals(out)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("rate", RATES)
def test_odd_texts(op: str, rate: float) -> None:
    for seed in range(3):
        _run(op, ODD, rate, seed)


@pytest.mark.parametrize("op", OPS)
@settings(max_examples=40, deadline=None)
@given(texts=texts_strategy, rate=st.sampled_from(RATES), seed=st.integers(0, 2**40))
def test_random_unicode(op: str, texts: list[str], rate: float, seed: int) -> None:
    _run(op, texts, rate, seed)


@pytest.mark.parametrize("op", OPS)
def test_random_ascii(op: str) -> None:
    rng = random.Random(5)
    texts = ["".join(rng.choices("abcdefgh XYZ 0123 .,-'\n", k=rng.randrange(300))) for _ in range(60)]
    for rate in (0.05, 0.3, 1.0):
        _run(op, texts, rate, 11)


@pytest.mark.parametrize("op", OPS)
def test_very_long(op: str) -> None:
    _run(op, ["a bc déf " * 3_000, "", "xy " * 3_000], 0.2, 3)


@pytest.mark.parametrize("op", ["char-insert", "char-substitute"])
@pytest.mark.parametrize("alphabet", ["a", "é", "xé漢😀", "0123456789", "\u0301",
                                      "".join(map(chr, range(0x4E00, 0x5E00)))])
def test_alphabets(op: str, alphabet: str) -> None:
    # At rate 1 with characters of 3 and 4 bytes the first output buffer is too small and has to grow.
    for rate in (0.1, 1.0):
        _run(op, [*ODD, "a" * 2000, "bé" * 500], rate, 2, alphabet=alphabet)


@pytest.mark.parametrize("op", OPS)
def test_buffers_that_are_too_small_grow(op: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum_text_noise import noise

    monkeypatch.setattr(noise, "_estimate", lambda *_: (0, 0, 0))
    _run(op, [*ODD, "a bé " * 100, *ODD], 0.6, 1)


def test_every_character_class() -> None:
    """Every character below U+20000, a sample beyond: the tables agree with Python's own."""
    import unicodedata

    if unicodedata.unidata_version < "14":
        pytest.skip("this Python's Unicode tables are older than the plugin's")
    from practicum_text_noise.unicode_classes import PUNCTUATION, SPACE, WORD, char_classes

    classes = char_classes()
    old = unicodedata.unidata_version == "14.0.0"
    for point in range(0x110000):
        c = chr(point)
        kind = int(classes[point]) if point < len(classes) else WORD
        if c.isspace():
            assert kind == SPACE, hex(point)
        elif old or kind == PUNCTUATION:
            assert (kind == WORD) == word_char(c), hex(point)
