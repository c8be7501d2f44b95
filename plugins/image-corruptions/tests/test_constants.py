"""The constants are the published ones, and severities, scales and dtypes do what they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import practicum as pm
from practicum.errors import ConfigError, DataError, TargetError

NAMES = ("gaussian-noise", "shot-noise", "impulse-noise", "defocus-blur", "glass-blur", "motion-blur", "zoom-blur",
         "snow", "frost", "fog", "brightness", "contrast", "elastic-transform", "pixelate", "jpeg-compression")

LARGE: dict[str, Any] = {
    "gaussian-noise": [0.08, 0.12, 0.18, 0.26, 0.38], "shot-noise": [60, 25, 12, 5, 3],
    "impulse-noise": [0.03, 0.06, 0.09, 0.17, 0.27], "pixelate": [0.6, 0.5, 0.4, 0.3, 0.25],
    "jpeg-compression": [25, 18, 15, 10, 7], "brightness": [0.1, 0.2, 0.3, 0.4, 0.5],
    "contrast": [0.4, 0.3, 0.2, 0.1, 0.05],
    "defocus-blur": [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)],
    "glass-blur": [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)],
    "motion-blur": [(10, 3), (15, 5), (15, 8), (15, 12), (20, 15)],
    "fog": [(1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)],
    "frost": [(1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75)],
}
"""The table of the authors' released code for 224x224 images (arXiv:1903.12261, ImageNet-C)."""

SMALL: dict[str, Any] = {
    "gaussian-noise": [0.04, 0.06, 0.08, 0.09, 0.10], "shot-noise": [500, 250, 100, 75, 50],
    "impulse-noise": [0.01, 0.02, 0.03, 0.05, 0.07], "pixelate": [0.95, 0.9, 0.85, 0.75, 0.65],
    "jpeg-compression": [80, 65, 58, 50, 40], "brightness": [0.05, 0.1, 0.15, 0.2, 0.3],
    "contrast": [0.75, 0.5, 0.4, 0.3, 0.15],
    "motion-blur": [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)],
}
"""The same for 32x32 images (CIFAR-10-C)."""


def photo(size: int = 96, channels: int = 3, count: int = 2) -> torch.Tensor:
    """Smooth blobs with edges, float64 in 0..1."""
    y, x = np.mgrid[:size, :size] / size
    rows = [0.5 + 0.3 * np.sin((3 + c + i) * x + 2 * i) * np.cos((5 - c) * y + c)
            + 0.15 * ((x + y * (1 + c)) % 0.3 > 0.15) for i in range(count) for c in range(channels)]
    return torch.from_numpy(np.clip(np.stack(rows), 0, 1).reshape(count, channels, size, size))


@pytest.mark.parametrize(("table", "scale"), [(LARGE, "imagenet"), (SMALL, "cifar")])
def test_constants_are_the_published_ones(table: dict[str, Any], scale: str) -> None:
    for name, published in table.items():
        own = type(pm.get(f"image-corruptions/{name}")).constants[scale]
        np.testing.assert_array_equal(np.array(own, dtype=float), np.array(published, dtype=float), err_msg=name)


def test_zoom_factors_and_elastic_sizes() -> None:
    zoom = type(pm.get("image-corruptions/zoom-blur")).constants
    assert [round(f[1] - f[0], 9) for f in zoom["imagenet"]] == [0.01, 0.01, 0.02, 0.02, 0.03]
    ends = (1.1, 1.15, 1.2, 1.25, 1.3)
    assert all(abs(f[-1] - last) < 0.0301 for f, last in zip(zoom["imagenet"], ends, strict=True))
    elastic = type(pm.get("image-corruptions/elastic-transform")).constants
    np.testing.assert_allclose(elastic["imagenet"][0], (488, 170.8, 24.4))
    np.testing.assert_allclose(elastic["cifar"][4], (3.2, 0.96, 0.96))
    snow = type(pm.get("image-corruptions/snow")).constants
    assert snow["imagenet"][2] == (0.55, 0.3, 4, 0.9, 12, 8, 0.7)
    assert snow["cifar"][4] == (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8)


UNEVEN = {"glass-blur": "its passes go 2, 1, 3, 2, 2", "snow": "its threshold rises between severities 2 and 3",
          "elastic-transform": "it changes its kind between severities 2 and 3",
          "frost": "it darkens the image while the ice gets brighter"}
