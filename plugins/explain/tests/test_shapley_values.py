"""Shapley and Owen values against games whose values are known exactly."""

from __future__ import annotations

from itertools import permutations
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
import torch
from practicum_explain.kernel_shap import KernelShap
from practicum_explain.partition_shap import PartitionShap
from practicum_explain.permutation_shap import PermutationShap
from practicum_explain.shapley import Shapley, shapley_values
from pydantic import PrivateAttr

from practicum import Batch
from practicum.errors import CapabilityError, ConfigError
from practicum.explainer import Explanation
from practicum.masking import Background, Constant, Grid
from practicum.model import Model, Predictions
from practicum.testing.torch_toys import BagOfWords, TorchToy

Floats = npt.NDArray[np.float64]


class SetGame(Model):
    """A game given by the scores of all coalitions [2^d]: value i of a state is 1 where player i is present."""

    name: ClassVar[str] = "toy/set-game"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    _scores: Any = PrivateAttr(default=None)

    @classmethod
    def of(cls, scores: Floats) -> SetGame:
        made = cls()
        object.__setattr__(made, "__pydantic_private__", {"_scores": scores})
        return made

    def predict(self, batch: Batch) -> Predictions:
        x = np.asarray(batch.data)
        number = (x > 0.5) @ (1 << np.arange(x.shape[1]))
        return Predictions("classification", batch.ids, np.stack([self._scores[number], np.zeros(len(x))], axis=1))


def play(explainer: Any, scores: Floats, samples: int = 1, seed: int = 0) -> Explanation:
    count = len(scores).bit_length() - 1
    found: Explanation = explainer(SetGame.of(scores), np.ones((samples, count)), target=0, seed=seed)
    return found


def members(count: int) -> npt.NDArray[np.bool_]:
    return ((np.arange(1 << count)[:, None] >> np.arange(count)) & 1).astype(bool)


def unanimity(count: int, terms: list[tuple[float, tuple[int, ...]]]) -> tuple[Floats, Floats]:
    """Scores of a sum of products over sets of players, and its Shapley values: each term is shared equally."""
    present = members(count)
    scores, values = np.full(1 << count, 0.7), np.zeros(count)
    for weight, team in terms:
        scores += weight * present[:, team].all(axis=1)
        values[list(team)] += weight / len(team)
    return scores, values


def random_game(count: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=1 << count)


def by_orders(scores: Floats, orders: Any) -> Floats:
    """The mean over orders of what each player adds."""
    total, count, number = np.zeros(len(scores).bit_length() - 1), 0, 0
    for order in orders:
        at = 0
        for player in order:
            total[player] += scores[at | 1 << player] - scores[at]
            at |= 1 << player
        number += 1
    assert count == 0
    return total / number


TERMS = [(1.0, (0,)), (-2.0, (1, 2)), (3.0, (0, 3, 4)), (0.5, (2, 5, 6, 7)), (-1.5, (1, 4, 7))]


def test_every_order_of_a_random_game_gives_the_same_mean() -> None:
    scores = random_game(6)
    np.testing.assert_allclose(shapley_values(scores), by_orders(scores, permutations(range(6))), atol=1e-13)
    np.testing.assert_allclose(play(Shapley(), scores).values[0], shapley_values(scores), atol=1e-14)


def test_terms_of_several_players_are_shared_equally() -> None:
    scores, values = unanimity(8, TERMS)
    out = play(Shapley(), scores, samples=2)
    np.testing.assert_allclose(out.values, [values, values], atol=1e-13)
    assert out.base_value is not None
    assert out.gap is not None
    assert out.queries is not None
    np.testing.assert_allclose(out.base_value, 0.7)
    assert out.gap.max() < 1e-12
    assert out.queries.tolist() == [256, 256]


def test_exact_to_nine_digits_for_twelve_players() -> None:
    rng = np.random.default_rng(1)
    teams = [(float(rng.normal() * 100), tuple(sorted(rng.choice(12, size=k, replace=False)))) for k in
             (1, 2, 3, 3, 4, 5, 6, 9, 12)]
    scores, values = unanimity(12, teams)
    assert np.abs(play(Shapley(), scores).values[0] - values).max() < 1e-9
    assert np.abs(play(KernelShap(budget=4094), scores).values[0] - values).max() < 1e-9


