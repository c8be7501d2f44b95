"""Synonyms, antonyms, hypernyms and hyponyms of the built-in lexicon against hand-made truth."""

from __future__ import annotations

from typing import Any

import pytest
from practicum_text_noise import lexicons, surfaces
from practicum_text_noise.inflection import SLOTS, forms
from practicum_text_noise.shipped import rows, stop_words

import practicum as pm
from practicum.errors import ConfigError, MissingRequirement


def alternatives(relation: str, word: str, **fields: Any) -> set[str]:
    """Everything that a word is replaced by, over many samples."""
    out = pm.get(f"text-noise/{relation}", rate=1.0, **fields)([word] * 60)
    return set(out) - {word}


@pytest.mark.parametrize(("relation", "word", "expected"), [
    ("synonym", "purchased", {"bought"}), ("synonym", "Movies", {"Films"}), ("synonym", "BIG", {"LARGE", "HUGE"}),
    ("synonym", "biggest", {"largest", "hugest"}), ("synonym", "children", {"kids", "youngsters"}),
    ("synonym", "runs", {"sprints", "dashes"}), ("synonym", "running", {"sprinting", "dashing"}),
    ("synonym", "happier", {"gladder", "more cheerful", "more joyful"}), ("synonym", "the", set()),
    ("synonym", "chosen", {"selected", "picked"}), ("synonym", "chose", {"selected", "picked"}),
    ("synonym", "selected", {"picked"}), ("synonym", "hidden", {"concealed"}), ("synonym", "cut", set()),
    ("synonym", "zyx", set()), ("synonym", "better", {"finer", "nicer"}),
    ("antonym", "bigger", {"smaller"}), ("antonym", "bought", {"sold"}), ("antonym", "enemies", {"friends"}),
    ("antonym", "slowly", {"quickly"}), ("hypernym", "dogs", {"animals"}), ("hypernym", "ate", {"ingested"}),
    ("hyponym", "vehicles", {"cars", "autos", "automobiles", "trucks", "lorries", "buses", "coaches", "trains",
                             "bicycles", "bikes", "boats", "vessels", "ships", "airplanes", "planes"})])
def test_what_replaces_what(relation: str, word: str, expected: set[str]) -> None:
    found = alternatives(relation, word)
    assert found <= expected | {"aircraft"}
    assert bool(found) == bool(expected)
    assert len(expected) > 5 or found >= expected


def test_phrases_protect_their_words_and_are_used_when_asked_for() -> None:
    synonym = pm.get("text-noise/synonym", rate=1.0)
    assert synonym(["hot dog", "ice cream", "New York"]) == ["hot dog", "ice cream", "New York"]
    assert "cop" in alternatives("synonym", "police officer")
    assert alternatives("synonym", "cop") == set()
    assert alternatives("synonym", "cops", phrases=True) == {"police officers"}
    assert alternatives("synonym", "visited", phrases=True) == {"called on"}


def test_parts_of_speech() -> None:
    text = ["The big dog quickly bought movies."]
    assert pm.get("text-noise/synonym", rate=1.0, pos=["verb"])(text) == ["The big dog quickly purchased movies."]
    assert pm.get("text-noise/synonym", pos=["verb", "noun", "verb"]).pos == ("noun", "verb")
    with pytest.raises(ConfigError, match="pos"):
        pm.get("text-noise/synonym", pos=["article"])
    # "work" is a noun and a verb alike, "love" too: the lexicon can't tell which, and leaves them alone.
    assert alternatives("synonym", "love") == set()


def test_more_senses_more_synonyms() -> None:
    assert alternatives("synonym", "fair", senses=5) >= alternatives("synonym", "fair", senses=1)
    assert alternatives("synonym", "fantastic", senses=2) > alternatives("synonym", "fantastic", senses=1)


def test_articles_fit() -> None:
    assert pm.get("text-noise/antonym", rate=1.0)(["An easy problem"]) == ["A difficult solution"]
    assert pm.get("text-noise/hyponym", rate=1.0)(["A car, a fruit"]) == ["A car, an apple"]


def test_every_alternative_has_the_form_of_what_it_replaces() -> None:
    """Read back independently: some lemma's form in some slot, and the alternative's lemma in the same slot."""
    lexicon = lexicons.get("builtin")
    related = {(pos, lemma): set(others) for pos, lemma, _, others in lexicon.entries("synonym", 9)}
    made: dict[str, set[str]] = {}
    for (pos, lemma), others in related.items():
        for k in range(len(SLOTS[pos])):
            made.setdefault(forms(lemma, pos)[k], set()).update(forms(o, pos)[k] for o in others)
    found = surfaces.entries(lexicon, "synonym", lexicons.POS, 9, True)
    assert sum(map(bool, found.values())) > 2500
    for form, new in found.items():
        assert set(new) <= made.get(form, set())
        assert form not in stop_words()


def test_the_built_in_lexicon_is_well_formed() -> None:
    lines = rows("builtin.tsv")
    assert len(lines) > 600
    for pos, *fields in lines:
        assert pos in "nvar"
        assert [f[0] for f in fields[1:]] in ([], [">"], ["!"], [">", "!"])
        words = fields[0].split(", ")
        assert len(set(words)) == len(words)
        assert fields[0] == fields[0].lower()


def test_an_absent_wordnet_is_a_clear_error(tmp_path: Any) -> None:
    technique = pm.get("text-noise/synonym", lexicon=str(tmp_path))
    with pytest.raises(MissingRequirement, match="apt install wordnet-base"):
        technique(["a dog"])
    assert technique.state_digest() == ""


def test_slurs_are_never_written_and_doubtful_comparatives_stay() -> None:
    given = [("adjective", "spotless", 9, ("spic", "clean")), ("adjective", "cut", 9, ("shortened",)),
             ("noun", "cutter", 0, ("stonecutter",)), ("verb", "tire", 3, ("fag", "weary")),
             ("noun", "fag", 1, ("fagot",))]
    found = surfaces.entries(lexicons.Lexicon(lambda relation, senses: given, {}), "synonym",
                             ("noun", "verb", "adjective"), 1, True)
    assert found["spotless"] == ["clean"]
    assert found["tired"] == ["wearied"]
    assert found["cut"] == ["shortened"]
    assert "cutter" not in found
    assert "cuttest" in found
