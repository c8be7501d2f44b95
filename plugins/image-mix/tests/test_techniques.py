"""The techniques: distributions, exact lambda, order invariance, targets, refusals."""

import numpy as np
import pytest
import torch
from practicum_image_mix.cutmix import CutMix
from practicum_image_mix.cutout import Cutout
from practicum_image_mix.mixup import MixUp
from scipy import stats

import practicum as pm
from practicum.errors import ConfigError, DataError, TargetError


def constants(count, size=(1, 6, 6), **targets):
    """Image i is i everywhere, so that a mixture shows what it is made of."""
    x = torch.arange(count, dtype=torch.float32).reshape(-1, 1, 1, 1).expand(count, *size).contiguous()
    return pm.Batch.of(x, ids=[f"id-{i}" for i in range(count)], targets=targets)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 3.0])
def test_lambda_is_beta_distributed(alpha):
    batch = constants(4000, (1, 1, 1), label=np.zeros(4000, int))
    lam = MixUp(alpha=alpha)(batch, seed=11).targets["label"].data.lam
    assert stats.kstest(lam, stats.beta(alpha, alpha).cdf).pvalue > 0.01
    assert stats.kstest(lam, stats.beta(alpha * 1.3, alpha * 1.3).cdf).pvalue < 0.01


def test_mixup_output_is_what_its_soft_label_says():
    out = MixUp()(constants(50, label=np.arange(50)), seed=3)
    soft = out.targets["label"].data
    expected = soft.lam * soft.a + (1 - soft.lam) * soft.b
    np.testing.assert_allclose(out.data.amin(dim=(1, 2, 3)), expected, rtol=2e-6)
    np.testing.assert_allclose(out.data.amax(dim=(1, 2, 3)), expected, rtol=2e-6)
    dense = soft.dense(50)
    np.testing.assert_allclose(dense @ np.arange(50), expected, rtol=1e-5)


@pytest.mark.parametrize("technique", [MixUp(), CutMix()])
def test_every_sample_is_a_partner_once_and_never_its_own(technique):
    soft = technique(constants(40, label=np.arange(40)), seed=2).targets["label"].data
    assert sorted(soft.b.tolist()) == list(range(40))
    assert not (soft.a == soft.b).any()


@pytest.mark.parametrize("size", [(1, 6, 6), (3, 17, 5), (1, 1, 1)])
def test_cutmix_lambda_equals_counted_pixels(size):
    batch = constants(64, size, label=np.arange(64))
    out = CutMix()(batch, seed=9)
    soft = out.targets["label"].data
    own = (out.data == batch.data).flatten(1).double().mean(dim=1).numpy()
    other = (out.data == torch.from_numpy(soft.b).reshape(-1, 1, 1, 1)).flatten(1).double().mean(dim=1).numpy()
    np.testing.assert_allclose(soft.lam, own, rtol=0, atol=1e-15)
    np.testing.assert_allclose(own + other, 1.0)


def test_cutmix_area_before_clipping_follows_beta():
    size = 200
    batch = constants(3000, (1, size, size), label=np.zeros(3000, int))
    log = CutMix(alpha=1.0)(batch, seed=4, log=True).edits.steps[0].params
    inside = ((log["y0"] > 0) & (log["y1"] < size) & (log["x0"] > 0) & (log["x1"] < size))
    area = ((log["y1"] - log["y0"]) * (log["x1"] - log["x0"]))[inside] / size**2
    # A box of share r ~ U(0, 1) lies inside for (1 - sqrt(r))**2 of the centres; weighted by that, the distribution
    # function of unclipped areas is 6 * (r - 4/3 r**1.5 + r**2 / 2).
    assert stats.kstest(area, lambda r: 6 * (r - 4 / 3 * r**1.5 + r**2 / 2)).pvalue > 0.01


