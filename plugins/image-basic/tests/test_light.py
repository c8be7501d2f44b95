"""Brightness and contrast against their formulas and Pillow."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from practicum_image_basic.light import Brightness, Contrast

from practicum.batch import Batch
from practicum.keys import Keys


def levels(channels: int = 3) -> torch.Tensor:
    x = torch.rand(12, channels, 9, 7, generator=torch.Generator().manual_seed(0))
    return (255 * x * torch.linspace(0.3, 1, 12)[:, None, None, None]).to(torch.uint8)


def applied(technique: Brightness | Contrast, batch: Batch, seed: int = 0) -> tuple[Batch, np.ndarray]:
    out = technique.run(batch.recording(), Keys(seed))
    assert out.edits is not None
    params = out.edits.steps[0].params
    assert params is not None
    return out, params["factor"]


@pytest.mark.parametrize(("technique", "enhance", "within"), [
    (Brightness(amount=0.6), ImageEnhance.Brightness, 1), (Contrast(amount=0.6), ImageEnhance.Contrast, 2)])
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_pillow(technique: Brightness | Contrast, enhance: type, within: int, channels: int) -> None:
    batch = Batch.of(levels(channels))
    out, factor = applied(technique, batch)
    assert factor.min() < 0.8 < 1.2 < factor.max()
    for row, image in enumerate(batch.to_list()):
        picture = Image.fromarray(image[:, :, 0] if channels == 1 else image)
        expected = np.asarray(enhance(picture).enhance(float(factor[row]))).astype(int).reshape(image.shape)
        # Pillow cuts where we round, and rounds its mean grey to a whole level.
        assert np.abs(out.to_list()[row].astype(int) - expected).max() <= within


def test_formulas() -> None:
    x = levels().double() / 255
    batch = Batch.of(x)
    out, factor = applied(Brightness(amount=1.0, clip=False), batch)
    f = torch.from_numpy(factor)[:, None, None, None]
    assert torch.allclose(out.data, f * x, atol=1e-12)
    out, factor = applied(Contrast(amount=1.0, clip=False), batch)
    grey = (x * torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)[:, None, None]).sum(1).mean((1, 2))
    mean, f = grey[:, None, None, None], torch.from_numpy(factor)[:, None, None, None]
    assert torch.allclose(out.data, mean + f * (x - mean), atol=1e-12)
    assert float(applied(Contrast(amount=1.0), batch)[0].data.max()) <= 1.0


def test_factor_is_uniform_and_scales_with_the_amount() -> None:
    batch = Batch.of(torch.zeros(4000, 1, 1, 1))
    _, factor = applied(Brightness(amount=0.5), batch)
    counts, _ = np.histogram(factor, bins=10, range=(0.5, 1.5))
    assert counts.sum() == 4000
    assert ((counts - 400.0) ** 2 / 400.0).sum() < 27.9  # chi-squared, 9 degrees of freedom, p = 0.001
    assert np.allclose(2 * (applied(Brightness(amount=0.25), batch)[1] - 1), factor - 1)


def test_zero_amount_is_the_identity() -> None:
    for technique in (Brightness(amount=0.0), Contrast(amount=0.0)):
        assert torch.equal(technique(levels()), levels())
        assert torch.equal(technique(levels().float() / 255), levels().float() / 255)


def test_the_mean_grey_does_not_depend_on_the_batch() -> None:
    x = torch.rand(9, 3, 33, 35, generator=torch.Generator().manual_seed(1))
    whole = Contrast().run(Batch.of(x), Keys(0)).data
    for row in range(9):
        assert torch.equal(Contrast().run(Batch.of(x[row:row + 1], ids=[row]), Keys(0)).data[0], whole[row])
    strided = x.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2)
    assert torch.equal(Contrast().run(Batch.of(strided), Keys(0)).data, whole)
