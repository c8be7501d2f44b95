"""Wrapped scikit-learn estimators and plain functions are attacked and explained through their scores alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.linear_model import LogisticRegression

import practicum as pm
from practicum.masking import Game
from practicum.testing.toys_models import LeaveOut, Push

WEIGHT = np.array([[1.5, -2.0, 0.5]])
X = np.array([[0.5, 0.1, 0.2], [0.1, 0.6, 0.4], [0.9, 0.2, 0.8]])


def estimator() -> LogisticRegression:
    """A logistic regression with weights of our choice."""
    made = LogisticRegression()
    made.classes_, made.coef_, made.intercept_ = np.array([0, 1]), WEIGHT, np.array([-0.1])
    made.n_features_in_ = 3
    return made


def plain(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same as a function: logits of both classes."""
    margin = np.asarray(x, dtype=np.float64) @ WEIGHT[0] - 0.1
    return np.stack([np.zeros(len(margin)), margin], axis=1)


MODELS: dict[str, Callable[[], Any]] = {
    "sklearn": lambda: pm.wrap(estimator(), modality="state", bounds=(0, 1)),
    "callable": lambda: pm.wrap(plain, modality="state", bounds=(0, 1)),
}


@pytest.mark.parametrize("kind", MODELS)
def test_a_black_box_attack_finds_the_best_step(kind: str) -> None:
    model = MODELS[kind]()
    label = model.predict(pm.Batch.of(X)).labels
    result = Push(eps=0.125)(model, X, label)
    way = np.where(label[:, None] == 1, -np.sign(WEIGHT), np.sign(WEIGHT))
    assert result.adversarial == pytest.approx(X + 0.125 * way)
    margin = (X @ WEIGHT[0] - 0.1) * np.where(label == 1, 1, -1)
    assert result.success.tolist() == (margin - 0.125 * np.abs(WEIGHT).sum() < 0).tolist()
    assert result.queries.tolist() == [6, 6, 6]
    assert result.gradients.tolist() == [0, 0, 0]


def test_explanations_through_scores_are_exact() -> None:
    found = LeaveOut()(MODELS["callable"](), X, target=1)
    assert found.values == pytest.approx(X * WEIGHT)
    proba = LeaveOut()(MODELS["sklearn"](), X, target=1)
    full = estimator().predict_proba(X)[:, 1]
    for feature in range(3):
        without = X.copy()
        without[:, feature] = 0
        assert proba.values[:, feature] == pytest.approx(full - estimator().predict_proba(without)[:, 1])


def test_games_of_log_odds_are_linear() -> None:
    model = MODELS["sklearn"]()
    game = Game(model, pm.Batch.of(X), np.ones(3, np.int64), output="log-odds")
    assert game.full - game.empty == pytest.approx((X * WEIGHT).sum(axis=1))


@pytest.mark.parametrize("kind", MODELS)
def test_what_needs_gradients_is_refused(kind: str) -> None:
    from practicum.errors import CapabilityError
    from practicum.model import require

    with pytest.raises(CapabilityError, match="needs a model with gradient"):
        require(MODELS[kind](), "gradient", "test")
