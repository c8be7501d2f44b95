"""Black-box attacks with a radius for each sample or channel, and with masks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.boundary import Boundary
from practicum_gradient_attacks.hopskipjump import HopSkipJump
from practicum_gradient_attacks.nes import NES
from practicum_gradient_attacks.noise import GaussianNoise, UniformNoise
from practicum_gradient_attacks.simba import SimBA
from practicum_gradient_attacks.spatial import Spatial
from practicum_gradient_attacks.square import Square

from practicum import Batch
from practicum.errors import ConfigError, DataError, TargetError
from practicum.targets import Target
from practicum.testing.torch_toys import TorchToy

CUBES = (Square(queries=400), SimBA(norm="linf", queries=400), NES(samples=10, queries=400), UniformNoise(queries=20))
BALLS = (Square(norm="l2", queries=60), SimBA(queries=60), NES(norm="l2", samples=10, queries=60),
         GaussianNoise(queries=20), UniformNoise(norm="l1", queries=20))


def _images(room: float = 1e3) -> tuple[TorchToy, np.ndarray, Batch]:
    """A two-class model out of reach, its weights [2, 4, 4], and four images in the box."""
    rng = np.random.default_rng(0)
    w, x = rng.normal(size=(2, 4, 4)), rng.uniform(0.4, 0.6, size=(4, 2, 4, 4))
    bias = -(x * w).sum(axis=(1, 2, 3)).max() - room
    model = TorchToy.linear(np.stack([0 * w.ravel(), w.ravel()]), np.array([0.0, bias]), bounds=(0.0, 1.0))
    return model, w, Batch.of(torch.from_numpy(x), targets={"label": np.zeros(4, int)})


@pytest.mark.parametrize("attack", [*CUBES, *BALLS])
def test_a_radius_for_each_sample_is_what_that_radius_alone_gives(attack: Any) -> None:
    model, _, batch = _images()
    radii = np.array([0.1, 0.3, 0.0, 0.2])
    result = attack.evolve(eps="radius")(model, batch.with_targets(radius=radii))
    assert result.within.all()
    for row, eps in enumerate(radii):
        if eps == 0.0:
            assert bool((result.batch.data[row] == batch.data[row]).all())
            continue
        alone = attack.evolve(eps=float(eps))(model, batch.take([row]))
        np.testing.assert_allclose(result.batch.data[row], alone.batch.data[0], atol=1e-12)


@pytest.mark.parametrize("attack", CUBES)
def test_a_radius_for_each_channel(attack: Any) -> None:
    model, w, batch = _images()
    result = attack.evolve(eps=(0.05, 0.2))(model, batch)
    change = (result.batch.data - batch.data).numpy()
    assert np.abs(change[:, 0]).max() <= 0.05 + 1e-12
    assert 0.1 < np.abs(change[:, 1]).max() <= 0.2 + 1e-12
    assert result.within.all()
    if not isinstance(attack, UniformNoise):
        best = 0.05 * np.abs(w[0]).sum() + 0.2 * np.abs(w[1]).sum()
        assert ((change * w).sum(axis=(1, 2, 3)) / best).min() > (0.85 if isinstance(attack, NES) else 0.999)
    still = attack.evolve(eps=(0.0, 0.2))(model, batch)
    assert bool((still.batch.data[:, 0] == batch.data[:, 0]).all())


@pytest.mark.parametrize("attack", [*CUBES, *BALLS, Spatial(angles=3, shifts=3)])
def test_only_what_a_mask_frees_moves(attack: Any) -> None:
    model, w, batch = _images()
    mask = np.zeros((4, 4), bool)
    mask[1:3, 1:] = True
    free = np.stack([mask, mask.T, ~mask, mask])
    marked = batch.with_targets(where=Target("masks", list(free)))
    changes = {} if isinstance(attack, Spatial) else {"eps": 0.2}
    result = attack.evolve(only="where", **changes)(model, marked)
    moved = (result.batch.data != batch.data).numpy()
    assert not moved[~np.broadcast_to(free[:, None], moved.shape)].any()
    assert moved.any(axis=(1, 2, 3)).all()
    assert result.within.all()
    if isinstance(attack, (Square, SimBA)) and attack.norm == "linf":
        gained = ((result.batch.data - batch.data).numpy() * w).sum(axis=(1, 2, 3))
        np.testing.assert_allclose(gained, [0.2 * np.abs(w[:, f]).sum() for f in free])


@pytest.mark.parametrize("attack", [HopSkipJump(queries=600), HopSkipJump(norm="linf", queries=600),
                                    Boundary(queries=600)])
def test_decision_attacks_keep_to_a_mask_and_come_near_what_it_leaves(attack: Any) -> None:
    rng = np.random.default_rng(1)
    w, x = rng.normal(size=8), np.zeros((3, 8))
    model = TorchToy.linear(np.stack([0 * w, w]), np.array([0.0, -0.5]))
    free = np.array([1, 0, 1, 1, 0, 1, 1, 0], bool)
    batch = Batch.of(x, targets={"label": np.zeros(3, int), "where": Target("masks", [free] * 3)})
    result = attack.evolve(only="where")(model, batch)
    assert result.success.all()
    assert (result.batch.data[:, ~free] == 0).all()
    exact = 0.5 / (np.linalg.norm(w[free]) if attack.measure() == "l2" else np.abs(w[free]).sum())
    assert (result.norm / exact).max() < 1.1


@pytest.mark.parametrize("attack", [HopSkipJump(queries=100), HopSkipJump(norm="linf", queries=100),
                                    Boundary(queries=100)])
def test_decision_attacks_keep_what_is_near_enough_for_each_sample(attack: Any) -> None:
    rng = np.random.default_rng(2)
    weight, x = rng.normal(size=(2, 6)), rng.normal(size=(4, 6))
    model = TorchToy.linear(weight)
    batch = Batch.of(x, targets={"label": model.predict(Batch.of(x)).labels})
    free = attack(model, batch)
    assert free.success.all()
    radii = free.norm * np.array([1.1, 0.9, 1.1, 0.9])
    result = attack.evolve(eps="radius")(model, batch.with_targets(radius=radii))
    assert result.success.tolist() == [True, False, True, False]
    np.testing.assert_array_equal(result.batch.data[1::2], x[1::2])
    np.testing.assert_array_equal(result.batch.data[::2], free.batch.data[::2])
    assert result.within.all()


def test_radii_and_masks_that_do_not_fit_are_refused() -> None:
    model, _, batch = _images()
    with pytest.raises(TargetError, match="no target 'radius'"):
        Square(eps="radius")(model, batch)
    with pytest.raises(DataError, match="eps has 3 values"):
        Square(eps=(0.1, 0.2, 0.3))(model, batch)
    with pytest.raises(ConfigError, match="'linf' only"):
        SimBA(eps=(0.1, 0.2))
    with pytest.raises(ConfigError, match="greater than 0"):
        NES(eps=0.0)
    with pytest.raises(ConfigError, match="'linf' only"):
        Boundary(eps=(0.1, 0.2))
    with pytest.raises(TargetError, match="no masks target 'where'"):
        Boundary(only="where")(model, batch)
