"""Policies: the published scales, uniform draws, and each operation beside Pillow's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps
from practicum_image_basic.policies.augmix import AugMix, dirichlet
from practicum_image_basic.policies.autoaugment import AutoAugment
from practicum_image_basic.policies.learned import POLICIES
from practicum_image_basic.policies.randaugment import RandAugment, TrivialAugment
from practicum_image_basic.policies.space import AUGMIX, AUGMIX_ALL, STANDARD, strength
from scipy import stats

from practicum.batch import Batch
from practicum.errors import DataError
from practicum.keys import Keys


def photos(count: int = 3, size: tuple[int, int] = (40, 52), channels: int = 3) -> torch.Tensor:
    """Smooth uint8 images [N, C, H, W] with some noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:size[0], :size[1]] / 20.0
    waves = np.sin(x * rng.uniform(0.5, 2, (count, channels, 1, 1)) + y * rng.uniform(0.5, 2, (count, channels, 1, 1)))
    return torch.from_numpy((120 + 90 * waves + rng.uniform(0, 30, (count, channels, *size))).astype(np.uint8))


def log_of(technique: Any, images: torch.Tensor, seed: int = 0) -> tuple[torch.Tensor, dict[str, np.ndarray]]:
    out = technique.run(Batch.of(images).recording(), Keys(seed))
    return out.data, dict(out.edits.steps[-1].params)


def by_pillow(image: np.ndarray, op: str, value: float) -> np.ndarray:
    """One operation on an [H, W, 3] image, as the reference code of the papers does it."""
    picture = Image.fromarray(image)
    size = picture.size
    enhance = {"Brightness": ImageEnhance.Brightness, "Color": ImageEnhance.Color, "Contrast": ImageEnhance.Contrast,
               "Sharpness": ImageEnhance.Sharpness}
    affine = {"ShearX": (1, value, 0, 0, 1, 0), "ShearY": (1, 0, 0, value, 1, 0),
              "TranslateX": (1, 0, -value, 0, 1, 0), "TranslateY": (1, 0, 0, 0, 1, -value)}
    if op in affine:
        made = picture.transform(size, Image.Transform.AFFINE, affine[op], Image.Resampling.NEAREST)
    elif op == "Rotate":
        made = picture.rotate(value, Image.Resampling.NEAREST)
    elif op in enhance:
        made = enhance[op](picture).enhance(1.0 + value)
    elif op == "Posterize":
        made = ImageOps.posterize(picture, int(value)) if value else Image.new("RGB", size)
    elif op == "Solarize":
        made = ImageOps.solarize(picture, value)
    else:
        made = {"AutoContrast": ImageOps.autocontrast, "Equalize": ImageOps.equalize, "Invert": ImageOps.invert,
                "Identity": Image.Image.copy}[op](picture)
    return np.asarray(made)


@pytest.mark.parametrize("op", [*STANDARD, "Invert"])
def test_each_operation_equals_pillows(op: str) -> None:
    images, policy = photos(), RandAugment()
    for step in (0, 7, 19, 30):
        for space, turns in (("standard", (1, -1)), ("wide", (1,))):
            for turn in turns:
                value = turn * strength(space, op, step, 31, [(40, 52)] * 3)  # type: ignore[arg-type]  # a literal
                value = np.trunc(value) if op.startswith("Translate") else value
                if turn == -1 and op in ("Posterize", "Solarize"):
                    continue
                out = policy.chosen(images, np.array([op] * 3), value)
                expected = np.stack([by_pillow(i, op, float(v)) for i, v in
                                     zip(images.numpy().transpose(0, 2, 3, 1), value, strict=True)])
                off = np.abs(out.numpy().transpose(0, 2, 3, 1).astype(int) - expected)
                if op in ("Brightness", "Color", "Contrast", "Sharpness"):
                    assert off.max() <= (2 if op == "Contrast" else 1)  # rounded, where Pillow cuts
                elif op in ("ShearX", "ShearY", "Rotate"):
                    # Pillow steps along rows in fixed point; at 135 degrees a diagonal lies between two pixels.
                    assert (off.max(axis=-1) > 0).mean() < 0.025
                else:
                    assert off.max() == 0


