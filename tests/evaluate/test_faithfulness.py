"""Faithfulness against a plain loop, closed forms, and explanations that are wrong on purpose."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
import torch

from practicum import Batch, Report, stress
from practicum.evaluate.faithfulness import SHARES, STEPS, curves_of, faithfulness, infidelity, summed_up
from practicum.evaluate.randomised import randomised
from practicum.explainer import Explainer, Explanation
from practicum.keys import Keys
from practicum.masking import Game, Grid
from practicum.model import Model
from practicum.report import render
from practicum.testing.torch_toys import BagOfWords, TorchToy
from practicum.testing.toys import AddNoise

RNG = np.random.default_rng(3)
W = RNG.normal(size=(3, 12))
MODEL = TorchToy.linear(W)
SURE = TorchToy.linear(np.stack([W[0], np.zeros(12)]))  # the order of contributions is that of the probability
X = Batch.of(RNG.normal(size=(5, 12)))


class Contributions(Explainer):
    """w_i x_i of a linear model, times ``times``, plus noise."""

    name: ClassVar[str] = "test/contributions"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    times: float = 1.0
    noise: float = 0.0

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        module: Any = model.modules()[0]  # type: ignore[attr-defined]  # a toy with one linear layer
        x = np.asarray(batch.data)
        values = self.times * module.weight.detach().numpy()[target] * x
        noise = self.noise * np.random.default_rng(0).normal(size=values.shape)
        return Explanation(values + noise, target, batch.ids, base_value=np.zeros(len(x)), score=values.sum(axis=1))


class Nothing(Contributions):
    """Looks at the input only."""

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        return Explanation(np.asarray(batch.data), target, batch.ids)


def _probability(x: npt.NDArray[np.float64], target: int) -> float:
    z = W @ x
    shares = np.exp(z - z.max())
    return float(shares[target] / shares.sum())


def test_curves_are_those_of_a_plain_loop() -> None:
    target = MODEL.predict(X).labels
    game = Game(MODEL, X, target, output="probability")
    values = W[target] * np.asarray(X.data)
    curves = curves_of(game, values, Keys(0).bind(X.ids))
    for row in range(len(X)):
        order = np.argsort(-values[row], kind="stable")
        for at in range(STEPS + 1):
            count = int(np.rint(12 * at / STEPS))
            gone, there = np.asarray(X.data[row]).copy(), np.zeros(12)
            gone[order[:count]] = 0.0
            there[order[:count]] = X.data[row][order[:count]]
            assert curves.deletion[row, at] == pytest.approx(_probability(gone, target[row]), abs=1e-12)
            assert curves.insertion[row, at] == pytest.approx(_probability(there, target[row]), abs=1e-12)
        for at, share in enumerate(SHARES):
            count = max(1, int(np.rint(12 * share)))
            gone = np.asarray(X.data[row]).copy()
            gone[order[:count]] = 0.0
            assert curves.without[row, at] == pytest.approx(_probability(gone, target[row]), abs=1e-12)
            assert curves.only[row, at] == pytest.approx(_probability(np.asarray(X.data[row]) - gone, target[row]))


def test_exact_contributions_of_a_linear_model_are_exactly_faithful() -> None:
    found = faithfulness(SURE, X, target=[0] * 5, explainer=Contributions())
    np.testing.assert_allclose(found["infidelity"], 0.0, atol=1e-20)
    np.testing.assert_allclose(found["correlation"], 1.0)
    np.testing.assert_allclose(found["gap"], 0.0, atol=1e-12)
    assert (found["beyond chance"] > 0).all()
    assert (found["deletion"] < found["insertion"]).all()
    scaled = faithfulness(SURE, X, target=[0] * 5, explainer=Contributions(times=7.0))
    np.testing.assert_allclose(scaled["infidelity"], 0.0, atol=1e-20)  # up to the scale that fits best


def test_wrong_explanations_are_told_apart() -> None:
    good, noisy, turned = (faithfulness(SURE, X, Contributions(**fields), target=[0] * 5)
                           for fields in ({}, {"noise": 3.0}, {"times": -1.0}))
    assert noisy["infidelity"].mean() > 0.2
    assert (good["correlation"] > noisy["correlation"]).all()
    assert (turned["deletion"] > good["insertion"] - 1e-9).all()
    assert (turned["comprehensiveness"] < good["comprehensiveness"]).all()
    other = faithfulness(MODEL, X, Contributions())
    assert other["random weights"].mean() < 0.6
    np.testing.assert_allclose(faithfulness(SURE, X, Nothing())["random weights"], 1.0)


def test_sensitivity_is_how_far_attributions_move_over_their_length() -> None:
    found = faithfulness(SURE, X, Contributions(), target=[0] * 5)["sensitivity"]
    # w * delta over w * x: at most 2 % of each sample's range, and more than a tenth of that
    x, w = np.asarray(X.data), W[0]
    most = 0.02 * (x.max(axis=1) - x.min(axis=1)) * np.linalg.norm(w) / np.linalg.norm(w * x, axis=1)
    assert (found <= most + 1e-12).all()
    assert (found > 0.1 * most).all()

    class Steady(Contributions):
        def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
            return Explanation(np.tile(W[0], (len(batch), 1)), target, batch.ids)

    np.testing.assert_array_equal(faithfulness(SURE, X, Steady(), target=[0] * 5)["sensitivity"], 0.0)


def test_infidelity_is_the_mean_square_over_the_variance() -> None:
    game = Game(MODEL, X, MODEL.predict(X).labels)
    values = W[game.target] * np.asarray(X.data)
    values[:, 0] += 0.5  # one wrong contribution
    error, _ = infidelity(game, values, Keys(1).bind(X.ids), draws=4000)
    right = W[game.target] * np.asarray(X.data)
    # each part is absent with probability 1/2: E[promised^2], E[promised lost], var(lost) in closed form
    def product(a: Any, b: Any) -> Any:
        return 0.25 * a.sum(axis=1) * b.sum(axis=1) + 0.25 * (a * b).sum(axis=1)
    scale = product(values, right) / product(values, values)
    expected = (scale**2 * product(values, values) - 2 * scale * product(values, right) + product(right, right))
    np.testing.assert_allclose(error, expected / (0.25 * (right**2).sum(axis=1)), rtol=0.15)


def test_attributions_are_gathered_as_they_are_spread() -> None:
    images = Batch.of(torch.rand(3, 2, 5, 4, generator=torch.Generator().manual_seed(0)).double())
    game = Game(TorchToy.linear(np.ones((2, 40))), images, [0, 0, 0], players=Grid(rows=2, columns=2))
    values = RNG.normal(size=(3, 4))
    np.testing.assert_allclose(game.gather(game.spread(values)), values)
    texts = Batch.of(["a bb c", "d"])
    words = Game(BagOfWords.of(["a", "bb"], np.eye(3), np.eye(3)), texts, [0, 0])
    np.testing.assert_allclose(words.gather([np.array([1.0, 2.0, 3.0]), np.array([4.0])]), [[1, 2, 3], [4, 0, 0]])


def test_shuffled_weights_change_the_copy_only() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    model = TorchToy.of(net)
    before = [p.detach().clone() for p in net.parameters()]
    other: Any = randomised(model, 1)
    assert all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    for old, new in zip(before, other.modules()[0].parameters(), strict=True):
        assert sorted(old.flatten().tolist()) == sorted(new.detach().flatten().tolist())
    assert not torch.equal(before[0], next(other.modules()[0].parameters()))


def test_the_table_reaches_the_report_and_the_disk(tmp_path: Path) -> None:
    data = X.with_targets(label=MODEL.predict(X).labels)
    report = stress(MODEL, data, [AddNoise(std=2.0)], seeds=1, explain=[Contributions(), Contributions(noise=1.0)])
    exact, noisy = report.faithfulness
    assert exact.figures["infidelity"].value < 1e-12 < noisy.figures["infidelity"].value
    assert Report.load(report.save(tmp_path / "saved")).faithfulness == report.faithfulness
    assert "Are the reasons the real ones?" in render(report)


def test_units_that_are_no_players_are_named() -> None:
    class Letters(Nothing):
        modalities: ClassVar[frozenset[str]] = frozenset({"text"})

        def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
            texts = batch.to_list()
            return Explanation([np.ones(len(t)) for t in texts], target, batch.ids, units=[list(t) for t in texts])

    model = BagOfWords.of(["good", "bad"], np.eye(3), np.eye(3))
    (found,) = summed_up(model, Batch.of(["good film", "bad"]), [Letters()], split="test")
    assert "attributions of 9 units, but 2 parts" in found.why_not
