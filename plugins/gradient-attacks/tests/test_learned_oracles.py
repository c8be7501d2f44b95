"""Attacks that learn one change for all inputs: what they must learn on linear models, and what they cover."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.patch import Patch
from practicum_gradient_attacks.universal import Universal

import practicum as pm
from practicum import Batch, Keys
from practicum.errors import CapabilityError, ConfigError, DataError, RunError
from practicum.testing.torch_toys import TorchToy


def _fit(attack: Any, model: Any, batch: Batch, seed: int = 0) -> Any:
    return attack.fit(model, batch, Keys(seed).child(attack.name).bind(batch.ids))


def _case(dtype: type = np.float64, *, scale: float = 1.0, shift: float = 0.0, count: int = 50, d: int = 20,
          ) -> tuple[TorchToy, np.ndarray, Batch]:
    """A linear model of two classes, w, and samples of class 0 that it gets right."""
    rng = np.random.default_rng(0)
    weight = rng.normal(size=(2, d)).astype(dtype)
    x = rng.normal(size=(400, d)).astype(dtype)
    x = x[(x @ (weight[1] - weight[0])) < 0][:count]
    model = TorchToy.linear(weight, scale=scale, shift=shift)
    return model, (weight[1] - weight[0]).astype(np.float64), Batch.of(x, targets={"label": np.zeros(len(x), int)})


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (1e6, 0.0), (1e-6, 0.0), (1.0, 50.0)])
def test_universal_is_the_steepest_change_of_a_linear_model(dtype: type, scale: float, shift: float) -> None:
    model, w, batch = _case(dtype, scale=scale, shift=shift)
    unit = w / np.linalg.norm(w)
    closed = {"linf": 0.1 * np.sign(w), "l2": 0.5 * unit,
              "l1": 0.7 * np.sign(w) * (np.abs(w) == np.abs(w).max())}
    for norm, eps in (("linf", 0.1), ("l2", 0.5), ("l1", 0.7)):
        fitted = _fit(Universal(norm=norm, eps=eps), model, batch)
        np.testing.assert_allclose(fitted.learned.values, closed[norm], atol=1e-12 if norm == "linf" else 1e-5)
        result = fitted(model, batch)
        lost = -(np.asarray(batch.data, dtype=np.float64) @ w)
        gained = float(closed[norm] @ w)
        sure = np.abs(lost - gained) > 1e-4
        np.testing.assert_array_equal(result.success[sure], (lost < gained)[sure])
        assert result.within.all()
        assert (result.queries == 0).all()
        assert result.upper_bound


def test_a_universal_change_toward_one_class_of_several() -> None:
    rng = np.random.default_rng(1)
    weight, x = rng.normal(size=(4, 12)), rng.normal(size=(80, 12))
    model = TorchToy.linear(weight)
    batch = Batch.of(x, targets={"label": model.predict(Batch.of(x)).labels})
    fitted = _fit(Universal(norm="l2", eps=3.0, criterion={"target": 2}), model, batch)
    assert fitted.learned.samples == int((batch.label != 2).sum())
    result = fitted(model, batch)
    reached = model.predict(result.batch).labels[batch.label != 2]
    # Beside it: the direction that lifts class 2 over the mean of the others by the same length.
    way = weight[2] - weight[[0, 1, 3]].mean(axis=0)
    plain = (x + 3.0 * way / np.linalg.norm(way)) @ weight.T
    assert (reached == 2).mean() >= (plain.argmax(axis=1)[batch.label != 2] == 2).mean()


def test_the_order_of_the_samples_does_not_matter_and_the_seed_decides_the_rest() -> None:
    model, _, batch = _case()
    attack = Universal(norm="l2", eps=0.5, epochs=2, batch_size=7)
    one = _fit(attack, model, batch)
    two = _fit(attack, model, batch.take(np.arange(len(batch))[::-1]))
    np.testing.assert_allclose(two.learned.values, one.learned.values, atol=1e-12)
    assert _fit(attack, model, batch) == one
    assert one != attack
    assert one.fingerprint() != attack.fingerprint()


def test_values_that_the_box_has_stopped_have_no_say() -> None:
    # All samples sit on the box in value 0, and w pulls out of it there.
    model = TorchToy.linear([[0.0, 0.0], [1.0, 1.0]], [0.0, -9.0], bounds=(0.0, 1.0))
    batch = Batch.of(np.array([[1.0, 0.2], [1.0, 0.4]]), targets={"label": [0, 0]})
    fitted = _fit(Universal(eps=0.1), model, batch)
    assert fitted.learned.values.tolist() == [0.0, 0.1]
    result = fitted(model, batch)
    assert result.within.all()
    np.testing.assert_allclose(result.batch.data, [[1.0, 0.3], [1.0, 0.5]])


@pytest.mark.parametrize("make", [lambda: Universal(eps=0.1), lambda: Patch(epochs=1)])
def test_saved_and_read_back(make: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    model = TorchToy.linear(rng.normal(size=(2, 36)), bounds=(0.0, 1.0))
    batch = Batch.of(torch.from_numpy(rng.uniform(size=(6, 1, 6, 6))))
    batch = batch.with_targets(label=model.predict(batch).labels)
    fitted = _fit(make(), model, batch)
    fitted.save(tmp_path)
    for back in (type(fitted).load(tmp_path), pm.load(tmp_path)):
        assert back == fitted
        assert back.fingerprint() == fitted.fingerprint()
        assert back(model, batch).batch.equals(fitted(model, batch).batch)
    with pytest.raises(RunError, match="holds no saved"):
        type(fitted).load(tmp_path / "elsewhere")
    other = Patch if isinstance(fitted, Universal) else Universal
    with pytest.raises(RunError, match=r"practicum\.load"):
        other.load(tmp_path)
    np.save(tmp_path / "learned.npy", fitted.learned.values + 1)
    with pytest.raises(RunError, match="damaged"):
        type(fitted).load(tmp_path)
    (tmp_path / "technique.json").write_text(json.dumps({"use": fitted.name}), "utf-8")
    with pytest.raises(RunError, match="holds no saved"):
        type(fitted).load(tmp_path)


def test_what_can_not_be_learned_or_put_on_is_refused() -> None:
    model, _, batch = _case()
    keys = Keys(0).bind(batch.ids)
    with pytest.raises(CapabilityError, match="hasn't learned"):
        Universal().perturb(model, batch, keys)
    with pytest.raises(CapabilityError, match="hasn't yet"):
        Universal()(model, batch)
    with pytest.raises(CapabilityError, match="hasn't learned"):
        Universal().save(Path("nowhere"))
    with pytest.raises(DataError, match="nothing to learn from"):
        Universal(criterion={"target": 0}).fit(model, batch, keys)
    fitted = Universal().fit(model, batch, keys)
    with pytest.raises(DataError, match="fitted on inputs of shape"):
        fitted(TorchToy.linear(np.ones((2, 5))), np.zeros((1, 5)), [0])
    with pytest.raises(ConfigError, match="smallest <= largest"):
        Patch(scale=(1.2, 0.8))
    flat = TorchToy.linear(np.ones((2, 16)))
    images = Batch.of(torch.zeros(2, 1, 4, 4), targets={"label": [0, 1]})
    with pytest.raises(CapabilityError, match="give bounds"):
        Patch().fit(flat, images, keys.bind(images.ids))


def test_a_patch_over_the_whole_image_is_the_best_corner_of_the_box() -> None:
    rng = np.random.default_rng(3)
    w = rng.normal(size=(2, 4, 4))
    model = TorchToy.linear(np.stack([np.zeros(32), w.ravel()]), [50.0, 0.0], bounds=(0.0, 1.0))
    batch = Batch.of(torch.from_numpy(rng.uniform(size=(5, 2, 4, 4))), targets={"label": np.zeros(5, int)})
    fitted = _fit(Patch(size=1.0, scale=(1.0, 1.0), angle=0.0), model, batch)
    np.testing.assert_array_equal(fitted.learned.values, (w > 0).astype(float))
    result = fitted(model, batch)
    np.testing.assert_allclose(result.batch.data.numpy(), np.broadcast_to(w > 0, (5, 2, 4, 4)), atol=1e-12)


@pytest.mark.parametrize(("angle", "scale"), [(0.0, (1.0, 1.0)), (180.0, (0.6, 1.3))])
def test_a_patch_covers_the_pixels_it_says(angle: float, scale: tuple[float, float]) -> None:
    n, channels, side = 300, 3, 20
    model = TorchToy.linear(np.stack([np.zeros(1200), np.ones(1200)]), [1e9, 0.0], bounds=(0.0, 1.0))
    batch = Batch.of(torch.zeros(n, channels, side, side, dtype=torch.float64), targets={"label": np.zeros(n, int)})
    fitted = _fit(Patch(size=0.3, scale=scale, angle=angle, epochs=1), model, batch.take(np.arange(4)))
    result = fitted(model, batch)
    changed = (result.batch.data != 0).numpy()
    assert (changed == changed[:, :1]).all()  # all channels of a pixel
    count = changed[:, 0].sum(axis=(1, 2))
    np.testing.assert_array_equal(result.norm, channels * count)
    if angle == 0.0:
        assert (count == 6 * 6).all()
    else:
        area = (0.3 * side * np.array(scale)) ** 2
        assert abs(count.mean() - np.mean(area[0] + (area[1] - area[0]) * np.linspace(0, 1, 9))) < 6
        assert count.max() <= (np.sqrt(area[1]) + 1) ** 2
        assert len(set(count.tolist())) > 5
    assert result.within.all()
    assert (result.norm <= fitted.budget(model, batch).eps).all()
    tops = changed[:, 0].any(axis=2).argmax(axis=1)
    assert len(set(tops.tolist())) > 5  # it is put at many places


def test_a_patch_beats_one_of_noise() -> None:
    rng = np.random.default_rng(4)
    # Class 1 wins where there is a bright cross somewhere: a feature of no place, as a patch needs it.
    kernel = torch.tensor([[-1.0, 1.0, -1.0], [1.0, 1.0, 1.0], [-1.0, 1.0, -1.0]], dtype=torch.float64)

    class Cross(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = torch.nn.Parameter(kernel[None, None])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found = torch.nn.functional.conv2d(x.reshape(-1, 1, 10, 10), self.kernel).flatten(1).amax(dim=1)
            return torch.stack([torch.full_like(found, 2.2), found], dim=1)

    model = TorchToy.of(Cross(), bounds=(0.0, 1.0))
    x = torch.from_numpy(rng.uniform(0.3, 0.7, size=(60, 1, 10, 10)))
    batch = Batch.of(x, targets={"label": np.zeros(60, int)})
    attack = Patch(size=0.3, scale=(1.0, 1.0), angle=0.0)
    fitted = _fit(attack, model, batch)
    result = fitted(model, batch, seed=1)
    noise = attack._with(type(fitted.learned)(rng.uniform(size=(1, 3, 3)), 0))
    assert result.success.mean() > 0.5
    assert noise(model, batch, seed=1).success.mean() < 0.1


def test_stress_fits_and_says_so() -> None:
    model, _, batch = _case(count=90)
    data = pm.data.split(batch, {"train": 0.5, "test": 0.5})
    report = pm.stress(model, data, {"use": "gradient-attacks/universal", "sweep": {"eps": [0.01, 0.3]}}, seeds=1)
    weak, strong = report.rows
    assert 0 <= weak.drop.value < strong.drop.value
    assert {str(n) for n in strong.notes} == {
        "fitted on 45 training samples, anew for each seed (45 of 45 samples)",
        "the change was learned from 45 labelled samples (45 of 45 samples)"}
    assert strong.perturbation.upper_bound
