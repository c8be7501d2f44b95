"""Every technique: neither the memory layout of the images nor the number of threads changes a bit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from practicum_image_basic.catalogue import geometry, light, noise, policy
from practicum_image_basic.light import Gamma
from practicum_image_basic.symmetries import D4, Transpose

import practicum
from practicum.errors import DataError

NAMES = [row[0] for family in (noise, geometry, light, policy) for row in family.TECHNIQUES]
SIZES = [(11, 14), (1, 1), (6, 1)]


def pictures(size: tuple[int, int], dtype: torch.dtype, count: int = 4) -> torch.Tensor:
    values = np.random.default_rng(0).random((count, 3, *size))
    return torch.from_numpy(values * (255 if dtype == torch.uint8 else 1)).to(dtype)


def layouts(images: torch.Tensor) -> Iterator[torch.Tensor]:
    yield images.contiguous(memory_format=torch.channels_last)
    yield images.transpose(2, 3).contiguous().transpose(2, 3)
    spaced = torch.zeros(*images.shape[:2], 2 * images.shape[2], 2 * images.shape[3], dtype=images.dtype)[..., ::2, ::2]
    spaced.copy_(images)
    yield spaced


def same(one: Any, other: Any) -> bool:
    def pixels(image: Any) -> Any:
        return image.permute(1, 2, 0).numpy() if torch.is_tensor(image) else image

    return len(one) == len(other) and all(np.array_equal(pixels(a), pixels(b)) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_layouts_single_rows_and_lists_give_equal_bits(name: str) -> None:
    technique = practicum.get(f"image-basic/{name}", **({"size": (5, 7)} if "resize" in name else {}))
    for size in SIZES:
        for dtype in (torch.uint8, torch.float32, torch.float64):
            images = pictures(size, dtype)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                out = technique(images, seed=1)
            assert all(same(technique(view, seed=1), out) for view in layouts(images))
            assert same(technique(images[2:3], seed=1, ids=[2]), out[2:3])
            other = np.zeros((3, 9, 3), np.uint8).astype(images.numpy().dtype)  # so that they can't be stacked
            alone = technique([*(i.permute(1, 2, 0).numpy().copy() for i in images), other], seed=1)
            assert same(alone[:len(images)], out)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16])
def test_powers_do_not_depend_on_threads(dtype: torch.dtype) -> None:
    """torch computes the last values of a thread's part by another function than the others."""
    images, before = pictures((301, 257), dtype, 3), torch.get_num_threads()
    try:
        outs = []
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            outs.append(Gamma(amount=1.0)(images, seed=3))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(outs[0], outs[1])
    assert torch.equal(outs[0], outs[2])


def test_bfloat16_batches_that_would_become_lists_are_refused() -> None:
    images = pictures((4, 6), torch.bfloat16)
    with pytest.raises(DataError, match="NumPy has no bfloat16"):
        D4(p=0.5)(images, seed=0)
    assert torch.equal(Transpose(p=1.0)(images), images.transpose(2, 3))
