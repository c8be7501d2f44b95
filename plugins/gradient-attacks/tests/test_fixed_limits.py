"""Budgets for each sample and channel, and masks: against closed forms, linear programmes, and one sample at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.fgsm import FGSM
from practicum_gradient_attacks.ops.step import step
from practicum_gradient_attacks.pgd import PGD
from practicum_gradient_attacks.starts import random_start

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.errors import ConfigError, DataError, KernelUnavailable, TargetError
from practicum.keys import Keys
from practicum.targets import Target
from practicum.testing.torch_toys import TorchToy

NORMS = ("linf", "l2", "l1")
D = 48
EPS = {"linf": np.array([0.05, 0.3, 0.0, 0.15]), "l2": np.array([0.3, 2.0, 0.0, 1.0]),
       "l1": np.array([0.5, 9.0, 0.0, 3.0])}


def _case(seed: int, dtype: Any = np.float64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(4, D))
    x[:, ::7] = np.round(x[:, ::7])
    return rng.normal(size=(2, D)).astype(dtype), x.astype(dtype)


def _most(w: np.ndarray, room: np.ndarray, norm: str, eps: float) -> float:
    """The largest sum of w_i c_i over |c_i| <= room_i (zero where c_i must not move) and ||c|| <= eps."""
    from scipy.optimize import linprog

    size = np.abs(w)
    if norm == "l2":
        low, high = 0.0, 1e9
        for _ in range(200):
            middle = (low + high) / 2
            low, high = (middle, high) if np.linalg.norm(np.minimum(middle * size, room)) < eps else (low, middle)
        return float(size @ np.minimum(low * size, room))
    every = {"A_ub": np.ones((1, len(w))), "b_ub": [eps]} if norm == "l1" else {}
    caps = np.minimum(room, eps) if norm == "linf" else room
    found = linprog(-size, bounds=[(0, c) for c in caps], **every)
    return float(-found.fun)


def _gained(w: np.ndarray, x: np.ndarray, adversarial: Any) -> np.ndarray:
    return ((np.asarray(adversarial, np.float64) - x.astype(np.float64)).reshape(len(x), -1) * w).sum(axis=1)


@pytest.mark.parametrize("make", [FGSM, lambda **f: PGD(random_start=False, steps=60, **f)])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("masked", [False, True])
def test_every_sample_gets_the_most_of_its_own_budget(norm: str, masked: bool, make: Any) -> None:
    weight, x = _case(1)
    model = TorchToy.linear(weight, bounds=(0.0, 1.0))
    rng, w = np.random.default_rng(2), weight[1] - weight[0]
    masks = [rng.integers(0, 2, D) for _ in range(4)] if masked else [np.ones(D)] * 4
    batch = Batch.of(x, targets={"label": [0] * 4, "allowed": EPS[norm], "here": Target("masks", masks)})
    result = make(norm=norm, eps="allowed", only="here" if masked else None).run(model, batch, Keys(0))
    assert result.within.all()
    np.testing.assert_array_less(result.norm, EPS[norm] * (1 + 1e-9) + 1e-300)
    np.testing.assert_array_equal(result.batch.data[2], x[2])
    assert (result.batch.data == x)[np.stack(masks) == 0].all()
    room = np.where(w > 0, 1 - x, x) * (np.stack(masks) != 0)
    most = np.array([_most(w, r, norm, e) for r, e in zip(room, EPS[norm], strict=True)])
    gained = _gained(w, x, result.batch.data)
    assert (gained <= most * (1 + 1e-6) + 1e-9).all()
    assert (gained >= 0.99 * most).all(), gained / most


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("norm", NORMS)
def test_a_budget_for_each_sample_is_the_same_as_one_after_the_other(norm: str, dtype: Any) -> None:
    weight, x = _case(3, dtype)
    model = TorchToy.linear(weight, bounds=(0.0, 1.0))
    batch = Batch.of(x, targets={"label": [0] * 4, "allowed": EPS[norm]})
    for fields in ({}, {"restarts": 2, "early_stop": True}, {"random_start": False, "loss": "dlr"}):
        whole = PGD(norm=norm, eps="allowed", steps=6, **fields).run(model, batch, Keys(1)).batch.data
        for row in (0, 1, 3):
            attack = PGD(norm=norm, eps=float(EPS[norm][row]), steps=6, **fields)
            single = attack.run(model, batch.take([row]), Keys(1)).batch.data
            # One number is rounded once, a column of numbers row by row: the same bits.
            np.testing.assert_array_equal(single[0], whole[row])


@pytest.mark.parametrize("form", ["image", "state", "series"])
def test_channels_have_budgets_of_their_own(form: str) -> None:
    rng = np.random.default_rng(4)
    shape = {"image": (5, 3, 2, 4), "state": (5, 3), "series": (5, 7, 3)}[form]
    x = rng.uniform(size=shape)
    weight = rng.normal(size=(2, x[0].size))
    model, eps = TorchToy.linear(weight, bounds=(0.0, 1.0)), (0.0, 0.05, 0.4)
    data = Series(x, np.ones(shape[:2], bool)) if form == "series" else x
    batch = Batch.of(data, modality=form, targets={"label": [0] * 5})
    w = (weight[1] - weight[0]).reshape(shape[1:])
    axes = (1, 3, 1, 1) if form == "image" else (1,) * (len(shape) - 1) + (3,)
    caps = np.minimum(np.array(eps).reshape(axes), np.where(w > 0, 1 - x, x))
    best = (np.abs(w) * caps).reshape(5, -1).sum(axis=1)
    for attack in (FGSM(eps=eps), PGD(eps=eps, random_start=False), PGD(eps=eps, steps=60)):
        result = attack.run(model, batch, Keys(0))
        out = np.asarray(result.batch.data.values if form == "series" else result.batch.data)
        assert result.within.all()
        assert (np.abs(out - x) <= np.array(eps).reshape(axes)).all()
        np.testing.assert_allclose(_gained(w.ravel(), x, out), best, rtol=1e-6)


def test_a_mask_meets_missing_values_and_half_an_image() -> None:
    rng = np.random.default_rng(5)
    values, mask = rng.normal(size=(2, 4, 3)), np.ones((2, 4), bool)
    values[0, 1, 1], mask[1, 3] = np.nan, False
    model = TorchToy.linear(rng.normal(size=(2, 12)))
    only = [np.array([[1], [1], [0], [1]])] * 2
    batch = Batch.of(Series(values, mask), modality="series", targets={"label": [0, 1], "masks": only})
    moved = PGD(eps=0.5, only="masks").run(model, batch, Keys(0)).batch.data.values
    expected = np.array([[1, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 1]], bool), np.array([[1] * 3, [1] * 3, [0] * 3,
                                                                                      [0] * 3], bool)
    np.testing.assert_array_equal(~((moved == values) | np.isnan(values)), np.stack(expected))
    images = torch.rand(2, 3, 4, 4)
    left = np.zeros((4, 4))
    left[:, :2] = 1  # [H, W] stands for all channels
    net = TorchToy.linear(rng.normal(size=(2, 48)).astype(np.float32), bounds=(0, 1))
    pictures = Batch.of(images, targets={"label": [0, 1], "masks": [left, left]})
    out = FGSM(eps=0.1, only="masks").run(net, pictures, Keys(0))
    assert out.within.all()
    assert torch.equal(out.batch.data[..., 2:], images[..., 2:])
    assert (out.batch.data[..., :2] != images[..., :2]).float().mean() > 0.9


@pytest.mark.parametrize("norm", NORMS)
def test_starts_fill_each_samples_own_ball(norm: str) -> None:
    n, d = 900, 4
    keys = Keys(5).bind(Batch.of(np.zeros((n, 1))).ids)
    eps = torch.tensor([0.5, 2.0, 8.0], dtype=torch.float64).repeat(n // 3)
    change = random_start(torch.zeros(n, d, dtype=torch.float64), None, norm, eps, None, keys).abs()
    length = {"linf": change.amax(1), "l2": change.norm(dim=1), "l1": change.sum(1)}[norm]
    for part in (0, 1, 2):  # uniform in the ball: the mean of (r / eps)^d is 1/2
        volume = (length / eps)[part::3] ** d
        assert float(volume.max()) <= 1.0
        assert abs(float(volume.mean()) - 0.5) < 0.06


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("bounds", [None, (0.0, 1.0)])
@pytest.mark.parametrize("norm", NORMS)
def test_a_step_by_row_is_the_step_of_each_row(norm: str, bounds: Any, dtype: Any) -> None:
    rng = np.random.default_rng(6)
    centre = torch.from_numpy(np.round(rng.uniform(size=(4, 2050)) * 20) / 20).to(dtype)
    gradient = torch.from_numpy(rng.normal(size=(4, 2050))).to(dtype)
    x = (centre + 0.02 * torch.from_numpy(rng.normal(size=(4, 2050))).to(dtype)).clamp(0, 1)
    eps = torch.tensor([0.1, 3.0, 0.0, 0.7], dtype=torch.float64)
    for impl in ("cpu", "reference"):
        kwargs: dict[str, Any] = {"norm": norm, "bounds": bounds, "impl": impl}
        whole = step(x, gradient, centre, size=0.3 * eps, eps=eps, **kwargs)
        mixed = step(x, gradient, centre, size=0.2, eps=eps, **kwargs)
        for row in range(4):
            cut = (x[row:row + 1], gradient[row:row + 1], centre[row:row + 1])
            radius = float(eps[row])
            both = ((step(*cut, size=0.3 * radius, eps=radius, **kwargs)[0], whole[row]),
                    (step(*cut, size=0.2, eps=radius, **kwargs)[0], mixed[row]))
            for alone, among in both:  # eager sums of a row may be ordered by how many rows there are
                torch.testing.assert_close(alone, among, rtol=0, atol=0 if impl == "cpu" else 1e-15)
        assert torch.equal(whole[2], centre[2])


def test_a_radius_for_each_value_runs_as_reference() -> None:
    x, radius = torch.zeros(2, 3), torch.tensor([[0.1, 0.0, 0.3]], dtype=torch.float64).expand(2, 3)
    moved = step(x, torch.ones(2, 3), x, norm="linf", size=1.0, eps=radius)
    torch.testing.assert_close(moved, radius.float(), rtol=1.2e-7, atol=0)  # rounded toward the centre
    with pytest.raises(KernelUnavailable, match="radius for each row"):
        step(x, x, x, norm="linf", size=1.0, eps=radius, impl="cpu")


def test_only_the_samples_a_criterion_concerns_use_their_budgets() -> None:
    from practicum.criterion import Targeted

    weight, x = _case(7)
    eps = np.array([0.1, 0.2, 0.3, 0.05])
    batch = Batch.of(x, targets={"label": [0, 1, 0, 1], "allowed": eps, "goal": [1, 1, 1, 0]})
    result = FGSM(eps="allowed", criterion=Targeted(target="goal")).run(TorchToy.linear(weight), batch, Keys(0))
    np.testing.assert_allclose(np.abs(result.batch.data - x).max(axis=1), np.where([1, 0, 1, 1], eps, 0.0), rtol=1e-9)
    np.testing.assert_array_equal(result.batch.data[1], x[1])


def test_bad_budgets_and_masks_are_named() -> None:
    model, x = TorchToy.linear(np.ones((2, 6))), np.zeros((2, 6))

    def run(targets: dict[str, Any] | None = None, **fields: Any) -> None:
        FGSM(**fields).run(model, Batch.of(x, ids=["a", "b"], targets={"label": [0, 1], **(targets or {})}), Keys(0))

    for bad, message in (((0.1, -0.1), "from 0 up"), ((0.0, 0.0), "above 0"), ((), "no budget"),
                         (0.0, "greater than 0")):
        with pytest.raises(ConfigError, match=message):
            FGSM(eps=bad)
    with pytest.raises(ConfigError, match="'linf' only"):
        FGSM(norm="l2", eps=(0.1, 0.2))
    assert FGSM(eps="0.25").eps == 0.25
    with pytest.raises(TargetError, match=r"no target 'allowed'.*with_targets\(allowed"):
        run(eps="allowed")
    with pytest.raises(DataError, match=r"sample 'b' has eps -1.*'allowed'"):
        run({"allowed": [0.1, -1.0]}, eps="allowed")
    with pytest.raises(DataError, match="eps has 2 values, but column 'state' has 6 channels"):
        run(eps=(0.1, 0.2))
    with pytest.raises(TargetError, match=r"no masks target 'here'.*with_targets\(here"):
        run({"here": [0, 1]}, only="here")
    with pytest.raises(DataError, match=r"mask of sample 'b'.*shape \(5,\)"):
        run({"here": Target("masks", [np.ones(6), np.ones(5)])}, only="here")
