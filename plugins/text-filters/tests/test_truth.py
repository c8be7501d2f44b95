"""Hand-made cases and independent references: each filter drops what it should, and nothing else."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from practicum_text_filters.counts import Capitals, Length, Script
from practicum_text_filters.duplicates import Duplicate
from practicum_text_filters.edits import EditRate
from practicum_text_filters.measure import WORD, count
from practicum_text_filters.presence import Keyword, Numeric, Question
from practicum_text_filters.tags import PartOfSpeech
from practicum_text_filters.words import Repetition, StopWords, stop_words, words_of

from practicum import Batch
from practicum.cli import run as cli
from practicum.columns import column_kind
from practicum.errors import ConfigError, DataError
from practicum.testing.toys import MaskChars, Reverse


def packed(texts: list[str]) -> Any:
    return column_kind("text").coerce(texts, name="text")


def random_texts(number: int) -> list[str]:
    rng = random.Random(5)
    pool = "abcXYZ éß'’-–. ,!?12٣ жЖ的 ́\t\n_"
    return ["".join(rng.choice(pool) for _ in range(rng.randrange(40))) for _ in range(number)]


def words_by_hand(text: str) -> int:
    """Runs of letters, marks and digits; an apostrophe or hyphen between two of them belongs to the run."""
    inner = [unicodedata.category(c)[0] in "LM" or unicodedata.category(c) in ("Nd", "Nl", "No") for c in text]
    total, inside = 0, False
    for i, yes in enumerate(inner):
        joins = text[i] in "'’-" and inside and i + 1 < len(text) and inner[i + 1]
        total += yes and not inside
        inside = yes or joins
    return total


def test_words_are_counted_as_by_hand() -> None:
    texts = random_texts(3000)
    assert count(packed(texts), WORD).tolist() == [words_by_hand(t) for t in texts]


@pytest.mark.parametrize(("unit", "text", "n"), [
    ("words", "It's a well-known fact", 4), ("words", "–– ... !", 0), ("words", "naïve Ärger 的", 3),
    ("characters", "naïve", 5), ("characters", "😀", 1),
    ("sentences", "One. Two! Three?", 3), ("sentences", "Wait... what?!", 2), ("sentences", "...", 0),
    ("sentences", "没有。有！", 2),
])
def test_length_is_exact(unit: str, text: str, n: int) -> None:
    assert Length(unit=unit, min=n, max=n)([text]) == [text]
    assert Length(unit=unit, min=n + 1)([text]) == []
    if n:
        assert Length(unit=unit, min=0, max=n - 1)([text]) == []


def test_capitals_and_script_are_shares_of_letters() -> None:
    rng = random_texts(1000)
    letters = [[c for c in t if unicodedata.category(c)[0] == "L"] for t in rng]
    capital = [sum(unicodedata.category(c) == "Lu" for c in row) / max(len(row), 1) for row in letters]
    latin = [sum("LATIN" in unicodedata.name(c) for c in row) / len(row) if row else 1.0 for row in letters]
    batch = Batch.of(rng)
    assert np.allclose(Capitals().measure(packed(rng), batch, "text"), capital)
    assert np.allclose(Script(script="latin").measure(packed(rng), batch, "text"), latin)


@pytest.mark.parametrize(("text", "asks"), [
    ("Is it?", True), ("“Is it?”", True), ("¿Qué?", True), ("本当か？", True), ("why not", True), ("Why not.", False),
    ("How nice!", False), ("whyever not", False), ("It is", False), ("", False), ("What?!", True),
])
def test_questions(text: str, asks: bool) -> None:
    assert Question()([text]) == [text] * asks
    assert Question(present=False)([text]) == [text] * (not asks)


@pytest.mark.parametrize(("text", "plain", "named"), [
    ("room 12", True, True), ("Twelve", False, True), ("someone", False, False), ("tenfold", False, False),
    ("forty-two", False, True), ("½", False, False), ("१२", True, True),
])
def test_numbers(text: str, plain: bool, named: bool) -> None:
    assert Numeric()([text]) == [text] * plain
    assert Numeric(words=True)([text]) == [text] * named


def test_keywords_match_as_words_and_literally() -> None:
    texts = ["A cat.", "category", "C++ (new)", "cat and dog", "Straße"]
    assert Keyword(keywords=("cat",))(texts) == ["A cat.", "cat and dog"]
    assert Keyword(keywords=("cat", "dog"), match="all")(texts) == ["cat and dog"]
    assert Keyword(keywords=("c++", "(new)"), match="all", whole_words=False)(texts) == ["C++ (new)"]
    assert Keyword(keywords=("CAT",), ignore_case=False)(texts) == []
    assert Keyword(keywords=("straße",))(texts) == ["Straße"]
    assert Keyword(keywords=("cat",), present=False)(texts) == ["category", "C++ (new)", "Straße"]
    with pytest.raises(ConfigError, match=r"^text-filters/keyword: field 'keywords': an empty keyword [^\[]*$"):
        Keyword(keywords=(" ",))


def test_stop_word_share_is_counted_word_by_word() -> None:
    texts = ["The cat isn't on THE mat", "", "...", "it's", "cat", "don't. do: it"]
    words = [[w for w in row if w] for row in words_of(packed(texts)).to_pylist()]
    expected = [sum(w in stop_words() for w in row) / max(len(row), 1) for row in words]
    assert expected == [3 / 6, 0.0, 0.0, 1.0, 0.0, 1.0]
    assert StopWords().measure(packed(texts), Batch.of(texts), "text").tolist() == expected


@pytest.mark.parametrize(("n", "text", "share"), [
    (1, "a b a b", 0.5), (2, "a b a b", 1 / 3), (2, "go on " * 5, 1 - 2 / 9), (3, "a b c a b c a", 1 - 3 / 5),
    (2, "a b", 0.0), (2, "A b a B x", 1 / 4), (4, "a b c", 0.0),
])
def test_repetition_is_one_minus_distinct(n: int, text: str, share: float) -> None:
    assert Repetition(n=n).measure(packed([text]), Batch.of([text]), "text")[0] == pytest.approx(share)


def test_one_of_each_group_stays_whatever_the_order() -> None:
    texts = ["Hello", "hello ", "HELLO", "bye", "hel lo"]
    batch = Batch.of(texts, ids=["a", "b", "c", "d", "e"])
    kept = set(Duplicate()(batch).ids)
    assert len(kept & {"a", "b", "c"}) == 1
    assert {"d", "e"} <= kept
    assert set(Duplicate()(batch.take([4, 2, 0, 3, 1])).ids) == kept
    assert len(Duplicate(ignore_case=False, ignore_space=False)(batch)) == 5


def test_edit_rate_by_reference_and_by_log_agree_for_replacements() -> None:
    texts = ["abcdefghij", "some words here", ""]
    masked = MaskChars(rate=0.4)(Batch.of(texts), seed=3, log=True)
    changed = [sum(a != b for a, b in zip(x, y, strict=True)) / max(len(x), 1)
               for x, y in zip(texts, masked.to_list(), strict=True)]
    logged = EditRate().measure(masked.columns["text"].data, masked, "text")
    both = Batch.of(columns={"text": masked.to_list(), "before": texts})
    compared = EditRate(reference="before").measure(both.columns["text"].data, both, "text")
    assert logged.tolist() == pytest.approx(changed)
    assert compared.tolist() == pytest.approx(changed)
    assert changed[0] > 0


def test_edit_rate_counts_words() -> None:
    batch = Batch.of(columns={"text": ["the cat sat", "a"], "before": ["the dog sat down", "a b"]})
    measured = EditRate(reference="before", unit="words").measure(batch.columns["text"].data, batch, "text")
    assert measured.tolist() == [2 / 4, 1 / 2]


def test_edit_rate_says_what_it_needs() -> None:
    with pytest.raises(DataError, match="record the edits"):
        EditRate()(["a"])
    with pytest.raises(DataError, match="'before' is no text column"):
        EditRate(reference="before")(["a"])
    with pytest.raises(DataError, match="counts characters"):
        EditRate(unit="words")(Reverse()(Batch.of(["ab"]), log=True))


def test_parts_of_speech() -> None:
    texts = ["The dog barks loudly.", "A red house.", "Paris and London", ""]
    assert PartOfSpeech(tag="VB")(texts) == [texts[0]]
    assert PartOfSpeech(tag="NNP", min=2)(texts) == [texts[2]]
    assert PartOfSpeech(tag="JJ", min=None, max=0)(texts) == [texts[0], texts[2], ""]


def test_a_range_no_text_can_meet_is_refused() -> None:
    with pytest.raises(ConfigError, match="above max"):
        Length(min=3, max=2)


def test_a_range_that_is_empty_is_refused_in_plain_words() -> None:
    with pytest.raises(ConfigError, match=r"^text-filters/length: min 5 is above max 2[^{]*swap them$"):
        Length(min=5, max=2)


def test_the_command_says_how_many_rows_are_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "one"}\n{"text": "one two"}\n{"text": ""}\n')
    assert cli(["apply", "text-filters/length", str(tmp_path / "in.jsonl"), str(tmp_path / "out.jsonl")]) == 0
    assert "text-filters/length: 2 of 3 rows -> " in capsys.readouterr().err
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 2
