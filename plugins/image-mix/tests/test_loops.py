"""MixupFn and collate: timm's interface and labels, draws that differ from batch to batch, workers."""

import inspect
import multiprocessing
import pickle

import numpy as np
import pytest
import torch
from practicum_image_mix import MixupFn, collate
from practicum_image_mix.ops.fuse.plan import rounded
from practicum_image_mix.trainmix import TrainMix
from torch.utils.data import DataLoader

import practicum as pm
from practicum.errors import ConfigError, DataError

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def test_arguments_and_defaults_are_timms(timm_part):
    theirs = inspect.signature(timm_part("mixup").Mixup.__init__).parameters
    ours = inspect.signature(MixupFn.__init__).parameters
    for name in ("mixup_alpha", "cutmix_alpha", "cutmix_minmax", "prob", "switch_prob", "mode", "correct_lam",
                 "label_smoothing", "num_classes"):
        assert ours[name].default == theirs[name].default
    assert list(ours)[1:10] == [n for n in theirs if n != "multi_label"][1:10]


@pytest.mark.parametrize("mode", ["batch", "elem", "pair"])
@pytest.mark.parametrize("cut", [False, True])
def test_given_its_draws_timm_gives_the_same(timm_part, monkeypatch, mode, cut):
    """timm's partner of i is the i-th from the end: our draws, with that partner, in both."""
    import practicum_image_mix.mixup_fn as module

    x, target = torch.rand(6, 3, 20, 14), torch.tensor([0, 1, 2, 3, 0, 1])
    count = {"batch": 1, "elem": 6, "pair": 3}[mode]
    lam = rounded(np.random.default_rng(0).random(count))
    spread = {"batch": np.repeat(lam, 6), "elem": lam, "pair": np.concatenate([lam, lam[::-1]])}[mode]
    box, weight = np.zeros((6, 4), np.int64), spread.copy()
    timm = timm_part("mixup")
    theirs = timm.Mixup(mixup_alpha=1.0, cutmix_alpha=1.0, mode=mode, label_smoothing=0.1, num_classes=4)
    if cut:
        box[:], weight[:] = (3, 17, 0, 9), 1 - 14 * 9 / 280
        monkeypatch.setattr(timm, "cutmix_bbox_and_lam", lambda *_, **__: ((3, 17, 0, 9), 1 - 14 * 9 / 280))
    theirs._params_per_batch = lambda: (float(lam[0]), cut)
    theirs._params_per_elem = lambda size: (lam.astype(np.float32).copy(), np.full(size, cut))
    drawn = module.MixDraws(np.arange(6)[::-1].copy(), np.ones(6) if cut else spread, box, weight)
    monkeypatch.setattr(module, "draw_mix", lambda *_, **__: drawn)
    before = x.clone()
    images, dense = MixupFn(num_classes=4, mode=mode)(x, target)
    assert torch.equal(x, before)
    wanted, soft = theirs(x.clone(), target)
    torch.testing.assert_close(images, wanted, rtol=0, atol=1e-6)
    torch.testing.assert_close(dense, soft, rtol=0, atol=1e-6)


def test_no_two_batches_draw_the_same_and_a_checkpoint_goes_on():
    x, target = torch.rand(8, 3, 6, 6), torch.arange(8)
    mixup_fn = MixupFn(mode="elem", num_classes=8, seed=3)
    runs = [mixup_fn(x, target) for _ in range(3)]
    assert not torch.equal(runs[0][0], runs[1][0])
    assert not torch.equal(runs[1][1], runs[2][1])
    again = MixupFn(mode="elem", num_classes=8)
    again.load_state_dict({"seed": 3, "step": 1})
    assert torch.equal(again(x, target)[0], runs[1][0])
    assert again.state_dict() == {"seed": 3, "step": 2}
    other = MixupFn(mode="elem", num_classes=8, seed=4)
    assert not torch.equal(other(x, target)[0], runs[0][0])


def test_with_ids_the_order_does_not_matter_and_the_epoch_does():
    x, target, order = torch.rand(9, 3, 6, 6), torch.arange(9), torch.randperm(9)
    mixup_fn, ids = MixupFn(cutmix_alpha=1.0, mode="elem", num_classes=9), np.arange(100, 109)
    a, dense = mixup_fn(x, target, ids=ids)
    b, mixed = mixup_fn(x[order], target[order], ids=ids[order.numpy()])
    assert torch.equal(a[order], b)
    assert torch.equal(dense[order], mixed)
    assert not torch.equal(mixup_fn(x, target, ids=ids, epoch=1)[0], a)
    assert mixup_fn.step == 0


