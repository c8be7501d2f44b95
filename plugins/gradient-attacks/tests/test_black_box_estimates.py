"""Estimated gradients and grids of transformations against what they should be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.black_box import Asked
from practicum_gradient_attacks.boundary import Boundary
from practicum_gradient_attacks.nes import NES, estimate
from practicum_gradient_attacks.spatial import Spatial
from practicum_gradient_attacks.turning import turned
from practicum_gradient_attacks.values import Values

import practicum as pm
from practicum import Batch, Keys
from practicum.testing.linear_truth import best_gain
from practicum.testing.torch_toys import TorchToy


def _two_classes(w: np.ndarray, bias: float, **fields: Any) -> TorchToy:
    return TorchToy.linear(np.stack([0 * w, w]), np.array([0.0, bias]), **fields)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_nes_estimates_the_gradient_without_bias(dtype: type) -> None:
    # Over n pairs the covariance is (|g|^2 I + g g') / n: the mean over many samples must lie within 5 standard errors.
    d, n, pairs = 6, 2000, 10
    w = np.random.default_rng(0).normal(size=d)
    x = np.full((n, d), 0.5, dtype)
    values = Values.of(Batch.of(x), None, by="test")
    asked = Asked(NES(queries=10**6), _two_classes(w, 0.0), values, {"label": np.zeros(n, np.int64)})
    asked.clean()
    rows = np.arange(n)
    found = estimate(asked, rows, x, pairs, 0.01, Keys(1))
    variance = (w @ w + w**2) / pairs
    assert (np.abs(found.mean(axis=0) - w) < 5 * np.sqrt(variance / n)).all()
    np.testing.assert_allclose(found.var(axis=0), variance, rtol=0.15)
    assert (asked.spent == 1 + 2 * pairs).all()


@pytest.mark.parametrize(("norm", "bounds"), [("linf", None), ("l2", None), ("linf", (0.0, 1.0)), ("l2", (0.0, 1.0))])
def test_nes_gains_what_there_is_to_gain(norm: str, bounds: Any) -> None:
    rng = np.random.default_rng(1)
    w, x = rng.normal(size=10), rng.uniform(size=(3, 10))
    eps = 0.1 if norm == "linf" else 0.5
    model = _two_classes(w, -(x @ w).max() - 1e3, bounds=bounds)
    result = NES(norm=norm, eps=eps, queries=2000)(model, x, np.zeros(3, int))
    share = ((result.adversarial - x) @ w) / best_gain(w, x, norm, eps, bounds)
    assert share.min() >= 0.95, share
    assert result.within.all()


def test_nes_uses_up_its_queries_and_no_more() -> None:
    w = np.random.default_rng(2).normal(size=5)
    x = np.zeros((2, 5))
    for queries, spent in ((1, 1), (3, 1), (4, 4), (5, 4), (12, 12), (16, 15), (23, 23)):
        result = NES(queries=queries, samples=10)(_two_classes(w, -1e3), x, np.zeros(2, int))
        assert (result.queries == spent).all(), (queries, result.queries)


def test_turned_by_quarters_and_whole_pixels_is_exact() -> None:
    image = torch.from_numpy(np.random.default_rng(3).uniform(size=(1, 2, 5, 5)))
    for quarter in (1, 2, 3):
        found = turned(image, torch.tensor([quarter * np.pi / 2], dtype=torch.float64), torch.zeros(1, 2))
        torch.testing.assert_close(found, torch.rot90(image, quarter, dims=(2, 3)))
    wide = torch.from_numpy(np.random.default_rng(4).uniform(size=(1, 1, 4, 6)))
    found = turned(wide, torch.zeros(1), torch.tensor([[1.0, -2.0]]))
    torch.testing.assert_close(found[:, :, 1:, :4], wide[:, :, :3, 2:])
    assert found[:, :, 0].abs().max() < 1e-12
    half = turned(wide, torch.zeros(1), torch.tensor([[0.0, 0.5]]))
    torch.testing.assert_close(half[..., 1:], (wide[..., 1:] + wide[..., :-1]) / 2)


@pytest.mark.parametrize("at_once", [1, 5])
def test_spatial_finds_the_worst_of_its_grid_at_its_price(at_once: int) -> None:
    rng = np.random.default_rng(5)
    x = torch.from_numpy(rng.uniform(size=(12, 1, 6, 6)))
    w = rng.normal(size=36)
    attack = Spatial(angle=40, angles=5, shift=1 / 6, shifts=3, at_once=at_once, fill=0.2)
    points = attack.grid()
    assert len(points) == 5 * 9 - 1
    every = torch.cat([0.2 + turned(x - 0.2, torch.full((12,), np.radians(a), dtype=torch.float64),
                                    torch.tensor([[down * 6, across * 6]] * 12)) for a, down, across in points])
    margins = (every.flatten(1).numpy() @ w).reshape(len(points), 12)
    bias = -np.sort(margins.max(axis=0))[5] - 1e-9  # six samples can be reached
    result = attack(_two_classes(w, float(bias)), x, np.zeros(12, int))
    clean = x.flatten(1).numpy() @ w
    can = (margins.max(axis=0) + bias > 0) & (clean + bias <= 0)
    assert 0 < can.sum() < 12
    np.testing.assert_array_equal(result.success, can)
    reached = result.adversarial.flatten(1).numpy() @ w
    lost = (clean + bias <= 0) & ~can
    np.testing.assert_allclose(reached[lost], np.maximum(margins.max(axis=0), clean)[lost])
    assert (result.queries[lost] == 5 * 9).all()
    assert (result.queries[clean + bias > 0] == 1).all()
    order = np.argsort(Keys(0).child(attack.name).bind(result.batch.ids).child("order").words(len(points)), axis=1,
                       kind="stable")
    first = np.array([1 + np.argmax(margins[order[i], i] + bias > 0) for i in range(12)])
    np.testing.assert_array_equal(result.queries[can], 1 + np.minimum(44, at_once * np.ceil(first[can] / at_once)))
    assert result.within.all()


def test_spatial_with_few_queries_is_the_worst_of_k() -> None:
    x = torch.from_numpy(np.random.default_rng(6).uniform(size=(4, 1, 6, 6)))
    result = Spatial(queries=8)(_two_classes(np.ones(36), -1e3), x, np.zeros(4, int))
    assert (result.queries == 8).all()
    assert np.isinf(Spatial().budget(_two_classes(np.ones(36), 0.0), result.batch).eps)
    assert len(Spatial().grid()) + 1 == Spatial().queries == 775


def test_a_grid_is_a_limit_and_a_missing_eps_is_none() -> None:
    x = torch.from_numpy(np.random.default_rng(7).uniform(size=(6, 1, 5, 5)))
    batch = Batch.of(x, targets={"label": np.zeros(6, int)})
    report = pm.stress(_two_classes(np.ones(25), -1e3), batch, [Spatial(angles=3, shifts=1), Boundary(queries=5)],
                       seeds=1)
    assert [r.perturbation.unlimited for r in report.rows] == [False, True]
    assert "30 degrees" in Spatial().budget(_two_classes(np.ones(25), 0.0), batch).limit
