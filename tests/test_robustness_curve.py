"""Whole robustness curves against closed forms and against budget-by-budget runs, and what they cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import norm as normal

import practicum as pm
from practicum import Batch
from practicum.curve import RobustnessCurve, robustness_curve
from practicum.errors import ConfigError, UsageError
from practicum.testing.torch_toys import TorchToy

DUAL = {"linf": 1, "l2": 2, "l1": np.inf}
EIGHT = np.arange(1, 9) / 8


def _gaussian(count: int, width: int = 8) -> tuple[TorchToy, np.ndarray, np.ndarray, np.ndarray, float]:
    """Two Gaussian classes at +-mu, spread 0.5, and the linear model along mu; stratified along mu, which is what the
    curve depends on, so that few samples follow it closely."""
    rng = np.random.default_rng(5)
    mu = rng.normal(size=width) / np.sqrt(width)
    label = np.arange(count) % 2
    sign, along = 2.0 * label - 1.0, mu / np.linalg.norm(mu)
    noise = rng.normal(size=(count, width))
    ranks = (np.arange(count) // 2 + 0.5) / (count // 2)
    noise += (normal.ppf(ranks) - noise @ along)[:, None] * along
    return TorchToy.linear(np.stack([-mu, mu])), sign[:, None] * mu + 0.5 * noise, label, mu, 0.5


def _net(seed: int, classes: int = 4, width: int = 12) -> tuple[TorchToy, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    layers = torch.nn.Sequential(torch.nn.Linear(width, 30), torch.nn.Tanh(), torch.nn.Linear(30, classes)).double()
    with torch.no_grad():
        for parameter in layers.parameters():
            parameter.copy_(torch.from_numpy(rng.normal(size=parameter.shape)) * 0.8)
    model, x = TorchToy.of(layers, bounds=(0.0, 1.0)), rng.uniform(size=(40, width))
    label = model.predict(Batch.of(x)).labels
    label[:4] = (label[:4] + 1) % classes
    return model, x, label


@pytest.mark.parametrize("technique", ["pgd", "apgd", "fmn"])
@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
def test_follows_the_closed_form_of_gaussian_classes(norm: str, technique: str) -> None:
    model, x, label, w, spread = _gaussian(400)
    dual = np.linalg.norm(w, DUAL[norm])
    eps = EIGHT * 1.6 * (w @ w) / dual
    fields = {"steps": 12} if technique != "fmn" else {"steps": 10}
    curve = robustness_curve(pm.get(technique, norm=norm, **fields), model, x, label, eps=eps)
    # Of these very samples: exactly; of the distribution: within 1 %.
    margin = (2 * label - 1) * (x @ w)
    mine = np.array([(margin > e * dual).mean() for e in eps])
    np.testing.assert_allclose(curve.robust_accuracy, mine, atol=2e-3)
    exact = normal.cdf((w @ w - eps * dual) / (spread * np.linalg.norm(w)))
    assert np.abs(curve.robust_accuracy - exact).max() < 0.01
    assert curve.clean == int((margin > 0).sum())
    assert (curve.low <= curve.robust_accuracy).all()
    assert (curve.robust_accuracy <= curve.high).all()


@pytest.mark.parametrize("norm", ["linf", "l2", "l1"])
@pytest.mark.parametrize("technique", ["pgd", "apgd"])
def test_eight_budgets_cost_at_most_two_runs_and_break_as_many(technique: str, norm: str) -> None:
    scale = {"linf": 0.06, "l2": 0.15, "l1": 0.4}[norm]
    for seed in (1, 2):
        model, x, label = _net(seed)
        attack = pm.get(technique, norm=norm, eps=scale, steps=24)
        curve = robustness_curve(attack, model, x, label, eps=EIGHT * scale)
        one = attack(model, x, label)
        right = one.clean_correct
        assert (curve.gradients[right] <= 2 * one.gradients[right]).all()
        assert curve.queries[right].sum() <= 2 * one.queries[right].sum()
        assert (curve.gradients[~right] == 0).all()
        assert (np.diff(curve.robust) <= 0).all()
        each = np.array([attack.evolve(eps=float(e), early_stop=True)(model, x, label).robust[0] for e in curve.eps])
        assert (curve.robust <= each + 1).all(), (curve.robust, each)
        assert 0 < curve.robust[-1] < curve.robust[0] < curve.clean


def test_one_budget_is_one_run() -> None:
    model, x, label = _net(3)
    attack = pm.get("apgd", eps=0.1, steps=10, early_stop=True)
    curve = robustness_curve(attack, model, x, label, eps=[0.1], seed=4)
    right = np.flatnonzero(model.predict(Batch.of(x)).labels == label)
    one = attack(model, x[right], label[right], seed=4, ids=right.tolist())
    assert curve.robust.tolist() == [one.robust[0]]
    np.testing.assert_array_equal(np.isinf(curve.smallest[right]), ~one.success)
    np.testing.assert_array_equal(curve.smallest[:4], 0.0)
    np.testing.assert_array_equal(curve.gradients[right], one.gradients)


def test_attacks_that_begin_anew_agree_with_budget_by_budget() -> None:
    model, x, label, w, _ = _gaussian(60)
    attack = pm.get("square", queries=120)
    eps = EIGHT * 1.6 * (w @ w) / np.abs(w).sum()
    curve = robustness_curve(attack, model, x, label, eps=eps)
    each = np.array([attack.evolve(eps=float(e))(model, x, label).robust[0] for e in eps])
    assert np.abs(curve.robust - each).max() <= 2
    assert (curve.queries <= 4 * 120).all()  # the largest, and three halvings of seven
    assert (curve.gradients == 0).all()
    cascade = pm.get("cascade", checks=False, members=[{"use": "gradient-attacks/apgd", "steps": 5}])
    exact = np.array([((2 * label - 1) * (x @ w) > e * np.abs(w).sum()).sum() for e in eps])
    np.testing.assert_array_equal(robustness_curve(cascade, model, x, label, eps=eps).robust, exact)


def test_a_minimal_attack_runs_once_even_if_it_has_a_budget() -> None:
    model, x, label, w, _ = _gaussian(30)
    eps = EIGHT * 1.6 * np.linalg.norm(w)
    attack = pm.get("ddn", steps=8)
    curve, once = robustness_curve(attack.evolve(eps=0.01), model, x, label, eps=eps), attack(model, x, label)
    np.testing.assert_array_equal(curve.gradients[curve.smallest > 0], once.gradients[once.clean_correct])
    walk = pm.get("boundary", queries=60)  # by decisions; its eps, too, may be left out
    boundary, walked = robustness_curve(walk.evolve(eps=0.01), model, x, label, eps=eps), walk(model, x, label)
    far = np.where(walked.success, walked.norm, np.inf)[walked.clean_correct]
    np.testing.assert_array_equal(boundary.robust, [(far > e).sum() for e in eps])
    assert (boundary.queries <= 60).all()
    margin = (2 * label - 1) * (x @ w) / np.linalg.norm(w)
    np.testing.assert_array_equal(curve.robust, [(margin > e).sum() for e in eps])


def test_order_of_samples_and_of_budgets_does_not_matter() -> None:
    model, x, label = _net(5)
    ids = np.arange(40)
    attack: Any = pm.get("apgd", steps=10)
    one = robustness_curve(attack, model, x, label, eps=EIGHT * 0.25, ids=ids.tolist())
    other = robustness_curve(attack, model, x[::-1].copy(), label[::-1], eps=[*EIGHT[::-1] * 0.25, 0.25],
                             ids=ids[::-1].tolist())
    np.testing.assert_array_equal(one.smallest, other.smallest[::-1])
    np.testing.assert_array_equal(one.eps, other.eps)


def _drawn() -> RobustnessCurve:
    model, x, label = _net(6)
    return robustness_curve(pm.get("fgsm"), model, x, label, eps=[0.1, 0.2])


def test_table_and_plot_show_the_figures() -> None:
    curve = _drawn()
    lines = curve.table().splitlines()
    assert len(lines) == 4
    assert f"{curve.clean}/40" in lines[1]
    assert all(f"{n}/40" in line and "<= " in line for n, line in zip(curve.robust, lines[2:], strict=True))
    axes = curve.plot()
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [curve.clean / 40, *(curve.robust / 40)])
    assert "upper bound" in axes.get_ylabel()


def test_what_cannot_be_varied_is_refused_and_no_samples_are_no_samples() -> None:
    model, x, label = _net(7)
    for eps in ([], [0.0], [-1.0], [float("nan")]):
        with pytest.raises(UsageError, match="list of budgets"):
            robustness_curve(pm.get("pgd"), model, x, label, eps=eps)
    with pytest.raises(ConfigError, match="no field 'eps'"):
        robustness_curve(pm.get("spatial"), model, x.reshape(40, 1, 3, 4), label, eps=[0.1])
    empty = robustness_curve(pm.get("pgd"), model, Batch.of(x).with_targets(label=label).take([]), eps=[0.1])
    assert (empty.total, empty.clean, empty.robust.tolist()) == (0, 0, [0])
    assert np.isnan(empty.clean_accuracy)