def test_global_generators_stay_where_they_are():
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    MixupFn(num_classes=4)(torch.rand(4, 1, 5, 5, generator=torch.Generator().manual_seed(0)), torch.arange(4))
    assert torch.equal(torch.get_rng_state(), state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


def test_switched_off_dense_targets_and_bytes(noise_images):
    x, target = noise_images(4), torch.tensor([0, 1, 2, 3])
    mixup_fn = MixupFn(num_classes=4, mean=MEAN, std=STD, label_smoothing=0.0)
    images, dense = mixup_fn(x, target)
    assert images.dtype == torch.float32
    soft, both = mixup_fn(x, torch.eye(4), ids=range(4)), mixup_fn(x, target, ids=range(4))
    assert torch.equal(soft[1], both[1])
    mixup_fn.mixup_enabled = False
    images, dense = mixup_fn(x, target)
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    torch.testing.assert_close(images, (x / 255 - mean) / std, rtol=0, atol=1e-6)
    assert torch.equal(dense, torch.eye(4))
    floats = torch.rand(4, 1, 3, 3)
    off = MixupFn(num_classes=4)
    off.mixup_enabled = False
    assert torch.equal(off(floats, target)[0], floats)


@pytest.mark.parametrize(("fields", "message"), [
    ({"mode": "half"}, "half"), ({"prob": 1.5}, "prob"), ({"mixup_alpha": -1}, "mixup_alpha"),
    ({"cutmix_minmax": (0.8, 0.2)}, "cutmix_minmax"),
    ({"cutmix_minmax": (0.8,)}, "two shares"), ({"num_classes": 0}, "num_classes"), ({"mean": 0.5}, "std"),
])
def test_bad_arguments(fields, message):
    with pytest.raises(ConfigError, match=message):
        MixupFn(**fields)


@pytest.mark.parametrize(("target", "message"), [
    (torch.arange(3), "4 images"), (torch.tensor([0, 1, 2, 9]), "num_classes"), (torch.zeros(4, 3), "shape"),
])
def test_targets_that_do_not_fit(target, message):
    with pytest.raises(DataError, match=message):
        MixupFn(num_classes=4)(torch.rand(4, 1, 5, 5), target)


@pytest.mark.parametrize(("x", "target", "message"), [
    (torch.rand(4, 8), torch.arange(4), r"shape \(4, 8\)"), (torch.rand(4, 1, 5, 5), [0, 1, 2, 3], "a list"),
])
def test_what_is_no_batch_of_images_and_targets_is_named(x, target, message):
    with pytest.raises(DataError, match=message):
        MixupFn(num_classes=4)(x, target)


def dataset(count=24, size=(3, 16, 16)):
    rng = np.random.default_rng(1)
    return [(torch.from_numpy(rng.integers(0, 256, size).astype(np.uint8)), i % 5) for i in range(count)]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_loader_gives_what_the_technique_gives(workers):
    data = dataset()
    loader = DataLoader(pm.indexed(data), batch_size=8, num_workers=workers,
                        collate_fn=collate(num_classes=5, seed=4, mixup_alpha=0.4),
                        multiprocessing_context="fork" if workers else None)
    technique = TrainMix(mixup_alpha=0.4)
    seen = 0
    for number, (x, target) in enumerate(loader):
        rows = range(8 * number, 8 * number + 8)
        batch = pm.Batch.of(torch.stack([data[r][0] for r in rows]), ids=list(rows),
                            targets={"label": [data[r][1] for r in rows]})
        want = technique(batch, seed=4)
        assert torch.equal(x, want.data)
        np.testing.assert_array_equal(target.numpy(), want.targets["label"].data.dense(5))
        seen += len(x)
    assert seen == 24


def test_epochs_reach_the_workers_and_arrays_are_taken():
    epoch = multiprocessing.Value("i", 0)
    made = collate(seed=1, epoch=epoch)
    samples = [(i, (image.permute(1, 2, 0).numpy(), label)) for i, (image, label) in enumerate(dataset(6))]
    x, (a, b, lam) = made(samples)
    assert a.tolist() == [i % 5 for i in range(6)]
    assert x.shape == (6, 3, 16, 16)
    assert bool(((lam >= 0) & (lam <= 1)).all())
    assert b.shape == (6,)
    epoch.value = 1
    assert not torch.equal(made(samples)[0], x)
    epoch.value = 0
    tensors = [(i, pair) for i, pair in enumerate(dataset(6))]
    assert torch.equal(made(tensors)[0], x)


def test_any_technique_by_name_and_smoothed_labels():
    samples = [(i, pair) for i, pair in enumerate(dataset(6))]
    x, (classes, weights) = collate("image-mix/mosaic")(samples)
    assert x.dtype == torch.uint8
    assert classes.shape == weights.shape == (6, 4)
    _, dense = collate(pm.get("image-mix/cutmix"), num_classes=5)(samples)
    torch.testing.assert_close(dense.sum(dim=1), torch.ones(6))
    _, (classes, weights) = collate(label_smoothing=0.1)(samples)
    torch.testing.assert_close(weights.sum(dim=1), torch.full((6,), 0.9, dtype=torch.float64))
    made = pickle.loads(pickle.dumps(collate({"use": "image-mix/mixup", "alpha": 0.3}, num_classes=5)))
    assert made.technique.alpha == 0.3
    with pytest.raises(ConfigError, match="alpha"):
        collate("image-mix/mixup", alpha=0.3)


@pytest.mark.parametrize(("samples", "message"), [
    ([], "indexed"), ([torch.zeros(3, 4, 4)], "indexed"), ([(0, torch.zeros(3, 4, 4))], "indexed"),
    ([(0, (torch.zeros(3, 4, 4), 1)), (1, (torch.zeros(3, 5, 4), 1))], "crop"),
    ([(0, (torch.zeros(3, 4, 4), 1)), ("b", (torch.zeros(3, 4, 4), "cat"))], "label 'cat' of sample 'b'"),
    ([(0, (torch.zeros(3, 4, 4), 0.7))], "label 0.7"),
])
def test_samples_that_do_not_fit(samples, message):
    with pytest.raises(DataError, match=message):
        collate()(samples)
