"""The specification, in torch."""

from __future__ import annotations

import torch


def median(images: torch.Tensor, size: int) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.median.median`."""
    height, width = images.shape[2:]
    radius, out = size // 2, torch.empty_like(images, memory_format=torch.contiguous_format)
    down = (torch.arange(height + 2 * radius, device=images.device) - radius).clamp(0, height - 1)
    across = (torch.arange(width + 2 * radius, device=images.device) - radius).clamp(0, width - 1)
    for row in range(len(images)):  # size * size copies of one image at a time
        padded = images[row][:, down][:, :, across]
        around = [padded[:, dy:dy + height, dx:dx + width] for dy in range(size) for dx in range(size)]
        out[row] = torch.stack(around).median(dim=0).values
    return out
