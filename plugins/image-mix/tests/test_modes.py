"""Who shares a draw (elem, pair, batch), min-max boxes, smoothing."""

import numpy as np
import pytest
import torch
from practicum_image_mix.boxes import areas
from practicum_image_mix.cutmix import CutMix
from practicum_image_mix.draws import cut_boxes, draw_mix
from practicum_image_mix.mixup import MixUp
from practicum_image_mix.partners import pairing
from practicum_image_mix.smoothing import LabelSmoothing
from scipy import stats

import practicum as pm
from practicum import Keys
from practicum.errors import ConfigError, TargetError


def bound(count, seed=0):
    return Keys(seed).bind(pm.Batch.of(np.zeros((count, 1)), modality="state").ids)


@pytest.mark.parametrize("count", [0, 1, 2, 9, 10])
def test_pairs_are_mutual_and_share_their_draws(count):
    partner, source = pairing(bound(count), "pair")
    assert np.array_equal(partner[partner], np.arange(count))
    assert int((partner == np.arange(count)).sum()) == count % 2
    assert np.array_equal(source[partner], source)
    assert all(source[row] in (row, partner[row]) for row in range(count))


@pytest.mark.parametrize("technique", [MixUp(), CutMix()])
def test_modes_share_lambda_as_they_say(technique, constants):
    batch = constants(40, (1, 12, 12), label=np.arange(40))
    own, pair, whole = (technique.evolve(mode=m)(batch, seed=3).targets["label"].data
                        for m in ("elem", "pair", "batch"))
    assert len(set(own.lam)) > 20
    assert np.array_equal(pair.lam[pair.b], pair.lam)
    assert 10 < len(set(pair.lam)) <= 20
    assert len(set(whole.lam)) == 1
    assert 0 < whole.lam[0] < 1


def test_a_batch_mode_box_is_one_box(constants):
    out = CutMix(mode="batch")(constants(8, (1, 30, 30), label=np.arange(8)), seed=1, log=True)
    log = out.edits.steps[0].params
    assert all(len(set(log[side])) == 1 for side in ("y0", "y1", "x0", "x1"))


@pytest.mark.parametrize("mode", ["elem", "pair", "batch"])
@pytest.mark.parametrize("technique", [MixUp(), CutMix(), CutMix(minmax=(0.2, 0.8))])
def test_the_same_ids_give_the_same_bits_in_any_order(technique, mode):
    technique = technique.evolve(mode=mode)
    order = np.random.default_rng(0).permutation(33)
    batch = pm.Batch.of(torch.rand(33, 3, 9, 7), ids=[f"s{i}" for i in range(33)], targets={"label": np.arange(33)})
    assert technique(batch, seed=8).take(order).equals(technique(batch.take(order), seed=8))


def test_lambda_of_pairs_and_batches_is_beta_distributed(constants):
    pairs = MixUp(mode="pair", alpha=0.4)(constants(4000, (1, 1, 1), label=np.zeros(4000, int)), seed=11)
    lam = np.unique(pairs.targets["label"].data.lam)
    assert len(lam) > 1900
    assert stats.kstest(lam, stats.beta(0.4, 0.4).cdf).pvalue > 0.01
    batch = constants(4, (1, 1, 1), label=np.zeros(4, int))
    lam = [MixUp(mode="batch", alpha=0.4)(batch, seed=s).targets["label"].data.lam[0] for s in range(600)]
    assert stats.kstest(lam, stats.beta(0.4, 0.4).cdf).pvalue > 0.01
    assert stats.kstest(lam, stats.beta(0.8, 0.8).cdf).pvalue < 0.01


class Script:
    """Stands in for numpy.random's randint, by the same formula, from a list of uniforms."""

    def __init__(self, numbers):
        self.numbers = list(numbers)

    def randint(self, low, high, size=None):
        return low + int(self.numbers.pop(0) * (high - low))