def test_a_product_is_shared_equally_and_a_sum_is_the_weights() -> None:
    class Product(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.stack([x.prod(dim=1), x.sum(dim=1)], dim=1)

    x = np.random.default_rng(2).uniform(0.5, 2.0, size=(3, 5))
    for explainer in (Shapley(), KernelShap(), PermutationShap(pairs=40)):
        out = explainer(TorchToy.of(Product()), x, target=0)
        exact = np.repeat(x.prod(axis=1)[:, None] / 5, 5, axis=1)
        slack = 1e-12 if out.error is None else 4 * out.error[:, None] + 1e-12
        assert (np.abs(out.values - exact) <= slack).all()


@pytest.mark.parametrize("explainer", [Shapley(), KernelShap(), PermutationShap(pairs=1), PartitionShap()],
                         ids=lambda e: e.label)
def test_linear_scores_are_weights_times_the_distance_from_absence(explainer: Any) -> None:
    rng = np.random.default_rng(3)
    weight, x, base = rng.normal(size=(2, 6)), rng.normal(size=(4, 6)), rng.normal(size=6)
    out = explainer.evolve(absent=Constant(value=tuple(base)))(TorchToy.linear(weight, [3.0, -1.0]), x, target=1)
    np.testing.assert_allclose(out.values, weight[1] * (x - base), atol=1e-11)
    np.testing.assert_allclose(out.base_value, weight[1] @ base - 1.0, atol=1e-12)
    assert out.values.dtype == np.float64
    assert explainer(TorchToy.linear(weight.astype(np.float32)), x.astype(np.float32)).values.dtype == np.float32


def test_with_a_background_linear_scores_are_measured_from_its_mean() -> None:
    rng = np.random.default_rng(4)
    weight, x, other = rng.normal(size=(2, 4)), rng.normal(size=(2, 4)), rng.normal(size=(6, 4))
    out = Shapley(absent=Background.of(Batch.of(other), rows=6))(TorchToy.linear(weight), x, target=0)
    np.testing.assert_allclose(out.values, weight[0] * (x - other.mean(axis=0)), atol=1e-12)
    assert out.queries.tolist() == [96, 96]


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_kernel_shap_is_exact_where_the_budget_covers_all(count: int) -> None:
    scores = 10 * random_game(count, seed=count)
    out = play(KernelShap(budget=max((1 << count) - 2, 2)), scores)
    np.testing.assert_allclose(out.values[0], shapley_values(scores), atol=1e-10)
    assert out.error is not None
    assert out.queries is not None
    assert out.error.tolist() == [0.0]
    assert out.queries.tolist() == [1 << count]


def test_kernel_shap_keeps_its_budget_adds_up_and_knows_its_error() -> None:
    scores, exact = unanimity(10, [*TERMS, (2.0, (3, 8, 9)), (-1.0, (0, 5, 8, 9))])
    off, said = [], []
    for seed in range(40):
        out = play(KernelShap(budget=200), scores, seed=seed)
        assert out.gap is not None
        assert out.error is not None
        assert out.queries is not None
        assert out.queries[0] <= 202
        assert out.gap[0] < 1e-10
        off.append(out.values[0] - exact)
        said.append(out.error[0])
    spread = np.sqrt((np.array(off) ** 2).mean(axis=0))
    assert 0.01 < spread.max() < 0.5
    assert 0.7 < np.mean(said) / spread.max() < 2.0  # the largest standard error is what the values really scatter by
    assert np.mean(np.abs(off) <= 2 * np.array(said)[:, None]) > 0.95


def test_more_budget_is_less_error() -> None:
    scores = random_game(9, seed=5)
    exact = shapley_values(scores)

    def size(budget: int) -> float:
        return float(np.sqrt(np.mean([(play(KernelShap(budget=budget), scores, seed=s).values[0] - exact) ** 2
                                      for s in range(20)])))

    sizes = [size(budget) for budget in (40, 120, 360)]
    assert sizes[0] > 1.4 * sizes[1] > 1.4 * 1.4 * sizes[2]
    assert size(510) < 1e-12


def test_too_small_budgets_and_too_many_parts_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"budget 10 is too small for the 9 parts of sample 0, which .* 36 coal"):
        play(KernelShap(budget=10), random_game(9))
    with pytest.raises(CapabilityError, match=r"5 parts, so 2\^5.*more than 2\^4"):
        play(Shapley(limit=4), random_game(5))


def test_one_order_is_exact_for_additive_games_and_its_reverse_for_pairs() -> None:
    scores, values = unanimity(9, [(1.0, (0,)), (-2.0, (3,)), (0.5, (8,))])
    out = play(PermutationShap(pairs=1), scores)
    np.testing.assert_allclose(out.values[0], values, atol=1e-14)
    assert out.error is not None
    assert out.error[0] < 1e-14
    scores, values = unanimity(9, [(1.0, (0, 1)), (-2.0, (3, 8)), (0.5, (8,)), (3.0, (0, 8))])
    np.testing.assert_allclose(play(PermutationShap(pairs=1), scores).values[0], values, atol=1e-13)


