"""Random erasing: timm's rule for given draws, exact areas, distributions, forms of the input."""

import numpy as np
import pytest
import torch
from practicum_image_mix.erasing import RandomErasing
from practicum_image_mix.ops.fuse.normal import Noise, noise_field
from practicum_image_mix.rectangles import ATTEMPTS, erase_rectangles
from scipy import stats

import practicum as pm
from practicum import Keys
from practicum.errors import ConfigError

RULE = {"probability": 0.7, "area": (0.02, 1 / 3), "aspect": (0.3, 1 / 0.3), "counts": (1, 3)}


class Script:
    """Stands in for Python's ``random``: numbers come from a list, by the same formulas."""

    def __init__(self, numbers):
        self.numbers = list(numbers)

    def random(self):
        return self.numbers.pop(0)

    def uniform(self, low, high):
        return low + (high - low) * self.random()

    def randint(self, low, high):
        return low + int(self.random() * (high - low + 1))


def test_rectangles_are_those_of_timm_for_the_same_draws(timm_part):
    module = timm_part("random_erasing")
    keys = Keys(4).bind(pm.Batch.of(np.zeros((200, 1)), modality="state").ids)
    height, width, most = 14, 23, RULE["counts"][1]
    ours = erase_rectangles(keys, height, width, **RULE)
    eraser = module.RandomErasing(probability=RULE["probability"], min_count=1, max_count=most, device="cpu")
    chance = keys.uniform(2).astype(np.float64)
    u = keys.uniform(4 * ATTEMPTS * most, lane=1).astype(np.float64).reshape(200, most, ATTEMPTS, 4)
    several = 0
    for row in range(200):
        theirs, mine = torch.ones(1, height, width), torch.ones(1, height, width)
        count = 1 + int(chance[row, 1] * most)
        numbers = [chance[row, 0], chance[row, 1]]
        for k in range(count):
            for t in range(ATTEMPTS):
                numbers += [u[row, k, t, 0], u[row, k, t, 1]]
                area = (0.02 + (1 / 3 - 0.02) * u[row, k, t, 0]) * height * width / count
                ratio = np.exp(np.log(0.3) + (np.log(1 / 0.3) - np.log(0.3)) * u[row, k, t, 1])
                if round(np.sqrt(area * ratio)) < height and round(np.sqrt(area / ratio)) < width:
                    numbers += [u[row, k, t, 2], u[row, k, t, 3]]
                    break
        module.random = Script(numbers)
        eraser._erase(theirs, 1, height, width, torch.float32)
        for y0, y1, x0, x1 in ours[row]:
            mine[:, y0:y1, x0:x1] = 0
        assert torch.equal(theirs, mine), row
        several += int((ours[row, :, 1] > 0).sum() > 1)
    assert several > 20


def test_share_and_probability():
    x = torch.zeros(4000, 1, 30, 30)
    out = RandomErasing(value=1.0, probability=0.4)(x, seed=3)
    share = out.mean(dim=(1, 2, 3))
    assert stats.binomtest(int((share > 0).sum()), 4000, 0.4).pvalue > 0.01
    erased = share[share > 0].numpy()
    # Sides are rounded to pixels, which moves an area by up to three in a hundred here.
    assert stats.kstest(erased, stats.uniform(0.02, 1 / 3 - 0.02).cdf).statistic < 0.05
    hit = out.mean(dim=0)[0].numpy()
    assert hit[15, 15] > hit[0, 0]
    np.testing.assert_allclose(hit, hit[::-1, ::-1], atol=0.03)


