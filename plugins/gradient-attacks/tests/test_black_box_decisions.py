"""Attacks that see decisions only: how near they come, what they see, and what they cost."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.boundary import Boundary
from practicum_gradient_attacks.hopskipjump import HopSkipJump
from practicum_gradient_attacks.square import Square

from practicum import Batch, Model
from practicum.errors import ConfigError
from practicum.model import Predictions
from practicum.testing.linear_truth import least_distance
from practicum.testing.torch_toys import TorchToy

ATTACKS = (HopSkipJump(), HopSkipJump(norm="linf"), Boundary())


def _case(d: int, bounds: Any, seed: int = 0) -> tuple[TorchToy, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    w, x = rng.normal(size=d), rng.uniform(0.3, 0.7, size=(3, d))
    bias = -(x @ w).max() - 0.05 * np.abs(w).sum()
    return TorchToy.linear(np.stack([0 * w, w]), np.array([0.0, bias]), bounds=bounds), w, x, -(x @ w + bias)


@pytest.mark.parametrize(("d", "bounds"), [(8, None), (40, None), (12, (0.0, 1.0))])
@pytest.mark.parametrize("attack", ATTACKS)
def test_comes_near_the_least_distance_of_a_linear_model(attack: Any, d: int, bounds: Any) -> None:
    model, w, x, margin = _case(d, bounds)
    result = attack.evolve(queries=2000)(model, x, np.zeros(len(x), int))
    exact = least_distance(np.broadcast_to(w, x.shape), x, margin, attack.measure(), bounds)
    assert result.success.all()
    ratio = result.norm / exact
    assert ratio.min() >= 1 - 1e-6
    assert ratio.max() <= 1.1, ratio
    assert result.within.all()


class _Steep(Model):
    """Any strictly rising function of the scores of another model, as probabilities or as they are."""

    name: ClassVar[str] = "test/steep"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    form: str = "plain"
    base: Any = None

    def predict(self, batch: Batch) -> Predictions:
        scores = np.asarray(self.base.predict(batch).values)
        if self.form == "softmax":
            scores = torch.from_numpy(scores).softmax(dim=1).numpy()
        elif self.form == "cubed":
            scores = scores**3 * 1e5 - 7.0
        return Predictions(self.task, batch.ids, scores)


@pytest.mark.parametrize("attack", [a.evolve(queries=300) for a in ATTACKS])
def test_no_rising_function_of_the_scores_changes_anything(attack: Any) -> None:
    rng = np.random.default_rng(1)
    weight, x = rng.normal(size=(4, 6)), rng.uniform(size=(5, 6))
    base = TorchToy.linear(weight)
    label = base.predict(Batch.of(x)).labels
    plain = attack(_Steep(base=base), x, label)
    assert plain.success.all()
    for form in ("softmax", "cubed"):
        other = attack(_Steep(base=base, form=form), x, label)
        np.testing.assert_array_equal(other.adversarial, plain.adversarial)
        np.testing.assert_array_equal(other.queries, plain.queries)


@pytest.mark.parametrize("attack", ATTACKS)
def test_never_a_query_more_than_allowed(attack: Any) -> None:
    model, _, x, _ = _case(7, None, seed=2)
    for queries in (1, 2, 5, 11, 60, 200):
        result = attack.evolve(queries=queries)(model, x, np.zeros(len(x), int))
        assert (result.queries <= queries).all()
        assert (result.queries >= queries - 3).all()
        assert result.within.all()


@pytest.mark.parametrize("attack", [a.evolve(queries=200) for a in ATTACKS])
def test_eps_gives_back_samples_that_nothing_near_was_found_for(attack: Any) -> None:
    model, _, x, _ = _case(7, None, seed=3)
    free = attack(model, x, np.zeros(len(x), int))
    eps = float(np.sort(free.norm)[1])
    bound = attack.evolve(eps=eps)(model, x, np.zeros(len(x), int))
    np.testing.assert_array_equal(bound.success, free.norm <= eps)
    np.testing.assert_array_equal(bound.adversarial[~bound.success], x[~bound.success])
    assert bound.within.all()


@pytest.mark.parametrize("make", [HopSkipJump, Boundary])
def test_criteria_that_decisions_cannot_tell_are_refused_at_once(make: Any) -> None:
    for criterion in ({"goal": "confident", "p": 0.9}, {"goal": "outside-top", "k": 2},
                      {"goal": "all-of", "parts": [{"goal": "misclassified"}, {"goal": "confident"}]}):
        with pytest.raises(ConfigError, match="predicted class"):
            make(criterion=criterion)
    make(criterion={"goal": "outside-top", "k": 1})


@pytest.mark.parametrize("attack", [a.evolve(queries=400) for a in ATTACKS])
def test_a_target_is_reached(attack: Any) -> None:
    rng = np.random.default_rng(4)
    weight, x = rng.normal(size=(3, 6)), rng.uniform(size=(6, 6))
    model = TorchToy.linear(weight)
    label = model.predict(Batch.of(x)).labels
    result = attack.evolve(criterion={"target": 1})(model, x, label)
    np.testing.assert_array_equal(result.success, label != 1)
    assert (model.predict(Batch.of(result.adversarial)).labels == 1).all()


def test_score_attacks_take_every_criterion() -> None:
    rng = np.random.default_rng(5)
    weight, x = rng.normal(size=(5, 8)), rng.uniform(size=(6, 8))
    model = TorchToy.linear(weight)
    label = model.predict(Batch.of(x)).labels
    for criterion in ({"target": 1}, {"goal": "outside-top", "k": 2}, {"goal": "confident", "p": 0.8},
                      {"goal": "all-of", "parts": [{"goal": "confident", "p": 0.6}, {"target": 3}]}):
        attack = Square(eps=2.0, queries=400, criterion=criterion)
        result = attack(model, x, label)
        facts = attack.aim().facts(result.batch)
        assert result.success[attack.aim().concerns(facts)].all(), criterion
        assert (result.queries < 400).all()
