"""Integrated gradients against closed forms and completeness."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_explain.integrated_gradients import IntegratedGradients

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.errors import ConfigError, ModalityError
from practicum.masking import Background, Blur, Constant
from practicum.testing.torch_toys import BagOfWords, TorchToy


class Of(torch.nn.Module):
    """A function of x [N, D] as first logit; the second is its negative."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        value = self.function(x)
        return torch.stack([value, -value], dim=1)


def relu_net(sizes: list[int], seed: int, bias: bool = True) -> torch.nn.Module:
    rng = np.random.default_rng(seed)
    layers: list[torch.nn.Module] = []
    for rows, columns in zip(sizes[1:], sizes[:-1], strict=True):
        layer = torch.nn.Linear(columns, rows, bias=bias, dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(rng.normal(size=(rows, columns)) / np.sqrt(columns)))
            if bias:
                layer.bias.copy_(torch.from_numpy(rng.normal(size=rows)))
        layers += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def test_linear_scores_cost_one_gradient() -> None:
    rng = np.random.default_rng(0)
    weight, x, base = rng.normal(size=(3, 6)), rng.normal(size=(4, 6)), rng.normal(size=6)
    target = np.array([0, 1, 2, 1])
    out = IntegratedGradients(nodes=1, absent=Constant(value=tuple(base)))(TorchToy.linear(weight, [1.0, 2.0, 3.0]), x,
                                                                           target=target)
    np.testing.assert_allclose(out.values, weight[target] * (x - base), rtol=1e-12)
    np.testing.assert_allclose(out.base_value, weight[target] @ base + np.array([1, 2, 3])[target], rtol=1e-12)
    assert out.error is not None
    assert out.error.max() < 1e-12
    assert out.gradients is not None
    assert out.queries is not None
    assert out.gradients.tolist() == [1] * 4
    assert out.queries.tolist() == [3] * 4


def test_one_node_is_exact_on_a_quadratic() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=(5, 5)), rng.normal(size=5)
    x, base = rng.normal(size=(3, 5)), rng.normal(size=5)
    ta, tb = torch.from_numpy(a), torch.from_numpy(b)
    model = TorchToy.of(Of(lambda z: ((z @ ta) * z).sum(dim=1) + z @ tb))
    out = IntegratedGradients(nodes=1, absent=Constant(value=tuple(base)))(model, x, target=0)
    np.testing.assert_allclose(out.values, (x - base) * ((x + base) @ (a + a.T) / 2 + b), rtol=1e-10)
    assert out.gradients is not None
    assert out.gradients.tolist() == [1] * 3


@pytest.mark.parametrize("count", [2, 3, 7])
def test_a_product_is_shared_equally(count: int) -> None:
    x = np.random.default_rng(2).uniform(0.5, 2, size=(3, count))
    out = IntegratedGradients()(TorchToy.of(Of(lambda z: z.prod(dim=1))), x, target=0)
    np.testing.assert_allclose(out.values, np.repeat(x.prod(axis=1)[:, None] / count, count, axis=1), rtol=1e-10)
    assert out.figures["pieces"].tolist() == [1.0] * 3


@pytest.mark.parametrize("tolerance", [1e-2, 1e-5, 1e-9])
def test_a_kink_is_closed_in_on(tolerance: float) -> None:
    # ReLU(sum x - 1): the gradient is 0 until the line crosses the kink, and 1 after it.
    x = np.random.default_rng(3).uniform(0.2, 1.0, size=(4, 8))
    out = IntegratedGradients(tolerance=tolerance, most=2048)(
        TorchToy.of(Of(lambda z: torch.relu(z.sum(dim=1) - 1.0))), x, target=0)
    score = x.sum(axis=1) - 1.0
    assert out.error is not None
    assert out.gap is not None
    assert out.gradients is not None
    assert (out.error <= tolerance * score).all()
    np.testing.assert_allclose(out.gap, out.error, atol=1e-13)
    np.testing.assert_allclose(out.values, x / x.sum(axis=1, keepdims=True) * score[:, None], rtol=2 * tolerance)
    assert out.gradients.max() < 4 * (2 + 2 * np.log2(1 / tolerance))


