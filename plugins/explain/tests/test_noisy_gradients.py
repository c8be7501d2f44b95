"""SmoothGrad, VarGrad and expected gradients against closed forms and their own draws."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from practicum_explain.expected_gradients import ExpectedGradients
from practicum_explain.integrated_gradients import IntegratedGradients
from practicum_explain.smooth_grad import SmoothGrad

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.errors import ConfigError, DataError
from practicum.keys import Keys
from practicum.masking import Background, Constant
from practicum.technique import build
from practicum.testing.torch_toys import BagOfWords, TorchToy


class Of(torch.nn.Module):
    """A function of x [N, D] as first logit; the second is its negative."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        value = self.function(x)
        return torch.stack([value, -value], dim=1)


def quadratic(seed: int, size: int = 5) -> tuple[TorchToy, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(size, size)), rng.normal(size=size)
    ta, tb = torch.from_numpy(a), torch.from_numpy(b)
    return TorchToy.of(Of(lambda z: ((z @ ta) * z).sum(dim=1) + z @ tb)), a, b


def test_smooth_grad_of_a_quadratic_is_its_gradient() -> None:
    model, a, b = quadratic(0)
    x = np.random.default_rng(1).normal(size=(3, 5))
    out = SmoothGrad(absolute=False, pairs=2, std=3.0)(model, x, target=0)
    np.testing.assert_allclose(out.values, x @ (a + a.T) + b, rtol=1e-10)
    assert out.error.max() < 1e-7
    assert out.gradients.tolist() == [4] * 3


