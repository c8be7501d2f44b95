"""The specification, in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum_image_basic.operation import as_float


def _around(x: torch.Tensor) -> torch.Tensor:
    """Sum of the eight neighbours and five times the pixel itself, for pixels inside the border."""
    height, width = x.shape[2:]
    total = 4.0 * x[:, :, 1:-1, 1:-1]
    for dy in range(3):
        for dx in range(3):
            total = total + x[:, :, dy:height - 2 + dy, dx:width - 2 + dx]
    return total


def sharpen(x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.sharpness.sharpen`; float images."""
    out = x.clone()
    if min(x.shape[2:]) > 2:
        smooth, own = _around(x) / 13.0, x[:, :, 1:-1, 1:-1]
        out[:, :, 1:-1, 1:-1] = torch.where(factor == 1.0, own, smooth + factor * (own - smooth))
    return out


def sharpen_levels(x: torch.Tensor, factor: torch.Tensor) -> torch.Tensor:
    """The same in whole levels 0..255: smoothing is rounded."""
    out = x.clone()
    if min(x.shape[2:]) > 2:
        smooth = torch.floor((_around(x) + 6.5) / 13.0)
        out[:, :, 1:-1, 1:-1] = smooth + factor * (x[:, :, 1:-1, 1:-1] - smooth)
    return out


def blend(base: torch.Tensor, other: torch.Tensor, factor: Any, clip: bool) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.sharpness.blend`."""
    levels = base.dtype == torch.uint8
    a, b = (i.to(torch.float32) if levels else as_float(i) for i in (base, other))
    f = torch.from_numpy(np.ascontiguousarray(factor)).to(a).reshape(-1, 1, 1, 1)
    mixed = a + f * (b - a)
    if levels:
        return (mixed.clamp_(0.0, 255.0) + 0.5).to(torch.uint8)
    return (mixed.clamp(0.0, 1.0) if clip else mixed).to(base.dtype)
