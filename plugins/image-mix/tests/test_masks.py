"""Mixing by masks and by a shrunken image: exact areas, shapes of the masks, distributions."""

import numpy as np
import pytest
import torch
from practicum_image_mix.fmix import FMix, low_frequency
from practicum_image_mix.patchmix import PatchMix
from practicum_image_mix.resizemix import ResizeMix
from scipy import stats

import practicum as pm
from practicum import Keys
from practicum.errors import ConfigError

ALL = [PatchMix(), PatchMix(grid=3, alpha=0.4), FMix(), ResizeMix()]


@pytest.mark.parametrize("technique", ALL)
@pytest.mark.parametrize("size", [(1, 6, 6), (3, 17, 5), (1, 1, 1), (2, 1, 9)])
def test_lambda_equals_counted_pixels(technique, size, constants):
    batch = constants(32, size, label=np.arange(32))
    out = technique(batch, seed=9)
    soft = out.targets["label"].data
    own = (out.data == batch.data).flatten(1).double().mean(dim=1).numpy()
    # Bilinear weights of a pixel add up to 1 but for rounding.
    other = ((out.data - torch.from_numpy(soft.b).reshape(-1, 1, 1, 1)).abs() < 1e-4)
    other = other.flatten(1).double().mean(dim=1).numpy()
    np.testing.assert_allclose(soft.lam, own, rtol=0, atol=1e-12)
    np.testing.assert_allclose(own + other, 1.0)
    np.testing.assert_allclose(soft.dense(32) @ np.arange(32), out.data.double().mean(dim=(1, 2, 3)), rtol=1e-5)


@pytest.mark.parametrize("technique", ALL)
def test_the_same_ids_give_the_same_bits_in_any_order(technique):
    order = np.random.default_rng(0).permutation(21)
    batch = pm.Batch.of(torch.rand(21, 3, 9, 7), ids=[f"s{i}" for i in range(21)], targets={"label": np.arange(21)})
    assert technique(batch, seed=8).take(order).equals(technique(batch.take(order), seed=8))
    alone = batch.take([0])
    assert torch.equal(technique(alone, seed=8).data, alone.data)


@pytest.mark.parametrize("technique", ALL)
def test_bytes_stay_bytes(technique):
    x = (torch.rand(8, 3, 12, 12) * 255).to(torch.uint8)
    assert technique(x, seed=0).dtype == torch.uint8


def test_patches_are_whole_cells_and_every_choice_is_as_likely(constants):
    batch = constants(3000, (1, 10, 7), label=np.arange(3000))
    out = PatchMix(grid=3)(batch, seed=5)
    taken = (out.data != batch.data)[:, 0].numpy()
    rows, columns = [0, 3, 7, 10], [0, 2, 5, 7]
    cells = np.zeros((3000, 3, 3))
    for i in range(3):
        for j in range(3):
            cell = taken[:, rows[i]:rows[i + 1], columns[j]:columns[j + 1]].reshape(3000, -1)
            assert (cell.all(axis=1) | ~cell.any(axis=1)).all()
            cells[:, i, j] = cell[:, 0]
    np.testing.assert_allclose(cells.mean(axis=0), 0.5, atol=0.04)
    counts = np.bincount(cells.sum(axis=(1, 2)).astype(int), minlength=10)
    # A uniform lambda times 9 cells, rounded: the ends get half of what the others get.
    assert stats.chisquare(counts, 3000 * np.array([0.5, *[1] * 8, 0.5]) / 9).pvalue > 0.01


def test_fmix_area_is_beta_distributed(constants):
    lam = FMix(alpha=0.5)(constants(1500, (1, 16, 16), label=np.arange(1500)), seed=2).targets["label"].data.lam
    # Rounded to 1/256, which the distribution function of Beta(0.5, 0.5) feels at its ends.
    assert stats.kstest(lam, stats.beta(0.5, 0.5).cdf).statistic < 0.055
    assert stats.kstest(lam, stats.beta(2, 2).cdf).statistic > 0.1


def test_fmix_masks_have_few_regions(constants):
    from scipy.ndimage import label

    def regions(power):
        batch = constants(40, (1, 32, 32), label=np.arange(40))
        out = FMix(decay_power=power)(batch, seed=3)
        taken = (out.data != batch.data)[:, 0].numpy()
        return np.mean([label(mask)[1] for mask in taken])

    assert regions(3.0) < 4 < 20 < regions(0.0)


def test_low_frequency_noise_has_the_spectrum_it_should():
    keys = Keys(1).bind(pm.Batch.of(np.zeros((400, 1)), modality="state").ids)
    fields = low_frequency(keys, 16, 12, 3.0)
    power = (np.abs(np.fft.rfft2(fields)) ** 2).mean(axis=0)
    frequency = np.hypot(np.fft.fftfreq(16)[:, None], np.fft.rfftfreq(12)[None, :])
    inner = np.s_[1:8, 1:6]  # away from the bins that a real transform keeps or doubles
    np.testing.assert_allclose(power[inner] * frequency[inner] ** 6 / 2, 1.0, atol=0.3)


def test_the_pasted_image_is_the_whole_partner_made_small():
    ramp = torch.linspace(0, 1, 40).expand(1, 40, 40)
    x = torch.stack([ramp + 10 * i for i in range(12)])
    out = ResizeMix(min_scale=0.3, max_scale=0.6)(pm.Batch.of(x, targets={"label": np.arange(12)}), seed=3, log=True)
    log, soft = out.edits.steps[0].params, out.targets["label"].data
    for row in range(12):
        y0, y1, x0, x1 = (int(log[s][row]) for s in ("y0", "y1", "x0", "x1"))
        piece = out.data[row, 0, y0:y1, x0:x1] - 10 * soft.b[row]
        # Bilinear shrinking of a ramp is the ramp at the new pixels' middles, away from the edges.
        middles = (torch.arange(x1 - x0) + 0.5) * 40 / (x1 - x0) - 0.5
        torch.testing.assert_close(piece[:, 2:-2], (middles / 39).expand(y1 - y0, -1)[:, 2:-2], rtol=0, atol=5e-3)
        assert 12 <= y1 - y0 == x1 - x0 <= 24
    with pytest.raises(ConfigError, match="min_scale"):
        ResizeMix(min_scale=0.9)


def test_scale_and_place_are_uniform(constants):
    log = ResizeMix()(constants(3000, (1, 100, 100)), seed=3, log=True).edits.steps[0].params
    side = log["y1"] - log["y0"]
    assert stats.kstest(side / 100, stats.uniform(0.1, 0.7).cdf).statistic < 0.03
    assert stats.kstest(log["x0"] / (101 - side), stats.uniform(0, 1).cdf).statistic < 0.05


@pytest.mark.parametrize("technique", ALL)
def test_gradients_pass_where_they_are_asked_for(technique):
    x = torch.rand(6, 1, 8, 8)
    leaf = x.clone().requires_grad_()
    out = technique(pm.Batch.of(leaf), seed=2).data
    torch.testing.assert_close(out, technique(pm.Batch.of(x), seed=2).data)
    out.sum().backward()
    # Every output pixel is made of some input pixels, with weights that add up to 1.
    torch.testing.assert_close(leaf.grad.sum(), torch.tensor(float(x.numel())))
