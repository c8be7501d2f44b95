"""Fields that hold what absent means and what the parts are: plain forms, equality, and what can't be written down."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import practicum as pm
from practicum import Batch
from practicum.errors import ConfigError
from practicum.masking import Background, Blur, Grid, Superpixels
from practicum.technique import build
from practicum.testing.torch_toys import TorchToy


def test_plain_forms_build_the_same_technique() -> None:
    made = pm.get("explain/lime", absent={"kind": "blur", "sigma": 2.0}, players={"kind": "superpixels", "count": 9})
    assert made == pm.get("explain/lime", absent=Blur(sigma=2.0), players=Superpixels(count=9))
    assert build(made.config()) == made
    assert build(made.config()).fingerprint() == made.fingerprint()
    short = build({"use": "explain/kernel-shap", "absent": "mean", "players": "pixels"})
    assert build(short.config()) == short
    with pytest.raises(ConfigError, match="explain/lime"):
        pm.get("explain/lime", absent={"kind": "blurr"})
    with pytest.raises(ConfigError, match="rows"):
        pm.get("explain/lime", players={"kind": "grid", "rows": 0})


def test_a_background_held_has_no_configuration_but_a_fingerprint() -> None:
    rng = np.random.default_rng(0)
    one, other = (pm.get("explain/shapley", absent=Background.of(Batch.of(rng.normal(size=(4, 3))))) for _ in range(2))
    with pytest.raises(ConfigError, match=r"background batch.*name its source"):
        one.config()
    assert one.fingerprint() != other.fingerprint()
    model, x = TorchToy.linear(np.eye(3)), np.ones((1, 3))
    kept = one.evolve(limit=5)(model, x, target=0)
    np.testing.assert_array_equal(kept.values, one(model, x, target=0).values)


def test_a_background_by_source_is_read_when_used() -> None:
    made = build({"use": "explain/shapley", "players": {"kind": "grid", "rows": 2, "columns": 2},
                  "absent": {"kind": "background", "rows": 3, "data": {"use": "sklearn/digits"}}})
    assert build(made.config()) == made
    batch = pm.load_data("sklearn/digits").take([0])
    size = int(np.prod(batch.data.shape[1:]))
    model = TorchToy.linear(np.random.default_rng(1).normal(size=(2, size)).astype(np.float32))
    out = made(model, Batch.of(batch.data.float()), target=0)
    assert out.queries is not None
    assert out.queries.tolist() == [3 * 16]
    assert out.gap is not None
    assert out.gap[0] < 1e-4 * np.abs(out.values).sum()


def test_probabilities_are_explained_where_asked() -> None:
    model = TorchToy.linear(torch.tensor([[2.0, 1.0], [0.0, 0.0]], dtype=torch.float64))
    x = np.array([[1.0, 1.0]])

    def share(logit: float) -> float:
        return float(1 / (1 + np.exp(-logit)))

    out = pm.get("explain/shapley", output="probability")(model, x, target=0)
    first = (share(2) - share(0) + share(3) - share(1)) / 2
    np.testing.assert_allclose(out.values[0], [first, share(3) - share(0) - first], atol=1e-14)
    np.testing.assert_allclose(out.base_value, 0.5)
    odds = pm.get("explain/shapley", output="log-odds")(model, x, target=0)
    np.testing.assert_allclose(odds.values[0], [2.0, 1.0], atol=1e-12)


def test_many_parts_are_regressed_as_exactly_as_few() -> None:
    weight = np.random.default_rng(2).normal(size=(2, 150))
    x = np.random.default_rng(3).normal(size=(2, 150))
    out = pm.get("explain/kernel-shap", budget=700)(TorchToy.linear(weight), x, target=1)
    np.testing.assert_allclose(out.values, weight[1] * x, atol=1e-9)
    assert out.queries is not None
    assert out.queries.max() <= 702


def test_patches_are_a_grid_in_the_plane() -> None:
    x = torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    x[0, 0, :2, 2:] = 1.0
    out = pm.get("explain/shapley", players=Grid(rows=2, columns=2), absent="constant")(
        TorchToy.linear(np.ones((2, 16))), x, target=0)
    np.testing.assert_allclose(out.values[0, 0], x[0, 0].numpy(), atol=1e-15)