@pytest.mark.parametrize("mode", ["const", "rand", "pixel"])
def test_what_is_inside(mode):
    x = torch.full((300, 3, 24, 24), 7.0)
    batch = pm.Batch.of(x, ids=[f"s{i}" for i in range(300)])
    out = RandomErasing(mode=mode, probability=1.0, value=-2.0)(batch, seed=3, log=True)
    log = out.edits.steps[0].params
    colours = []
    for row in range(300):
        y0, y1, x0, x1 = (int(log[f"{side}0"][row]) for side in ("y0_", "y1_", "x0_", "x1_"))
        patch = out.data[row, :, y0:y1, x0:x1]
        outside = out.data[row].clone()
        outside[:, y0:y1, x0:x1] = 7.0
        assert bool((outside == 7.0).all())
        colours.append(patch.flatten(1))
    if mode == "const":
        assert all(bool((c == -2.0).all()) for c in colours)
    elif mode == "rand":
        assert all(bool((c == c[:, :1]).all()) for c in colours)
        drawn = torch.stack([c[:, 0] for c in colours]).flatten().numpy()
        assert stats.kstest(drawn, "norm").pvalue > 0.01
    else:
        drawn = torch.cat(colours, dim=1).flatten().numpy()
        assert stats.kstest(drawn[::7], "norm").pvalue > 0.01


def test_noise_has_the_bits_of_its_position():
    batch = pm.Batch.of(torch.zeros(5, 3, 12, 10), ids=list("abcde"))
    technique = RandomErasing(mode="pixel", probability=1.0, min_area=0.3)
    out = technique(batch, seed=3)
    keys = Keys(3).child(technique.name).bind(batch.ids)
    field = noise_field(Noise(keys.stream, 3, keys.hashes), np.arange(5), 360).reshape(5, 3, 12, 10)
    erased = (out.data != 0).numpy()
    assert np.array_equal(out.data.numpy()[erased], field[erased])
    assert erased.mean() > 0.2


def test_a_sample_alone_a_list_and_bytes():
    x = (torch.rand(12, 3, 16, 16) * 255).to(torch.uint8)
    for mode in ("const", "rand", "pixel"):
        technique = RandomErasing(mode=mode, probability=0.8, max_count=2, value=9.0)
        whole = technique(x, seed=5)
        assert whole.dtype == torch.uint8
        alone = technique(x[7:8], seed=5, ids=[7])
        assert torch.equal(alone[0], whole[7])
        listed = technique([image.permute(1, 2, 0).numpy() for image in x], seed=5)
        assert all(np.array_equal(a, b.permute(1, 2, 0).numpy()) for a, b in zip(listed, whole, strict=True))
    values = technique.evolve(probability=1.0)(torch.zeros(200, 1, 16, 16, dtype=torch.uint8), seed=1).double()
    assert 120 < values[values > 0].mean() < 136


@pytest.mark.parametrize("mode", ["rand", "pixel"])
def test_mean_and_deviation_are_those_asked_for(mode):
    technique = RandomErasing(mode=mode, probability=1.0, mean=100.0, std=9.0)
    for dtype in (torch.float32, torch.uint8):
        out = technique(torch.zeros(400, 3, 16, 16, dtype=dtype), seed=1).double()
        drawn = torch.cat([torch.unique(image[image > 0]) if mode == "rand" else image[image > 0] for image in out])
        assert float(drawn.mean()) == pytest.approx(100.0, abs=1.0)
        assert float(drawn.std()) == pytest.approx(9.0, rel=0.05)


def test_a_sweep_over_probability_shares_its_rectangles():
    x = torch.ones(50, 1, 16, 16)
    low, high = (RandomErasing(probability=p)(x, seed=1) for p in (0.3, 0.9))
    hit = (low == 0).flatten(1).any(dim=1)
    assert 0 < int(hit.sum()) < 50
    assert torch.equal(low[hit], high[hit])
    assert torch.equal(RandomErasing(probability=0.0)(x, seed=1), x)


@pytest.mark.parametrize("fields", [{"min_area": 0.5}, {"min_count": 3, "max_count": 2}, {"probability": 1.1},
                                    {"min_aspect": 2.0}, {"mode": "red"}])
def test_bad_configuration(fields):
    with pytest.raises(ConfigError, match=next(iter(fields))):
        RandomErasing(**fields)
