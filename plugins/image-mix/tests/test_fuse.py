"""The fused operation: against float64 arithmetic, timm's own functions, and its own forms bit for bit."""

import numpy as np
import pytest
import torch
from practicum_image_mix.ops.fuse import cpu, fuse, reference
from practicum_image_mix.ops.fuse.normal import Noise, noise_field, quantiles
from practicum_image_mix.ops.fuse.plan import rounded
from scipy import stats

from practicum.errors import DataError, KernelUnavailable
from practicum.keys import philox

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FLIP = np.arange(6)[::-1].copy()


def draws(count, height, width, spots=2, seed=3):
    rng = np.random.default_rng(seed)

    def rectangles(*shape):
        ys, xs = (np.sort(rng.integers(0, side + 1, (*shape, 2)), axis=-1) for side in (height, width))
        return np.concatenate([ys, xs], axis=-1)

    lam = rng.random(count)
    lam[1], lam[2] = 0, 1
    return {"partner": rng.permutation(count), "lam": lam, "box": rectangles(count) * (rng.random((count, 1)) < 0.5),
            "erase": rectangles(count, spots)}


def exact(x, mean, std, partner, lam, box, erase, fill):
    """Pixel by pixel, in float64, from the docstring."""
    source, (count, channels, height, width) = x.numpy().astype(np.float64) / 255, x.shape
    out = np.empty(source.shape)
    for n, c, y, z in np.ndindex(count, channels, height, width):
        weight = rounded(lam[n]).item()
        if partner[n] == n:
            weight = 1.0
        elif box[n, 0] <= y < box[n, 1] and box[n, 2] <= z < box[n, 3]:
            weight = 0.0
        value = weight * source[n, c, y, z] + (1 - weight) * source[partner[n], c, y, z]
        out[n, c, y, z] = (value - mean[c]) / std[c]
        for k in range(erase.shape[1]):
            if erase[n, k, 0] <= y < erase[n, k, 1] and erase[n, k, 2] <= z < erase[n, k, 3]:
                out[n, c, y, z] = fill[n, k, c]
    return out


@pytest.mark.parametrize("impl", ["cpu", "reference"])
def test_every_pixel_is_what_the_docstring_says(noise_images, impl):
    x, given = noise_images(), draws(6, 20, 14)
    fill = np.random.default_rng(1).normal(size=(6, 2, 3)).astype(np.float32)
    before = x.clone()
    out = fuse(x, MEAN, STD, fill=fill, impl=impl, **given)
    np.testing.assert_allclose(out.numpy(), exact(x, MEAN, STD, fill=fill, **given), rtol=0, atol=1e-6)
    assert torch.equal(x, before)
    assert out.dtype == torch.float32


@pytest.mark.parametrize("impl", ["cpu", "reference"])
def test_equals_timm_step_by_step(noise_images, timm_part, impl):
    """timm's loader, then its Mixup in mode batch, then a constant patch."""
    x, mean, std = noise_images(), torch.tensor(MEAN).view(1, 3, 1, 1) * 255, torch.tensor(STD).view(1, 3, 1, 1) * 255
    lam = 0.3125  # a multiple of 2**-15
    mixer = timm_part("mixup").Mixup(mixup_alpha=1.0, num_classes=4)
    mixer._params_per_batch = lambda: (lam, False)
    theirs, _ = mixer(x.to(torch.float32).sub_(mean).div_(std), torch.zeros(6, dtype=torch.int64))
    theirs[1, :, 3:9, 2:11] = 0.0
    erase = np.zeros((6, 1, 4), np.int64)
    erase[1, 0] = 3, 9, 2, 11
    ours = fuse(x, MEAN, STD, FLIP, np.full(6, lam), None, erase, impl=impl)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(3, 20, 14), (1, 7, 5), (4, 65, 131), (3, 160, 97)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("inside", ["fill", "noise"])
def test_the_compiled_form_has_the_bits_of_the_reference(noise_images, size, dtype, inside):
    x, given = noise_images(5, size), draws(5, *size[1:], spots=3)
    if inside == "noise":
        given["noise"] = Noise(0xFEDCBA9876543210, 5, np.array([1, 2**63 + 5, 77, 0, 2**64 - 1], np.uint64))
    else:
        given["fill"] = np.random.default_rng(1).normal(size=(5, 3, size[0])).astype(np.float32)
    assert torch.equal(cpu.fuse(x, 0.4, 0.3, dtype=dtype, **given), reference.fuse(x, 0.4, 0.3, dtype=dtype, **given))