def test_scales_are_the_published_ones() -> None:
    sizes = [(331, 662)]

    def scale(space: Any, op: str, bins: int = 31) -> list[float]:
        return [round(float(strength(space, op, s, bins, sizes)[0]), 4) for s in range(bins)]

    assert scale("standard", "ShearX")[::10] == [0.0, 0.1, 0.2, 0.3]
    assert scale("standard", "TranslateX")[::10] == [0.0, 100.0, 200.0, 300.0]
    assert scale("standard", "TranslateY")[::10] == [0.0, 50.0, 100.0, 150.0]
    assert scale("standard", "Rotate")[::10] == [0.0, 10.0, 20.0, 30.0]
    assert scale("standard", "Sharpness")[::10] == [0.0, 0.3, 0.6, 0.9]
    assert scale("standard", "Posterize") == [8] * 4 + [7] * 8 + [6] * 7 + [5] * 8 + [4] * 4
    assert scale("standard", "Solarize")[::10] == [255.0, 170.0, 85.0, 0.0]
    assert scale("standard", "Equalize") == [0.0] * 31
    assert scale("wide", "ShearY")[::10] == [0.0, 0.33, 0.66, 0.99]
    assert scale("wide", "TranslateX")[::15] == [0.0, 16.0, 32.0]
    assert scale("wide", "Rotate")[::10] == [0.0, 45.0, 90.0, 135.0]
    assert scale("wide", "Color")[::10] == [0.0, 0.33, 0.66, 0.99]
    assert scale("wide", "Posterize") == [8] * 3 + [7] * 5 + [6] * 5 + [5] * 5 + [4] * 5 + [3] * 5 + [2] * 3
    assert scale("augmix", "Posterize", 10) == [4, 4, 3, 3, 2, 2, 1, 1, 0, 0]
    assert scale("augmix", "TranslateX", 10)[::9] == [0.0, round(662 / 3, 4)]
    assert scale("augmix", "Solarize", 10)[::3] == [255.0, 170.0, 85.0, 0.0]
    assert len(STANDARD) == 14
    assert (len(AUGMIX), len(AUGMIX_ALL)) == (9, 13)


def uniform(values: np.ndarray, kinds: int, limit: float) -> None:
    names, counts = np.unique(values, return_counts=True)
    expected = values.size / kinds
    assert len(names) == kinds
    assert ((counts - expected) ** 2 / expected).sum() < limit


def test_draws_are_uniform() -> None:
    images = torch.zeros(5000, 3, 1, 1, dtype=torch.uint8)
    _, log = log_of(RandAugment(num_ops=3, magnitude=30), images)
    for turn in range(3):
        uniform(log["op"][:, turn], 14, 34.5)  # chi-squared, 13 degrees of freedom, p = 0.001
    turned = log["magnitude"][log["op"] == "Rotate"]
    assert set(turned.tolist()) == {30.0, -30.0}
    assert stats.binomtest(int((turned > 0).sum()), len(turned)).pvalue > 0.001
    assert not np.array_equal(log["op"][:, 0], log["op"][:, 1])
    _, shorter = log_of(RandAugment(num_ops=2, magnitude=3), images)
    assert np.array_equal(shorter["op"], log["op"][:, :2])  # a sweep shares its draws
    _, log = log_of(TrivialAugment(), images)
    uniform(log["op"], 14, 34.5)
    uniform(np.abs(log["magnitude"][log["op"] == "Brightness"]).round(6), 31, 59.7)  # 30 degrees of freedom
    _, log = log_of(AutoAugment(), images)
    hit = log["op"] != "Identity"
    expected = np.array([[sub[t][1] for sub in POLICIES["imagenet"]] for t in (0, 1)]).mean(axis=1)
    assert np.abs(hit.mean(axis=0) - expected).max() < 0.03  # four standard deviations


@pytest.mark.parametrize("technique", [RandAugment(num_ops=3, magnitude=20), TrivialAugment(),
                                       AutoAugment(policy="cifar10"), AutoAugment(policy="svhn")], ids=str)
def test_output_is_the_logged_composition(technique: Any) -> None:
    images = photos(24, (16, 20))
    out, log = log_of(technique, images, seed=2)
    ops, values = log["op"].reshape(24, -1), log["magnitude"].reshape(24, -1)
    assert len(set(ops.ravel().tolist())) > 4
    for row in range(24):
        x = images[row:row + 1]
        for turn in range(ops.shape[1]):
            x = technique.chosen(x, ops[row:row + 1, turn], values[row:row + 1, turn])
        assert torch.equal(out[row], x[0])


