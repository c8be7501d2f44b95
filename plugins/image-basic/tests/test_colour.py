"""Colour operations against Pillow, colorsys and torchvision's formulas."""

from __future__ import annotations

import colorsys

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance
from practicum_image_basic.colour import (
    ChannelDropout,
    ChannelShuffle,
    Grayscale,
    Hue,
    RgbShift,
    Saturation,
    Sepia,
    saturated,
    turned,
)
from practicum_image_basic.jitter import ColorJitter
from practicum_image_basic.light import Gamma, brightened, contrasted
from practicum_image_basic.normalize import Normalize
from practicum_image_basic.ops.colour import mix_channels, turn_hue
from practicum_image_basic.ops.jitter import jitter
from practicum_image_basic.ops.normalize import normalize

from practicum.batch import Batch
from practicum.errors import ConfigError, DataError
from practicum.keys import Keys


def colours(count: int = 4, size: tuple[int, int] = (23, 37), seed: int = 0) -> torch.Tensor:
    """uint8 images [N, 3, H, W] of random colours, with some grey, black, white and pure pixels."""
    images = np.random.default_rng(seed).integers(0, 256, (count, 3, *size), dtype=np.uint8)
    images[:, :, 0, :5] = images[:, :1, 0, :5]
    images[:, :, 1, 0], images[:, :, 1, 1] = 0, 255
    images[:, :, 1, 2:5] = 255 * np.eye(3, dtype=np.uint8)
    return torch.from_numpy(images)


def applied(technique: object, images: torch.Tensor, seed: int = 0) -> tuple[torch.Tensor, dict[str, np.ndarray]]:
    out = technique.run(Batch.of(images).recording(), Keys(seed))  # type: ignore[attr-defined]  # any transformation
    return out.data, dict(out.edits.steps[-1].params)


def test_grayscale_equals_pillow_on_every_grey_it_can_make() -> None:
    images = colours(6, (200, 211))
    out = Grayscale(p=1.0)(images)
    for image, made in zip(images.numpy().transpose(0, 2, 3, 1), out.numpy(), strict=True):
        grey = np.asarray(Image.fromarray(image).convert("L"))
        assert all(np.array_equal(channel, grey) for channel in made)


def test_saturation_is_within_a_level_of_pillow_and_rounds_the_exact_value() -> None:
    images = colours()
    for factor in (0.0, 0.3, 0.99, 1.0, 1.5, 2.0):
        out = saturated(images, np.full(len(images), factor)).numpy()
        x = images.numpy().astype(np.float64)
        grey = (19595 * x[:, 0] + 38470 * x[:, 1] + 7471 * x[:, 2])[:, None] / 65536
        exact = np.clip(grey + factor * (x - grey), 0, 255)
        assert np.abs(out - exact).max() < 0.5 + 1e-4
        for image, made in zip(images.numpy().transpose(0, 2, 3, 1), out, strict=True):
            theirs = np.asarray(ImageEnhance.Color(Image.fromarray(image)).enhance(factor)).transpose(2, 0, 1)
            assert np.abs(made.astype(int) - theirs).max() <= 1
    assert torch.equal(saturated(images, np.ones(len(images))), images)


def test_hue_equals_colorsys_and_torchvision() -> None:
    images = colours(2, (11, 13))
    x = images.double() / 255.0
    for turn in (-0.5, -0.2, -1 / 6, 0.05, 1 / 3, 0.5):
        out = turned(x, np.full(2, turn))
        flat = x.permute(0, 2, 3, 1).reshape(-1, 3).tolist()
        oracle = []
        for rgb in flat:
            h, s, v = colorsys.rgb_to_hsv(*rgb)
            oracle.append(colorsys.hsv_to_rgb((h + turn) % 1.0, s, v))
        assert np.allclose(out.permute(0, 2, 3, 1).reshape(-1, 3).numpy(), oracle, rtol=0, atol=1e-12)
        assert torch.allclose(out, torchvision_hue(x, turn), rtol=0, atol=1e-12)
        levels = turned(images, np.full(2, turn))
        assert float((levels.double() - 255.0 * out).abs().max()) < 0.5 + 1e-3


