"""Concept activation against models that are linear in a known concept."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_explain.directions import discriminant, told_apart
from practicum_explain.tcav import Tcav, _welch
from torch import nn

from practicum import Batch, Keys
from practicum.errors import CapabilityError, DataError
from practicum.testing.torch_toys import TorchToy


def concepts(direction: np.ndarray, count: int = 12, seed: int = 0) -> Batch:
    """Counterexamples and, moved along a direction, the same once more: isotropic in sum."""
    rng = np.random.default_rng(seed)
    size = len(direction)
    axes = np.concatenate([np.eye(size), -np.eye(size)])
    cloud = 0.5 * axes[rng.permutation(np.repeat(np.arange(2 * size), -(-count // (2 * size))))]
    x = np.concatenate([cloud, cloud + direction])
    return Batch.of(x, ids=[f"e{i}" for i in range(len(x))],
                    targets={"label": np.repeat([0, 1], len(cloud))})


def identity_then(weight: np.ndarray) -> TorchToy:
    """The input is the activation: logits ``weight @ x``."""
    return TorchToy.linear(weight)


@pytest.mark.parametrize("wide", [False, True])
def test_the_direction_is_fishers_with_a_shrunk_covariance(wide: bool) -> None:
    rng = np.random.default_rng(1)
    positive, negative = rng.normal(size=(9, 30 if wide else 4)) + 1.0, rng.normal(size=(6, 30 if wide else 4))
    within = (np.cov(positive.T, bias=True) + np.cov(negative.T, bias=True)) / 2
    size = len(within)
    shrunk = 0.7 * within + 0.3 * np.trace(within) / size * np.eye(size)
    expected = np.linalg.solve(shrunk, positive.mean(axis=0) - negative.mean(axis=0))
    np.testing.assert_allclose(discriminant(positive, negative, 0.3), expected / np.linalg.norm(expected), atol=1e-12)


def test_equal_means_have_no_direction_and_points_without_spread_have_one() -> None:
    assert not discriminant(np.ones((3, 2)), np.ones((4, 2)), 0.1).any()
    np.testing.assert_allclose(discriminant(np.array([[3.0, 4.0]] * 2), np.zeros((2, 2)), 0.1), [0.6, 0.8])
    assert told_apart(np.array([1.0]), np.array([[2.0], [0.0]]), np.array([[0.0]]), 1.0) == 0.75


def test_on_a_linear_model_the_sensitivity_is_the_weight_along_the_concept() -> None:
    weight, direction = np.array([[2.0, -1.0, 0.5], [-1.0, 3.0, 0.0]]), np.array([0.0, 6.0, 0.0])
    model = identity_then(weight)
    fitted = Tcav(shrinkage=1.0).fit(model, concepts(direction, 600), Keys(0))
    x = np.random.default_rng(2).normal(size=(4, 3))
    out = fitted(model, x, target=[0, 1, 0, 1])
    assert out.units == [["concept 1"]] * 4
    expected = weight[[0, 1, 0, 1], 1]
    # The direction is drawn from halves of the examples, so it is off by their spread over the root of their number.
    np.testing.assert_allclose(np.concatenate(out.values), expected, atol=0.05)
    assert (out.error < 0.05).all()
    assert out.figures["accuracy"].tolist() == [1.0] * 4
    assert out.gradients.tolist() == [1] * 4
    assert out.queries.tolist() == [1] * 4


def test_the_score_says_direction_and_significance() -> None:
    weight = np.array([[0.0, 2.0, 0.0], [0.0, -2.0, 0.0]])
    model, x = identity_then(weight), Batch.of(np.random.default_rng(3).normal(size=(6, 3)))
    known = Tcav().fit(model, concepts(np.array([0.0, 6.0, 0.0]), 60), Keys(0))
    for target, score in ((0, 1.0), (1, 0.0)):
        found, = known.score(model, x, target)
        assert found.score == score
        assert set(np.unique(found.chance)) == {0.0, 1.0}
        assert found.p_value < 1e-3
        assert found.accuracy > 0.99
    random = Tcav().fit(model, concepts(np.zeros(3), 60), Keys(0)).score(model, x, 0)[0]
    assert random.p_value > 0.05
    assert 0.3 < random.accuracy < 0.7
    assert 0.0 < random.score < 1.0


def test_the_p_value_is_welchs() -> None:
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(7)
    first, second = rng.normal(size=8), 2 * rng.normal(size=11) + 1
    assert abs(_welch(first, second) - ttest_ind(first, second, equal_var=False).pvalue) < 1e-14
    assert _welch(np.ones(3), np.ones(4)) == 1.0
    assert _welch(np.ones(3), np.zeros(4)) == 0.0


class Deep(nn.Module):
    """A hidden layer that knows a concept, and a smooth head."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.act, self.head = nn.Linear(4, 5), nn.ReLU(inplace=True), nn.Linear(5, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(self.head(self.act(self.hidden(x))))


