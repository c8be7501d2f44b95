"""LIME against weighted ridge regression and linear scores."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_explain.lime import Lime, fitted

from practicum import Batch
from practicum.masking import Constant, Grid, Pixels
from practicum.testing.torch_toys import TorchToy


@pytest.mark.parametrize("alpha", [0.0, 0.3, 5.0])
def test_the_fit_is_weighted_ridge_regression(alpha: float) -> None:
    from sklearn.linear_model import LinearRegression, Ridge

    rng = np.random.default_rng(0)
    z, y, weights = rng.random((60, 7)) < 0.5, rng.normal(size=60), rng.uniform(0.01, 1, size=60)
    beta, intercept, r2 = fitted(z, y, weights, alpha)
    peer = (Ridge(alpha=alpha) if alpha else LinearRegression()).fit(z, y, sample_weight=weights)
    np.testing.assert_allclose(beta, peer.coef_, atol=1e-12)
    assert abs(intercept - peer.intercept_) < 1e-12
    assert abs(r2 - peer.score(z, y, sample_weight=weights)) < 1e-12


@pytest.mark.parametrize("width", [0.03, 0.25, 5.0])
@pytest.mark.parametrize("samples", [64, 40])
def test_a_linear_score_is_recovered_at_any_width_all_asked_or_drawn(width: float, samples: int) -> None:
    rng = np.random.default_rng(1)
    weight, x, base = rng.normal(size=(2, 6)), rng.normal(size=(3, 6)), rng.normal(size=6)
    out = Lime(width=width, samples=samples, absent=Constant(value=tuple(base)))(
        TorchToy.linear(weight, [1.0, 2.0]), x, target=1)
    np.testing.assert_allclose(out.values, weight[1] * (x - base), atol=1e-7)
    np.testing.assert_allclose(out.figures["r2"], 1.0, atol=1e-9)
    np.testing.assert_allclose(out.figures["bias"], 0.0, atol=1e-7)
    np.testing.assert_allclose(out.figures["intercept"], weight[1] @ base + 2.0, atol=1e-6)
    assert out.queries is not None
    assert out.queries.tolist() == [samples, samples, samples]


def test_shrinkage_shows_as_bias_and_curvature_as_r2() -> None:
    x = np.ones((1, 5))
    out = Lime(alpha=50.0)(TorchToy.linear(np.ones((2, 5))), x, target=0)
    assert out.values.sum() < 4.0
    assert abs(out.figures["bias"][0] - (out.values.sum() + out.figures["intercept"][0] - 5.0)) < 1e-12
    assert out.figures["bias"][0] < -0.1

    class Square(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([x.sum(dim=1) ** 2, x.sum(dim=1)], dim=1)

    curved = Lime(width=5.0)(TorchToy.of(Square()), x, target=0)
    assert 0.5 < curved.figures["r2"][0] < 0.999
    flat = Lime()(TorchToy.linear(np.zeros((2, 5))), x, target=0)
    assert flat.figures["r2"][0] == 1.0


def test_weights_are_the_stated_kernel() -> None:
    lime = Lime(width=0.4)
    present = np.array([[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
    weights = lime._weights(present)
    np.testing.assert_allclose(weights / weights[0], np.exp(-((1 - np.sqrt([1, 0.25, 0])) / 0.4) ** 2), rtol=1e-13)
    assert abs(weights.sum() - 3) < 1e-13


def test_images_share_a_patchs_value_among_its_numbers() -> None:
    weight = np.random.default_rng(2).normal(size=(2, 3 * 16))
    x = torch.from_numpy(np.random.default_rng(3).uniform(size=(2, 3, 4, 4)))
    out = Lime(players=Grid(rows=2, columns=2), absent=Constant())(TorchToy.linear(weight), x, target=0)
    parts = (weight[0] * x.reshape(2, -1).numpy()).reshape(2, 3, 2, 2, 2, 2).sum(axis=(1, 3, 5))
    np.testing.assert_allclose(out.values.reshape(2, 3, 2, 2, 2, 2).sum(axis=(1, 3, 5)), parts, atol=1e-9)
    assert out.values.shape == (2, 3, 4, 4)
    many = Lime(players=Pixels(), absent=Constant(), samples=200)(TorchToy.linear(weight), x, target=0)
    np.testing.assert_allclose(many.values.sum(axis=1), (weight[0].reshape(3, 4, 4) * x.numpy()).sum(axis=1), atol=1e-8)


def test_draws_depend_on_the_sample_and_not_on_width() -> None:
    model = TorchToy.linear(np.random.default_rng(4).normal(size=(2, 12)))
    x = np.random.default_rng(5).normal(size=(3, 12))
    whole = Lime(samples=100)(model, Batch.of(x, ids=["a", "b", "c"]), target=0, seed=3)
    alone = Lime(samples=100)(model, Batch.of(x[1:2], ids=["b"]), target=0, seed=3)
    np.testing.assert_allclose(whole.values[1], alone.values[0], rtol=1e-12)


def test_samples_in_groups_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from practicum_explain.kernel_shap import KernelShap

    model = TorchToy.linear(np.random.default_rng(6).normal(size=(2, 9)))
    x = np.random.default_rng(7).normal(size=(5, 9))
    for explainer in (Lime(samples=100), KernelShap(budget=60)):
        together = explainer(model, x, target=0)
        with monkeypatch.context() as patch:
            patch.setattr("practicum_explain.coalitions._MOST", 9 * 130)
            apart = explainer(model, x, target=0)
        np.testing.assert_allclose(apart.values, together.values, rtol=1e-12)
