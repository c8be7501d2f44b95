"""Each corruption against a closed form, a slow and plain computation, or Pillow called directly."""

from __future__ import annotations

import colorsys
import itertools
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image
from practicum_image_corruptions.corruption import Draws
from practicum_image_corruptions.filters import disk, trail, zoomed
from practicum_image_corruptions.fog import plasma
from practicum_image_corruptions.frost import crystals, facets
from practicum_image_corruptions.noise import count_photons
from scipy import ndimage, stats

import practicum as pm
from practicum.keys import Keys


def run(name: str, image: np.ndarray, severity: int, seed: int = 0, scale: str = "imagenet") -> np.ndarray:
    """One HWC image through a corruption."""
    data = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)[None]))
    out = pm.get(f"image-corruptions/{name}", severity=severity, scale=scale)(data, seed=seed)
    return out[0].numpy().transpose(1, 2, 0)


def draws(row: int = 0, seed: int = 0) -> Draws:
    return Draws(Keys(seed).bind(pm.Batch.of(["x"], ids=[row]).ids))


def textured(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(1).random((height, width, channels))


def test_gaussian_noise_has_the_published_deviation_and_shares_its_draws() -> None:
    grey = np.full((120, 120, 3), 0.5)
    first, second = (run("gaussian-noise", grey, s) - 0.5 for s in (1, 2))
    assert first.std() == pytest.approx(0.08, rel=0.02)
    assert first.mean() == pytest.approx(0.0, abs=0.002)
    inside = np.abs(second) < 0.499
    np.testing.assert_allclose(second[inside], first[inside] * 1.5, atol=1e-6)


def test_photon_counts_follow_the_poisson_distribution() -> None:
    uniforms = draws().uniform(20000)
    for mean in (0.0, 0.3, 3.0, 30.0, 480.0):
        counts = np.empty(uniforms.size)
        count_photons(np.full(uniforms.size, mean), uniforms, counts)
        np.testing.assert_array_equal(counts, np.maximum(stats.poisson.ppf(uniforms, mean), 0))


@pytest.mark.parametrize(("severity", "photons"), [(1, 60), (3, 12)])
def test_shot_noise_has_the_variance_of_counts(severity: int, photons: float) -> None:
    out = run("shot-noise", np.full((150, 150, 1), 0.25), severity)
    assert out.mean() == pytest.approx(0.25, abs=0.004)
    assert out.var() == pytest.approx(0.25 / photons, rel=0.04)


def test_impulse_noise_hits_its_share_and_nests() -> None:
    grey = np.full((150, 150, 3), 0.5)
    outs = {s: run("impulse-noise", grey, s) for s in (1, 3, 5)}
    for severity, share in ((1, 0.03), (3, 0.09), (5, 0.27)):
        hit = outs[severity] != 0.5
        assert hit.mean() == pytest.approx(share, rel=0.08)
        assert (outs[severity][hit] == 1.0).mean() == pytest.approx(0.5, abs=0.03)
    weak, strong = outs[1] != 0.5, outs[5] != 0.5
    assert not (weak & ~strong).any()
    np.testing.assert_array_equal(outs[5][weak], outs[1][weak])
    assert (strong.sum(axis=2) == 1).any(), "channels are hit on their own"


@pytest.mark.parametrize("radius", [1.5, 3, 6, 10])
def test_the_defocus_kernel_is_a_normalised_disk(radius: float) -> None:
    kernel = disk(radius, 1e-3)
    half = kernel.shape[0] // 2
    at = np.arange(-half, half + 1)
    inside = np.add.outer(at**2, at**2) <= radius**2
    np.testing.assert_allclose(kernel, inside / inside.sum(), atol=1e-12)
    assert disk(radius, 0.5).sum() == pytest.approx(1.0, abs=1e-12)


def test_defocus_blur_is_the_correlation_with_its_kernel() -> None:
    image = textured(40, 31)
    expected = np.stack([ndimage.correlate(image[:, :, c], disk(6, 0.5), mode="mirror") for c in range(3)], axis=-1)
    np.testing.assert_allclose(run("defocus-blur", image, 3), expected, atol=1e-12)


def test_glass_blur_swaps_within_reach_and_keeps_the_values() -> None:
    """At the smallest sigma of the small table the blurs do nothing, and what is left is the permutation."""
    image = np.floor(textured(20, 24, 1) * 255) / 255
    out = run("glass-blur", image, 1, scale="cifar")
    np.testing.assert_allclose(np.sort(out.ravel()), np.sort(np.floor(image * 255 + 1e-9).ravel() / 255), atol=1 / 255)
    assert (np.abs(out - image) > 2 / 255).any()
    places = [np.argwhere(np.abs(image - v) < 1e-9)[0] for v in np.unique(image)[::7]]
    for y, x, _ in places:
        near = out[max(0, y - 12):y + 13, max(0, x - 12):x + 13]
        assert (np.abs(near - image[y, x]) < 1.5 / 255).any()


def test_glass_blur_is_its_loop_written_plainly() -> None:
    image, reach = textured(17, 21), 2  # severity 3: deviation 1, reach 2, three passes
    drawn = Draws(Keys(4).child("image-corruptions/glass-blur").bind(pm.Batch.of(["x"]).ids))
    blurred = ndimage.gaussian_filter(image, (1.0, 1.0, 0.0), mode="nearest")
    mixed = (blurred * 255).astype(np.uint8) / 255
    for turn in range(3):
        offsets = np.floor(drawn.uniform(17, 21, 2, lane=turn) * 4).astype(int) - reach
        for y in range(17 - reach, reach, -1):
            for x in range(21 - reach, reach, -1):
                other = (y + offsets[y, x, 0], x + offsets[y, x, 1])
                mixed[y, x], mixed[other] = mixed[other].copy(), mixed[y, x].copy()
    expected = ndimage.gaussian_filter(mixed, (1.0, 1.0, 0.0), mode="nearest")
    np.testing.assert_allclose(run("glass-blur", image, 3, seed=4), expected, atol=1e-12)


def test_motion_blur_of_a_dot_is_the_trail_backwards() -> None:
    dot = np.zeros((61, 61, 1))
    dot[30, 30] = 1.0
    out = run("motion-blur", dot, 2, seed=5)[:, :, 0]
    technique = pm.get("image-corruptions/motion-blur", severity=2, scale="imagenet")
    bound = Keys(5).child("image-corruptions/motion-blur").bind(pm.Batch.of(["x"]).ids)
    angle = technique.drawn(Draws(bound))["angle"]
    assert -45 <= angle <= 45
    weights = np.exp(-np.arange(31) ** 2 / (2 * 5.0**2))
    expected = np.zeros((61, 61))
    for i, weight in enumerate(weights / weights.sum()):
        dy, dx = (np.ceil(i * f(np.deg2rad(angle)) - 0.5) for f in (np.sin, np.cos))
        expected[30 - int(dy), 30 - int(dx)] += weight
    np.testing.assert_allclose(out, expected, atol=1e-12)
    assert sum(w for _, _, w in trail(15, 8, 33.0)) == pytest.approx(1.0)


@pytest.mark.parametrize("size", [(32, 32), (33, 50), (7, 101)])
@pytest.mark.parametrize("factor", [1.0, 1.05, 1.31, 2.5, 4.5])
def test_a_zoom_is_that_of_scipy_on_the_middle(size: tuple[int, int], factor: float) -> None:
    image = textured(*size)
    (height, width), parts = size, [int(np.ceil(n / factor)) for n in size]
    top, left = (height - parts[0]) // 2, (width - parts[1]) // 2
    middle = image[top:top + parts[0], left:left + parts[1]]
    large = ndimage.zoom(middle, (factor, factor, 1), order=1)
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    np.testing.assert_allclose(zoomed(image, factor), large[top:top + height, left:left + width], atol=1e-12)


def test_zoom_blur_averages_zooms_about_the_middle() -> None:
    ramp = np.tile(np.linspace(0, 1, 101)[None, :, None], (101, 1, 1))
    zoom = zoomed(ramp, 1.25)[:, :, 0]
    assert zoom[50, 50] == pytest.approx(0.5, abs=0.01)
    assert np.diff(zoom[50]).mean() == pytest.approx(0.01 / 1.25, rel=0.03)
    factors = type(pm.get("image-corruptions/zoom-blur")).constants["imagenet"][2]
    expected = (ramp + sum(zoomed(ramp, f) for f in factors)) / (len(factors) + 1)
    np.testing.assert_allclose(run("zoom-blur", ramp, 3), expected, atol=1e-12)


def plain_plasma(size: int, decay: float, values: list[np.ndarray]) -> np.ndarray:
    """Diamond-square on a torus, point by point; ``values`` are the uniform draws of each call in turn."""
    field, step, reach, calls = np.zeros((size, size)), size, 1.0, iter(values)
    while step >= 2:
        half = step // 2
        for phase in range(3):
            drawn = next(calls)
            dy, dx = ((half, half), (0, half), (half, 0))[phase]
            for j, i in itertools.product(range(0, size, step), repeat=2):
                y, x = j + dy, i + dx
                around = ((-half, -half), (-half, half), (half, -half), (half, half)) if phase == 0 else (
                    (0, -half), (0, half), (-half, 0), (half, 0))
                mean = sum(field[(y + a) % size, (x + b) % size] for a, b in around) / 4
                field[y, x] = mean + reach * (2 * drawn[j // step, i // step] - 1)
        step, reach = half, reach / decay**2
    return (field - field.min()) / (field.max() - field.min())


def test_the_plasma_fractal_is_diamond_square() -> None:
    rng = np.random.default_rng(0)
    values = [rng.random((n, n)) for n in (1, 2, 4, 8) for _ in range(3)]
    calls = iter(values)
    np.testing.assert_allclose(plasma(16, 1.7, lambda n, m: next(calls)), plain_plasma(16, 1.7, values), atol=1e-12)


def test_fog_lightens_by_its_formula() -> None:
    black = np.zeros((64, 64, 1))
    black[0, 0] = 0.8
    out = run("fog", black, 3)
    layer = out / (0.8 / (0.8 + 2.5)) / 2.5
    assert layer[1:].max() <= 1 + 1e-9
    assert 0.2 < layer[1:].mean() < 0.8
    assert out.max() <= 0.8 + 1e-9


def test_brightness_is_that_of_hsv() -> None:
    image = textured(6, 7)
    image[0, 0] = 0.0
    out = run("brightness", image, 2)
    for y, x in itertools.product(range(6), range(7)):
        h, s, v = colorsys.rgb_to_hsv(*image[y, x])
        np.testing.assert_allclose(out[y, x], colorsys.hsv_to_rgb(h, s, min(v + 0.2, 1.0)), atol=1e-12)


def test_contrast_is_its_formula() -> None:
    image = textured(9, 8)
    mean = image.mean(axis=(0, 1))
    np.testing.assert_allclose(run("contrast", image, 4), (image - mean) * 0.1 + mean, atol=1e-12)


def test_snow_of_severity_one_is_its_formula_where_no_flake_fell() -> None:
    image = 0.2 + 0.1 * textured(80, 80)
    out = run("snow", image, 1)
    luma = (image @ np.array([0.299, 0.587, 0.114]))[:, :, None]
    bare = 0.8 * image + 0.2 * np.maximum(image, luma * 1.5 + 0.5)
    assert (out >= bare - 1e-9).all()
    layer = (out - bare)[:, :, 0]
    open_ = out.max(axis=2) < 1
    np.testing.assert_allclose((out - bare)[open_], np.repeat(layer[open_][:, None], 3, axis=1), atol=1e-9)
    both = open_ & open_[::-1, ::-1]
    np.testing.assert_allclose(layer[both], layer[::-1, ::-1][both], atol=1e-9)
    assert 0.005 < layer.mean() < 0.4


def test_facets_are_cellular_noise() -> None:
    """Against distances to all points of the grid."""
    cells = np.random.default_rng(0).random((6, 6, 3))
    gap, shade = np.empty((30, 24)), np.empty((30, 24))
    facets(cells, 5.0, gap, shade)
    points = (cells[:, :, :2] + np.stack(np.mgrid[:6, :6], axis=-1)).reshape(-1, 2)
    for y, x in itertools.product(range(0, 30, 3), range(0, 24, 3)):
        away = np.hypot(*(points - [(y + 0.5) / 5, (x + 0.5) / 5]).T)
        order = np.argsort(away)
        assert gap[y, x] == pytest.approx(away[order[1]] - away[order[0]])
        assert shade[y, x] == cells.reshape(-1, 3)[order[0], 2]


def test_frost_blends_its_crystals_per_sample() -> None:
    data = torch.full((3, 1, 40, 40), 0.5, dtype=torch.float64)
    out = pm.get("image-corruptions/frost", severity=2, scale="imagenet")(data, seed=2)
    ids = pm.Batch.of(data).ids
    bound = Keys(2).child("image-corruptions/frost").bind(ids)
    for row in range(3):
        ice = crystals(40, 40, Draws(bound.bind(ids.take(np.array([row])))))
        np.testing.assert_allclose(out[row, 0].numpy(), np.clip(0.8 * 0.5 + 0.6 * ice, 0, 1), atol=1e-12)
        assert 0.1 < ice.mean() < 0.6
        assert ice.std() > 0.08
    assert not torch.equal(out[0], out[1])


def test_the_elastic_transform_moves_points_as_the_plane_moves() -> None:
    """With no field (severity 1 of the small table) a linear ramp stays linear: the map is affine."""
    y, x = np.mgrid[:60, :60] / 60
    image = np.stack([x, y], axis=-1)
    out = run("elastic-transform", image, 1, scale="cifar")[15:45, 15:45]
    at = np.stack([*np.mgrid[15:45, 15:45].reshape(2, -1), np.ones(900)], axis=1)
    for channel in range(2):
        values = out[:, :, channel].ravel()
        _, left, *_ = np.linalg.lstsq(at, values, rcond=None)
        assert float(left[0]) < 1e-15
    moved = np.abs(out - image[15:45, 15:45]).max()
    assert 0 < moved < 0.2


def test_the_elastic_transform_is_its_formula() -> None:
    """Severity 4 of the small table: weight 0.1, deviation 0.04, reach 0.05 of 32 pixels."""
    image = textured(40, 40)
    drawn = Draws(Keys(6).child("image-corruptions/elastic-transform").bind(pm.Batch.of(["x"]).ids))
    before = 20.0 + 13 * np.array([[1, 1], [1, -1], [-1, -1]])
    after = before + (drawn.uniform(3, 2) * 2 - 1) * 0.05 * 32
    back = np.linalg.solve(np.column_stack([after, np.ones(3)]), before)
    at = np.mgrid[:40, :40].astype(float)
    places = np.einsum("kij,kd->dij", np.stack([*at, np.ones((40, 40))]), back)
    field = [0.1 * 32 * ndimage.gaussian_filter(drawn.uniform(40, 40, lane=lane) * 2 - 1, 0.04 * 32, mode="reflect",
                                                truncate=3) for lane in (1, 2)]
    for channel in range(3):
        moved = ndimage.map_coordinates(image[:, :, channel], places, order=1, mode="mirror")
        expected = ndimage.map_coordinates(moved, at + np.stack(field), order=1, mode="reflect")
        found = run("elastic-transform", image, 4, seed=6, scale="cifar")[:, :, channel]
        np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("severity", "factor"), [(1, 0.6), (5, 0.25)])
def test_pixelate_is_pillow_twice(severity: int, factor: float, channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 67, channels), dtype=np.uint8)
    picture = Image.fromarray(image[:, :, 0] if channels == 1 else image)
    small = picture.resize((int(67 * factor), int(50 * factor)), Image.Resampling.BOX)
    expected = np.asarray(small.resize((67, 50), Image.Resampling.BOX)).reshape(image.shape)
    np.testing.assert_array_equal(run("pixelate", image, severity), expected)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("severity", "quality"), [(1, 25), (5, 7)])
def test_jpeg_is_pillow(severity: int, quality: int, channels: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (40, 33, channels), dtype=np.uint8)
    coded = BytesIO()
    Image.fromarray(image[:, :, 0] if channels == 1 else image).save(coded, "JPEG", quality=quality)
    np.testing.assert_array_equal(run("jpeg-compression", image, severity),
                                  np.asarray(Image.open(coded)).reshape(image.shape))
