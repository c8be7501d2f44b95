"""The blur is scipy's filter, and has a Gaussian's properties."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_image_basic.blur import GaussianBlur
from practicum_image_basic.ops.blur import gaussian_blur
from scipy import ndimage

BORDERS = {"reflect": "mirror", "symmetric": "reflect", "edge": "nearest"}
"""Our (NumPy's) names of border modes, and scipy's."""


def images(*shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("border", sorted(BORDERS))
@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.7, 9.0])
@pytest.mark.parametrize("shape", [(2, 3, 11, 7), (1, 1, 1, 6), (1, 2, 40, 30)])
@pytest.mark.parametrize("impl", ["cpu", "reference"])
def test_equals_scipy(border: str, sigma: float, shape: tuple[int, ...], impl: str) -> None:
    x = images(*shape)
    expected = ndimage.gaussian_filter(x.numpy(), sigma, mode=BORDERS[border], truncate=4.0, axes=(2, 3))
    out = gaussian_blur(x, sigma, border=border, impl=impl)  # type: ignore[arg-type]  # names from a table
    assert np.allclose(out.numpy(), expected, rtol=0, atol=1e-12)
    single = gaussian_blur(x.float(), sigma, border=border, impl=impl)  # type: ignore[arg-type]  # as above
    assert single.dtype == torch.float32
    assert np.allclose(single.numpy(), expected, rtol=0, atol=2e-6)


def test_truncate_is_scipys() -> None:
    x = images(1, 1, 20, 20)
    for truncate in (1.0, 2.5, 6.0):
        expected = ndimage.gaussian_filter(x.numpy(), 1.3, mode="mirror", truncate=truncate, axes=(2, 3))
        assert np.allclose(gaussian_blur(x, 1.3, truncate=truncate).numpy(), expected, atol=1e-12)


def test_a_gaussian_in_is_a_wider_gaussian_out() -> None:
    k = torch.arange(-40, 41, dtype=torch.float64)
    bell = torch.exp(-0.5 * (k / 3.0) ** 2)
    out = gaussian_blur((bell[:, None] * bell[None, :])[None, None], 4.0, truncate=8.0)[0, 0]
    wide = torch.exp(-0.5 * (k / 5.0) ** 2) * 3.0 / 5.0
    assert torch.allclose(out, wide[:, None] * wide[None, :], atol=1e-6)


def test_zero_is_the_identity_and_uint8_is_rounded() -> None:
    levels = (images(2, 3, 9, 9) * 255).to(torch.uint8)
    assert torch.equal(GaussianBlur(sigma=0.0)(levels), levels)
    assert torch.equal(GaussianBlur(sigma=0.0)(images(1, 1, 3, 3)), images(1, 1, 3, 3))
    exact = ndimage.gaussian_filter(levels.numpy().astype(np.float64), 1.5, mode="mirror", axes=(2, 3))
    out = GaussianBlur(sigma=1.5)(levels)
    assert out.dtype == torch.uint8
    assert np.abs(out.numpy() - exact).max() <= 0.5 + 1e-4
