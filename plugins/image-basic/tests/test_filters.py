"""Blurs and sharpening against scipy, Pillow and their formulas; compiled forms against the references."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from practicum_image_basic.blur import BoxBlur, MedianBlur, MotionBlur, line
from practicum_image_basic.ops.blur import box_blur, gaussian_blur
from practicum_image_basic.ops.correlate import correlate
from practicum_image_basic.ops.median import median
from practicum_image_basic.ops.median.cpu import network
from practicum_image_basic.ops.sharpness import blend, sharpen
from practicum_image_basic.sharpen import Sharpness, UnsharpMask
from scipy import ndimage

from practicum.batch import Batch
from practicum.errors import ConfigError, KernelUnavailable
from practicum.keys import Keys


def noise(count: int = 3, size: tuple[int, int] = (19, 26), channels: int = 3, seed: int = 0) -> torch.Tensor:
    """uint8 images [N, C, H, W] of random values."""
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.integers(0, 256, (count, channels, *size), dtype=np.uint8))


@pytest.mark.parametrize("size", [(19, 26), (64, 65), (1, 1), (2, 3), (3, 3), (1, 9), (9, 1), (5, 4)])
def test_all_forms_are_equal(size: tuple[int, int]) -> None:
    x, other = noise(size=size), noise(size=size, seed=1)
    turned = x.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2)
    rng = np.random.default_rng(2)
    weights = rng.random((3, 5, 5)) * (rng.random((3, 5, 5)) < 0.4) / 4
    factor = rng.uniform(-1.0, 2.5, 3)
    for work in (lambda i, f: gaussian_blur(i, 1.3, impl=f), lambda i, f: box_blur(i, 2, border="edge", impl=f),
                 lambda i, f: correlate(i, weights, impl=f), lambda i, f: sharpen(i, factor, impl=f),
                 lambda i, f: blend(i, other, factor, impl=f)):
        assert torch.equal(work(turned, "cpu"), work(x, "reference"))
    for side in (3, 5, 7):
        reference = median(x, side, impl="reference")
        assert torch.equal(median(turned, side, impl="cpu"), reference)
        with suppress(KernelUnavailable):  # OpenCV is an extra
            assert torch.equal(median(turned, side, impl="opencv"), reference)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_median_equals_scipy(size: int) -> None:
    images = noise(2, (23, 31))
    for data in (images, images.float() / 255.0):
        expected = np.stack([[ndimage.median_filter(c, size=size, mode="nearest") for c in i] for i in data.numpy()])
        assert np.array_equal(MedianBlur(size=size)(data).numpy(), expected)


@pytest.mark.parametrize("count", [1, 2, 3, 9, 25, 49])
def test_the_network_finds_medians(count: int) -> None:
    values = np.random.default_rng(0).integers(0, 99, (2000, count))
    found = values.copy()
    for a, b in network(count).tolist():
        found[:, a], found[:, b] = np.minimum(found[:, a], found[:, b]), np.maximum(found[:, a], found[:, b])
    assert np.array_equal(found[:, count // 2], np.sort(values, axis=1)[:, count // 2])


@pytest.mark.parametrize(("border", "mode"), [("reflect", "mirror"), ("symmetric", "reflect"), ("edge", "nearest")])
def test_box_blur_equals_scipy(border: str, mode: str) -> None:
    x = noise(2, (23, 31)).double() / 255.0
    expected = np.stack([[ndimage.uniform_filter(c, size=7, mode=mode) for c in i] for i in x.numpy()])
    assert np.allclose(BoxBlur(radius=3, border=border)(x).numpy(), expected, rtol=0, atol=1e-12)


def test_motion_blur_is_a_correlation_with_its_line() -> None:
    images = noise(6).double() / 255.0
    out = MotionBlur(size=9).run(Batch.of(images).recording(), Keys(0))
    assert out.edits is not None
    angles = out.edits.steps[0].params["angle"]
    assert len(np.unique(angles)) == 6
    for row, angle in enumerate(angles.tolist()):
        for channel in range(3):
            expected = ndimage.correlate(images[row, channel].numpy(), line(9, angle), mode="mirror")
            assert np.allclose(out.data[row, channel].numpy(), expected, rtol=0, atol=1e-12)
    levels = MotionBlur(size=9)(noise(6))
    assert float((levels - 255.0 * out.data).abs().max()) < 0.5 + 1e-3
    with pytest.raises(ConfigError, match="odd"):
        MotionBlur(size=4)


def test_lines() -> None:
    for size in (1, 3, 7, 15):
        for angle in (0.0, 17.0, 45.0, 90.0, 133.0, 179.9):
            weights = line(size, angle)
            assert weights.shape == (size, size)
            assert abs(weights.sum() - 1.0) < 1e-9
            assert np.allclose(weights, weights[::-1, ::-1])  # the same both ways from the middle
            y, x = np.mgrid[:size, :size] - size // 2
            spread = (weights * (x * np.cos(np.deg2rad(angle)) - y * np.sin(np.deg2rad(angle))) ** 2).sum()
            across = (weights * (x * np.sin(np.deg2rad(angle)) + y * np.cos(np.deg2rad(angle))) ** 2).sum()
            assert across < 0.5
            assert abs(spread - (size**2 - 1) / 12) < 0.5  # variance of ``size`` places one apart


def test_sharpness_is_within_a_level_of_pillow_and_rounds_the_exact_value() -> None:
    for size in ((21, 34), (3, 3), (2, 9), (1, 1)):
        images = noise(size=size)
        for factor in (0.0, 0.4, 1.0, 1.3, 2.0):
            out = sharpen(images, np.full(3, factor))
            for made, image in zip(out.numpy(), images.numpy(), strict=True):
                picture = Image.fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))
                smooth = np.asarray(ImageEnhance.Sharpness(picture).enhance(0.0)).transpose(2, 0, 1).astype(float)
                assert np.abs(made - np.clip(smooth + factor * (image - smooth), 0, 255)).max() < 0.5 + 1e-4
                theirs = np.asarray(ImageEnhance.Sharpness(picture).enhance(factor)).transpose(2, 0, 1)
                assert np.abs(made.astype(int) - theirs).max() <= 1


def test_sharpness_of_floats_is_its_formula() -> None:
    x = noise().double() / 255.0
    kernel = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13
    out = sharpen(x, np.array([0.0, 1.7, 1.0]), clip=False)
    for row, factor in enumerate((0.0, 1.7, 1.0)):
        for channel in range(3):
            own = x[row, channel].numpy()
            smooth = ndimage.correlate(own, kernel)
            expected = own.copy()
            expected[1:-1, 1:-1] = (smooth + factor * (own - smooth))[1:-1, 1:-1]
            assert np.allclose(out[row, channel].numpy(), expected, rtol=0, atol=1e-12)


def test_unsharp_mask_is_its_formula() -> None:
    x = noise().double() / 255.0
    out = UnsharpMask(amount=2.0, sigma=1.5, clip=False).run(Batch.of(x).recording(), Keys(0))
    factor = out.edits.steps[0].params["factor"]  # type: ignore[union-attr,index]  # a log was asked for
    assert 0.0 <= factor.min() < factor.max() < 2.0
    for row in range(3):
        for channel in range(3):
            own = x[row, channel].numpy()
            blurred = ndimage.gaussian_filter(own, 1.5, mode="mirror", truncate=4.0)
            assert np.allclose(out.data[row, channel].numpy(), own + factor[row] * (own - blurred), atol=1e-12)


def test_zero_strength_is_the_identity() -> None:
    images = noise()
    for technique in (BoxBlur(radius=0), MedianBlur(size=1), MotionBlur(size=1), Sharpness(amount=0.0),
                      UnsharpMask(amount=0.0)):
        assert torch.equal(technique(images), images), technique.name
        assert torch.equal(technique(images.float() / 255.0), images.float() / 255.0), technique.name
