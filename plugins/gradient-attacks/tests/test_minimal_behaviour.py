"""What the minimal-norm attacks do beside coming near: units, criteria, masks, budgets, cost, curved boundaries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.cw import CW
from practicum_gradient_attacks.ddn import DDN
from practicum_gradient_attacks.deepfool import DeepFool
from practicum_gradient_attacks.ead import EAD
from practicum_gradient_attacks.fab import FAB
from practicum_gradient_attacks.fmn import FMN
from practicum_gradient_attacks.jsma import JSMA
from practicum_gradient_attacks.sparse import Sparse

from practicum import Batch
from practicum.errors import ConfigError
from practicum.targets import Target
from practicum.testing.torch_toys import TorchToy

D = 24
# Few steps suffice for what is asked here.
QUICK: dict[str, Any] = {
    "cw": CW(steps=30, searches=3, learning_rate=0.3), "deepfool": DeepFool(), "deepfool-linf": DeepFool(norm="linf"),
    "ddn": DDN(steps=20), "ead": EAD(steps=20, searches=3), "fab": FAB(steps=5), "fmn": FMN(steps=20),
    "fab-l1": FAB(norm="l1", steps=5, restarts=2), "fmn-l0": FMN(norm="l0", steps=20), "jsma": JSMA(),
    "sparse": Sparse(),
}
every = pytest.mark.parametrize("attack", list(QUICK.values()), ids=list(QUICK))


def linear(classes: int = 4, **fields: Any) -> tuple[TorchToy, Any, Any]:
    rng = np.random.default_rng(3)
    weight, x = rng.normal(size=(classes, D)), rng.uniform(size=(8, D))
    x[-1] = np.round(x[-1])
    plain = TorchToy.linear(weight, bounds=(0.0, 1.0))
    return TorchToy.linear(weight, bounds=(0.0, 1.0), **fields), x, plain.predict(Batch.of(x)).labels


def net(classes: int = 4) -> torch.nn.Sequential:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(D, 30), torch.nn.Tanh(), torch.nn.Linear(30, classes))


class Ball(torch.nn.Module):
    """Class 1 inside a ball of radius r around c, class 0 outside."""

    def __init__(self, centre: torch.Tensor, radius: float) -> None:
        super().__init__()
        self.centre, self.radius = torch.nn.Parameter(centre), radius

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inside = self.radius**2 - (x - self.centre).square().sum(dim=1)
        return torch.stack([torch.zeros_like(inside), inside], dim=1)


@every
@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e6, 50.0), (1.0, -50.0)])
def test_scale_and_shift_of_the_logits_change_nothing(attack: Any, scale: float, shift: float) -> None:
    model, x, label = linear()
    other = linear(scale=scale, shift=shift)[0]
    bare = attack.evolve(polish=0)  # the refinement would hide a search that depends on them
    for made in (attack, bare):
        first, second = made(model, x, label), made(other, x, label)
        np.testing.assert_array_equal(second.success, first.success)
        np.testing.assert_allclose(second.norm, first.norm, rtol=1e-4)


@every
@pytest.mark.parametrize(("unit", "offset"), [(1e-3, 0.0), (255.0, 10.0)])
def test_units_of_the_input_change_nothing(attack: Any, unit: float, offset: float) -> None:
    rng = np.random.default_rng(3)
    weight, x = rng.normal(size=(4, D)), rng.uniform(size=(8, D))
    label = TorchToy.linear(weight).predict(Batch.of(x)).labels
    plain = attack(TorchToy.linear(weight, bounds=(0, 1)), x, label)
    model = TorchToy.linear(weight / unit, -weight.sum(axis=1) * offset / unit, bounds=(offset, offset + unit))
    other = attack(model, unit * x + offset, label)
    ratio = 1.0 if attack.norm == "l0" else unit
    np.testing.assert_allclose(other.norm, ratio * plain.norm, rtol=1e-4)


@every
def test_aimed_at_the_nearest_class_it_is_the_untargeted_attack(attack: Any) -> None:
    model, x, label = linear()
    away = attack(model, x, label)
    reached = model.predict(away.batch).labels
    batch = Batch.of(x, targets={"label": label, "wanted": reached})
    toward = attack.evolve(criterion={"target": "wanted"})(model, batch)
    assert toward.success.all()
    if attack.norm == "l0":  # a third class may come in between when whole values move
        assert (np.abs(toward.norm - away.norm) <= 1).all()
    else:
        np.testing.assert_allclose(toward.norm, away.norm, rtol=1e-4)


@every
def test_any_criterion_is_reached(attack: Any) -> None:
    model, x, label = linear()
    plain = attack(model, x, label)
    for criterion in ({"goal": "outside-top", "k": 2}, {"goal": "confident", "p": 0.9},
                      {"goal": "all-of", "parts": [{"goal": "misclassified"}, {"goal": "confident", "p": 0.6}]}):
        result = attack.evolve(criterion=criterion)(model, x, label)
        assert result.success.mean() >= 0.85, criterion
        won = result.success
        assert (result.norm[won] >= plain.norm[won] * (1 - 0.03)).all()  # DeepFool's overshoot


@every
def test_binary_inputs_move(attack: Any) -> None:
    model, x, _ = linear()
    x = np.round(x)
    label = model.predict(Batch.of(x)).labels
    result = attack.evolve(polish=0)(model, x, label)
    assert result.success.all()
    assert result.within.all()
    assert ((result.adversarial != x).sum(axis=1) > 0).all()


@every
def test_eps_limits_the_distance_and_its_absence_nothing_but_the_box(attack: Any) -> None:
    model, x, label = linear()
    free = attack(model, x, label)
    assert free.success.all()
    assert np.isinf(attack.budget(model, Batch.of(x)).largest)
    limit = float(np.sort(free.norm)[3])
    result = attack.evolve(eps=limit)(model, x, label)
    np.testing.assert_array_equal(result.success, free.norm <= limit)
    assert result.within.all()
    np.testing.assert_array_equal(result.adversarial[~result.success], x[~result.success])
    each = Batch.of(x, targets={"label": label, "most": np.where(np.arange(8) % 2, 0.5, 1.001) * free.norm})
    result = attack.evolve(eps="most")(model, each)
    np.testing.assert_array_equal(result.success, np.arange(8) % 2 == 0)


@every
def test_only_free_values_move(attack: Any) -> None:
    model, x, label = linear()
    free = np.arange(D) % 3 > 0
    batch = Batch.of(x, targets={"label": label, "where": Target("masks", [free] * 8)})
    result = attack.evolve(only="where")(model, batch)
    assert result.success.any()
    assert result.within.all()
    assert (result.batch.data[:, ~free] == x[:, ~free]).all()


@every
def test_nothing_is_done_where_nothing_can_be_or_needs_to_be(attack: Any) -> None:
    flat = TorchToy.linear(np.zeros((3, D)), bounds=(0, 1))
    x = np.random.default_rng(0).uniform(size=(3, D))
    np.testing.assert_array_equal(attack(flat, x, np.zeros(3, np.int64)).adversarial, x)
    model, x, label = linear()
    wrong = (label + 1) % 4
    np.testing.assert_array_equal(attack(model, x, wrong).adversarial, x)


@pytest.mark.parametrize(("attack", "most"), [
    (CW(), 1.001), (DDN(), 1.001), (FMN(norm="l2"), 1.001), (FAB(norm="l2", steps=30), 1.001), (EAD(norm="l2"), 1.001),
    (DeepFool(polish=6), 1.001), (CW(polish=0), 1.01), (DDN(polish=0), 1.06), (FMN(norm="l2", polish=0), 1.01),
    (FAB(norm="l2", steps=30, polish=0), 1.06), (EAD(norm="l2", beta=0.01, polish=0), 1.05)], ids=str)
def test_a_round_boundary_is_reached_where_it_is_nearest(attack: Any, most: float) -> None:
    rng = np.random.default_rng(1)
    centre = rng.normal(size=5)
    away = rng.normal(size=(8, 5))
    far = np.concatenate([np.linspace(0.3, 0.95, 4), np.linspace(1.1, 3.0, 4)])  # within and without
    x = centre + 2.0 * far[:, None] * away / np.linalg.norm(away, axis=1, keepdims=True)
    model = TorchToy.of(Ball(torch.from_numpy(centre), 2.0))
    result = attack(model, x, (far < 1).astype(np.int64))
    assert result.success.all()
    ratio = result.norm / (2.0 * np.abs(far - 1))
    assert ratio.min() >= 1 - 1e-9
    assert ratio.max() <= most, ratio


@every
def test_a_network_in_float32(attack: Any) -> None:
    model = TorchToy.of(net(), bounds=(0.0, 1.0))
    x = torch.rand(20, D, generator=torch.Generator().manual_seed(2))
    label = model.predict(Batch.of(x)).labels
    fine, bare = attack(model, x, label), attack.evolve(polish=0)(model, x, label)
    assert fine.success.all()
    assert fine.within.all()
    assert (fine.norm <= bare.norm * (1 + 1e-6))[bare.success].all()
    alone = attack(model, x[3:4], label[3:4], ids=[3])
    np.testing.assert_allclose(alone.norm[0], fine.norm[3], rtol=1e-3)


def test_cost_is_what_it_says() -> None:
    model, x, label = linear()
    assert set(DeepFool()(model, x, label).gradients) == {3}  # three other classes, linearised once
    assert set(DDN(steps=7, polish=0)(model, x, label).gradients) == {3 + 7}
    assert set(FMN(steps=7, polish=0)(model, x, label).gradients) == {3 + 7}
    assert set(FAB(steps=2, polish=0, restarts=2)(model, x, label).gradients) == {3 + 3 * 4}
    assert set(DDN(steps=7, polish=0, rivals=1)(model, x, label).gradients) == {1 + 7}
    given_up = CW(steps=200, searches=4)(model, x, label).gradients
    assert given_up.max() < 3 + 200 * 4
    assert len(set(given_up.tolist())) > 1  # sample by sample
    assert set(Sparse()(model, x, np.zeros(8, np.int64)).gradients[label != 0]) == {3}  # they were wrong already


def test_more_restarts_are_never_farther() -> None:
    model = TorchToy.of(net(), bounds=(0.0, 1.0))
    x = torch.rand(20, D, generator=torch.Generator().manual_seed(2))
    label = model.predict(Batch.of(x)).labels
    one, many = (FAB(steps=5, polish=0, restarts=r)(model, x, label) for r in (1, 3))
    assert (many.norm <= one.norm)[one.success].all()
    assert (many.gradients > one.gradients).all()


def test_what_cannot_be_is_refused() -> None:
    x = np.zeros((1, 3))
    with pytest.raises(ConfigError, match=r"jsma moves values to the edge of the box.*set bounds"):
        JSMA()(TorchToy.linear(np.eye(3)), x, [0])
    for make, bad in ((CW, {"norm": "l1"}), (DeepFool, {"overshoot": -1.0}), (FMN, {"eps": 0.0}), (FAB, {"beta": 1.0}),
                      (EAD, {"beta": -1.0}), (JSMA, {"theta": 0.0}), (DDN, {"gamma": 1.0}), (Sparse, {"steps": 0})):
        with pytest.raises(ConfigError, match=next(iter(bad))):
            make(**bad)