def test_minmax_boxes_are_those_of_timm_for_the_same_draws(timm_part, monkeypatch):
    module = timm_part("mixup")
    keys, height, width = bound(200), 31, 20
    ours = cut_boxes(keys, height, width, 1.0, (0.2, 0.8))
    sides, places = keys.uniform(2, lane=3).astype(np.float64), keys.uniform(2, lane=4).astype(np.float64)
    for row in range(200):
        script = Script([*sides[row], *places[row]])
        monkeypatch.setattr(module.np, "random", script)
        box, lam = module.cutmix_bbox_and_lam((3, height, width), 0.5, ratio_minmax=(0.2, 0.8))
        monkeypatch.undo()
        assert tuple(ours[row]) == tuple(int(v) for v in box)
        assert abs(lam - (1 - areas(ours[row:row + 1])[0] / (height * width))) < 1e-12


def test_minmax_lambda_equals_counted_pixels(constants):
    batch = constants(64, (1, 17, 40), label=np.arange(64))
    out = CutMix(minmax=(0.3, 0.6))(batch, seed=9)
    soft = out.targets["label"].data
    own = (out.data == batch.data).flatten(1).double().mean(dim=1).numpy()
    np.testing.assert_allclose(soft.lam, own, rtol=0, atol=1e-15)
    assert soft.lam.min() >= 1 - 0.6**2
    assert soft.lam.max() <= 1 - (5 / 17) * 0.3
    with pytest.raises(ConfigError, match="minmax"):
        CutMix(minmax=(0.6, 0.3))


def test_choice_between_mixup_and_cutmix_and_chance_of_either():
    both = {"mixup_alpha": 1.0, "cutmix_alpha": 1.0, "minmax": None, "mode": "elem"}
    drawn = draw_mix(bound(4000), 50, 50, prob=0.6, switch_prob=0.3, **both)
    cut, blended = drawn.box.any(axis=1), drawn.lam < 1
    assert not (cut & blended).any()
    # A box drawn with lambda next to 1 is empty, which happens to about 2/50 of them.
    assert abs(cut.mean() - 0.6 * 0.3 * 0.98) < 0.02
    assert stats.binomtest(int(blended.sum()), 4000, 0.6 * 0.7).pvalue > 0.01
    assert np.array_equal(drawn.weight[blended], drawn.lam[blended])
    np.testing.assert_allclose(drawn.weight[cut], 1 - areas(drawn.box[cut]) / 2500)
    assert (drawn.weight[~cut & ~blended] == 1).all()
    other = draw_mix(bound(4000), 50, 50, prob=0.9, switch_prob=0.3, **both)
    assert np.array_equal(other.lam[blended], drawn.lam[blended])
    never = draw_mix(bound(10), 50, 50, prob=1.0, switch_prob=0.5, mode="elem", mixup_alpha=0, cutmix_alpha=0,
                     minmax=None)
    assert (never.lam == 1).all()
    assert not never.box.any()


def test_smoothing_equals_timm(timm_part, constants):
    labels = np.array([0, 3, 2, 1])
    want = timm_part("mixup").mixup_target(torch.from_numpy(labels), 5, lam=1.0, smoothing=0.1)
    out = LabelSmoothing()(constants(4, label=labels), seed=0)
    np.testing.assert_allclose(out.targets["label"].data.dense(5), want.numpy(), atol=1e-7)
    assert torch.equal(out.data, constants(4).data)


def test_smoothing_and_mixing_commute(constants):
    batch = constants(10, label=np.arange(10))
    smooth = LabelSmoothing(smoothing=0.3)
    first = MixUp()(smooth(batch, seed=1), seed=1).targets["label"].data.dense(10)
    last = smooth(MixUp()(batch, seed=1), seed=1).targets["label"].data.dense(10)
    np.testing.assert_allclose(first, last, atol=1e-6)
    np.testing.assert_allclose(last.min(axis=1), 0.03, atol=1e-6)


def test_smoothing_of_nothing_and_of_what_has_no_classes(constants):
    assert LabelSmoothing(smoothing=0.0)(constants(4, label=np.arange(4)), seed=0).targets["label"].kind == "label"
    assert "label" not in LabelSmoothing()(constants(4), seed=0).targets
    with pytest.raises(TargetError, match="kind value"):
        LabelSmoothing(target="height")(constants(4, height=np.ones(4)), seed=0)
    with pytest.raises(TargetError, match=r"no target 'labels'.*under 'label', 'shape'"):
        LabelSmoothing(target="labels")(constants(4, label=np.arange(4), shape=np.arange(4)), seed=0)