@pytest.mark.parametrize("technique", [MixUp(), CutMix(), Cutout()])
def test_the_same_ids_give_the_same_bits_in_any_order(technique):
    rng = np.random.default_rng(0)
    batch = pm.Batch.of(torch.rand(33, 3, 9, 7), ids=[f"s{i}" for i in range(33)], targets={"label": np.arange(33)})
    shuffled = rng.permutation(33)
    first, second = technique(batch, seed=8), technique(batch.take(shuffled), seed=8)
    assert first.take(shuffled).equals(second)


def test_cutout_does_not_depend_on_the_batch():
    batch = constants(20, (1, 12, 12))
    whole = Cutout()(batch, seed=5)
    for row in (0, 7, 19):
        assert torch.equal(Cutout()(batch.take([row]), seed=5).data[0], whole.data[row])


def test_another_epoch_pairs_anew():
    batch = constants(40, label=np.arange(40))
    partners = [MixUp()(batch, seed=2, epoch=e).targets["label"].data.b.tolist() for e in range(2)]
    assert partners[0] != partners[1]


def test_a_sweep_over_alpha_shares_partners_and_ranks():
    batch = constants(40, label=np.arange(40))
    a, b = (MixUp(alpha=v)(batch, seed=2).targets["label"].data for v in (0.5, 2.0))
    assert a.b.tolist() == b.b.tolist()
    assert np.argsort(a.lam).tolist() == np.argsort(b.lam).tolist()


@pytest.mark.parametrize("technique", [MixUp(), CutMix()])
def test_a_batch_of_one_stays_as_it_is(technique):
    batch = pm.Batch.of(torch.rand(1, 3, 5, 5), targets={"label": [2]})
    out = technique(batch, seed=1)
    assert torch.equal(out.data, batch.data)
    assert out.targets["label"].data.dense(3).tolist() == [[0.0, 0.0, 1.0]]


@pytest.mark.parametrize("technique", [MixUp(), CutMix(), Cutout()])
def test_without_a_label_images_are_mixed_alike(technique):
    with_label, without = constants(12, label=np.arange(12)), constants(12)
    assert torch.equal(technique(with_label, seed=6).data, technique(without, seed=6).data)
    x = without.data
    assert torch.equal(technique(x, seed=6, ids=list(without.ids)), technique(without, seed=6).data)


@pytest.mark.parametrize("technique", [MixUp(), CutMix(), Cutout()])
@pytest.mark.parametrize(("name", "value"), [
    ("boxes", [np.array([[0, 0, 2, 2]])] * 4), ("masks", [np.zeros((6, 6), int)] * 4),
    ("keypoints", [np.array([[1, 1]])] * 4),
])
def test_what_cannot_be_carried_is_refused(technique, name, value):
    with pytest.raises(TargetError, match=name):
        technique(constants(4, **{name: value}), seed=0)


def test_values_are_averaged_with_the_same_weights():
    values = np.arange(10.0) ** 2
    out = MixUp()(constants(10, label=np.arange(10), height=values), seed=3)
    soft = out.targets["label"].data
    np.testing.assert_allclose(out.targets["height"].data, soft.lam * values + (1 - soft.lam) * values[soft.b])


