"""Bootstrap intervals against normal theory, by coverage, and paired against unpaired."""

from __future__ import annotations

import numpy as np
import pytest

from practicum.errors import UsageError
from practicum.evaluate.bootstrap import paired_bootstrap, resampled_means


def test_resamples_have_the_moments_that_theory_says() -> None:
    """Given the sample, resampled means have the sample's mean and its (biased) variance over n."""
    x = np.arange(40.0) ** 1.5
    means = resampled_means([x], replicates=20_000)[:, 0]
    assert means.mean() == pytest.approx(x.mean(), abs=4 * x.std() / np.sqrt(40 * 20_000))
    assert means.var() == pytest.approx(x.var() / 40, rel=0.05)


def test_the_percentile_interval_of_a_large_sample_is_the_normal_one() -> None:
    x = np.random.default_rng(3).normal(size=4000)
    found = paired_bootstrap(x, level=0.9, replicates=4000)[0]
    half = 1.6449 * x.std() / np.sqrt(len(x))
    assert found.value == pytest.approx(x.mean())
    assert found.low == pytest.approx(x.mean() - half, abs=0.06 * half)
    assert found.high == pytest.approx(x.mean() + half, abs=0.06 * half)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """300 samples of 60 coin flips; a 90% interval must hold the true share in 90% of them, up to chance."""
    rng = np.random.default_rng(11)
    flips = (rng.random((300, 60)) < 0.7).astype(float)
    covered = 0
    for number, x in enumerate(flips):
        found = paired_bootstrap(x, level=0.9, replicates=400, seed=number)[0]
        covered += found.low <= 0.7 <= found.high
    assert 0.84 <= covered / 300 <= 0.95


def test_series_are_resampled_together() -> None:
    """Clean and perturbed scores that move together have a narrow difference, which separate intervals would hide."""
    rng = np.random.default_rng(5)
    before = rng.normal(size=300)
    after = before - 0.2 + 0.01 * rng.normal(size=300)
    clean, perturbed, drop = paired_bootstrap(before, after, before - after)
    assert drop.high - drop.low < 0.02 * (clean.high - clean.low + perturbed.high - perturbed.low)
    means = resampled_means([before, after, before - after], replicates=50)
    np.testing.assert_allclose(means[:, 0] - means[:, 1], means[:, 2], atol=1e-12)


def test_draws_depend_on_nothing_but_the_seed_and_the_number_of_samples() -> None:
    x, y = np.arange(30.0), np.arange(30.0)[::-1]
    together, alone = resampled_means([x, y], replicates=64), resampled_means([x], replicates=64)
    np.testing.assert_array_equal(together[:, 0], alone[:, 0])
    np.testing.assert_array_equal(alone[:16], resampled_means([x], replicates=16))
    assert not np.array_equal(alone, resampled_means([x], replicates=64, seed=1))


def test_chunks_of_replicates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.arange(25.0)
    whole = resampled_means([x], replicates=40)
    monkeypatch.setattr("practicum.evaluate.bootstrap._CHUNK", 60)
    np.testing.assert_array_equal(whole, resampled_means([x], replicates=40))


def test_a_constant_has_an_interval_of_no_width_and_no_samples_have_none() -> None:
    found = paired_bootstrap(np.full(10, 0.5))[0]
    assert (found.low, found.value, found.high) == (0.5, 0.5, 0.5)
    empty = paired_bootstrap(np.zeros(0))[0]
    assert empty.n == 0
    assert np.isnan([empty.value, empty.low, empty.high]).all()


def test_misuse_is_refused() -> None:
    with pytest.raises(UsageError, match="same samples"):
        paired_bootstrap(np.ones(3), np.ones(4))
    with pytest.raises(UsageError, match="between 0 and 1"):
        paired_bootstrap(np.ones(3), level=95)
