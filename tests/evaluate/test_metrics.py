"""Metrics against figures worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from practicum import Batch, Predictions, Target
from practicum.errors import CapabilityError, DataError, ModelOutputError, TargetError, UsageError
from practicum.evaluate.metrics import METRICS, metric, outcome, target_of


def texts(count: int, **targets: Any) -> Batch:
    return Batch.of(["x"] * count, ids=[f"s{k}" for k in range(count)], targets=targets)


def said(task: Any, values: Any, **more: Any) -> Predictions:
    return Predictions(task, list(range(len(values))), values, **more)


def test_accuracy_and_cross_entropy() -> None:
    batch = texts(3, label=[0, 1, 1])
    logits = np.log(np.array([[0.9, 0.1], [0.8, 0.2], [0.25, 0.75]]))
    found = outcome(METRICS["accuracy"], said("classification", logits), batch)
    assert found.score.tolist() == [1.0, 0.0, 1.0]
    assert found.correct is not None
    assert found.correct.tolist() == [True, False, True]
    np.testing.assert_allclose(found.loss, -np.log([0.9, 0.2, 0.75]))
    np.testing.assert_allclose(METRICS["cross-entropy"].score(said("classification", logits), batch), found.loss)


def test_numbers_that_are_not_finite_are_wrong_answers() -> None:
    found = outcome(METRICS["accuracy"], said("classification", np.array([[np.nan, 0.0], [2.0, 1.0]])),
                    texts(2, label=[0, 0]))
    assert found.finite.tolist() == [False, True]
    assert found.score.tolist() == [0.0, 1.0]


def test_regression() -> None:
    batch = texts(2, value=[1.0, -1.0])
    predictions = said("regression", np.array([[3.0], [-1.5]]))
    assert METRICS["absolute-error"].score(predictions, batch).tolist() == [2.0, 0.5]
    found = outcome(METRICS["absolute-error"], predictions, batch)
    assert found.loss.tolist() == [4.0, 0.25]
    assert found.correct is None


def test_forecast_leaves_out_unknown_steps() -> None:
    truth = np.array([[[1.0], [2.0]], [[np.nan], [4.0]]])
    batch = texts(2, y=Target("value", truth))
    assert METRICS["forecast-mae"].score(said("forecast", np.ones((2, 2, 1))), batch).tolist() == [0.5, 3.0]


def test_tags_missing_and_surplus_are_wrong() -> None:
    batch = Batch.of(["a b", "a b", "a"], targets={"tags": [["N", "V"], ["N", "V"], ["N"]]})
    found = outcome(METRICS["tag-accuracy"], said("tagging", [["N", "X"], ["N"], ["N", "V"]]), batch)
    assert found.score.tolist() == [0.5, 0.5, 0.5]
    assert json.loads(found.label[0]) == ["N", "V"]


def test_a_label_out_of_range_names_the_sample() -> None:
    with pytest.raises(DataError, match=r"'s1' has label 7.*3 classes"):
        outcome(METRICS["accuracy"], said("classification", np.zeros((2, 3))), texts(2, label=[0, 7]))


def test_class_names_in_another_order_are_refused() -> None:
    batch = texts(2, label=["cat", "dog"])
    with pytest.raises(DataError, match="not the data's"):
        outcome(METRICS["accuracy"], said("classification", np.eye(2), classes=("dog", "cat")), batch)


def test_shapes_must_agree() -> None:
    with pytest.raises(ModelOutputError, match="must agree"):
        METRICS["absolute-error"].score(said("regression", np.zeros((2, 2))), texts(2, value=[0.0, 1.0]))


def test_the_metric_must_fit_the_task() -> None:
    assert metric(None, "forecast").name == "forecast-mae"
    with pytest.raises(UsageError, match="did you mean 'accuracy'"):
        metric("acuracy")
    with pytest.raises(UsageError, match=r"measures classification, but the model does\s+regression"):
        metric("accuracy", "regression")
    with pytest.raises(CapabilityError, match="no metric measures task 'segmentation'"):
        metric(None, "segmentation")


def test_the_target_must_be_there_and_plain() -> None:
    with pytest.raises(TargetError, match="kind label; the data has 'value'"):
        target_of("classification", texts(1, value=[0.5]))
    with pytest.raises(TargetError, match="kind label"):
        target_of("classification", texts(1, a=[0], b=[1]))
    assert target_of("classification", texts(1, topic=[1])).data.tolist() == [1]


def test_worsening_follows_the_direction() -> None:
    assert METRICS["accuracy"].worsening(np.array([1.0]), np.array([0.25])).tolist() == [0.75]
    assert METRICS["cross-entropy"].worsening(np.array([1.0]), np.array([0.25])).tolist() == [-0.75]