def test_permutation_errors_cover_and_triples_are_right_on_average() -> None:
    scores, exact = unanimity(8, TERMS)
    off, said = [], []
    for seed in range(40):
        out = play(PermutationShap(pairs=10), scores, seed=seed)
        assert out.gap is not None
        assert out.error is not None
        assert out.queries is not None
        assert out.gap[0] < 1e-12
        assert out.queries[0] == 2 * 10 * 7 + 2
        off.append(out.values[0] - exact)
        said.append(out.error[0])
    spread = np.sqrt((np.array(off) ** 2).mean(axis=0))
    assert 0.7 < np.mean(said) / spread.max() < 1.5
    assert np.mean(np.abs(off) <= 2 * np.array(said)[:, None]) > 0.95
    assert np.abs(np.mean(off, axis=0)).max() < 4 * spread.max() / np.sqrt(40)


def test_owen_values_are_the_mean_over_orders_that_keep_halves_together() -> None:
    scores = random_game(4, seed=6)
    orders = [(*a, *b) for left in permutations((0, 1)) for right in permutations((2, 3))
              for a, b in ((left, right), (right, left))]
    np.testing.assert_allclose(play(PartitionShap(), scores).values[0], by_orders(scores, orders), atol=1e-14)
    deep = random_game(5, seed=7)  # (0 1) against (2 (3 4))
    nested = [(*x, *y) for left in permutations((0, 1)) for inner in permutations((3, 4))
              for right in ((2, *inner), (*inner, 2)) for x, y in ((left, right), (right, left))]
    out = play(PartitionShap(), deep)
    np.testing.assert_allclose(out.values[0], by_orders(deep, nested), atol=1e-14)
    assert out.figures["divided"].tolist() == [1.0]


def test_a_spent_budget_leaves_halves_undivided_and_still_adds_up() -> None:
    scores, _ = unanimity(8, [(4.0, (0,)), (1.0, (7,))])
    out = play(PartitionShap(budget=14), scores)
    assert out.gap is not None
    assert out.queries is not None
    assert out.gap[0] < 1e-13
    assert out.queries[0] <= 16
    assert 0 < out.figures["divided"][0] < 1
    # Two queries divide the whole, four the better half, eight the better quarter; the rest shares equally.
    np.testing.assert_allclose(out.values[0], [4, 0, 0, 0, 0.25, 0.25, 0.25, 0.25], atol=1e-13)


def test_patches_of_an_image_are_halved_in_the_plane() -> None:
    weight = np.random.default_rng(8).normal(size=(1, 3 * 36))
    x = torch.from_numpy(np.random.default_rng(9).uniform(size=(2, 3, 6, 6)))
    model = TorchToy.linear(np.concatenate([weight, 0 * weight]))
    out = PartitionShap(players=Grid(rows=3, columns=2), absent=Constant())(model, x, target=0)
    whole = (weight * x.reshape(2, -1).numpy()).reshape(2, 3, 3, 2, 2, 3)
    np.testing.assert_allclose(out.values.reshape(2, 3, 3, 2, 2, 3).sum(axis=(1, 3, 5)), whole.sum(axis=(1, 3, 5)),
                               atol=1e-12)
    # A patch's value is shared equally among its numbers.
    assert np.ptp(out.values[0][:, :2, :3]) < 1e-15


def test_words_share_what_their_pair_gives() -> None:
    # The mean over words makes every word interact with all others: the values come from all orders.
    rng = np.random.default_rng(10)
    model = BagOfWords.of(["a", "b", "c"], rng.normal(size=(4, 3)), rng.normal(size=(2, 3)))
    text = ["a b c d. a"]
    exact = Shapley()(model, text, target=1)
    table = np.array([model.predict(Batch.of(["a", "b", "c", "d."])).values[:, 1][k] for k in (0, 1, 2, 3, 0)])
    present = members(5)
    scores = present @ table / np.maximum(present.sum(axis=1), 1)
    np.testing.assert_allclose(exact.values[0], by_orders(scores, permutations(range(5))), atol=1e-12)
    np.testing.assert_allclose(KernelShap()(model, text, target=1).values[0], exact.values[0], atol=1e-10)
    assert exact.units == [["a", "b", "c", "d.", "a"]]
    owen = PartitionShap()(model, text, target=1)  # halves: the sentence (a b c d.) and the word after it
    orders = [(*x, *y) for first in permutations((0, 1)) for second in permutations((2, 3))
              for left in ((*first, *second), (*second, *first)) for x, y in ((left, (4,)), ((4,), left))]
    np.testing.assert_allclose(owen.values[0], by_orders(scores, orders), atol=1e-12)
