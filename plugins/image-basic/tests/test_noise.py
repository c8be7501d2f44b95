"""Noise is what ``Keys.normal`` draws, scaled and added."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_image_basic.noise import GaussianNoise
from practicum_image_basic.ops.noise import add_noise

from practicum.batch import Batch
from practicum.errors import ConfigError, KernelUnavailable
from practicum.keys import Keys


def keys(count: int, seed: int = 0) -> Keys:
    return Keys(seed).bind(Batch.of(np.zeros((count, 1)), modality="state").ids)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 5, 7), (3, 1, 8, 8), (2, 3, 31, 33)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.uint8, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("clip", [False, True])
def test_compiled_form_agrees_with_the_reference(shape: tuple[int, ...], dtype: torch.dtype, clip: bool) -> None:
    x = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    x = (x * 255).to(dtype) if dtype == torch.uint8 else x.to(dtype)
    for std in (0.0, 0.05, 1.0):
        fast = add_noise(x, std, keys(len(x)), clip=clip, impl="cpu")
        slow = add_noise(x, std, keys(len(x)), clip=clip, impl="reference")
        assert fast.dtype == slow.dtype == dtype
        tight = dtype in (torch.float32, torch.float64)
        off = (fast.double() - slow.double()).abs()
        assert float(off.max()) <= (1e-6 if tight else 1.0 if dtype == torch.uint8 else 0.01)
        assert float((off > 1e-6).double().mean()) < 0.02  # a rounding step, and seldom
        if std == 0.0:
            assert torch.equal(fast, x)


def test_draws_are_those_of_the_keys() -> None:
    bound = keys(4, seed=3)
    zero = torch.zeros(4, 3, 20, 20)
    fast = add_noise(zero, 1.0, bound, clip=False, impl="cpu")
    assert np.allclose(fast.reshape(4, -1).numpy(), bound.normal(1200), rtol=0, atol=1e-6)


def test_distribution() -> None:
    from scipy import stats

    draws = add_noise(torch.zeros(1, 3, 300, 300), 1.0, keys(1), clip=False).flatten().numpy()
    assert stats.kstest(draws, "norm").pvalue > 1e-3
    assert abs(float(np.corrcoef(draws[:-1], draws[1:])[0, 1])) < 0.01


def test_a_sweep_scales_one_and_the_same_noise() -> None:
    x = torch.full((3, 1, 6, 6), 0.5)
    weak, strong = (GaussianNoise(std=s, clip=False)(x, seed=1) - x for s in (0.05, 0.2))
    assert torch.allclose(4 * weak, strong, atol=1e-6)
    clipped = GaussianNoise(std=2.0)(x, seed=1)
    assert float(clipped.min()) == 0.0
    assert float(clipped.max()) == 1.0


def test_uint8_is_the_rounded_float_result() -> None:
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    out = GaussianNoise(std=0.1)(levels, seed=5)
    noise = Keys(5, path=("image-basic/gaussian-noise",)).bind(Batch.of(levels).ids)
    exact = np.clip(np.arange(256) / 255 + 0.1 * noise.normal(256)[0].astype(np.float64), 0, 1) * 255
    assert np.abs(out.flatten().numpy() - exact).max() <= 0.5 + 1e-3


def test_ragged_images_draw_as_they_would_alone() -> None:
    ragged = [np.full((4, 6, 3), 0.5, np.float32), np.full((5, 2, 3), 0.5, np.float32)]
    batch = Batch.of(ragged, ids=["a", "b"], modality="image")
    out = GaussianNoise().run(batch, Keys(0)).to_list()
    alone = Batch.of(torch.full((1, 3, 5, 2), 0.5), ids=["b"])
    assert np.array_equal(out[1], GaussianNoise().run(alone, Keys(0)).data[0].numpy().transpose(1, 2, 0))


def test_the_reference_can_be_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.rand(2, 3, 9, 9, generator=torch.Generator().manual_seed(0))
    monkeypatch.setenv("PRACTICUM_KERNELS", "reference")
    assert torch.equal(add_noise(x, 0.1, keys(2)), add_noise(x, 0.1, keys(2), impl="reference"))


def test_bad_use() -> None:
    with pytest.raises(ConfigError, match="std"):
        GaussianNoise(std=-0.1)
    with pytest.raises(KernelUnavailable, match="the tensor is on meta"):
        add_noise(torch.zeros(1, 1, 1, 1, device="meta"), 0.1, keys(1), impl="cpu")