"""Corruptions whose published constants don't move the image further away, in mean distance, at every step."""


@pytest.mark.parametrize("name", NAMES)
def test_severity_zero_is_the_identity_and_more_is_more(name: str) -> None:
    data = photo()
    still = pm.get(f"image-corruptions/{name}", severity=0)(data, seed=1)
    assert torch.equal(still, data)
    away = [float((pm.get(f"image-corruptions/{name}", severity=s, scale="imagenet")(data, seed=1) - data).abs().mean())
            for s in range(1, 6)]
    assert away[0] > 0.005
    assert name == "frost" or away[4] > away[2]
    if name not in UNEVEN:
        assert away == sorted(away), away


def test_frost_hides_more_of_the_image_at_every_step() -> None:
    data = photo()
    outs = [pm.get("image-corruptions/frost", severity=s, scale="imagenet")(data, seed=1) for s in range(1, 6)]
    alike = [float(np.corrcoef(out.numpy().ravel(), data.numpy().ravel())[0, 1]) for out in outs]
    assert alike == sorted(alike, reverse=True), alike


@pytest.mark.parametrize("name", NAMES)
def test_dtypes_shapes_and_grey_images_agree(name: str) -> None:
    technique = pm.get(f"image-corruptions/{name}", severity=2)
    levels = (photo(24) * 255).round()
    whole, floats = technique(levels.byte(), seed=4), technique(levels / 255, seed=4)
    assert whole.dtype == torch.uint8
    assert float((whole.double() / 255 - floats).abs().max()) <= (1.6 if name == "pixelate" else 0.5) / 255 + 1e-9
    single = technique((levels / 255).float(), seed=4)
    assert single.dtype == torch.float32
    loose = name in ("glass-blur", "jpeg-compression")
    assert float((single.double() - floats).abs().max()) < (0.05 if loose else 1e-4)
    ragged = technique([levels[0].byte().numpy().transpose(1, 2, 0), np.zeros((9, 30, 3), np.uint8)], seed=4)
    np.testing.assert_array_equal(ragged[0], whole[0].numpy().transpose(1, 2, 0))
    assert ragged[1].shape == (9, 30, 3)
    assert tuple(technique(photo(24, channels=1), seed=4).shape) == (2, 1, 24, 24)


def test_auto_goes_by_the_shorter_side() -> None:
    technique = pm.get("image-corruptions/contrast", severity=1)
    for size, factor in (((64, 200), 0.75), ((65, 200), 0.4)):
        image = torch.zeros(1, 1, *size, dtype=torch.float64)
        image[..., ::2] = 1.0
        assert float(technique(image).max()) == pytest.approx(0.5 + factor / 2)


def test_the_log_holds_severity_table_and_angle() -> None:
    out = pm.get("image-corruptions/motion-blur", severity=4)(pm.Batch.of(photo(16)), seed=1, log=True)
    assert out.edits is not None
    params = out.edits.steps[0].params
    assert params is not None
    assert params["severity"].tolist() == [4, 4]
    assert params["table"].tolist() == ["cifar", "cifar"]
    assert -45 <= params["angle"].min() < params["angle"].max() <= 45


def test_places_stay_or_are_refused() -> None:
    boxes = pm.Target("boxes", [np.array([[1, 1, 5, 5]])] * 2)
    batch = pm.Batch.of(photo(16), targets={"boxes": boxes})
    assert pm.get("image-corruptions/fog")(batch).targets["boxes"] is batch.targets["boxes"]
    with pytest.raises(TargetError, match="elastic-transform can't carry target 'boxes'"):
        pm.get("image-corruptions/elastic-transform")(batch)


def test_wrong_fields_and_images_are_explained() -> None:
    with pytest.raises(ConfigError, match="field 'severity'"):
        pm.get("image-corruptions/fog", severity=6)
    with pytest.raises(DataError, match="sample 0 has 4 channels, and a JPEG has 1 or 3"):
        pm.get("image-corruptions/jpeg-compression")(photo(16, channels=4))
    with pytest.raises(DataError, match="sample 0 is 2x9 pixels, and it needs at least 3x3"):
        pm.get("image-corruptions/elastic-transform")(torch.zeros(1, 3, 2, 9))