def test_the_mean_is_over_the_stated_draws_and_its_error_is_their_spread() -> None:
    x = np.random.default_rng(2).normal(size=(2, 4))
    model = TorchToy.of(Of(lambda z: (z**3).sum(dim=1)))
    out = SmoothGrad(absolute=False, pairs=50, std=0.5, relative=False)(model, Batch.of(x, ids=["a", "b"]), target=0,
                                                                        seed=4)
    keys = Keys(4).child("explain/smooth-grad").bind(Batch.of(x, ids=["a", "b"]).ids)
    noise = np.stack([0.5 * keys.normal(4, lane=k).astype(np.float64) for k in range(50)])
    pairs = 3 * (x**2 + noise**2)
    np.testing.assert_allclose(out.values, pairs.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(out.error, (pairs.std(axis=0, ddof=1) / np.sqrt(50)).max(axis=1), rtol=1e-6)
    # E 3 (x + e)^2 = 3 x^2 + 3 std^2
    assert (np.abs(out.values - 3 * x**2 - 0.75) < 4 * out.error[:, None]).all()


def test_vargrad_of_a_quadratic() -> None:
    # sigma^2 diag((A + A')^2) in expectation; with the draws themselves exactly.
    model, a, _ = quadratic(3)
    x = np.random.default_rng(4).normal(size=(2, 5))
    batch = Batch.of(x, ids=["a", "b"])
    out = SmoothGrad(statistic="variance", std=0.7, relative=False, pairs=400)(model, batch, target=0)
    keys = Keys(0).child("explain/smooth-grad").bind(batch.ids)
    noise = np.stack([0.7 * keys.normal(5, lane=k).astype(np.float64) for k in range(400)])
    np.testing.assert_allclose(out.values, ((noise @ (a + a.T)) ** 2).mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(out.values, np.tile(0.49 * ((a + a.T) ** 2).sum(axis=0), (2, 1)), rtol=0.35)


def test_squares_are_variance_and_squared_mean() -> None:
    model, a, b = quadratic(5)
    x = np.random.default_rng(6).normal(size=(2, 5))
    squares, variance = (SmoothGrad(statistic=s, pairs=3)(model, x, target=0).values for s in ("squares", "variance"))
    np.testing.assert_allclose(squares - variance, (x @ (a + a.T) + b) ** 2, rtol=1e-9)
    with pytest.raises(ConfigError, match="times_input"):
        SmoothGrad(statistic="variance", times_input=True)


def test_without_noise_it_is_the_gradient_and_noise_follows_the_range() -> None:
    x = np.array([[0.0, 2.0, 1.0], [1.0, 1.0, 1.0]])
    model = TorchToy.of(Of(lambda z: (z**3).sum(dim=1)))
    np.testing.assert_allclose(SmoothGrad(std=0.0)(model, x, target=0).values, 3 * x**2, rtol=1e-12)
    absolute = SmoothGrad(std=0.2, relative=False)(model, x[:1], target=0).values
    np.testing.assert_allclose(SmoothGrad(std=0.1)(model, x, target=0).values[:1], absolute, rtol=1e-12)
    np.testing.assert_allclose(SmoothGrad(std=0.1)(model, x, target=0).values[1], 3.0, rtol=1e-12)


def test_more_pairs_begin_with_the_same_draws() -> None:
    model = TorchToy.of(Of(lambda z: (z**3).sum(dim=1)))
    x = np.ones((1, 3)) * [[1.0, 2.0, 3.0]]
    few, many = (SmoothGrad(pairs=p)(model, x, target=0).values for p in (1, 2))
    second = 2 * many - few
    assert np.abs(second - few).min() > 0
    noise = 0.3 * Keys(0).child("explain/smooth-grad").bind(Batch.of(x).ids).normal(3, lane=1)
    np.testing.assert_allclose(second, 3 * (x**2 + noise**2), rtol=1e-6)


def test_words_have_inner_products_lengths_or_variances() -> None:
    rng = np.random.default_rng(7)
    table, weight = rng.normal(size=(3, 4)), rng.normal(size=(2, 4))
    model = BagOfWords.of(["good", "bad"], table, weight)
    texts = ["good bad", "bad"]
    product = SmoothGrad(absolute=False)(model, texts, target=1)
    np.testing.assert_allclose(product.values[0], table[[0, 1]] @ weight[1] / 2, rtol=1e-10)
    length = SmoothGrad(times_input=False)(model, texts, target=1)
    np.testing.assert_allclose(length.values[1], [np.linalg.norm(weight[1])], rtol=1e-10)
    variance = SmoothGrad(statistic="variance")(model, texts, target=1)
    np.testing.assert_allclose(variance.values[0], 0.0, atol=1e-14)
    assert [len(v) for v in variance.values] == [2, 1]


def test_expected_gradients_of_linear_scores_are_exact() -> None:
    rng = np.random.default_rng(8)
    weight, x, held = rng.normal(size=(2, 6)), rng.normal(size=(3, 6)), rng.normal(size=(5, 6))
    out = ExpectedGradients(absent=Background.of(Batch.of(held)), pairs=1)(TorchToy.linear(weight, [1.0, 2.0]), x,
                                                                           target=1)
    np.testing.assert_allclose(out.values, weight[1] * (x - held.mean(axis=0)), rtol=1e-10)
    np.testing.assert_allclose(out.base_value, held.mean(axis=0) @ weight[1] + 2.0, rtol=1e-10)
    assert out.error.max() < 1e-12
    assert out.gradients.tolist() == [10] * 3


def test_expected_gradients_of_a_quadratic_are_the_mean_of_integrated_gradients() -> None:
    model, _, _ = quadratic(9)
    rng = np.random.default_rng(10)
    x, held = rng.normal(size=(2, 5)), rng.normal(size=(4, 5))
    out = ExpectedGradients(absent=Background.of(Batch.of(held)), pairs=1)(model, x, target=0)
    each = [IntegratedGradients(absent=Constant(value=tuple(h)), nodes=1)(model, x, target=0).values for h in held]
    np.testing.assert_allclose(out.values, np.mean(each, axis=0), rtol=1e-9)


def test_expected_gradients_are_unbiased_and_their_gap_shrinks() -> None:
    model = TorchToy.of(Of(lambda z: torch.sin(2 * z).sum(dim=1) * z[:, 0]))
    rng = np.random.default_rng(11)
    x, held = rng.normal(size=(1, 3)), rng.normal(size=(2, 3))
    each = [IntegratedGradients(absent=Constant(value=tuple(h)), tolerance=1e-9)(model, x, target=0).values
            for h in held]
    background = Background.of(Batch.of(held))
    found = np.stack([ExpectedGradients(absent=background, pairs=2)(model, x, target=0, seed=s).values
                      for s in range(200)])
    spread = found.std(axis=0) / np.sqrt(200)
    assert (np.abs(found.mean(axis=0) - np.mean(each, axis=0)) < 4 * spread).all()
    few, many = (ExpectedGradients(absent=background, pairs=p)(model, x, target=0).error[0] for p in (1, 64))
    assert many < few / 10


def test_expected_gradients_leave_missing_values_and_refuse_a_background_that_does_not_fit() -> None:
    rng = np.random.default_rng(12)
    values, weight = rng.normal(size=(2, 4, 1)), rng.normal(size=(2, 4))
    values[0, 3] = np.nan
    held = rng.normal(size=(3, 4, 1))
    batch = Batch.of(Series(values, ~np.isnan(values[..., 0])), modality="series")
    background = Background.of(Batch.of(Series(held, np.ones((3, 4), bool)), modality="series"))
    out = ExpectedGradients(absent=background)(TorchToy.linear(weight), batch, target=0)
    expected = weight[0].reshape(4, 1) * (values - held.mean(axis=0))
    np.testing.assert_allclose(out.values, np.nan_to_num(expected), rtol=1e-9)
    with pytest.raises(DataError, match=r"shape \(5,\)"):
        ExpectedGradients(absent=Background.of(Batch.of(np.ones((2, 5)))))(TorchToy.linear(np.ones((2, 4))),
                                                                           np.ones((1, 4)), target=0)
    with pytest.raises(ConfigError, match="absent"):
        ExpectedGradients()


def test_a_background_named_by_its_source_is_plain_data() -> None:
    config = {"use": "explain/expected-gradients", "absent": {"kind": "background", "data": {"use": "sklearn/digits"}}}
    made = build(config)
    assert build(made.config()) == made
    assert made.config()["absent"]["data"] == {"use": "sklearn/digits"}
