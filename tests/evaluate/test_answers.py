"""Metrics of generated texts: figures worked out by hand, and chrF beside sacrebleu's."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicum import Batch, Predictions
from practicum.errors import DataError, ModelOutputError
from practicum.evaluate.answers import chrf, exact_match, normalised, token_f1
from practicum.evaluate.metrics import METRICS, metric, outcome


def asked(*references: Any) -> Batch:
    return Batch.of(["x"] * len(references), ids=[f"q{k}" for k in range(len(references))],
                    targets={"reference": list(references)})


def said(*texts: Any) -> Predictions:
    return Predictions("generation", list(range(len(texts))), list(texts))


def test_squads_normal_form() -> None:
    assert normalised(" An  apple, the\tpear; and\na plum! ") == "apple pear and plum"
    assert normalised("Theatre, Another anthem") == "theatre another anthem"  # articles are whole words
    assert normalised("U.S.A.'s") == "usas"
    assert normalised("Straße — ÉTÉ") == "straße — été"  # ASCII punctuation only, as in the original


@pytest.mark.parametrize(("text", "references", "match", "f1"), [
    ("The cat.", ["cat"], 1.0, 1.0),
    ("a black cat", ["the black dog"], 0.0, 0.5),
    ("black black cat", ["black dog"], 0.0, 2 * 1 / (3 + 2)),  # a multiset: black counts once
    ("black", ["white", "black and white"], 0.0, 2 * 1 / (1 + 3)),
    ("", ["nothing"], 0.0, 0.0),
    ("the", [""], 1.0, 1.0),
    ("日本", ["日本 東京"], 0.0, 2 / 3),
    ("ÉTÉ", ["été"], 1.0, 1.0)])
def test_exact_match_and_token_f1(text: str, references: list[str], match: float, f1: float) -> None:
    assert exact_match(text, references) == match
    assert token_f1(text, references) == pytest.approx(f1)


def test_chrf_by_hand() -> None:
    # n = 1: 2 of 3 shared both ways; n = 2: 1 of 2; n = 3: 0 of 1. Averages 7/18 both ways.
    assert chrf("abc", ["abd"]) == pytest.approx(7 / 18)
    # n = 1: precision 1, recall 2/4; n = 2: precision 1, recall 1/3. Longer orders have no n-gram to compare.
    precision, recall = 1.0, (1 / 2 + 1 / 3) / 2
    assert chrf("ab", ["abcd"]) == pytest.approx(5 * precision * recall / (4 * precision + recall))
    assert chrf("a b", ["ab"]) == 1.0
    assert chrf("xy", ["ab", "xy"]) == 1.0
    assert (chrf("", ["a"]), chrf("a", [""]), chrf(" ", [""]), chrf("a", ["b"])) == (0.0, 0.0, 1.0, 0.0)


@settings(max_examples=150, deadline=None)
@given(st.text("abcß 日\n", max_size=14), st.lists(st.text("abcß 日\n", max_size=14), min_size=1, max_size=3))
def test_chrf_is_sacrebleus(text: str, references: list[str]) -> None:
    from sacrebleu.metrics import CHRF

    if text.split() or all(r.split() for r in references):
        theirs = CHRF().sentence_score(text, references).score
        assert 100 * chrf(text, references) == pytest.approx(theirs, abs=1e-9)


def test_outcome_of_generation() -> None:
    batch = asked("the dog", ["over", "above"], [""])
    found = outcome(METRICS["token-f1"], said("big dog", "Above!", ""), batch)
    assert found.score.tolist() == pytest.approx([2 / 3, 1.0, 1.0])
    assert found.correct is not None
    assert found.correct.tolist() == [False, True, True]
    assert found.loss.tolist() == pytest.approx(
        [1 - chrf("big dog", ["the dog"]), 1 - chrf("Above!", ["above", "over"]), 0.0])
    assert found.label == ["the dog", json.dumps(["over", "above"]), ""]
    assert found.prediction == ["big dog", "Above!", ""]
    assert METRICS["exact-match"].score(said("big dog", "Above!", ""), batch).tolist() == [0.0, 1.0, 1.0]
    assert [m.worst for m in METRICS.values() if "generation" in m.tasks] == [0.0] * 3
    assert metric(None, "generation").name == "token-f1"


def test_a_sample_without_a_reference_is_named() -> None:
    with pytest.raises(DataError, match=r"sample 'q1' has no reference.*1 of 3 samples"):
        outcome(METRICS["chrf"], said("a", "b", "c"), asked("a", [], "c"))
    with pytest.raises(DataError, match="row 1: 7 is neither a text nor a list of texts"):
        asked("a", 7)


def test_an_answer_that_is_no_text_is_refused() -> None:
    with pytest.raises(ModelOutputError, match="returned None for sample 'q1'"):
        outcome(METRICS["chrf"], said("a", None), asked("a", "b"))


def test_references_survive_arrow_and_joining() -> None:
    batch = asked("the dog", ["über", "oben"])
    assert Batch.from_arrow(batch.to_arrow()).equals(batch)
    joined = Batch.concat([batch.take([1]), batch.take(np.array([0]))])
    assert joined.targets["reference"].data == [("über", "oben"), ("the dog",)]