def test_complete_to_the_tolerance_on_a_deep_network_and_values_are_those_of_a_fine_rule() -> None:
    x = np.random.default_rng(4).normal(size=(6, 10))
    net = relu_net([10, 30, 30, 3], seed=5)
    out = IntegratedGradients(most=4096, tolerance=1e-3)(TorchToy.of(net), x, target=1)
    assert out.error is not None
    assert out.score is not None
    assert out.base_value is not None
    assert (out.error <= 1e-3 * np.maximum(np.abs(out.score - out.base_value), 1.0)).all()
    t = (torch.arange(20000, dtype=torch.float64) + 0.5) / 20000
    for row in range(2):
        z = (t[:, None] * torch.from_numpy(x[row])).requires_grad_(True)
        fine = torch.autograd.grad(net(z)[:, 1].sum(), z)[0].mean(dim=0).numpy() * x[row]
        np.testing.assert_allclose(out.values[row], fine, atol=5e-3)


def test_what_the_budget_can_not_reach_is_said() -> None:
    x = np.random.default_rng(4).normal(size=(3, 10))
    model = TorchToy.of(relu_net([10, 30, 30, 3], seed=5))
    out = IntegratedGradients(most=8, tolerance=1e-9)(model, x, target=1)
    assert out.gradients is not None
    assert out.error is not None
    assert out.gap is not None
    assert out.gradients.tolist() == [4] * 3
    np.testing.assert_allclose(out.error, out.gap, atol=1e-13)
    assert out.error.min() > 1e-6


def test_homogeneous_networks_need_one_node_and_give_gradient_times_input() -> None:
    x = np.random.default_rng(6).normal(size=(4, 8))
    net = relu_net([8, 20, 20, 2], seed=7, bias=False)
    out = IntegratedGradients(nodes=1)(TorchToy.of(net), x, target=1)
    z = torch.from_numpy(x).requires_grad_(True)
    scores = net(z)[:, 1]
    expected = torch.autograd.grad(scores.sum(), z)[0].numpy() * x
    np.testing.assert_allclose(out.values, expected, atol=1e-12)
    np.testing.assert_allclose(out.values.sum(axis=1), scores.detach().numpy(), atol=1e-12)


def test_words_are_the_sums_over_their_embeddings() -> None:
    rng = np.random.default_rng(8)
    table, weight = rng.normal(size=(3, 5)), rng.normal(size=(2, 5))
    model = BagOfWords.of(["good", "bad"], table, weight)
    out = IntegratedGradients(nodes=1)(model, ["good bad", "bad bad unheard", ""], target=[1, 0, 1])
    assert out.units == [["good", "bad"], ["bad", "bad", "unheard"], []]
    np.testing.assert_allclose(out.values[0], table[[0, 1]] @ weight[1] / 2, rtol=1e-12)
    np.testing.assert_allclose(out.values[1], table[[1, 1, 2]] @ weight[0] / 3, rtol=1e-12)
    assert len(out.values[2]) == 0
    np.testing.assert_allclose(out.base_value, 0.0, atol=1e-15)


def test_values_that_were_not_observed_get_nothing_and_stay_as_they_are() -> None:
    rng = np.random.default_rng(9)
    values, weight = rng.normal(size=(2, 6, 2)), rng.normal(size=(2, 12))
    values[0, 4:], values[1, 1, 0] = np.nan, np.nan
    batch = Batch.of(Series(values, ~np.isnan(values).all(axis=2)), modality="series")
    out = IntegratedGradients(absent=Constant())(TorchToy.linear(weight), batch, target=0)
    np.testing.assert_allclose(out.values, np.where(np.isnan(values), 0.0, weight[0].reshape(6, 2) * values),
                               rtol=1e-12)


def test_the_mean_is_the_baseline_of_images_when_none_is_named() -> None:
    rng = np.random.default_rng(10)
    weight, x = rng.normal(size=(2, 48)), torch.from_numpy(rng.uniform(size=(2, 3, 4, 4)))
    out = IntegratedGradients()(TorchToy.linear(weight), x, target=0)
    base = x.mean(dim=(2, 3), keepdim=True).numpy()
    np.testing.assert_allclose(out.values, weight[0].reshape(3, 4, 4) * (x.numpy() - base), rtol=1e-10, atol=1e-15)


def test_baselines_that_do_not_fit_are_refused() -> None:
    model = TorchToy.linear(np.ones((2, 4)))
    with pytest.raises(ModalityError, match="expected-gradients"):
        IntegratedGradients(absent=Background.of(Batch.of(np.zeros((2, 4)))))(model, np.ones((1, 4)), target=0)
    with pytest.raises(ModalityError, match="blur"):
        IntegratedGradients(absent=Blur())(model, np.ones((1, 4)), target=0)
    with pytest.raises(ModalityError, match="leave it out"):
        IntegratedGradients(absent="token")(BagOfWords.of(["a"], np.ones((2, 2)), np.ones((2, 2))), ["a"], target=0)
    with pytest.raises(ConfigError, match="tolerance"):
        IntegratedGradients(tolerance=0.0)
