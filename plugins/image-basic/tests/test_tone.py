"""Operations on levels equal Pillow's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps
from practicum_image_basic.forms import opencv_installed
from practicum_image_basic.ops.levels import histograms, look_up, sums
from practicum_image_basic.tone import AutoContrast, Equalize, Invert, Posterize, Solarize, equalized

from practicum.batch import Batch
from practicum.keys import Keys


def photos(count: int = 5, size: tuple[int, int] = (31, 45), seed: int = 0) -> torch.Tensor:
    """uint8 images [N, 3, H, W] that use part of the range, each another; the last is flat in one channel."""
    rng = np.random.default_rng(seed)
    low, high = rng.integers(0, 90, (count, 3, 1, 1)), rng.integers(120, 256, (count, 3, 1, 1))
    values = low + (high - low) * rng.random((count, 3, *size)) ** rng.uniform(0.4, 3.0, (count, 3, 1, 1))
    images = values.astype(np.uint8)
    images[-1, 1] = 77
    return torch.from_numpy(images)


def pillow(images: torch.Tensor, change: Callable[[Image.Image], Image.Image]) -> torch.Tensor:
    """A change by Pillow, image by image."""
    done = [np.asarray(change(Image.fromarray(i))) for i in images.numpy().transpose(0, 2, 3, 1)]
    return torch.from_numpy(np.ascontiguousarray(np.stack(done).transpose(0, 3, 1, 2)))


@pytest.mark.parametrize(("technique", "change"), [
    (Invert(p=1.0), ImageOps.invert),
    (Solarize(p=1.0), ImageOps.solarize),
    (Solarize(p=1.0, threshold=0.25), lambda i: ImageOps.solarize(i, 63.75)),
    *[(Posterize(p=1.0, bits=b), lambda i, b=b: ImageOps.posterize(i, b)) for b in range(1, 9)],
    (Equalize(p=1.0), ImageOps.equalize),
    (AutoContrast(p=1.0), ImageOps.autocontrast),
    *[(AutoContrast(p=1.0, cutoff=c), lambda i, c=c: ImageOps.autocontrast(i, c)) for c in (0.3, 2.0, 10.0, 40.0)],
], ids=lambda v: str(v) if hasattr(v, "modalities") else "pillow")
def test_uint8_equals_pillow(technique: Invert, change: Callable[[Image.Image], Image.Image]) -> None:
    for size in ((31, 45), (16, 16), (3, 5), (1, 1)):
        images = photos(size=size)
        assert torch.equal(technique(images), pillow(images, change))


def test_equalize_equals_pillow_on_lopsided_histograms() -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):  # few levels, very uneven: where tables reach past 255 and steps are small
        levels = rng.choice(rng.integers(0, 256, 5), (2, 3, 25, 41), p=rng.dirichlet(np.full(5, 0.3)))
        images = torch.from_numpy(levels.astype(np.uint8))
        assert torch.equal(equalized(images), pillow(images, ImageOps.equalize))


def test_floats_agree_with_the_formulas() -> None:
    images = photos()
    x = images.double() / 255.0
    for technique in (Invert(p=1.0), Solarize(p=1.0), Posterize(p=1.0, bits=3), Equalize(p=1.0),
                      AutoContrast(p=1.0, cutoff=5.0)):
        assert torch.equal((technique(x) * 255.0).round().to(torch.uint8), technique(images))
    stretched = AutoContrast(p=1.0)(x)
    assert torch.allclose(stretched[:-1].amin(dim=(2, 3)), torch.zeros(4, 3, dtype=torch.float64))
    assert torch.allclose(stretched[:-1].amax(dim=(2, 3)), torch.ones(4, 3, dtype=torch.float64))
    assert torch.equal(stretched[-1, 1], x[-1, 1])
    low, high = x[0, 0].min(), x[0, 0].max()
    assert torch.allclose(stretched[0, 0], (x[0, 0] - low) / (high - low))


@pytest.mark.parametrize("cls", [Invert, Solarize, Posterize, Equalize, AutoContrast])
def test_p_is_the_share_of_changed_samples_and_zero_changes_none(cls: type[Invert]) -> None:
    images = photos(1, (20, 20)).repeat(400, 1, 1, 1)
    for data in (images, images.float() / 255.0):
        assert torch.equal(cls(p=0.0)(data), data)
    changed = (cls(p=0.3)(images, seed=3) != images).flatten(1).any(dim=1)
    assert abs(int(changed.sum()) - 120) < 40  # 4.4 standard deviations
    log = cls(p=0.3).run(Batch.of(images).recording(), Keys(3)).edits
    assert log is not None
    assert np.array_equal(log.steps[0].params["applied"], changed.numpy())
    weak = (cls(p=0.1)(images, seed=3) != images).flatten(1).any(dim=1)
    assert not bool((weak & ~changed).any())


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 5, 7), (3, 1, 8, 8), (2, 3, 65, 64), (1, 2, 0, 4)])
def test_all_forms_of_table_look_up_and_histogram_are_equal(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(2)
    x = torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8))
    turned = x.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2)  # not contiguous
    for tables in (rng.integers(0, 256, (shape[0], 256), dtype=np.uint8),
                   rng.integers(0, 256, (*shape[:2], 256), dtype=np.uint8)):
        whole = np.broadcast_to(tables if tables.ndim == 3 else tables[:, None], (*shape[:2], 256))
        exact = np.take_along_axis(whole, x.numpy().reshape(*shape[:2], -1).astype(int), 2).reshape(shape)
        forms = ["reference", "cpu"]
        if opencv_installed():
            forms.append("opencv")
        for form in forms:
            assert np.array_equal(look_up(x, tables, impl=form).numpy(), exact)
            assert np.array_equal(look_up(turned, tables, impl=form).numpy(), exact)
    counts = np.stack([[np.bincount(c.ravel(), minlength=256) for c in i] for i in x.numpy()])
    for form in ("reference", "cpu"):
        assert np.array_equal(histograms(turned, impl=form), counts)
    assert np.array_equal(sums(turned), x.numpy().astype(np.int64).sum(axis=(2, 3)))
