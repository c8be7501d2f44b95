"""The shipped word lists against hand-made truth."""

from __future__ import annotations

from typing import Any

import pytest
from practicum_text_noise.articles import takes_an
from practicum_text_noise.contractions import pairs
from practicum_text_noise.shipped import rows, stop_words
from practicum_text_noise.spelling import REAL_WORDS, spelling_pairs

import practicum as pm


def one(name: str, text: str, seed: int = 0, **fields: Any) -> str:
    out: list[str] = pm.get(f"text-noise/{name}", rate=1.0, **fields)([text], seed=seed)
    return out[0]


@pytest.mark.parametrize(("text", "expanded"), [
    ("I don't know.", "I do not know."), ("DON'T GO", "DO NOT GO"), ("Don’t go", "Do not go"), ("won't", "will not"),
    ("(can't)", "(cannot)"), ("It's she's", "It is she is"), ("I'd've", "I'd've"),
    ("It’s been, it's bean", "It has been, it is bean"), ("I'd gone, SHE'D BETTER go", "I had gone, SHE HAD BETTER go"),
    ("you're \"we've\"", "you are \"we have\""),
    ("Let's go, they'll", "Let us go, they will"), ("the dog's tail", "the dog's tail"), ("dont", "dont")])
def test_expanding(text: str, expanded: str) -> None:
    assert one("contractions", text, direction="expand") == expanded


@pytest.mark.parametrize(("text", "contracted"), [
    ("I am here.", "I'm here."), ("Yes, I am.", "Yes, I am."), ("Yes, I am, so", "Yes, I am, so"), ("it is", "it is"),
    ("We WILL NOT go", "We won't go"), ("WILL NOT", "WON'T"), ("Do not.", "Don't."),
    ("can not, cannot", "can't, can't"), ("It  is", "It  is"),
    ("do, not", "do, not"), ("you would have", "you'd have")])
def test_contracting(text: str, contracted: str) -> None:
    assert one("contractions", text, direction="contract") == contracted


def test_what_is_contracted_expands_to_what_it_was() -> None:
    for short, full, other_readings, _ in pairs():
        text = f"Then {full} so"
        there = one("contractions", text, direction="contract")
        if full in ("you all", "madam"):
            assert there == text
            continue
        assert there == f"Then {short} so"
        assert one("contractions", there, direction="expand") == text
        if other_readings:
            assert one("contractions", there, direction="expand", ambiguous=False) == there


def test_misspellings_differ_from_what_they_misspell() -> None:
    for right, *wrong in rows("misspellings.txt"):
        assert wrong
        assert all(w != right and w.isascii() for w in wrong)
    text = " ".join(row[0] for row in rows("misspellings.txt"))
    spoilt = one("misspelling", text).split(" ")
    for row, word in zip(rows("misspellings.txt"), spoilt, strict=True):
        assert word in row[1:] or sum(row[0] == other[0] for other in rows("misspellings.txt")) > 1


def test_corrections_undo_misspellings_but_for_real_words() -> None:
    known = {row[0] for row in rows("misspellings.txt")}
    for right, *wrong in rows("misspellings.txt"):
        for word in wrong:
            kept = word in REAL_WORDS or word in known
            rights = {row[0] for row in rows("misspellings.txt") if word in row[1:]}
            assert right in rights
            assert one("misspelling", word, direction="correct") in ({word} if kept else rights)


def test_british_and_american() -> None:
    american = ("The gray color of my neighbor's jewelry; he analyzed, traveled, realized. THEATER! A program, an ax, "
                "an enrollment")
    british = ("The grey colour of my neighbour's jewellery; he analysed, travelled, realised. THEATRE! A programme, "
               "an axe, an enrolment")
    assert one("british-american", american, to="british") == british
    assert one("british-american", british, to="american") == american
    assert one("british-american", "gray grey", to="other") == "grey gray"
    assert len({a for a, _ in spelling_pairs()}) == len(spelling_pairs())


@pytest.mark.parametrize(("text", "expanded"), [
    ("Approx. 3 lbs.", "Approximately 3 pounds."), ("fruit, e.g. figs, etc.", "fruit, for example figs, et cetera."),
    ("etc., and so on", "et cetera, and so on"), ("the U.S. Gov.", "the United States Governor."),
    ("Max. 3 info", "Maximum 3 information"), ("5 min. or un est. temp.", "5 min. or un est. temp."),
    ("the EU", "the European Union"), ("max 3", "max 3"), ("vs. me.", "versus me.")])
