"""train-mix: put together again from its log, order, labels, half precision, and what it refuses."""

import numpy as np
import pytest
import torch
from practicum_image_mix.trainmix import TrainMix
from scipy import stats

import practicum as pm
from practicum.errors import ConfigError, DataError, TargetError

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def batch_of(x, **targets):
    return pm.Batch.of(x, ids=[f"s{i}" for i in range(len(x))], targets=targets)


@pytest.mark.parametrize("mode", ["elem", "pair", "batch"])
def test_output_and_label_are_what_the_log_says(noise_images, mode):
    x = noise_images(24, (3, 30, 22))
    out = TrainMix(mean=MEAN, std=STD, mode=mode, re_prob=0.0)(batch_of(x, label=np.arange(24)), seed=3, log=True)
    log, soft = out.edits.steps[0].params, out.targets["label"].data
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, STD))
    kinds = set()
    for row in range(24):
        mate, lam = int(str(log["partner"][row])[1:]), float(log["lam"][row])
        assert soft.b[row] == mate
        want = lam * x[row].float() + (1 - lam) * x[mate].float()
        y0, y1, x0, x1 = (int(log[s][row]) for s in ("y0", "y1", "x0", "x1"))
        want[:, y0:y1, x0:x1] = x[mate].float()[:, y0:y1, x0:x1]
        torch.testing.assert_close(out.data[row], (want / 255 - mean) / std, rtol=0, atol=2e-6)
        area = (y1 - y0) * (x1 - x0)
        assert soft.lam[row] == (1 - area / (30 * 22) if area else lam)
        kinds.add("cut" if area else "blend")
    assert mode == "batch" or kinds == {"cut", "blend"}


def test_modes_share_box_and_lambda_as_they_say(noise_images):
    names = [f"s{i}" for i in range(40)]
    for mode in ("pair", "batch"):
        out = TrainMix(mode=mode)(batch_of(noise_images(40)), seed=5, log=True)
        log = out.edits.steps[0].params
        drawn = np.stack([log[side] for side in ("lam", "weight", "y0", "y1", "x0", "x1")], axis=1)
        mate = np.array([names.index(str(p)) for p in log["partner"]])
        assert np.array_equal(drawn[mate], drawn)
        assert len(np.unique(drawn, axis=0)) == (1 if mode == "batch" else 20)
        assert mode == "pair" or not np.array_equal(mate[mate], np.arange(40))


def test_the_number_of_rectangles_is_uniform_from_one(constants):
    technique = TrainMix(mixup_alpha=0.0, cutmix_alpha=0.0, re_prob=1.0, re_count=3, re_mode="rand",
                         re_area=(0.01, 0.01), re_aspect=(1.0, 1.0))
    out = technique(constants(600, (3, 30, 30), torch.uint8), seed=2).data
    colours = [len(torch.unique(image.flatten(1), dim=1).T) - 1 for image in out]
    # Of two or three squares on 30x30 one seldom hides another whole.
    counts = np.bincount(colours, minlength=4)
    assert counts[0] == 0
    assert stats.chisquare(counts[1:]).pvalue > 0.001


def test_the_mean_weight_of_a_label_is_the_mean_of_its_image(constants):
    """Images that are constant: an image's mean is its label's mean, in both kinds of mixing."""
    batch = constants(200, (1, 24, 24), torch.uint8, label=np.arange(200))
    out = TrainMix(mean=(0.0,), std=(1.0,), re_prob=0.0)(batch, seed=1)
    dense = out.targets["label"].data.dense(200)
    np.testing.assert_allclose(dense @ np.arange(200) / 255, out.data.mean(dim=(1, 2, 3)), atol=1e-6)
    np.testing.assert_allclose(dense.sum(axis=1), 1.0, rtol=1e-6)


def test_lambda_of_mixup_is_beta_distributed(constants):
    batch = constants(4000, (1, 1, 1), torch.uint8, label=np.zeros(4000, int))
    lam = TrainMix(cutmix_alpha=0.0, mixup_alpha=0.8)(batch, seed=4).targets["label"].data.lam
    assert stats.kstest(lam, stats.beta(0.8, 0.8).cdf).pvalue > 0.01
    assert stats.kstest(lam, stats.beta(1.2, 1.2).cdf).pvalue < 0.01


