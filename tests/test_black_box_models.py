"""Models that only give scores, scikit-learn's and plain functions, under attacks and explainers that ask no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.linear_model import LogisticRegression

import practicum as pm
from practicum.batch import Batch

WEIGHT = np.array([1.5, -2.0, 0.5, 0.25])
X = np.array([[0.5, 0.1, 0.2, 0.3], [0.1, 0.6, 0.4, 0.9], [0.9, 0.2, 0.8, 0.1]])


def logits(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Two classes, linear."""
    margin = np.asarray(x, dtype=np.float64) @ WEIGHT - 0.1
    return np.stack([np.zeros(len(margin)), margin], axis=1)


def keywords(texts: Any) -> npt.NDArray[Any]:
    """Adds up what the words say."""
    said = {"good": 2.0, "dull": -1.0}
    margin = np.array([sum(said.get(w, 0.0) for w in str(t).split()) for t in texts])
    return np.stack([np.zeros(len(margin)), margin], axis=1)


def estimator() -> LogisticRegression:
    """A logistic regression of the same weights."""
    made = LogisticRegression()
    made.classes_, made.coef_, made.intercept_ = np.array([0, 1]), WEIGHT[None], np.array([-0.1])
    made.n_features_in_ = len(WEIGHT)
    return made


MODELS: dict[str, Callable[[], Any]] = {
    "sklearn": lambda: pm.wrap(estimator(), modality="state", bounds=(0, 1)),
    "callable": lambda: pm.wrap(logits, modality="state", bounds=(0, 1)),
}
ATTACKS = {"square": 60, "simba": 60, "hop-skip-jump": 80, "boundary": 80, "nes": 120, "uniform-noise": 60,
           "gaussian-noise": 60}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("kind", MODELS)
def test_attacks_by_scores_or_decisions(kind: str, name: str) -> None:
    model = MODELS[kind]()
    attack = pm.get(f"gradient-attacks/{name}", queries=ATTACKS[name])
    if "eps" in type(attack).model_fields:
        attack = attack.evolve(eps=0.5)
    label = model.predict(Batch.of(X)).labels
    result = attack(model, X, label)
    assert result.clean_correct.all()
    assert result.success.sum() >= 2, "half the box is more than any margin here"
    assert result.within.all()
    assert result.gradients.tolist() == [0, 0, 0]
    assert min(result.queries) > 0
    margin = logits(result.adversarial)[:, 1] * np.where(label == 1, 1, -1)
    assert (margin[result.success] <= 1e-9).all(), "won by the weights themselves, not by the attack's word"


@pytest.mark.parametrize("name", ["shapley", "kernel-shap", "permutation-shap", "partition-shap", "lime", "occlusion",
                                  "ablation"])
def test_explainers_by_scores_recover_the_weights(name: str) -> None:
    explainer = pm.get(f"explain/{name}")
    found = explainer(MODELS["callable"](), X, target=1)
    assert np.asarray(found.values) == pytest.approx(X * WEIGHT, abs=1e-5)
    assert found.gap is None or found.gap.max() < 1e-9
    odds = explainer.evolve(output="log-odds")(MODELS["sklearn"](), X, target=1)
    assert np.asarray(odds.values) == pytest.approx(X * WEIGHT, abs=1e-5), "log-odds of a logistic model are linear"
    words = explainer(pm.wrap(keywords, modality="text"), ["a good film", "dull"], target=1)
    assert [np.round(v, 6).tolist() for v in words.values] == [[0, 2, 0], [-1]]
    assert words.units == [["a", "good", "film"], ["dull"]]
