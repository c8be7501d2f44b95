"""Occlusion and ablation against linear scores, where what a window hides is a sum."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_explain.ablation import Ablation
from practicum_explain.occlusion import Occlusion

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.errors import ConfigError
from practicum.masking import Constant, Grid, Mean, Token, Values
from practicum.testing.torch_toys import BagOfWords, TorchToy
from practicum.testing.toys_models import KeywordModel

RNG = np.random.default_rng(0)
WEIGHT = RNG.normal(size=(2, 3 * 5 * 4))
IMAGES = torch.from_numpy(RNG.uniform(size=(2, 3, 5, 4)))


def test_ablation_of_values_is_the_weights_times_the_distance_from_absence() -> None:
    base = (0.1, 0.2, 0.3)
    out = Ablation(players=Values(), absent=Constant(value=base))(TorchToy.linear(WEIGHT), IMAGES, target=1)
    away = IMAGES.numpy() - np.array(base)[:, None, None]
    np.testing.assert_allclose(out.values, WEIGHT[1].reshape(3, 5, 4) * away, atol=1e-12)
    assert out.queries is not None
    assert out.queries.tolist() == [61, 61]


def test_a_window_of_one_value_is_ablation() -> None:
    model = TorchToy.linear(WEIGHT)
    fine = Occlusion(window=1, stride=1, per_channel=True, absent=Mean())(model, IMAGES, target=0)
    wanted = Ablation(players=Values(), absent=Mean())(model, IMAGES, target=0)
    np.testing.assert_allclose(fine.values, wanted.values, atol=1e-12)


@pytest.mark.parametrize("window", [(2, 3), (5, 4), (4, 1)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 1)])
def test_a_place_gets_the_mean_loss_of_the_windows_that_hide_it(window: tuple[int, int],
                                                                stride: tuple[int, int]) -> None:
    out = Occlusion(window=window, stride=stride, absent=Constant())(TorchToy.linear(WEIGHT), IMAGES, target=1)
    gives = (WEIGHT[1].reshape(3, 5, 4) * IMAGES.numpy()).sum(axis=1)
    total, times = np.zeros((2, 5, 4)), np.zeros((5, 4))
    for y in sorted({*range(0, 5 - window[0], stride[0]), 5 - window[0]}):
        for x in sorted({*range(0, 4 - window[1], stride[1]), 4 - window[1]}):
            there = np.s_[y:y + window[0], x:x + window[1]]
            total[:, there[0], there[1]] += gives[:, there[0], there[1]].sum(axis=(1, 2))[:, None, None]
            times[there] += 1
    np.testing.assert_allclose(out.values.sum(axis=1), total / times, atol=1e-12)
    np.testing.assert_allclose(out.values[:, 0], out.values[:, 2], atol=1e-15)  # channels share


def test_steps_of_a_series_are_hidden_together_and_unobserved_ones_never() -> None:
    values = RNG.normal(size=(2, 6, 2))
    values[0, 4:] = np.nan
    batch = Batch.of(Series(values, ~np.isnan(values).any(axis=2)), modality="series")
    weight = RNG.normal(size=(2, 12))
    out = Occlusion(window=3, stride=2, absent=Constant())(TorchToy.linear(weight), batch, target=0)
    gives = (np.nan_to_num(values) * weight[0].reshape(6, 2)).sum(axis=2)
    short = [gives[0, 0:3].sum(), gives[0, 1:4].sum()]
    wanted = [short[0], sum(short) / 2, sum(short) / 2, short[1], 0, 0]
    np.testing.assert_allclose(out.values[0].sum(axis=1), wanted, atol=1e-12)
    assert out.queries is not None
    assert out.queries.tolist() == [1 + 2, 1 + 3]  # windows at 0, 1 and at 0, 2, 3


def test_words_are_left_out_replaced_or_hidden() -> None:
    texts = ["a good film", "bad"]
    for absent in (Token(text=""), Token(text="[UNK]"), None):
        out = Ablation(absent=absent)(KeywordModel(), texts, target=1)
        assert out.units == [["a", "good", "film"], ["bad"]]
        assert [v.tolist() for v in out.values] == [[0, 1, 0], [0]]
    pair = Occlusion(window=2, stride=1)(KeywordModel(), texts, target=1)
    assert [v.tolist() for v in pair.values] == [[1, 1, 1], [0]]
    model = BagOfWords.of(["good"], [[1.0], [0.0]], [[0.0], [1.0]])
    hidden = Ablation()(model, texts[:1], target=1)
    np.testing.assert_allclose(hidden.values[0], [1 / 3 - 1 / 2, 1 / 3, 1 / 3 - 1 / 2], atol=1e-6)


def test_windows_that_do_not_fit_are_refused() -> None:
    model = TorchToy.linear(WEIGHT)
    with pytest.raises(ConfigError, match="stride 3 is larger than window 2"):
        Occlusion(window=2, stride=3)(model, IMAGES, target=0)
    with pytest.raises(ConfigError, match="takes no players"):
        Occlusion(players=Grid())(model, IMAGES, target=0)
    with pytest.raises(ConfigError, match="for images only"):
        Occlusion(window=(2, 2))(TorchToy.linear(np.ones((1, 3))), np.ones((1, 3)), target=0)
    with pytest.raises(ConfigError, match="window"):
        Occlusion(window=0)


def test_uint8_images_and_float32_are_taken() -> None:
    image = torch.full((1, 1, 2, 2), 200, dtype=torch.uint8)
    out = Ablation(players=Values(), absent=Constant())(TorchToy.linear(np.ones((1, 4))), image, target=0)
    assert out.values.ravel().tolist() == [200.0] * 4
    single = Ablation(players=Values())(TorchToy.linear(np.ones((1, 4), np.float32)), torch.ones(1, 1, 2, 2), target=0)
    assert single.values.dtype == np.float32
