"""The losses against their definitions, on any number of classes from two up."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.losses import cross_entropy_logit, dlr, targeted_dlr
from practicum_gradient_attacks.pgd import PGD

from practicum import Batch
from practicum.testing.torch_toys import TorchToy


def _logits(classes: int, count: int = 40) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(classes)
    z = torch.from_numpy(rng.normal(size=(count, classes)))
    label = torch.from_numpy(rng.integers(0, classes, count))
    return z, label, (label + torch.from_numpy(rng.integers(1, classes, count))) % classes


@pytest.mark.parametrize("classes", [2, 3, 4, 7])
def test_dlr_is_the_formula_of_its_paper(classes: int) -> None:
    z, label, wanted = _logits(classes)
    untargeted, targeted = dlr(z, label), targeted_dlr(z, label, wanted)
    for row in range(len(z)):
        values, y, t = z[row].tolist(), int(label[row]), int(wanted[row])
        best = sorted(values, reverse=True)
        other = max(v for k, v in enumerate(values) if k != y)
        third = best[0] - best[2] if classes > 2 else 1.0
        fourth = best[0] - (best[2] + best[3]) / 2 if classes > 3 else 1.0
        assert untargeted[row].item() == pytest.approx(-(values[y] - other) / third)
        assert targeted[row].item() == pytest.approx(-(values[y] - values[t]) / fourth)
        assert (untargeted[row] > 0) == (int(z[row].argmax()) != y)


@pytest.mark.parametrize("classes", [3, 5])
def test_dlr_does_not_see_scale_and_shift(classes: int) -> None:
    z, label, wanted = _logits(classes)
    for scale in (1e-6, 1e6):
        for shift in (-50.0, 50.0):
            torch.testing.assert_close(dlr(scale * z + shift, label), dlr(z, label), rtol=1e-6, atol=1e-6)
            if classes > 3:
                torch.testing.assert_close(targeted_dlr(scale * z + shift, label, wanted),
                                           targeted_dlr(z, label, wanted), rtol=1e-6, atol=1e-6)


def test_dlr_keeps_a_slope_where_its_ratio_has_none() -> None:
    two = torch.tensor([[1.0, 4.0]], requires_grad=True)
    slope, = torch.autograd.grad(dlr(two, torch.tensor([1])).sum(), two)
    assert slope.tolist() == [[1.0, -1.0]]
    equal = torch.full((1, 4), 2.0, requires_grad=True)
    slope, = torch.autograd.grad(targeted_dlr(equal, torch.tensor([3]), torch.tensor([0])).sum(), equal)
    assert slope.tolist() == [[1.0, 0.0, 0.0, -1.0]]
    slope, = torch.autograd.grad(dlr(equal, torch.tensor([3])).sum(), equal)  # the best of the others is shared by all
    assert slope[0, 3] == -1.0
    assert slope[0, :3].sum().item() == pytest.approx(1.0)


def test_the_slope_of_the_cross_entropy_lives_on_where_its_own_is_lost() -> None:
    z = torch.tensor([[200.0, 0.0]], requires_grad=True)
    lost, = torch.autograd.grad(torch.nn.functional.cross_entropy(z, torch.tensor([0])), z)
    kept, = torch.autograd.grad(cross_entropy_logit(z, torch.tensor([0])).sum(), z)
    assert lost.abs().max() == 0.0
    assert kept.tolist() == [[-1.0, 1.0]]


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
@pytest.mark.parametrize("classes", [2, 3, 6])
@pytest.mark.parametrize("loss", ["margin", "dlr", "cross-entropy"])
def test_every_loss_breaks_what_can_be_broken(loss: str, classes: int, norm: str) -> None:
    # Inputs 2 % inside their exact distance from the nearest other class; with two classes all losses get there, with
    # more of them the margin does.
    rng = np.random.default_rng(9)
    weight = rng.normal(size=(classes, 24))
    x = rng.normal(size=(12, 24))
    label = (x @ weight.T).argmax(axis=1)
    gap = (x @ weight.T)[np.arange(12), label][:, None] - x @ weight.T
    dual = {"linf": 1, "l2": 2, "l1": np.inf}[norm]
    reach = np.linalg.norm(weight[label][:, None] - weight[None], dual, axis=2)
    distance = np.where(reach > 0, gap / np.where(reach > 0, reach, 1.0), np.inf).min(axis=1)
    batch = Batch.of(x, targets={"label": label, "allowed": 1.02 * distance})
    model = TorchToy.linear(weight)
    result = PGD(norm=norm, eps="allowed", steps=50, loss=loss, random_start=False)(model, batch)
    assert result.within.all()
    least = 1.0 if loss == "margin" or classes == 2 else 0.5
    assert result.success.mean() >= least
    assert bool(result.notes) == (loss == "cross-entropy")
    short = batch.with_targets(allowed=0.98 * distance)
    assert not PGD(norm=norm, eps="allowed", steps=20, loss=loss)(model, short).success.any()


@pytest.mark.parametrize("loss", ["margin", "dlr", "cross-entropy"])
@pytest.mark.parametrize("classes", [2, 3, 5])
def test_every_loss_can_aim_at_a_class(loss: str, classes: int) -> None:
    rng = np.random.default_rng(10)
    weight = rng.normal(size=(classes, 30))
    x = 0.1 * rng.normal(size=(15, 30))
    model = TorchToy.linear(weight)
    label = (x @ weight.T).argmax(axis=1)
    wanted = (label + 1) % classes
    batch = Batch.of(x, targets={"label": label, "goal": wanted})
    result = PGD(eps=0.6, loss=loss, criterion={"target": "goal"})(model, batch)
    assert (model.predict(result.batch).labels == wanted).all()
    assert result.success.all()
