"""Metrics of links: figures worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from toy_tasks import FirstWord, Linker, Upper, WordByWord

from practicum import Batch, Predictions, Target
from practicum.errors import DataError, ModelOutputError, UsageError
from practicum.evaluate import pooled_link_table, pooled_links, stress
from practicum.evaluate.links import link_f1
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


def test_pooling_weighs_links_where_the_mean_weighs_samples() -> None:
    """Right 3, claimed 5, true 6, by hand; scikit-learn's micro average over the pairs agrees."""
    claimed = [{"a", "b", "x"}, {"c"}, set(), {"y"}]
    known = [{"a", "b"}, {"c", "d", "e"}, {"f"}, set()]
    found = pooled_links(claimed, known)
    assert (found.right, found.claimed, found.true) == (3, 5, 6)
    assert (found.precision.value, found.recall.value) == pytest.approx((3 / 5, 3 / 6))
    assert found.f1.value == pytest.approx(2 * 3 / (5 + 6))
    scores = pytest.importorskip("sklearn.metrics").precision_recall_fscore_support
    names = sorted(set().union(*claimed, *known))
    said_table, true_table = ([[n in ids for n in names] for ids in rows] for rows in (claimed, known))
    assert scores(true_table, said_table, average="micro")[:3] == pytest.approx(
        (found.precision.value, found.recall.value, found.f1.value))
    assert np.mean([link_f1(s, t) for s, t in zip(claimed, known, strict=True)]) != pytest.approx(found.f1.value)


def test_intervals_draw_samples_whole() -> None:
    """Two samples: a resample holds either one twice (1/4 each) or both, so the outer percentiles are known."""
    found = pooled_links([{"a"}, {"x", "y", "z"}], [{"a"}, {"w"}], level=0.9)
    assert (found.precision.low, found.precision.value, found.precision.high) == (0.0, 0.25, 1.0)
    assert (found.recall.low, found.recall.value, found.recall.high) == (0.0, 0.5, 1.0)
    inner = pooled_links([{"a"}, {"x", "y", "z"}], [{"a"}, {"w"}], level=0.2)
    assert (inner.precision.low, inner.precision.high) == (0.25, 0.25)
    assert (inner.f1.low, inner.f1.high) == pytest.approx((2 / 6, 2 / 6))


def test_pooling_nothing_and_what_can_not_be_pooled() -> None:
    empty = pooled_links([set(), set()], [set(), set()])
    assert [(e.value, e.low, e.high) for e in (empty.precision, empty.recall, empty.f1)] == [(1.0, 1.0, 1.0)] * 3
    assert pooled_links([set()], [{"a"}]).f1.value == 0.0
    with pytest.raises(UsageError, match="2 sets of claimed links but 1 of true"):
        pooled_links([set(), set()], [set()])
    with pytest.raises(UsageError, match="at least one"):
        pooled_links([], [])
    with pytest.raises(UsageError, match="level=2"):
        pooled_links([set()], [set()], level=2)


def test_a_report_of_links_is_pooled_line_by_line() -> None:
    data = Batch.of(["red lamp", "red lamp red", "ÉTÉ", "none"], ids=list("abcd"),
                    targets={"links": [["r1", "r2"], ["r1"], ["r3"], []]})
    report = stress(Linker(), data, [Upper(), FirstWord()], seeds=2)
    table = pooled_link_table(report).set_index("perturbation")
    assert list(table.index) == ["(clean)", "upper", "first-word"]
    counts = {"(clean)": (4, 5, 4), "upper": (1, 1, 4), "first-word": (3, 3, 4)}
    for name, (right, claimed, known) in counts.items():
        line = table.loc[name]
        assert (line.precision, line.recall) == pytest.approx((right / claimed, right / known))
        assert line.f1 == pytest.approx(2 * right / (claimed + known))
        assert line.f1_low <= line.f1 <= line.f1_high
        assert line.n == 4
    broken = stress(Linker(breaks_on="RED LAMP"), data, [Upper()], seeds=1)
    assert pooled_link_table(broken).set_index("perturbation").loc["upper", "recall"] == pytest.approx(1 / 4)
    other = stress(WordByWord(), Batch.of(["rot"], targets={"reference": ["red"]}), [Upper()], seeds=1)
    with pytest.raises(UsageError, match="task is generation: only links"):
        pooled_link_table(other)
