"""What the attacks cost: no gradient is spent on a sample that is won, none on weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.bim import BIM
from practicum_gradient_attacks.ops.step import step
from practicum_gradient_attacks.pgd import PGD

from practicum import Batch
from practicum.testing.torch_toys import TorchToy

NORMS = ("linf", "l2", "l1")
EPS = {"linf": 0.08, "l2": 0.7, "l1": 2.5}
STEPS = 12


class _Counted(torch.nn.Module):
    """Counts rows that go through a network forward and backward."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.net = torch.nn.Sequential(torch.nn.Linear(27, 32), torch.nn.Tanh(), torch.nn.Linear(32, 4)).double()
        self.forwards = self.backwards = 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.forwards += len(x)
        out: torch.Tensor = self.net(x)
        if out.requires_grad:
            out.register_hook(self._count)
        return out

    def _count(self, gradient: torch.Tensor) -> None:
        self.backwards += len(gradient)
        assert all(p.grad is None and not p.requires_grad for p in self.net.parameters())


def _case(count: int = 60) -> tuple[_Counted, TorchToy, Batch]:
    net = _Counted()
    model = TorchToy.of(net, bounds=(0.0, 1.0))
    x = torch.rand(count, 27, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    label = model.predict(Batch.of(x)).labels
    label[:5] = (label[:5] + 1) % 4  # wrong from the start
    net.forwards = net.backwards = 0
    return net, model, Batch.of(x, targets={"label": label})


def _first_hits(net: _Counted, batch: Batch, norm: str, size: float, eps: float) -> np.ndarray:
    """After how many steps of the plain formula each sample is won; STEPS where it never is."""
    x, y = batch.data.clone(), torch.from_numpy(batch.label)
    hits = np.full(len(x), STEPS)
    for at in range(STEPS):
        leaf = x.clone().requires_grad_(True)
        z = net.net(leaf)
        lead = z.scatter(1, y[:, None], float("-inf")).amax(1) - z.gather(1, y[:, None])[:, 0]
        hits = np.where((hits == STEPS) & (lead > 0).numpy(), at, hits)
        slope, = torch.autograd.grad(lead.sum(), leaf)
        x = step(x, slope, batch.data, norm=norm, size=size, eps=eps, bounds=(0.0, 1.0))
    return hits


@pytest.mark.parametrize("make", [BIM, lambda **f: PGD(random_start=False, rivals=1, **f)])
@pytest.mark.parametrize("norm", NORMS)
def test_gradients_are_the_sum_of_first_hits(norm: str, make: Any) -> None:
    net, model, batch = _case()
    size = 3 * EPS[norm] / STEPS
    hits = _first_hits(net, batch, norm, size, EPS[norm])
    assert 0 < (hits == STEPS).sum() < 50
    assert len(set(hits.tolist())) > 4
    attack = make(norm=norm, eps=EPS[norm], steps=STEPS, step_size=size, early_stop=True)
    result = attack(model, batch)
    np.testing.assert_array_equal(result.gradients, hits)
    whole = attack.evolve(early_stop=False)(model, batch)
    assert set(whole.gradients) == {STEPS}
    np.testing.assert_array_equal(result.success, whole.success)
    assert (whole.success >= (result.clean_correct & (hits < STEPS))).all()  # and those that the last step wins


@pytest.mark.parametrize("norm", NORMS)
def test_what_is_counted_is_what_the_model_did(norm: str) -> None:
    net, model, batch = _case()
    for fields in ({}, {"early_stop": True}, {"early_stop": True, "random_start": False, "restarts": 2},
                   {"early_stop": True, "rivals": 1, "keep": "last"}):
        net.forwards = net.backwards = 0
        result = PGD(norm=norm, eps=EPS[norm], steps=STEPS, **fields)(model, batch)
        assert net.backwards == result.gradients.sum()
        assert net.forwards == result.queries.sum() + 2 * len(batch)  # the core looks before and after


def test_with_early_stop_rivals_are_compared_for_what_withstands_a_first_step() -> None:
    _, model, batch = _case()
    for restarts in (1, 2):
        result = PGD(eps=EPS["linf"], steps=STEPS, early_stop=True, restarts=restarts)(model, batch)
        right = result.clean_correct
        assert (result.gradients[~right] == 0).all()
        assert (result.gradients[right & ~result.success] == 1 + 3 + restarts * STEPS).all()
        won = result.gradients[result.success]
        assert (won == 1).sum() > 5
        assert ((won == 1) | ((won >= 1 + 3) & (won < 1 + 3 + restarts * STEPS))).all()


@pytest.mark.parametrize("norm", NORMS)
def test_early_stop_wins_the_same_samples(norm: str) -> None:
    _, model, batch = _case(80)
    whole = PGD(norm=norm, eps=EPS[norm], steps=30)(model, batch)
    quick = PGD(norm=norm, eps=EPS[norm], steps=30, early_stop=True)(model, batch)
    np.testing.assert_array_equal(whole.success, quick.success)
    assert 10 < whole.success.sum() < 75
    assert quick.gradients.sum() < 0.8 * whole.gradients.sum()