def test_gradients_are_those_at_the_layer() -> None:
    rng, net = np.random.default_rng(4), Deep().double()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape)))
    x, shown = rng.normal(size=(3, 4)), concepts(np.array([3.0, 0.0, 0.0, 0.0]), 16)
    model = TorchToy.of(net)
    for layer in (None, "act"):
        fitted = Tcav(layer=layer, splits=3).fit(model, shown, Keys(0))
        out = fitted(model, x, target=1, seed=5)
        keys = Keys(5).child("explain/tcav").bind(Batch.of(x).ids)
        found = fitted._directions(model, keys)["concept 1"].toward
        hidden = torch.relu(net.hidden(torch.from_numpy(x))).detach().requires_grad_(True)
        slope = torch.autograd.grad(torch.tanh(net.head(hidden))[:, 1].sum(), hidden)[0].numpy()
        np.testing.assert_allclose(np.concatenate(out.values), (slope @ found.T).mean(axis=1), rtol=1e-10)
        np.testing.assert_allclose(out.error, (slope @ found.T).std(axis=1, ddof=1) / np.sqrt(3), rtol=1e-10)
    assert not any(m._forward_hooks for m in net.modules())


def test_concepts_keep_their_names_and_splits_do_not_depend_on_the_order_of_examples() -> None:
    rng = np.random.default_rng(6)
    model, x = identity_then(rng.normal(size=(2, 3))), rng.normal(size=(2, 3))
    cloud = rng.normal(size=(24, 3)) + np.repeat([[0, 0, 0], [4, 0, 0], [0, 4, 0]], 8, axis=0)
    names = np.repeat(["a random one", "striped", "zigzag"], 8)
    shown = Batch.of(cloud, ids=[f"e{i}" for i in range(24)], targets={"label": list(names)})
    out = Tcav(splits=4).fit(model, shown, Keys(0))(model, x, target=0)
    assert out.units == [["striped", "zigzag"]] * 2
    again = Tcav(splits=4).fit(model, shown.take(rng.permutation(24)), Keys(0))(model, x, target=0)
    np.testing.assert_allclose(np.stack(again.values), np.stack(out.values), rtol=1e-9)


def test_what_is_missing_is_said() -> None:
    model, x = identity_then(np.ones((2, 3))), np.ones((1, 3))
    shown = concepts(np.ones(3), 12)
    with pytest.raises(CapabilityError, match="has none yet"):
        Tcav()(model, x, target=0)
    with pytest.raises(DataError, match="at least 4 counterexamples"):
        Tcav().fit(model, shown.take(np.arange(14)), Keys(0))(model, x, target=0)
    with pytest.raises(CapabilityError, match="no layer 'deep'"):
        Tcav(layer="deep").fit(model, shown, Keys(0))(model, x, target=0)
    with pytest.raises(CapabilityError, match="no linear layer"):
        Tcav().fit(model, shown, Keys(0))(TorchToy.of(nn.Tanh()), x, target=0)
    with pytest.raises(DataError, match="without samples"):
        Tcav().fit(model, shown, Keys(0)).score(model, Batch.of(x).take(np.zeros(0, dtype=np.int64)), 0)