def test_abbreviations_in_full(text: str, expanded: str) -> None:
    assert one("abbreviation", text, direction="expand") == expanded


def test_abbreviating() -> None:
    assert one("abbreviation", "a professor on Monday.", direction="abbreviate") == "a prof. on Mon."
    assert one("abbreviation", "The united states, MONDAY", direction="abbreviate") in ("The USA, MON.",
                                                                                        "The U.S., MON.")
    assert one("abbreviation", "Saturday") == "Sat."
    assert one("abbreviation", "an approximately 3", direction="abbreviate") == "an approx. 3"


def test_slang() -> None:
    assert one("slang", "You are going to see people") == "U r gonna see ppl"
    assert one("slang", "No, there is no cat going to the zoo") == "No, there is no cat going to the zoo"
    assert one("slang", "nope, the ATM", direction="standard") == "no, the ATM"
    assert one("slang", "U, PLZ", direction="standard") == "You, PLEASE"
    assert one("slang", "btw, thx!", direction="standard") == "by the way, thanks!"
    assert one("slang", "Gonna go b4 u", direction="standard") == "Going to go before you"


@pytest.mark.parametrize(("text", "swapped"), [
    ("He saw her.", "She saw him."), ("her book and his", "his book and hers"),
    ("I gave her the book", "I gave him the book"),
    ("His is red, hers was blue", "Hers is red, his was blue"), ("God knows, a god", "God knows, a goddess"),
    ("His book is hers.", "Her book is his."), ("He told her that she won", "She told him that he won"),
    ("The ACTOR, a king", "The ACTRESS, a queen"), ("a man's wife", "a woman's husband"), ("an uncle", "an aunt"),
    ("himself", "herself"), ("Mr. Smith", "Mrs. Smith"), ("an heir and a hostess", "an heiress and a host"),
    ("an actor, a duke", "an actress, a duchess"), ("Mary", "Mary")])
def test_gendered_words(text: str, swapped: str) -> None:
    assert one("gendered-word-swap", text) == swapped


def test_gendered_names_swap_back() -> None:
    for male, female in rows("gendered_names.tsv"):
        assert one("gendered-word-swap", f"{male}'s", names=True) == f"{female}'s"
        assert one("gendered-word-swap", female, names=True) == male


def test_articles() -> None:
    an = ("apple hour honest heir umbrella uncle unusual egg onion unimportant urge ugly utter ox onerous ideal hr. "
          "hrs EU NYC FAQ MRI X")
    a = ("dog house university unicorn one once useful European ewe union unit Ukrainian horse yellow user utility "
         "UK UN U.S. USA TV CEO")
    assert [w for w in an.split() if not takes_an(w)] == []
    assert [w for w in a.split() if takes_an(w)] == []


def test_articles_are_mended_and_logged() -> None:
    batch = pm.Batch.of(["A man saw an actor, AN UNCLE and an, uncle"])
    out = pm.get("text-noise/abbreviation", rate=1.0)(pm.Batch.of(["An advertisement, an information, a u.s. one"]),
                                                      log=True)
    assert out.to_list() == ["An ad, an info, a United States one"]
    british = pm.get("text-noise/british-american", rate=1.0)
    assert british(["a aeroplane, An airplane, AN AIRPLANE"]) == ["an airplane, An aeroplane, AN AEROPLANE"]
    logged = british(pm.Batch.of(["see a aeroplane now"]), log=True)
    edits = logged.edits.steps[0].edits
    assert list(zip(edits.start.tolist(), edits.stop.tolist(), edits.text.to_pylist(), strict=True)) == \
        [(4, 5, "an"), (6, 15, "airplane")]
    assert pm.replay(batch, pm.get("text-noise/gendered-word-swap")(batch, log=True).edits).to_list() == \
        ["A woman saw an actress, AN AUNT and an, aunt"]


def test_stop_words_are_lower_case() -> None:
    assert len(stop_words()) > 200
    assert all(w == w.lower() for w in stop_words())