def test_autoaugment_draws_sub_policies() -> None:
    for name, table in POLICIES.items():
        assert len(table) == 25
        images = torch.zeros(600, 3, 1, 1, dtype=torch.uint8)
        _, log = log_of(AutoAugment(policy=name), images)  # type: ignore[arg-type]  # a literal
        pairs = {(a[0], b[0]) for a, b in table}
        for a, b in log["op"].tolist():
            assert any(a in (p, "Identity") and b in (q, "Identity") for p, q in pairs)
    _, log = log_of(AutoAugment(policy="svhn"), torch.zeros(600, 3, 1, 1, dtype=torch.uint8))
    rotated = np.abs(log["magnitude"][log["op"] == "Rotate"])
    assert set(rotated.round(4).tolist()) == {10.0, round(30 * 4 / 9, 4)}  # steps 3 and 4 of 0..9


def test_augmix_is_its_mixture() -> None:
    images = photos(12, (16, 20))
    technique = AugMix(severity=10, width=2, all_ops=True)
    out, log = log_of(technique, images, seed=3)
    exact = log["share"][:, None, None, None] * images.numpy().astype(np.float64)
    for chain in range(2):
        end = images
        for turn in range(3):
            end = technique.chosen(end, log["op"][:, chain, turn], log["magnitude"][:, chain, turn])
        weight = (1 - log["share"]) * log["weights"][:, chain]
        exact += weight[:, None, None, None] * end.numpy()
    assert np.abs(out.numpy() - exact).max() < 0.5 + 1e-3
    floats, _ = log_of(technique, images.double() / 255.0, seed=3)
    assert float((255.0 * floats - torch.from_numpy(exact)).abs().mean()) < 2.0


def test_augmix_draws() -> None:
    images = torch.zeros(4000, 3, 1, 1, dtype=torch.uint8)
    _, log = log_of(AugMix(), images)
    weights, ops = log["weights"], log["op"]
    assert np.allclose(weights.sum(axis=1), 1.0)
    assert np.abs(weights.mean(axis=0) - 1 / 3).max() < 0.02
    for k in range(3):  # each weight of Dirichlet(1, 1, 1) is Beta(1, 2)
        assert stats.kstest(weights[:, k], "beta", args=(1, 2)).pvalue > 0.001
    assert stats.kstest(log["share"], "beta", args=(1, 1)).pvalue > 0.001
    length = (ops != "Identity").sum(axis=2)
    uniform(length[:, 0], 3, 13.8)
    uniform(ops[:, :, 0], 9, 26.1)
    assert set(np.abs(log["magnitude"][ops == "Rotate"]).round(4).tolist()) == {0.0, 3.3333, 6.6667}
    _, deep = log_of(AugMix(depth=5, alpha=3.0), images)
    assert deep["op"].shape == (4000, 3, 5)
    assert (deep["op"] != "Identity").all()
    assert stats.kstest(deep["share"], "beta", args=(3, 3)).pvalue > 0.001
    many = dirichlet(0.5, np.random.default_rng(0).random((4000, 4)))
    assert stats.kstest(many[:, 0], "beta", args=(0.5, 1.5)).pvalue > 0.001


def test_outputs_of_one_sample_are_independent() -> None:
    images = photos(4)
    first, second = (AugMix()(images, 0, output=k) for k in (0, 1))
    assert bool((first != second).flatten(1).any(dim=1).all())
    assert torch.equal(AugMix()(images, 0, output=1), second)


def test_weakest_and_other_inputs() -> None:
    images = photos()
    assert torch.equal(RandAugment(num_ops=0)(images), images)
    out, log = log_of(RandAugment(magnitude=0), photos(200, (9, 9)))
    acting = np.isin(log["op"], ("AutoContrast", "Equalize", "Solarize")).any(axis=1)
    changed = (out != photos(200, (9, 9))).flatten(1).any(dim=1).numpy()
    assert not (changed & ~acting).any()
    grey = photos(30, (12, 12), channels=1)
    assert TrivialAugment()(grey).shape == grey.shape
    with pytest.raises(DataError, match="the images have 2 channels"):
        RandAugment()(torch.zeros(1, 2, 4, 4))