@pytest.mark.parametrize("offset", [0, 1])
@pytest.mark.parametrize("size", [(70, 301), (40, 48), (9, 16), (300, 304)])  # lines of whole cache lines, and others
@pytest.mark.parametrize("spots", [0, 2])
def test_streamed_output_is_whole_wherever_it_starts(noise_images, offset, size, spots):
    x, given = noise_images(5, (3, *size)), draws(5, *size, spots=spots)
    given["box"][0] = [0, size[0], 3, 7]
    given["box"][3] = [1, size[0] - 1, 0, size[1]]
    want = reference.fuse(x, MEAN, STD, **given)
    out = torch.full((x.numel() + offset,), float("nan"))[offset:].view(x.shape)
    cpu.fuse_into(out, x, MEAN, STD, **given, stream=True)
    assert torch.equal(out, want)


def test_several_threads_give_the_same_bits(noise_images, monkeypatch):
    x, given = noise_images(16, (3, 160, 160)), draws(16, 160, 160)
    results = []
    for number in (1, 2, 5):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=number: n)
        results.append(cpu.fuse(x, MEAN, STD, **given))
    assert torch.equal(results[0], results[1])
    assert torch.equal(results[0], results[2])


def test_noise_is_normal_and_by_position():
    noise = Noise(12345, 3, np.array([9, 10], np.uint64))
    field = noise_field(noise, np.array([0, 1]), 60001)
    words = philox.words(12345, 3, noise.ids, 30001)
    for element in (0, 1, 6, 7, 60000):
        bits = int(words[1, element // 2]) >> (16 * (element % 2)) & 0xFFFF
        want = stats.norm.ppf(0.5 + ((bits & 0x7FFF) + 0.5) / 65536) * (-1 if bits >> 15 else 1)
        assert abs(field[1, element] - want) < 1e-6
    assert stats.kstest(field[0], "norm").pvalue > 0.01
    assert stats.kstest(field[0] * 1.03, "norm").pvalue < 0.01
    assert abs(np.corrcoef(field)[0, 1]) < 0.02
    assert abs(np.corrcoef(field[0, :-1], field[0, 1:])[0, 1]) < 0.02
    variance = float(np.mean(quantiles().astype(np.float64) ** 2))
    assert abs(variance - 1) < 1e-4


def test_floats_are_taken_by_the_reference_without_a_division_by_255():
    x = torch.rand(2, 3, 4, 4)
    out = fuse(x, 0.5, 0.25, partner=[1, 0], lam=[0.5, 1.0])
    torch.testing.assert_close(out[0], ((x[0] + x[1]) / 2 - 0.5) / 0.25)
    x[1, 0, 0, 0] = float("nan")
    assert bool(torch.isfinite(fuse(x, partner=[1, 0], lam=[1.0, 0.0])).all())
    with pytest.raises(KernelUnavailable, match="uint8"):
        fuse(x, impl="cpu")


@pytest.mark.parametrize(("given", "message"), [
    ({"partner": [9] * 6}, "outside"), ({"lam": [1.5] * 6}, "0..1"), ({"box": [[0, 21, 0, 3]] * 6}, "clip"),
    ({"erase": [[0, 1, 2, 3]] * 6}, "erase"), ({"erase": [[[0, 21, 0, 3]]] * 6}, "clip"), ({"std": 0.0}, "above 0"),
    ({"erase": [[[5, 2, 0, 3]]] * 6}, "wrong way"), ({"mean": (0.1, 0.2)}, "channels"),
    ({"erase": [[[0, 1, 0, 1]]] * 6, "fill": np.zeros((6, 2, 3))}, "fill"), ({"dtype": torch.float64}, "float64"),
    ({"erase": [[[0, 1, 0, 1]]] * 6, "noise": Noise(1, 2, np.zeros(3, np.uint64))}, "noise for 3"),
])
def test_arguments_that_do_not_fit_are_refused(noise_images, given, message):
    with pytest.raises(DataError, match=message):
        fuse(noise_images(), **given)
