"""Inflection against hand-made truth, and beside lemminflect where it is installed."""

from __future__ import annotations

import pytest
from practicum_text_noise.inflection import comparison, countable, plural, verb_forms
from practicum_text_noise.shipped import rows

NOUNS = {"cat": "cats", "box": "boxes", "church": "churches", "city": "cities", "toy": "toys", "wife": "wives",
         "housewife": "housewives", "man": "men", "fireman": "firemen", "human": "humans", "photo": "photos",
         "potato": "potatoes", "belief": "beliefs", "roof": "roofs", "crisis": "crises", "grandchild": "grandchildren",
         "goose": "geese", "mongoose": "mongooses", "series": "series", "quiz": "quizzes", "stomach": "stomachs",
         "bus": "buses", "glass": "glasses", "toothbrush": "toothbrushes", "key": "keys", "soliloquy": "soliloquies"}
VERBS = """
walk: walks walked walked walking
stop: stops stopped stopped stopping
visit: visits visited visited visiting
prefer: prefers preferred preferred preferring
offer: offers offered offered offering
die: dies died died dying
see: sees saw seen seeing
agree: agrees agreed agreed agreeing
try: tries tried tried trying
go: goes went gone going
play: plays played played playing
panic: panics panicked panicked panicking
be: is was been being
overthrow: overthrows overthrew overthrown overthrowing
have: has had had having
misunderstand: misunderstands misunderstood misunderstood misunderstanding
quit: quits quit quit quitting
behave: behaves behaved behaved behaving
undo: undoes undid undone undoing
fix: fixes fixed fixed fixing
dye: dyes dyed dyed dyeing
singe: singes singed singed singeing
change: changes changed changed changing
begin: begins began begun beginning
open: opens opened opened opening
sting: stings stung stung stinging
relay: relays relayed relayed relaying
equip: equips equipped equipped equipping
interfere: interferes interfered interfered interfering
red-line: red-lines red-lined red-lined red-lining
"""
COMPARED = {"big": "bigger biggest", "happy": "happier happiest", "nice": "nicer nicest", "good": "better best",
            "dry": "drier driest", "shy": "shyer shyest", "gray": "grayer grayest", "useful": "more useful/most useful",
            "tired": "more tired/most tired", "modern": "more modern/most modern", "free": "freer freest",
            "quickly": "more quickly/most quickly", "early": "earlier earliest", "simple": "simpler simplest"}


@pytest.mark.parametrize(("noun", "expected"), NOUNS.items())
def test_plurals(noun: str, expected: str) -> None:
    assert plural(noun) == expected


@pytest.mark.parametrize(("verb", "expected"), [line.split(": ") for line in VERBS.split("\n") if line])
def test_verbs(verb: str, expected: str) -> None:
    assert " ".join(verb_forms(verb)) == expected


@pytest.mark.parametrize(("word", "expected"), COMPARED.items())
def test_comparison(word: str, expected: str) -> None:
    assert comparison(word) == tuple(expected.split("/" if "/" in expected else " "))


def test_what_has_no_plural() -> None:
    words = "advice furniture clothes trousers happiness dog bus glass crisis means species"
    assert [w for w in words.split() if not countable(w)] == ["advice", "furniture", "clothes", "trousers", "happiness"]


def test_beside_lemminflect() -> None:
    """Every verb, countable noun and comparison of the built-in lexicon, but for free variants."""
    lemminflect = pytest.importorskip("lemminflect", reason="lemminflect is not installed: pip install lemminflect")
    words = {(row[0], word) for row in rows("builtin.tsv") for word in row[1].split(", ") if " " not in word}
    free_variants = {"leaped", "burned", "learned", "less", "least", "got", "forecast", "canceled", "lit"}
    compared = 0
    for pos, word in words:
        if pos == "v":
            given = dict(zip(("VBZ", "VBD", "VBN", "VBG"), verb_forms(word), strict=True))
        elif pos == "n" and countable(word):
            given = {"NNS": plural(word)}
        elif pos in "ar" and " " not in comparison(word)[0]:
            given = dict(zip(("JJR", "JJS"), comparison(word), strict=True)) if pos == "a" else {}
        else:
            continue
        for tag, form in given.items():
            theirs = lemminflect.getInflection(word, tag, inflect_oov=False)
            if word in ("free", "true", "blue"):  # lemminflect writes "freeer"
                continue
            if theirs and theirs != (word,) and form not in free_variants:
                assert form in theirs, (word, tag)
                compared += 1
    assert compared > 1000
