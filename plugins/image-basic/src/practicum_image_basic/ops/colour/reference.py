"""The specification, in torch; the order of operations is that of the compiled form, so uint8 results are equal."""

from __future__ import annotations

import torch


def mix_channels(x: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.colour.mix_channels`; float images."""
    red, green, blue = x[:, 0:1], x[:, 1:2], x[:, 2:3]
    m = matrix[:, :, :, None, None]
    return (m[:, :, 0] * red + m[:, :, 1] * green) + m[:, :, 2] * blue


def turn_hue(x: torch.Tensor, sextants: torch.Tensor) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.colour.turn_hue`; float images, turns in sixths of a circle (0..6)."""
    red, green, blue = x.unbind(1)
    most = torch.maximum(torch.maximum(red, green), blue)
    chroma = most - torch.minimum(torch.minimum(red, green), blue)
    safe = torch.where(chroma == 0, torch.ones_like(chroma), chroma)
    hue = torch.where(most == red, (green - blue) / safe,
                      torch.where(most == green, (blue - red) / safe + 2.0, (red - green) / safe + 4.0))
    hue = hue + sextants[:, None, None]
    hue = hue + torch.where(hue < 0, 6.0, 0.0)
    hue = hue - torch.where(hue >= 6.0, 6.0, 0.0)
    parts = []
    for start in (5.0, 3.0, 1.0):
        k = hue + start
        k = k - torch.where(k >= 6.0, 6.0, 0.0)
        parts.append(most - chroma * torch.minimum(k, 4.0 - k).clamp(0.0, 1.0))
    turned = torch.stack(parts, dim=1)
    return torch.where((sextants == 0)[:, None, None, None], x, turned)
