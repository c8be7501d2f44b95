"""Adversarial training against closed forms, and as a training that can be interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from practicum_defences.fast import FastTraining
from practicum_defences.free import FreeTraining
from practicum_defences.inner import ascended, clipped
from practicum_defences.trades import Trades, trades_loss

from practicum import Batch, Keys
from practicum.errors import CapabilityError, RunError
from practicum.testing.torch_net import ToyNet
from practicum.testing.toys import AddNoise
from practicum.testing.toys_models import KeywordModel, Push, blobs

DATA = blobs(64, spread=0.7)
METHODS = [Trades(base=ToyNet(), eps=0.3, epochs=4, steps=2, batch_size=16, lr=0.05),
           FreeTraining(base=ToyNet(), eps=0.3, epochs=4, replays=2, batch_size=16, lr=0.05),
           FastTraining(base=ToyNet(), eps=0.3, epochs=4, batch_size=16, lr=0.05)]


def _weights(model: Any) -> list[np.ndarray]:
    return [p.detach().numpy().copy() for m in model.modules() for p in m.parameters()]


def test_the_search_reaches_the_adversarial_logistic_loss_in_closed_form() -> None:
    # Goodfellow et al.: on a linear model the worst loss in the ball is softplus(-margin + eps * |w|_1)
    rng = np.random.default_rng(0)
    w, x, y, eps = rng.normal(size=6), torch.from_numpy(rng.normal(size=(9, 6))), np.arange(9) % 2, 0.2
    weight = torch.from_numpy(np.stack([np.zeros(6), w]))

    def loss(z: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(z @ weight.T, torch.from_numpy(y), reduction="sum")

    found = ascended(loss, x, x, eps=eps, step=0.1, steps=3, bounds=None)
    sign = np.where(y == 1, 1.0, -1.0)
    expected = np.logaddexp(0.0, -sign * (x.numpy() @ w) + eps * np.abs(w).sum()).sum()
    assert float(loss(found)) == pytest.approx(expected, rel=1e-12)
    boxed = ascended(loss, x, x, eps=eps, step=0.1, steps=3, bounds=(-0.5, 0.5))
    assert torch.equal(boxed[(x < -0.5) | (x > 0.5)], x[(x < -0.5) | (x > 0.5)])
    assert float((boxed - x).abs().max()) <= eps + 1e-12


def test_clipping_keeps_ball_and_box() -> None:
    centre = torch.tensor([0.0, 0.5, 1.0, 1.5])
    assert clipped(centre + 1, centre, 0.25, (0.0, 1.0)).tolist() == [0.25, 0.75, 1.0, 1.5]


def test_the_loss_is_cross_entropy_plus_beta_times_the_divergence() -> None:
    rng = np.random.default_rng(1)
    z, q = rng.normal(size=(2, 5, 3))
    label = np.array([0, 1, 2, 0, 1])

    def shares(v: np.ndarray) -> np.ndarray:
        e = np.exp(v - v.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    p, r = shares(z), shares(q)
    expected = -np.log(p[np.arange(5), label]).mean() + 4.0 * (p * np.log(p / r)).sum(axis=1).mean()
    found = trades_loss(torch.from_numpy(z), torch.from_numpy(q), torch.from_numpy(label), 4.0)
    assert float(found) == pytest.approx(expected, rel=1e-12)


def test_one_replay_and_beta_zero_are_plain_training() -> None:
    free = FreeTraining(base=ToyNet(), eps=0.3, epochs=3, replays=1, batch_size=16).fit([DATA], Keys(0))
    same = FreeTraining(base=ToyNet(), eps=9.0, epochs=3, replays=1, batch_size=16).fit([DATA], Keys(0))
    for a, b in zip(_weights(free), _weights(same), strict=True):
        np.testing.assert_array_equal(a, b)  # the budget doesn't matter where nothing moves
    plain = Trades(base=ToyNet(), eps=0.3, epochs=3, beta=0.0, steps=1, batch_size=16).fit([DATA], Keys(0))
    other = Trades(base=ToyNet(), eps=2.0, epochs=3, beta=0.0, steps=1, batch_size=16).fit([DATA], Keys(0))
    for a, b in zip(_weights(plain), _weights(other), strict=True):
        np.testing.assert_array_equal(a, b)


def test_replays_follow_the_signs_of_the_same_backward_pass_and_the_rate_a_cosine() -> None:
    # One batch, a linear model, two epochs: the rate is halved in the second. Each replay starts where the last one
    # ended, and the first of an epoch at the sample.
    base = ToyNet(hidden=0)
    made = FreeTraining(base=base, eps=0.3, epochs=2, replays=3, batch_size=64, lr=0.1, weight_decay=0.5)
    start = base.trainee([DATA], Keys(0).child(made.name).child("weights"))
    net = start.modules()[0]
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.1, weight_decay=0.5)
    x, y = torch.as_tensor(DATA.data), torch.as_tensor(DATA.label)
    clean = x
    for turn in range(6):
        optimizer.param_groups[0]["lr"] = 0.1 if turn < 3 else 0.05
        x = clean if turn == 3 else x
        leaf = x.detach().requires_grad_(True)
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(net(leaf), y).backward()
        optimizer.step()
        assert leaf.grad is not None
        x = (leaf.detach() + 0.3 * leaf.grad.sign()).clamp(clean - 0.3, clean + 0.3)
    for a, b in zip(_weights(made.fit([DATA], Keys(0))), _weights(start), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.label)
def test_training_makes_a_linear_model_robust_where_it_can_be(method: Any) -> None:
    # The robust direction of two clouds at (-1, -1) and (1, 1) plus a weak, strong-looking third feature.
    rng = np.random.default_rng(2)
    y = np.arange(200) % 2
    sign = np.where(y == 1, 1.0, -1.0)
    x = np.stack([sign + 0.6 * rng.normal(size=200), 0.2 * sign + 0.01 * rng.normal(size=200)], axis=1)
    batch = Batch.of(x, targets={"label": y})
    made = method.evolve(base=ToyNet(hidden=0), epochs=60, batch_size=50, lr=0.1).fit([batch], Keys(0))
    w = made.modules()[0][0].weight.detach().numpy()
    gap = w[1] - w[0]
    # The second feature separates perfectly but moves across zero under eps 0.3: plain training leans on it.
    assert gap[0] > abs(gap[1])
    plain = FreeTraining(base=ToyNet(hidden=0), eps=0.3, replays=1, epochs=60, batch_size=50, lr=0.1).fit(
        [batch], Keys(0)).modules()[0][0].weight.detach().numpy()
    assert abs(plain[1] - plain[0])[1] > abs(plain[1] - plain[0])[0]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.label)
def test_an_interrupted_training_ends_at_the_same_bits(method: Any, tmp_path: Path) -> None:
    whole = method.fit([DATA], Keys(3), augment=AddNoise(std=0.05))

    class Killed(Exception):
        pass

    class Stops:
        def log_metrics(self, values: Any, step: int) -> None:
            if step == 1:
                raise Killed

    path = tmp_path / "at.ckpt"
    with pytest.raises(Killed):
        method.fit([DATA], Keys(3), Stops(), augment=AddNoise(std=0.05), checkpoint=path)
    again = method.fit([DATA.take(np.arange(64)[::-1])], Keys(3), augment=AddNoise(std=0.05), checkpoint=path)
    for a, b in zip(_weights(whole), _weights(again), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(RunError, match="another configuration"):
        method.evolve(eps=0.5).fit([DATA], Keys(3), augment=AddNoise(std=0.05), checkpoint=path)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(CapabilityError, match="stepwise-training, but toy/keyword"):
        FastTraining(base=KeywordModel(words=("a",))).fit([DATA], Keys(0))
    with pytest.raises(CapabilityError, match="takes no adversary"):
        METHODS[2].fit([DATA], Keys(0), adversary=Push(eps=0.1))