def torchvision_hue(image: torch.Tensor, turn: float) -> torch.Tensor:
    """Hue as torchvision defines it: the hexagon of HSV with sectors picked by the whole part of 6 h."""
    r, g, b = image.unbind(dim=-3)
    top, low = image.amax(dim=-3), image.amin(dim=-3)
    flat, span = top == low, top - low
    sat = span / torch.where(flat, torch.ones_like(top), top)
    safe = torch.where(flat, torch.ones_like(span), span)
    rc, gc, bc = (top - r) / safe, (top - g) / safe, (top - b) / safe
    hr = (top == r) * (bc - gc)
    hg = ((top == g) & (top != r)) * (2.0 + rc - bc)
    hb = ((top != g) & (top != r)) * (4.0 + gc - rc)
    h = (torch.fmod((hr + hg + hb) / 6.0 + 1.0, 1.0) + turn) % 1.0
    sector = torch.floor(h * 6.0)
    f = h * 6.0 - sector
    p, q, t = top * (1.0 - sat), top * (1.0 - sat * f), top * (1.0 - sat * (1.0 - f))
    picks = [(top, t, p), (q, top, p), (p, top, t), (p, q, top), (t, p, top), (top, p, q)]
    out = torch.zeros_like(image)
    for k, pick in enumerate(picks):
        out = torch.where((sector % 6 == k).unsqueeze(-3), torch.stack(pick, dim=-3), out)
    return out


@pytest.mark.parametrize("shape", [(1, 3, 1, 1), (3, 3, 5, 7), (2, 3, 64, 33)])
def test_compiled_forms_equal_the_references(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    x = torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8))
    turned_over = x.permute(0, 1, 3, 2).contiguous().permute(0, 1, 3, 2)
    count = shape[0]
    matrix, turns = rng.uniform(-1, 1.5, (count, 3, 3)), rng.uniform(-0.5, 0.5, count)
    order, amounts = np.argsort(rng.random((count, 4)), axis=1), rng.uniform(0.2, 1.8, (count, 4))
    mean, std = rng.random(3), rng.uniform(0.1, 1.0, 3)
    for images in (x, turned_over):
        for work in (lambda i, f: mix_channels(i, matrix, impl=f), lambda i, f: turn_hue(i, turns, impl=f),
                     lambda i, f: jitter(i, order, amounts, impl=f), lambda i, f: normalize(i, mean, std, impl=f)):
            assert torch.equal(work(images, "cpu"), work(x, "reference"))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float64])
def test_jitter_is_its_four_changes_by_hand(dtype: torch.dtype) -> None:
    images = colours(24, (9, 10))
    images = images if dtype == torch.uint8 else (images.to(dtype) / 255.0)
    out, log = applied(ColorJitter(), images, seed=5)
    assert len({tuple(o) for o in log["order"].tolist()}) > 10
    for row in range(len(images)):
        x = images[row:row + 1]
        for kind in log["order"][row].tolist():
            change, field = ((brightened, "brightness"), (contrasted, "contrast"), (saturated, "saturation"),
                             (turned, "hue"))[kind]
            x = change(x, log[field][row:row + 1])
        assert torch.equal(out[row], x[0])


def test_jitter_draws() -> None:
    _, log = applied(ColorJitter(brightness=0.5, hue=0.25), torch.zeros(6000, 3, 1, 1))
    for field, low, high in (("brightness", 0.5, 1.5), ("contrast", 0.6, 1.4), ("hue", -0.25, 0.25)):
        counts, _ = np.histogram(log[field], bins=10, range=(low, high))
        assert counts.sum() == 6000
        assert ((counts - 600.0) ** 2 / 600.0).sum() < 27.9  # chi-squared, 9 degrees of freedom, p = 0.001
    orders, counts = np.unique(log["order"], axis=0, return_counts=True)
    assert len(orders) == 24
    assert ((counts - 250.0) ** 2 / 250.0).sum() < 49.7  # 23 degrees of freedom, p = 0.001
    _, other = applied(ColorJitter(brightness=0.1, hue=0.05), torch.zeros(6000, 3, 1, 1))
    assert np.array_equal(other["order"], log["order"])
    assert np.allclose(5 * (other["brightness"] - 1), log["brightness"] - 1)


def test_zero_strength_is_the_identity() -> None:
    images = colours()
    for technique in (Saturation(amount=0.0), Hue(amount=0.0), Grayscale(p=0.0), Sepia(strength=0.0),
                      RgbShift(amount=0.0), ChannelShuffle(p=0.0), ChannelDropout(p=0.0), Gamma(amount=0.0),
                      ColorJitter(brightness=0, contrast=0, saturation=0, hue=0)):
        assert torch.equal(technique(images), images), technique.name
        assert torch.allclose(technique(images.float() / 255.0), images.float() / 255.0, atol=1e-7), technique.name


