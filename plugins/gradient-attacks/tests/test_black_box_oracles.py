"""Black-box attacks on linear models, where the best that can be got and what it costs are known exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.noise import GaussianNoise, UniformNoise
from practicum_gradient_attacks.simba import SimBA
from practicum_gradient_attacks.square import Square

from practicum import Batch, Keys
from practicum.testing.linear_truth import best_gain
from practicum.testing.torch_toys import TorchToy


def linear(d: int, *, seed: int = 0, room: float = 1e3, bounds: tuple[float, float] | None = None,
           n: int = 3) -> tuple[TorchToy, np.ndarray, np.ndarray]:
    """A two-class model that no attack flips within ``room`` of margin, its weight difference, and inputs in 0..1."""
    rng = np.random.default_rng(seed)
    w = rng.normal(size=d)
    x = rng.uniform(size=(n, d))
    bias = -(x @ w).max() - room
    return TorchToy.linear(np.stack([0 * w, w]), np.array([0.0, bias]), bounds=bounds), w, x


def gain(w: np.ndarray, x: np.ndarray, adversarial: Any) -> np.ndarray:
    return (np.asarray(adversarial, dtype=np.float64).reshape(x.shape) - x) @ w


@pytest.mark.parametrize(("norm", "shape", "bounds", "least"), [
    ("linf", (12,), None, 1.0), ("linf", (1, 4, 4), (0.0, 1.0), 1.0), ("l2", (12,), None, 0.99),
    ("l2", (1, 4, 4), (0.0, 1.0), 0.95)])
def test_square_gains_what_there_is_to_gain(norm: str, shape: tuple[int, ...], bounds: Any, least: float) -> None:
    d = int(np.prod(shape))
    model, w, x = linear(d, bounds=bounds)
    eps = 0.1 if norm == "linf" else 0.5
    inputs: Any = torch.from_numpy(x.reshape(-1, *shape)) if len(shape) == 3 else x
    result = Square(norm=norm, eps=eps, queries=600)(model, inputs, np.zeros(len(x), int))
    share = gain(w, x, result.adversarial) / best_gain(w, x, norm, eps, bounds)
    assert share.min() >= least - 1e-9, share
    assert share.max() <= 1 + 1e-9
    assert result.within.all()
    assert (result.queries == 600).all()


def test_square_works_on_probabilities_that_saturate() -> None:
    # A softmax of margins up to 80 rounds to ones and zeros in most places: only its logarithm still tells the way.
    rng = np.random.default_rng(1)
    w, x = rng.normal(size=10), rng.uniform(size=(4, 10))
    flat = TorchToy.linear(np.stack([0 * w, w]), np.array([0.0, -(x @ w).max() - 80.0]))
    soft = TorchToy.of(torch.nn.Sequential(flat.modules()[0], torch.nn.Softmax(dim=1)))
    for attack in (Square(eps=0.1, queries=300), SimBA(norm="linf", eps=0.1)):
        plain = attack(flat, x, np.zeros(4, int))
        np.testing.assert_allclose(attack(soft, x, np.zeros(4, int)).adversarial, plain.adversarial, atol=1e-12)
        assert (gain(w, x, plain.adversarial) / best_gain(w, x, "linf", 0.1)).min() > 0.999


@pytest.mark.parametrize("attack", [Square(eps=0.3, queries=40), SimBA(queries=40), UniformNoise(eps=0.3, queries=40),
                                    GaussianNoise(eps=1.0, queries=40)])
@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e6, 0.0), (1.0, 50.0), (1.0, -50.0)])
def test_scale_and_shift_of_the_scores_change_nothing(attack: Any, scale: float, shift: float) -> None:
    rng = np.random.default_rng(2)
    weight, x = rng.normal(size=(3, 8)), rng.uniform(size=(6, 8))
    label = TorchToy.linear(weight).predict(Batch.of(x)).labels
    plain = attack(TorchToy.linear(weight), x, label)
    other = attack(TorchToy.linear(weight, scale=scale, shift=shift), x, label)
    np.testing.assert_allclose(other.adversarial, plain.adversarial, atol=1e-9)
    np.testing.assert_array_equal(other.queries, plain.queries)


def _basis(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """Unit directions [D, D]: single values, or products of cosines for each channel, from their definition."""
    d = int(np.prod(shape))
    if kind == "pixel":
        return np.eye(d)
    from scipy.fft import idctn

    return np.stack([idctn(row.reshape(shape), axes=(1, 2), norm="ortho").ravel() for row in np.eye(d)])


@pytest.mark.parametrize("basis", ["pixel", "dct"])
def test_simba_is_greedy_coordinate_descent_in_closed_form(basis: str) -> None:
    # Each direction is settled the first time: one query where its first way helps, two where its second does.
    shape, size = (2, 3, 4), 0.2
    d = int(np.prod(shape))
    model, w, x = linear(d)
    directions = _basis(basis, shape)
    along = directions @ w
    count = 1 + d + int((along < 0).sum())
    attack = SimBA(basis=basis, eps=100.0, step_size=size, queries=count)
    result = attack(model, torch.from_numpy(x.reshape(-1, *shape)), np.zeros(len(x), int))
    closed = x + (size * np.sign(along)) @ directions
    np.testing.assert_allclose(np.asarray(result.adversarial).reshape(len(x), -1), closed, atol=1e-12)
    np.testing.assert_allclose(gain(w, x, result.adversarial), size * np.abs(along).sum())
    np.testing.assert_allclose(result.norm, size * np.sqrt(d))
    assert (result.queries == count).all()


def test_simba_in_linf_ends_when_no_step_is_left() -> None:
    # With the ball's radius as step, a settled value can't go on its way: those steps cost nothing; going back costs
    # one query each and doesn't help.
    d = 15
    model, w, x = linear(d)
    result = SimBA(norm="linf", eps=0.1)(model, x, np.zeros(len(x), int))
    np.testing.assert_allclose(result.adversarial, x + 0.1 * np.sign(w), atol=1e-12)
    assert (result.queries == 1 + d + int((w < 0).sum()) + d).all()


def test_simba_orders_low_frequencies_first() -> None:
    from practicum_gradient_attacks.simba import _Directions
    from practicum_gradient_attacks.values import Values

    values = Values.of(Batch.of(torch.zeros(5, 2, 8, 8)), None, by="test")
    order = _Directions(values, "dct", 0.25, Keys(0).bind(values.ids))._order
    low = {(c * 8 + i) * 8 + j for c in range(2) for i in range(2) for j in range(2)}
    assert all(set(row[:8].tolist()) == low for row in order)
    assert all(sorted(row.tolist()) == list(range(128)) for row in order)
    assert len({tuple(row.tolist()) for row in order}) == 5




def test_noise_costs_the_closed_form() -> None:
    # The model's only weight is on the first value, so that whether a draw wins can be told from the draw itself.
    n, d, eps = 40, 3, 0.1
    x = np.zeros((n, d))
    model = TorchToy.linear(np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]), np.array([0.0, -0.08]))
    batch = Batch.of(x, targets={"label": np.zeros(n, int)})
    keys = Keys(3).child("gradient-attacks/uniform-noise").bind(batch.ids)
    draws = np.stack([eps * (2 * keys.child(f"draw-{k}").uniform53(d) - 1)[:, 0] for k in range(29)], axis=1)
    wins = draws > 0.08
    first = np.where(wins.any(axis=1), wins.argmax(axis=1) + 1, 29)
    for at_once in (1, 4, 100):
        result = UniformNoise(eps=eps, queries=30, at_once=at_once).run(model, batch, Keys(3))
        np.testing.assert_array_equal(result.queries, 1 + np.minimum(29, at_once * np.ceil(first / at_once)))
        np.testing.assert_array_equal(result.success, wins.any(axis=1))
    assert 0 < wins.any(axis=1).sum() < n


def test_noise_keeps_the_best_of_its_draws() -> None:
    model, w, x = linear(6)
    batch = Batch.of(x, targets={"label": np.zeros(len(x), int)})
    keys = Keys(0).child("gradient-attacks/gaussian-noise").bind(batch.ids)
    draws = [keys.child(f"draw-{k}").normal(6).astype(np.float64) for k in range(19)]
    best = np.max([0.5 * (g @ w) / np.linalg.norm(g, axis=1) for g in draws], axis=0)
    result = GaussianNoise(eps=0.5, queries=20).run(model, batch, Keys(0))
    np.testing.assert_allclose(gain(w, x, result.batch.data), best)
    np.testing.assert_allclose(result.norm, 0.5)


@pytest.mark.parametrize("bounds", [None, (0.0, 1.0)])
def test_noise_of_half_the_space_wins_as_often_as_it_should(bounds: Any) -> None:
    # A draw of a symmetric ball gains margin half of the time: the best of 4 gains with probability 15/16.
    rng = np.random.default_rng(5)
    w, x = rng.normal(size=8), np.full((1000, 8), 0.5)
    model = TorchToy.linear(np.stack([0 * w, w]), np.array([0.0, -float(x[0] @ w) - 1e-9]), bounds=bounds)
    for attack in (UniformNoise(eps=0.2, queries=5), UniformNoise(eps=0.2, norm="l1", queries=5),
                   GaussianNoise(eps=0.2, queries=5)):
        won = attack(model, x, np.zeros(len(x), int)).success.mean()
        assert abs(won - 15 / 16) < 0.025, won


@pytest.mark.parametrize("attack", [Square(queries=7), Square(norm="l2", queries=7), SimBA(queries=7),
                                    UniformNoise(queries=7, at_once=4), GaussianNoise(queries=7, at_once=100)])
def test_never_a_query_more_than_allowed(attack: Any) -> None:
    model, _, x = linear(9)
    for queries in (2, 3, 7):
        result = attack.evolve(queries=queries)(model, x, np.zeros(len(x), int))
        assert (result.queries == queries).all()


def test_any_model_that_predicts_will_do() -> None:
    from practicum.testing.toys_models import SoftmaxRegression, blobs

    data = blobs(40)
    model = SoftmaxRegression().fit([data], Keys(0))
    for attack in (Square(eps=1.5, queries=100), SimBA(eps=3.0), UniformNoise(eps=1.5), GaussianNoise(eps=2.0)):
        result = attack(model, data)
        assert isinstance(result.batch.data, np.ndarray)
        assert result.within.all()
        assert result.success_rate > 0.5


def test_won_samples_and_those_a_target_leaves_out_stay_as_they_are() -> None:
    rng = np.random.default_rng(6)
    weight, x = rng.normal(size=(3, 8)), rng.uniform(size=(30, 8))
    model = TorchToy.linear(weight)
    label = np.arange(30) % 3
    wrong = model.predict(Batch.of(x)).labels != label
    result = Square(eps=0.5, queries=50)(model, x, label)
    np.testing.assert_array_equal(result.adversarial[wrong], x[wrong])
    assert (result.queries[wrong] == 1).all()
    result = Square(eps=0.5, queries=200, criterion={"target": 1})(model, x, label)
    np.testing.assert_array_equal(result.adversarial[label == 1], x[label == 1])
    assert (result.queries[label == 1] == 0).all()
    assert (model.predict(Batch.of(result.adversarial[result.success])).labels == 1).all()
    assert result.success.any()
