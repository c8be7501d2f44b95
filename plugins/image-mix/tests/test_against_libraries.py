"""The operation against timm's and torchvision's formulas, written out here, with the draws given."""

import numpy as np
import pytest
import torch
from practicum_image_mix.boxes import areas, centred_boxes, cut_sides
from practicum_image_mix.ops.mix import mix

COUNT, HEIGHT, WIDTH = 6, 20, 14
LAM = 0.3


def images(dtype=torch.float32):
    x = torch.rand(COUNT, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(5))
    return (x * 255).to(dtype) if dtype == torch.uint8 else x.to(dtype)


def timm_mixup(x, lam):
    """timm/data/mixup.py, mode batch: the partner of i is the i-th from the end; in place."""
    flipped = x.flip(0).mul_(1.0 - lam)
    return x.mul_(lam).add_(flipped)


def torchvision_mixup(x, lam):
    """torchvision.transforms.v2.MixUp: the partner of i is i - 1."""
    return x.roll(1, 0).mul_(1.0 - lam).add_(x.mul(lam))


def timm_cutmix(x, y0, y1, x0, x1):
    x[:, :, y0:y1, x0:x1] = x.flip(0)[:, :, y0:y1, x0:x1]
    return x


def torchvision_cutmix(x, y0, y1, x0, x1):
    out = x.clone()
    out[..., y0:y1, x0:x1] = x.roll(1, 0)[..., y0:y1, x0:x1]
    return out


FLIP, ROLL = np.arange(COUNT)[::-1].copy(), np.roll(np.arange(COUNT), 1)


@pytest.mark.parametrize("impl", ["auto", "reference"])
@pytest.mark.parametrize(("formula", "partner"), [(timm_mixup, FLIP), (torchvision_mixup, ROLL)])
def test_mixup_equals_the_library(formula, partner, impl):
    x = images()
    ours = mix(x, partner, np.full(COUNT, LAM, np.float32), impl=impl)
    torch.testing.assert_close(ours, formula(x.clone(), LAM), rtol=0, atol=1e-6)


@pytest.mark.parametrize("impl", ["auto", "reference"])
@pytest.mark.parametrize(("formula", "partner"), [(timm_cutmix, FLIP), (torchvision_cutmix, ROLL)])
def test_cutmix_equals_the_library(formula, partner, impl):
    x, box = images(), (3, 17, 0, 9)
    ours = mix(x, partner, None, np.array([box] * COUNT), impl=impl)
    assert torch.equal(ours, formula(x.clone(), *box))


@pytest.fixture(scope="module")
def timm_module(timm_part):
    return timm_part("mixup")


def test_installed_timm_agrees(timm_module):
    mixer = timm_module.Mixup(mixup_alpha=1.0, num_classes=4, label_smoothing=0.0)
    mixer._params_per_batch = lambda: (LAM, False)
    x, labels = images(), torch.tensor([0, 1, 2, 3, 0, 1])
    theirs, soft = mixer(x.clone(), labels)
    torch.testing.assert_close(mix(x, FLIP, np.full(COUNT, LAM, np.float32)), theirs, rtol=0, atol=1e-6)
    from practicum import SoftLabel

    ours = SoftLabel(labels.numpy(), labels.numpy()[FLIP], np.full(COUNT, LAM)).dense(4)
    np.testing.assert_allclose(ours, soft.numpy(), atol=1e-6)


def test_boxes_are_those_of_timm(timm_module):
    for seed in range(30):
        lam = np.random.RandomState(seed).rand()  # timm draws from the global legacy generator
        state = np.random.get_state()  # noqa: NPY002
        np.random.seed(seed)  # noqa: NPY002
        theirs = timm_module.rand_bbox((COUNT, 3, HEIGHT, WIDTH), lam)
        np.random.seed(seed)  # noqa: NPY002
        centre = np.array([[np.random.randint(0, HEIGHT), np.random.randint(0, WIDTH)]])  # noqa: NPY002
        np.random.set_state(state)  # noqa: NPY002
        ours = centred_boxes(centre, cut_sides(np.array([[lam]]), HEIGHT, WIDTH), HEIGHT, WIDTH)
        assert tuple(ours[0]) == tuple(int(v) for v in theirs)


def test_area_counts_pixels():
    boxes = centred_boxes(np.array([[0, 0], [19, 13], [10, 7]]), np.array([6, 4]), HEIGHT, WIDTH)
    painted = mix(torch.zeros(3, 1, HEIGHT, WIDTH), None, None, boxes, 1.0)
    assert painted.sum(dim=(1, 2, 3)).tolist() == areas(boxes).tolist() == [3 * 2, 4 * 3, 6 * 4]