def test_gamma_follows_its_formula_and_is_symmetric() -> None:
    images = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).repeat(500, 1, 1, 1)
    out, log = applied(Gamma(amount=1.0), images)
    gamma = log["gamma"]
    assert gamma.min() > 0.5
    assert gamma.max() < 2.0
    assert abs(float(np.log2(gamma).mean())) < 0.1
    exact = np.rint(255.0 * (np.arange(256) / 255.0) ** gamma[:, None])
    assert np.array_equal(out.flatten(1).numpy(), exact)
    floats = Gamma(amount=1.0)(images.double() / 255.0)
    assert float((255.0 * floats.flatten(1) - torch.from_numpy(exact)).abs().max()) < 0.5 + 1e-6


def test_sepia_is_its_matrix() -> None:
    x = colours().numpy().astype(np.float64)
    matrix = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
    exact = np.clip(np.einsum("ck,nkhw->nchw", matrix, x), 0, 255)
    assert np.abs(Sepia()(colours()).numpy() - exact).max() < 0.5 + 1e-3
    half = np.clip(0.5 * x + 0.5 * np.einsum("ck,nkhw->nchw", matrix, x), 0, 255)
    assert np.abs(Sepia(strength=0.5)(colours()).numpy() - half).max() < 0.5 + 1e-3
    with pytest.raises(DataError, match=r"sepia needs the 3"):
        Sepia()(torch.zeros(1, 1, 2, 2))


def test_rgb_shift_adds_what_it_logs() -> None:
    images = colours(50, (4, 5))
    out, log = applied(RgbShift(amount=0.2), images)
    assert log["offset"].shape == (50, 3)
    assert np.abs(log["offset"]).max() < 0.2
    assert len(np.unique(log["offset"])) == 150
    exact = np.clip(images.numpy() + 255.0 * log["offset"][:, :, None, None], 0, 255)
    assert np.abs(out.numpy() - exact).max() <= 0.5


def test_channel_orders_are_uniform_and_followed() -> None:
    images = torch.arange(3, dtype=torch.uint8).reshape(1, 3, 1, 1).repeat(3000, 1, 1, 1)
    out, log = applied(ChannelShuffle(p=1.0), images)
    assert np.array_equal(out[:, :, 0, 0].numpy(), log["order"])
    _, counts = np.unique(log["order"], axis=0, return_counts=True)
    assert len(counts) == 6
    assert ((counts - 500.0) ** 2 / 500.0).sum() < 20.5  # 5 degrees of freedom, p = 0.001


def test_dropped_channels() -> None:
    images = torch.full((3000, 3, 1, 1), 200, dtype=torch.uint8)
    out, log = applied(ChannelDropout(p=1.0, fill=1.0), images)
    assert np.array_equal(out[:, :, 0, 0].numpy() == 255, log["dropped"])
    assert (log["dropped"].sum(axis=1) == 1).all()
    counts = log["dropped"].sum(axis=0)
    assert ((counts - 1000.0) ** 2 / 1000.0).sum() < 13.8  # 2 degrees of freedom, p = 0.001
    two = ChannelDropout(p=1.0, count=2)(images)
    assert bool(((two == 0).sum(dim=1) == 2).all())
    assert torch.equal(ChannelDropout(p=1.0, count=3)(images[:, :1]), images[:, :1])


def test_normalize_is_its_formula() -> None:
    images = colours()
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    exact = (images.numpy() / 255.0 - mean[:, None, None]) / std[:, None, None]
    out = Normalize()(images)
    assert out.dtype == torch.float32
    assert np.abs(out.numpy() - exact).max() < 1e-6
    wide = Normalize()(images.double() / 255.0)
    assert wide.dtype == torch.float64
    assert np.abs(wide.numpy() - exact).max() < 1e-12
    single = Normalize(mean=(0.5,), std=(0.5,))(images)
    assert (float(single.min()), float(single.max())) == (-1.0, 1.0)
    with pytest.raises(DataError, match=r"mean has 3 numbers and the images have 1 channels"):
        Normalize()(images[:, :1])
    with pytest.raises(ConfigError, match="above 0"):
        Normalize(std=(0.0,))


def test_other_numbers_of_channels_are_refused_or_left_alone() -> None:
    for technique in (Saturation(), Hue(), Grayscale(p=1.0)):
        grey = torch.rand(2, 1, 4, 4, generator=torch.Generator().manual_seed(0))
        assert torch.equal(technique(grey), grey)
        with pytest.raises(DataError, match="the images have 4 channels"):
            technique(torch.zeros(1, 4, 2, 2))
