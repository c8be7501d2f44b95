"""The tables hold what they say: by Python's own Unicode data, by the names of characters, by hand."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
import table_reference
from practicum_text_noise import case_table, diacritics_table, emoji_table, generate
from practicum_text_noise.case import case_changes
from practicum_text_noise.diacritics import marked, unmarked
from practicum_text_noise.emoji import emoji_of, text_of
from practicum_text_noise.fonts import STYLES, flipped, styled
from practicum_text_noise.homoglyphs import look_alikes
from practicum_text_noise.invisible import left_to_right
from practicum_text_noise.layouts import LAYOUTS, neighbours
from practicum_text_noise.leet import leet
from practicum_text_noise.ocr import confusions
from practicum_text_noise.tables import build_table

unicode14 = pytest.mark.skipif(unicodedata.unidata_version != "14.0.0", reason="needs Unicode 14, as in Python 3.11")
EVERY = [chr(p) for p in range(0x110000) if not 0xD800 <= p < 0xE000]


@unicode14
def test_generated_tables_are_up_to_date() -> None:
    for module, text in ((case_table, generate.case()), (diacritics_table, generate.diacritics())):
        assert Path(str(module.__file__)).read_text(encoding="utf-8") == text


@unicode14
def test_case_is_that_of_python() -> None:
    assert case_changes("upper") == {c: c.upper() for c in EVERY if c.upper() != c}
    assert case_changes("lower") == {c: c.lower() for c in EVERY if c.lower() != c}
    for c, new in case_changes("swap").items():
        assert new == (c.lower() if c.lower() != c else c.upper())


@unicode14
def test_marks_are_those_of_canonical_decomposition() -> None:
    expected = {c: new for c in EVERY for new in table_reference.unmarked(c)}
    assert unmarked() == expected
    for letter in "aeinocszAEOuyαωиеЕgw":
        assert marked()[letter] == list(table_reference.marked(letter))
    assert left_to_right() == {c for c in EVERY[:0x2C00] if table_reference.ltr(c)}


def test_marked_forms_are_composed_and_lose_their_mark_again() -> None:
    for letter, forms in marked().items():
        for form in forms:
            assert unicodedata.normalize("NFC", form) == form
            assert unmarked()[form] == unmarked().get(letter, letter)


@pytest.mark.parametrize("style", STYLES)
def test_styles(style: str) -> None:
    table = styled(style)
    letters = [c for c in table if c.isalpha()]
    assert len(letters) == 52
    assert len(set(table.values())) == len(table)
    for c, new in table.items():
        assert unicodedata.normalize("NFKC", new) == c
        assert [new] == table_reference.styled(style)(c)


def test_upside_down() -> None:
    names = {c: unicodedata.name(new) for c, new in flipped().items()}
    turned = {c for c, name in names.items() if "TURNED" in name or "INVERTED" in name}
    assert set("aehikmrtvwy") <= turned
    assert set("AFGKLTY!?&") <= turned
    assert all(flipped()[flipped()[c]] == c for c in "bdpqnu69")


@pytest.mark.parametrize(("script", "word"), [("cyrillic", "CYRILLIC"), ("greek", "GREEK"), ("armenian", "ARMENIAN"),
                                              ("cherokee", "CHEROKEE"), ("latin", "LATIN")])
def test_look_alikes_are_of_their_script(script: str, word: str) -> None:
    there, back = look_alikes(script), look_alikes(script, "to-ascii")
    for c, others in there.items():
        assert c.isascii()
        assert len(set(others)) == len(others)
        for other in others:
            assert unicodedata.name(other).startswith(word)
            assert c in back[other]
    assert sum(map(len, there.values())) == sum(map(len, back.values()))
    assert set(there) <= set(look_alikes("any"))


def test_look_alikes_by_hand() -> None:
    cyrillic, greek = look_alikes("cyrillic"), look_alikes("greek")
    assert [cyrillic[c][0] for c in "aceopxyABEKMHOPCTX"] == list("асеорхуАВЕКМНОРСТХ")
    assert [greek[c][0] for c in "ovABEZHIKMNOPTYX"] == list("ονΑΒΕΖΗΙΚΜΝΟΡΤΥΧ")
    assert "k" not in cyrillic
    assert "w" not in greek


def test_confusions_go_both_ways_and_bring_no_punctuation() -> None:
    table = confusions()
    for key, others in table.items():
        assert key not in others
        assert len(set(others)) == len(others)
        for other in others:
            assert key in table[other]
            assert other.isalnum()
    assert {"m", "rn"} <= table.keys()
    assert table["rn"] == ["m"]
    assert {"0", "l", "I", "5", "B"} <= confusions(several=False).keys()
    assert all(len(k) == 1 for k in confusions(several=False))


def test_leet_levels_contain_each_other() -> None:
    assert leet(1) == {"a": ["4"], "A": ["4"], "e": ["3"], "E": ["3"], "i": ["1"], "I": ["1"], "o": ["0"], "O": ["0"]}
    for level in (1, 2):
        assert all(leet(level + 1)[c][:len(new)] == new for c, new in leet(level).items())
    assert leet(3)["m"] == ["|\\/|"]
    assert all(not c.isspace() for new in leet(3).values() for text in new for c in text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_neighbours_are_mutual(layout: str) -> None:
    table = neighbours(layout)
    for key, near in table.items():
        assert near
        assert key not in near
        assert len(set(near)) == len(near)
        for other in near:
            assert key in table[other] or key.upper() == "Σ"
            assert key.isupper() == other.isupper() or key.lower() == key.upper()


QWERTY = "qwertyuiopasdfghjklzxcvbnm"


@pytest.mark.parametrize(("layout", "same_keys"), [
    ("azerty", "azertyuiopqsdfghjklwxcvbn "), ("qwertz", "qwertzuiopasdfghjklyxcvbnm"),
    ("dvorak", "   pyfgcrlaoeuidhtn qjkxbm"), ("jcuken", "йцукенгшщзфывапролдячсмить"),
    ("greek", " ςερτυθιοπασδφγηξκλζχψωβνμ"), ("hebrew", "  קראטוןםפשדגכעיחלךזסבהנמצ"),
    ("arabic", "ضصثقفغعهخحشسيبلاتنمئءؤر ىة"), ("inscript", "ौैाीूबहगदजोे्िुपरकतॆंमनवलस")])
def test_layouts_have_the_geometry_of_qwerty(layout: str, same_keys: str) -> None:
    """What other layouts type with the 26 keys of QWERTY, written down once more; keys apart there are apart here."""
    on = {k: c for k, c in zip(QWERTY, same_keys, strict=True) if c != " "}
    table, letters = neighbours(layout), set(on.values())
    for key, c in on.items():
        expected = {on[n] for n in neighbours()[key] if n in on}
        assert {n for n in table[c] if n in letters} == expected, (key, c)


def test_emoji() -> None:
    lines = emoji_table.NAMED.strip().splitlines()
    pictures = [line.split()[0] for line in lines]
    words = [w for line in lines for w in line.partition("|")[0].split()[1:]]
    assert len(set(pictures)) == len(pictures)
    assert len(set(words)) == len(words)
    assert all(re.fullmatch("[a-z]+", w) for w in words)
    assert all(len(p) == 1 and unicodedata.category(p) == "So" for p in pictures)
    assert all(len(p) == 1 and unicodedata.category(p) == "So" for p in emoji_table.FREQUENT)
    for picture in pictures:
        assert emoji_of()[text_of("word")[picture]] == picture
        assert text_of("alias")[picture + "\ufe0f"] == f":{text_of('word')[picture]}:"
    for picture, emoticon in text_of("emoticon").items():
        assert emoji_of()[emoticon] == picture.removesuffix("\ufe0f")
    named = {"cat": "🐱", "dog": "🐶", "coffee": "☕", "train": "🚂", "apple": "🍎", "heart": "❤"}
    assert {w: emoji_of()[w] for w in named} == named


def test_build_table() -> None:
    table = build_table({"a": ["x", "é"], "b": [], "rn": ["m"], "r": ["x", "é"]}, classes={0: ["?"]})
    slot = table.index[ord("a")]
    assert table.index[ord("r")] == slot
    assert table.index[ord("b")] == 0
    assert table.index[ord("c")] == table.index[-1] != 0
    assert table.index[ord(".")] == 0
    first, last = table.slots[slot:slot + 2]
    options = [bytes(table.data[table.options[o]:table.options[o + 1]]).decode() for o in range(first, last)]
    assert options == ["x", "é"]
    assert (table.most, table.longest) == (2, 2)