def test_mixed_labels_are_mixed_on():
    batch = constants(6, label=np.arange(6))
    out = pm.Pipeline([MixUp(), CutMix()])(batch, seed=0)
    dense = out.targets["label"].data.dense(6)
    # Image i is i everywhere, so the mean of an image is its label's mean.
    np.testing.assert_allclose(dense @ np.arange(6), out.data.mean(dim=(1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(dense.sum(axis=1), 1.0, rtol=1e-6)
    assert (dense > 0).sum(axis=1).max() > 2
    out = pm.OneOf([MixUp(), CutMix(), Cutout()])(constants(30, label=np.arange(30)), seed=0)
    assert out.targets["label"].kind == "soft-label"


def test_images_of_different_sizes():
    ragged = [np.zeros((4, 5, 3), np.float32), np.zeros((6, 5, 3), np.float32)]
    with pytest.raises(DataError, match="resize"):
        MixUp()(ragged, seed=0)
    cut = Cutout(size=2, fill=1.0)(ragged, seed=1)
    assert [c.shape for c in cut] == [(4, 5, 3), (6, 5, 3)]
    assert all(0 < c[..., 0].sum() <= 4 for c in cut)
    assert not any(image.any() for image in ragged)


@pytest.mark.parametrize(("fill", "level"), [(300, 255), (-5, 0), (255.6, 255), (2.5, 3)])
def test_a_fill_beyond_the_bytes_is_clipped_in_tensors_and_lists(fill, level):
    x = torch.full((3, 2, 8, 8), 100, dtype=torch.uint8)
    out = Cutout(size=4, fill=fill)(x, seed=1)
    assert set(out.unique().tolist()) == {100, level}
    # All of the list have to differ in size, or the column is stacked.
    ragged = Cutout(size=4, fill=fill)([np.full((8 + k, 8, 3), 100, np.uint8) for k in range(3)], seed=1)
    assert {v for image in ragged for v in np.unique(image).tolist()} == {100, level}


@pytest.mark.parametrize(("size", "side"), [(0.5, 8), (0.01, 1), (1.0, 16), (5, 5), (40, 40)])
def test_cutout_side(size, side):
    assert Cutout(size=size).sides(np.array([16, 40]), np.array([20, 16])).tolist() == [side, side]


def test_cutout_square_is_uniform_and_clipped():
    out = Cutout(size=4, fill=-1.0)(constants(6000, (1, 10, 10)), seed=2)
    hit = (out.data == -1).double().mean(dim=0)[0].numpy()
    # A pixel is covered when its centre falls in a window of 4 around it, cut off at the border.
    cover = np.array([sum(0 <= c < 10 for c in range(p - 1, p + 3)) for p in range(10)]) / 10
    np.testing.assert_allclose(hit, np.outer(cover, cover), atol=0.03)


def test_uint8_images_keep_their_dtype():
    x = (torch.rand(8, 3, 6, 6) * 255).to(torch.uint8)
    for technique in (MixUp(), CutMix(), Cutout()):
        assert technique(x, seed=0).dtype == torch.uint8
    out = MixUp()(pm.Batch.of(x, targets={"label": np.arange(8)}), seed=0)
    soft = out.targets["label"].data
    lam = torch.from_numpy(soft.lam).reshape(-1, 1, 1, 1)
    exact = lam * x.double() + (1 - lam) * x[torch.from_numpy(soft.b)].double()
    assert float((out.data.double() - exact).abs().max()) <= 0.505


@pytest.mark.parametrize("workers", [0, 2])
def test_in_a_data_loader_whose_workers_are_forked(workers):
    from torch.utils.data import DataLoader, TensorDataset

    x = torch.rand(24, 3, 16, 16)
    MixUp()(torch.rand(64, 3, 128, 128), seed=0)  # threads and large memory were in use before the fork
    data = pm.indexed(TensorDataset(x, torch.arange(24)))
    loader = DataLoader(data, batch_size=8, num_workers=workers, collate_fn=Cutout().collate(seed=4),
                        multiprocessing_context="fork" if workers else None)
    assert torch.equal(torch.cat([batch[0] for batch in loader]), Cutout()(x, seed=4))


def test_the_log_holds_the_draws():
    out = MixUp()(constants(5, label=np.arange(5)), seed=1, log=True)
    params = out.edits.steps[0].params
    soft = out.targets["label"].data
    assert params["lam"].tolist() == soft.lam.tolist()
    assert params["partner"].tolist() == [f"id-{i}" for i in soft.b]


@pytest.mark.parametrize(("make", "message"), [
    (lambda: MixUp(alpha=0), "alpha"), (lambda: CutMix(alpha=-1), "alpha"), (lambda: Cutout(size=0), "size"),
    (lambda: Cutout(size=1e20), "size"),
    (lambda: MixUp(alpha=float("nan")), "alpha"), (lambda: MixUp(lam=0.3), "alpha"),
])
def test_bad_configuration(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
