"""APGD against the recursion it follows, against exact answers, and against what it says of itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from practicum_gradient_attacks.apgd import APGD, checkpoints
from practicum_gradient_attacks.pgd import PGD

from practicum import Batch, Keys
from practicum.testing.torch_toys import TorchToy

NORMS = ("linf", "l2", "l1")
EPS = {"linf": 0.1, "l2": 1.0, "l1": 4.0}


def _net(seed: int, classes: int = 4, width: int = 12, **fields: object) -> TorchToy:
    rng = np.random.default_rng(seed)
    layers = torch.nn.Sequential(torch.nn.Linear(width, 30), torch.nn.Tanh(), torch.nn.Linear(30, classes)).double()
    with torch.no_grad():
        for parameter in layers.parameters():
            parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape)) * 0.8)
    return TorchToy.of(layers, **fields)


def _labelled(model: TorchToy, seed: int, count: int = 6, width: int = 12) -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(seed).uniform(0.1, 0.9, size=(count, width))
    return x, model.predict(Batch.of(x)).labels


def _margin_and_gradient(model: TorchToy, x: np.ndarray, y: int) -> tuple[float, np.ndarray]:
    leaf = torch.from_numpy(x[None]).requires_grad_(True)
    logits = model.modules()[0](leaf)[0]
    loss = torch.cat([logits[:y], logits[y + 1:]]).max() - logits[y]
    return float(loss.detach()), torch.autograd.grad(loss, leaf)[0][0].numpy()


def _ball(v: np.ndarray, centre: np.ndarray, norm: str, eps: float) -> np.ndarray:
    if norm == "linf":
        return np.clip(v, centre - eps, centre + eps)
    change = v - centre
    return centre + change * min(1.0, eps / max(np.linalg.norm(change), 1e-30))


def _published(model: TorchToy, centre: np.ndarray, y: int, norm: str, eps: float,
               steps: int) -> tuple[np.ndarray, list[float]]:
    """Algorithm 1 of arXiv:2003.01690 for one sample without a box, line by line."""
    p, marks = [0.0, 0.22], [0]
    while p[-1] <= 1:
        marks.append(math.ceil(round(p[-1] * steps, 9)))
        p.append(p[-1] + max(p[-1] - p[-2] - 0.03, 0.06))
    eta, x, before = 2 * eps, centre.copy(), centre.copy()
    f, g = _margin_and_gradient(model, x, y)
    f_max, x_max, rises, sizes = f, x.copy(), 0, []
    etas, maxima = [eta], [f_max]
    for k in range(steps):
        way = np.sign(g) if norm == "linf" else g / np.linalg.norm(g)
        z = _ball(x + eta * way, centre, norm, eps)
        alpha = 1.0 if k == 0 else 0.75
        x, before = _ball(x + alpha * (z - x) + (1 - alpha) * (x - before), centre, norm, eps), x
        sizes.append(eta)
        f_before = f
        f, g = _margin_and_gradient(model, x, y)
        rises += f > f_before
        if f > f_max:
            f_max, x_max = f, x.copy()
        if k + 1 in marks[1:]:
            j = marks.index(k + 1)
            few = rises < 0.75 * (marks[j] - marks[j - 1])
            same = eta == etas[-1] and f_max == maxima[-1]
            etas.append(eta)
            maxima.append(f_max)
            rises = 0
            if few or same:
                eta, x = eta / 2, x_max.copy()
                f, g = _margin_and_gradient(model, x, y)
    return x_max, sizes


@pytest.mark.parametrize("norm", ["linf", "l2"])
def test_is_the_published_recursion(norm: str) -> None:
    model = _net(1, classes=3)
    x, label = _labelled(model, 2)
    eps = 1.5 if norm == "linf" else 0.8
    attack = APGD(norm=norm, eps=eps, steps=60, random_start=False, rivals=1)
    adversarial = attack(model, x, label).adversarial
    steps = set()
    for row in range(len(x)):
        expected, sizes = _published(model, x[row], int(label[row]), norm, eps, 60)
        np.testing.assert_allclose(adversarial[row], expected, atol=1e-9)
        steps.add(tuple(sizes))
    assert len(steps) > 1  # samples of one batch had steps of their own


def test_checks_are_where_the_paper_has_them() -> None:
    assert sorted(checkpoints(100)) == [22, 41, 57, 70, 80, 87, 93, 99]
    assert sorted(checkpoints(10)) == [3, 5, 6, 7, 8, 9]
    assert checkpoints(1) == frozenset()
    assert sorted(checkpoints(100, "l1")) == list(range(4, 100, 4))


def _case(seed: int, dtype: type = np.float64, width: int = 96) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    weight, x = rng.normal(size=(2, width)), rng.uniform(size=(12, width))
    x[:, ::7] = np.round(x[:, ::7])  # values that sit on the box
    return weight.astype(dtype), x.astype(dtype)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("boxed", [False, True])
@pytest.mark.parametrize("norm", NORMS)
def test_reaches_the_best_margin_drop(norm: str, boxed: bool, dtype: type) -> None:
    from practicum.testing.linear_truth import best_gain

    weight, x = _case(1, dtype)
    bounds = (0.0, 1.0) if boxed else None
    model, label = TorchToy.linear(weight, bounds=bounds), np.zeros(len(x), np.int64)
    w = weight[1].astype(np.float64) - weight[0]
    best = best_gain(w, x.astype(np.float64), norm, EPS[norm], bounds)
    for random_start in (False, True):
        result = APGD(norm=norm, eps=EPS[norm], random_start=random_start)(model, x, label)
        ratio = ((result.adversarial.astype(np.float64) - x.astype(np.float64)) @ w) / best
        assert ratio.max() <= 1 + 1e-5
        assert ratio.min() >= (0.99 if boxed else 0.999), ratio
        assert result.within.all()


@pytest.mark.parametrize("loss", ["margin", "dlr", "cross-entropy"])
@pytest.mark.parametrize("norm", NORMS)
def test_scale_and_shift_of_the_logits_change_nothing(norm: str, loss: str) -> None:
    weight, x = _case(2)
    label = np.zeros(len(x), np.int64)
    attack = APGD(norm=norm, eps=EPS[norm], steps=12, loss=loss)
    plain = attack(TorchToy.linear(weight, bounds=(0, 1)), x, label).adversarial
    for scale, shift in ((1e-6, 0.0), (1e6, 0.0), (1.0, -50.0)):
        other = attack(TorchToy.linear(weight, bounds=(0, 1), scale=scale, shift=shift), x, label).adversarial
        gained = (other - plain) @ (weight[1] - weight[0])
        np.testing.assert_allclose(gained / np.abs((plain - x) @ (weight[1] - weight[0])), 0.0, atol=2e-3)


def test_a_flat_float32_model_is_broken_all_the_same() -> None:
    # At scale 1e-6 and shift 50 all float32 logits round to a few values: only the gradient still tells the way.
    weight, x = _case(3, np.float32)
    model = TorchToy.linear(weight, scale=1e-6, shift=50.0)
    label = TorchToy.linear(weight).predict(Batch.of(x)).labels
    adversarial = APGD(eps=0.3, steps=40)(model, x, label).adversarial
    w = np.where(label[:, None] == 0, 1.0, -1.0) * (weight[1].astype(np.float64) - weight[0])
    gained = ((adversarial.astype(np.float64) - x) * w).sum(axis=1)
    assert gained.min() >= 0.999 * 0.3 * np.abs(w[0]).sum()


@pytest.mark.parametrize("loss", ["margin", "dlr"])
def test_no_robustness_where_there_is_none(loss: str) -> None:
    # Five classes, inputs along w_y - mean(w), 5 % nearer to the boundary than the budget reaches.
    rng = np.random.default_rng(0)
    weight, label = rng.normal(size=(5, 40)), np.arange(40) % 5
    away = weight[label] - weight.mean(axis=0)
    gaps = weight[label][:, None] - weight[None]
    size = np.abs(gaps).sum(axis=2)
    exact = np.where(size > 0, (away[:, None] * gaps).sum(axis=2) / np.maximum(size, 1e-9), np.inf).min(axis=1)
    x = away * (0.1 / 1.05 / exact)[:, None]
    result = APGD(eps=0.1, steps=10, loss=loss, restarts=4, early_stop=True)(TorchToy.linear(weight), x, label)
    assert result.clean_accuracy == 1.0
    assert result.robust == (0, 40)


@pytest.mark.parametrize("loss", ["margin", "dlr", "cross-entropy"])
def test_targeted_reaches_the_class_it_names_and_two_classes_are_as_untargeted(loss: str) -> None:
    rng = np.random.default_rng(7)
    model, x = TorchToy.linear(rng.normal(size=(4, 30))), rng.normal(size=(20, 30)) * 0.1
    label = model.predict(Batch.of(x)).labels
    result = APGD(eps=0.5, steps=20, criterion={"target": 2}, loss=loss)(model, x, label)
    assert (model.predict(Batch.of(result.adversarial)).labels == 2).all()
    weight, x = _case(6)
    two, label = TorchToy.linear(weight, bounds=(0, 1)), np.arange(12) % 2
    plain, aimed = (APGD(eps=0.1, steps=10, loss=loss, criterion=c)(two, x, label).adversarial
                    for c in ({"goal": "misclassified"}, {"target": 1}))
    np.testing.assert_allclose(aimed[label == 0], plain[label == 0], atol=1e-12)


@pytest.mark.parametrize("norm", NORMS)
def test_batch_equals_singles_with_rows_that_leave(norm: str) -> None:
    model = _net(9, classes=6, bounds=(0.0, 1.0))
    x, label = _labelled(model, 5, count=8)
    eps = np.linspace(0.02, 1.0, 8) * {"linf": 0.15, "l2": 0.5, "l1": 1.5}[norm]
    attack = APGD(norm=norm, eps="eps", steps=25, restarts=2, early_stop=True)
    batch = Batch.of(x).with_targets(label=label, eps=eps)
    whole = attack.run(model, batch, Keys(3))
    for row in range(8):
        alone = attack.run(model, batch.take([row]), Keys(3))
        np.testing.assert_allclose(alone.adversarial[0], whole.adversarial[row], atol=1e-9)
        assert alone.gradients[0] == whole.gradients[row]
    assert whole.within.all()
    assert len(set(whole.gradients.tolist())) > 1


def test_never_weaker_than_pgd_by_much_and_stronger_with_more_steps() -> None:
    # A wrong schedule (no halving, no way back) loses margin on a curved loss.
    gained = {}
    for name, attack in {"pgd": PGD(norm="l2", eps=1.0, steps=20, rivals=1, random_start=False),
                         "apgd": APGD(norm="l2", eps=1.0, steps=20, rivals=1, random_start=False),
                         "long": APGD(norm="l2", eps=1.0, steps=200, rivals=1, random_start=False)}.items():
        total = []
        for seed in range(3):
            model = _net(seed, classes=2, width=40)
            x, label = _labelled(model, seed, count=16, width=40)
            after = attack(model, x, label).adversarial
            total += [_margin_and_gradient(model, after[i], int(label[i]))[0] for i in range(16)]
        gained[name] = np.mean(total)
    assert gained["apgd"] >= gained["pgd"] - 0.02 * abs(gained["pgd"])
    assert gained["long"] >= gained["apgd"] - 1e-6


def test_early_stop_counts_first_hits_and_a_warm_start_that_wins_costs_nothing() -> None:
    weight, x = _case(8)
    model = TorchToy.linear(weight)
    label = model.predict(Batch.of(x)).labels
    attack = APGD(eps=1.0, early_stop=True)
    cold = attack(model, x, label)
    assert cold.success.all()
    assert (cold.gradients == 1).all()  # the step to the border wins
    batch = Batch.of(x).with_targets(label=label)
    warm = attack.run(model, batch, Keys(0), start=cold.batch)
    assert warm.success.all()
    assert (warm.gradients == 0).all()
    assert (warm.queries == 2).all()  # which class leads there, and whether its projection wins
    np.testing.assert_array_equal(warm.adversarial, cold.adversarial)
    nearer = attack.evolve(eps=0.5).run(model, batch, Keys(0), start=cold.batch)
    assert nearer.within.all()
