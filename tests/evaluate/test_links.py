"""Metrics of links: figures worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from practicum import Batch, Predictions, Target
from practicum.errors import DataError, ModelOutputError
from practicum.evaluate.metrics import METRICS, metric, outcome, target_of


def left(*links: Any) -> Batch:
    return Batch.of(["x"] * len(links), ids=list("abcdefg")[:len(links)], targets={"links": list(links)})


def said(batch: Batch, *rows: Any) -> Predictions:
    return Predictions("links", batch.ids, list(rows))


def test_each_left_id_has_the_f1_of_its_set() -> None:
    batch = left(["r1", "r2"], ["r1"], [], [], ["é", "r9"])
    found = outcome(METRICS["link-f1"], said(batch, ("a", "r1", 0.9), ("a", "r2", 0.8), ("b", "r2", 0.5),
                                             ("b", "r1", 0.4), ("d", "r1", 0.1), ("e", "é", 1)), batch)
    assert found.score.tolist() == pytest.approx([1.0, 2 / 3, 1.0, 0.0, 2 / 3])
    assert found.loss.tolist() == pytest.approx([0.0, 1 / 3, 0.0, 1.0, 1 / 3])
    assert found.correct is not None
    assert found.correct.tolist() == [True, False, True, False, False]
    assert found.label == ['["r1", "r2"]', '["r1"]', "[]", "[]", '["r9", "é"]']
    assert found.prediction == ['["r1", "r2"]', '["r1", "r2"]', "[]", '["r1"]', '["é"]']


def test_precision_and_recall_tell_both_kinds_of_mistake_apart() -> None:
    batch = left([1, 2, 3, 4], [5], [])
    predictions = said(batch, ("a", 1, 1.0), ("a", 9, 1.0), ("c", 9, 1.0))
    assert METRICS["link-precision"].score(predictions, batch).tolist() == [0.5, 1.0, 0.0]
    assert METRICS["link-recall"].score(predictions, batch).tolist() == [0.25, 0.0, 1.0]
    assert METRICS["link-f1"].score(predictions, batch).tolist() == pytest.approx([1 / 3, 0.0, 0.0])
    assert metric(None, "links").name == "link-f1"


def test_an_array_of_numbers_names_the_same_ids() -> None:
    batch = Batch.of(["x", "y"], ids=[7, 8], targets={"links": [["12"], {3, 12}]})
    predictions = Predictions("links", batch.ids, np.array([[7, 12, 0.5], [8, 12, 0.25], [8, 3, 1.0]]))
    assert predictions.links == [{"12": 0.5}, {"12": 0.25, "3": 1.0}]
    assert METRICS["link-f1"].score(predictions, batch).tolist() == [1.0, 1.0]


def test_a_link_said_twice_counts_once_with_its_best_score() -> None:
    batch = left(["r1"], [])
    predictions = said(batch, ("a", "r1", 0.2), ("a", "r1", 0.7), ("a", "r1", 0.1))
    assert predictions.links == [{"r1": 0.7}, {}]
    assert METRICS["link-precision"].score(predictions, batch).tolist() == [1.0, 1.0]


def test_a_score_that_is_not_finite_makes_the_sample_wrong() -> None:
    batch = left(["r1"], ["r1"])
    found = outcome(METRICS["link-f1"], said(batch, ("a", "r1", float("nan")), ("b", "r1", 0.5)), batch)
    assert found.finite.tolist() == [False, True]
    assert found.correct is not None
    assert found.correct.tolist() == [False, True]


def test_links_of_unknown_samples_and_rows_of_another_form_are_refused() -> None:
    batch = left(["r1"])
    with pytest.raises(ModelOutputError, match="the batch has no sample 'zz'"):
        outcome(METRICS["link-f1"], said(batch, ("zz", "r1", 1.0)), batch)
    for row in (("a", "r1"), ("a", "r1", "sure")):
        with pytest.raises(ModelOutputError, match=r"a link is \(id_a, id_b, score\)"):
            outcome(METRICS["link-f1"], said(batch, row), batch)
    with pytest.raises(ModelOutputError, match="have no links"):
        _ = Predictions("classification", [0], np.zeros((1, 2))).links


def test_true_links_are_lists_of_ids() -> None:
    with pytest.raises(DataError, match="row 1: 'r2' is no list of ids"):
        left(["r1"], "r2")
    with pytest.raises(DataError, match="target 'owner', row 0: 'r2' is no list of ids"):
        Batch.of(["x"], targets={"owner": Target("links", ["r2"])})
    named = Batch.of(["x"], targets={"owner": Target("links", [["r2"]])})
    assert target_of("links", named).data == [("r2",)]
    batch = left(["r1"], [])
    assert Batch.from_arrow(batch.to_arrow()).equals(batch)
    assert target_of("links", batch.take([1])).data == [()]
