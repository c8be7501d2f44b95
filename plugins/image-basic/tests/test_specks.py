"""Speckle, salt and pepper, and photon counts are what their draws say."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_image_basic.noise import SaltAndPepper, ShotNoise, Speckle
from practicum_image_basic.ops.noise import add_noise
from practicum_image_basic.ops.specks import count_photons, salt_and_pepper
from scipy import stats

from practicum.batch import Batch
from practicum.errors import ConfigError
from practicum.keys import Keys


def keys(count: int, seed: int = 0) -> Keys:
    return Keys(seed).bind(Batch.of(np.zeros((count, 1)), modality="state").ids)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 5, 7), (2, 3, 33, 31)])
def test_compiled_forms_equal_the_references(shape: tuple[int, ...]) -> None:
    x = torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    turned = x.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2)
    own = keys(shape[0])
    for amount, salt in ((0.0, 0.5), (0.2, 0.3), (1.0, 1.0)):
        assert torch.equal(salt_and_pepper(turned, amount, salt, own, impl="cpu"),
                           salt_and_pepper(x, amount, salt, own, impl="reference"))
    for photons in (0.7, 3.0, 60.0, 500.0):
        assert torch.equal(count_photons(turned, photons, own, impl="cpu"),
                           count_photons(x, photons, own, impl="reference"))
    off = add_noise(x, 0.3, own, speckle=True, impl="cpu").int() - add_noise(x, 0.3, own, speckle=True,
                                                                             impl="reference").int()
    assert int(off.abs().max()) <= 1


@pytest.mark.parametrize("photons", [3.0, 60.0, 400.0])
def test_counts_invert_scipys_distribution(photons: float) -> None:
    x = torch.linspace(0.0, 1.0, 101, dtype=torch.float64).repeat(2, 3, 7, 1)
    own = keys(2, seed=4)
    u = (own.words(3 * 7 * 101).astype(np.float64) + 0.5) * 2.0**-32
    expected = np.minimum(stats.poisson.ppf(u.reshape(x.shape), photons * x.numpy()) / photons, 1.0)
    out = count_photons(x, photons, own).numpy()
    assert np.mean(out != expected) < 1e-3  # where u is within rounding of a step
    assert np.abs(out - expected).max() <= 1.0 / photons + 1e-12
    half = count_photons(torch.full((1, 1, 300, 300), 0.5), photons, keys(1)).double()
    k = np.arange(2000)
    mean = (stats.poisson.pmf(k, 0.5 * photons) * np.minimum(k / photons, 1.0)).sum()  # cut at white
    assert abs(float(half.mean()) - mean) < 5 * np.sqrt(0.5 / photons / 90000)
    if photons > 50:
        assert abs(float(half.var()) * photons / 0.5 - 1.0) < 0.03  # Poisson: the variance is the mean


def test_pixels_hit_by_salt_and_pepper() -> None:
    images = torch.full((4, 3, 100, 100), 128, dtype=torch.uint8)
    out = SaltAndPepper(amount=0.1, salt=0.25)(images, seed=1)
    assert torch.equal(out[:, 0], out[:, 2])
    hit = out[:, 0] != 128
    assert abs(float(hit.double().mean()) - 0.1) < 0.0075  # five standard deviations
    assert set(out[:, 0][hit].tolist()) == {0, 255}
    assert abs(float((out[:, 0][hit] == 255).double().mean()) - 0.25) < 0.035
    stronger = SaltAndPepper(amount=0.3, salt=0.25)(images, seed=1)
    assert torch.equal(stronger[:, 0][hit], out[:, 0][hit])
    assert torch.equal(SaltAndPepper(amount=0.0)(images), images)


def test_speckle_is_proportional_to_the_value() -> None:
    x = torch.linspace(0.0, 1.0, 50, dtype=torch.float64).repeat(2, 1, 40, 1)
    out = Speckle(std=0.3, clip=False)(x, seed=2)
    draws = Keys(2, path=("image-basic/speckle",)).bind(Batch.of(x).ids).normal(2000).reshape(x.shape)
    assert np.allclose(out.numpy(), x.numpy() * (1.0 + 0.3 * draws), atol=1e-6)
    assert torch.equal(Speckle(std=0.0)(x), x)


def test_limits_of_photons() -> None:
    with pytest.raises(ConfigError, match="photons"):
        ShotNoise(photons=501.0)
    images = torch.zeros(1, 1, 9, 9)
    assert torch.equal(ShotNoise(photons=10)(images), images)