@pytest.mark.parametrize("mode", ["elem", "pair", "batch"])
@pytest.mark.parametrize("re_mode", ["const", "rand", "pixel"])
def test_the_same_ids_give_the_same_bits_in_any_order(noise_images, mode, re_mode):
    x, order = noise_images(33, (3, 16, 12)), np.random.default_rng(0).permutation(33)
    batch = batch_of(x, label=np.arange(33))
    technique = TrainMix(mode=mode, re_mode=re_mode, re_prob=0.6, re_count=2)
    first = technique(batch, seed=8)
    assert first.take(order).equals(technique(batch.take(order), seed=8))
    assert not first.equals(technique(batch, seed=8, epoch=1))


def test_what_is_erased_and_what_it_leaves_alone(noise_images):
    x = noise_images(300, (3, 20, 20))
    plain, const, pixel = (TrainMix(re_prob=p, re_mode=m)(x, seed=2)
                           for p, m in ((0, "const"), (1, "const"), (1, "pixel")))
    erased = (const != plain).all(dim=1)
    assert bool((const[erased[:, None].expand_as(const)] == 0).all())
    share = erased.flatten(1).float().mean(dim=1)
    assert 0.15 < float(share.mean()) < 0.2  # uniform between 0.02 and 1/3
    same = (pixel == plain).all(dim=1)
    assert float((same == ~erased).float().mean()) > 0.999
    noise = pixel[erased[:, None].expand_as(pixel)].numpy()
    assert stats.kstest(noise[::11], "norm").pvalue > 0.01
    half = TrainMix(re_prob=0.5, re_mode="const")(x, seed=2)
    hit = (half != plain).flatten(1).any(dim=1)
    assert torch.equal(half[hit], const[hit])
    assert 110 < int(hit.sum()) < 190


def test_half_precision_is_the_same_rounded(noise_images):
    x = noise_images(8, (3, 20, 20))
    full = TrainMix(mean=MEAN, std=STD)(x, seed=1)
    for name in ("float16", "bfloat16"):
        assert torch.equal(TrainMix(mean=MEAN, std=STD, dtype=name)(x, seed=1), full.to(getattr(torch, name)))


def test_bytes_and_floats_give_the_same(noise_images):
    x = noise_images(8, (3, 20, 20))
    whole, part = (TrainMix(mean=MEAN, std=STD)(v, seed=1) for v in (x, x.float() / 255))
    torch.testing.assert_close(whole, part, rtol=0, atol=2e-6)


def test_smoothing_is_timms(noise_images, timm_part):
    x, labels = noise_images(8), np.arange(8)
    plain, smooth = (TrainMix(label_smoothing=s)(batch_of(x, label=labels), seed=1).targets["label"].data
                     for s in (0.0, 0.1))
    lam, module = torch.from_numpy(plain.lam)[:, None], timm_part("mixup")
    y1, y2 = (module.one_hot(torch.from_numpy(v), 10, 0.9 + 0.01, 0.01) for v in (plain.a, plain.b))
    np.testing.assert_allclose(smooth.dense(10), y1 * lam + y2 * (1 - lam), atol=1e-6)


def test_nothing_on_is_normalisation_alone(noise_images):
    x = noise_images()
    out = TrainMix(mean=MEAN, std=STD, mixup_alpha=0, cutmix_alpha=0, re_prob=0)(x, seed=1)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    torch.testing.assert_close(out, (x / 255 - mean) / std, rtol=0, atol=1e-6)


def test_refusals(noise_images):
    with pytest.raises(DataError, match="channels"):
        TrainMix(mean=(0.1, 0.2))(noise_images(), seed=0)
    with pytest.raises(DataError, match="resize"):
        TrainMix()([np.zeros((4, 5, 3), np.uint8), np.zeros((6, 5, 3), np.uint8)], seed=0)
    with pytest.raises(TargetError, match="boxes"):
        TrainMix()(batch_of(noise_images(4), boxes=[np.zeros((0, 4))] * 4), seed=0)
    for fields in ({"std": (0.0,)}, {"re_area": (0.5, 0.1)}, {"cutmix_minmax": (0.9, 0.1)}, {"dtype": "float64"}):
        with pytest.raises(ConfigError, match=next(iter(fields))):
            TrainMix(**fields)