def test_uint8_rounds_to_nearest():
    x = torch.tensor([0, 255, 10, 13], dtype=torch.uint8).reshape(4, 1, 1, 1)
    out = mix(x, [1, 0, 3, 2], [0.25, 0.25, 0.5, 0.75])
    assert out.flatten().tolist() == [191, 64, 12, 12]  # 191.25, 63.75, 11.5, 12.25


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float64])
def test_cpu_writes_every_element_and_leaves_the_input(dtype, stream):
    from practicum_image_mix.ops.mix import cpu, reference

    rng = np.random.default_rng(3)
    x = (torch.rand(9, 3, 70, 301) * 200).to(dtype)
    before, partner = x.clone(), rng.permutation(9)
    lam = rng.random(9).astype(np.float32)
    lam[2], lam[5] = 0, 1
    boxes = centred_boxes(rng.integers(0, 70, (9, 2)), np.array([20, 31]), 70, 301)
    out = torch.empty_like(x)
    for fill in (None, 3.0):
        out.fill_(77 if dtype == torch.uint8 else float("nan"))
        cpu.mix_into(out, x, partner, lam, boxes, fill, stream=stream)
        torch.testing.assert_close(out, reference.mix(x, partner, lam, boxes, fill), rtol=2e-6, atol=0)
    misplaced = torch.full((x.numel() + 1,), 9, dtype=dtype)[1:].view(x.shape)  # its lines start off a cache line
    cpu.mix_into(misplaced, x, partner, lam, boxes, 3.0, stream=stream)
    assert torch.equal(misplaced, out)
    assert torch.equal(x, before)


def test_several_threads_give_the_same_bits(monkeypatch):
    from practicum_image_mix.ops.mix import cpu

    x, rng = torch.rand(16, 3, 160, 160), np.random.default_rng(1)
    draws = (rng.permutation(16), rng.random(16).astype(np.float32))
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(cpu.torch, "get_num_threads", lambda n=threads: n)
        results.append(cpu.mix(x, *draws))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


@pytest.mark.parametrize("impl", ["cpu", "reference"])
def test_a_weight_of_nought_or_one_keeps_out_nan_and_inf(impl):
    x = torch.tensor([1.0, float("nan"), float("inf"), 2.0]).reshape(4, 1, 1, 1)
    out = mix(x, [1, 0, 3, 2], [1.0, 0.0, 0.0, 1.0], impl=impl)
    assert out.flatten().tolist() == [1.0, 1.0, 2.0, 2.0]


def test_gradients_pass_where_they_are_asked_for():
    x = torch.rand(2, 1, 3, 3, requires_grad=True)
    out = mix(x, [1, 0], [0.75, 0.5], np.array([[0, 1, 0, 1], [0, 0, 0, 0]]))
    out.sum().backward()
    assert x.grad is not None
    # Image 0 weighs 0.75 in its own output and 0.5 in the other's; in the corner it was replaced by image 1.
    assert x.grad[0].flatten().tolist() == [0.5, *[1.25] * 8]
    assert x.grad[1].flatten().tolist() == [1.5, *[0.75] * 8]


def test_an_implementation_asked_for_by_name_is_never_replaced():
    from practicum.errors import ConfigError, KernelUnavailable

    with pytest.raises(KernelUnavailable, match="bfloat16"):
        mix(images(torch.bfloat16), impl="cpu")
    with pytest.raises(KernelUnavailable, match="no gradient"):
        mix(images().requires_grad_(), impl="cpu")
    with pytest.raises(KernelUnavailable):
        mix(images(), impl="triton")
    with pytest.raises(ConfigError, match="fast"):
        mix(images(), impl="fast")


@pytest.mark.parametrize(("draws", "message"), [
    ({"partner": [0, 1]}, "partner"), ({"partner": [9] * COUNT}, "outside"), ({"lam": [1.5] * COUNT}, "0..1"),
    ({"lam": [float("nan")] * COUNT}, "0..1"), ({"box": [[0, 21, 0, 3]] * COUNT}, "clip"),
    ({"box": [[5, 2, 0, 3]] * COUNT}, "box"),
])
def test_draws_that_do_not_fit_are_refused(draws, message):
    from practicum.errors import DataError

    with pytest.raises(DataError, match=message):
        mix(images(), **draws)
