"""The specification: draws of ``Keys.normal``, computed in float32 (float64 for float64 images)."""

from __future__ import annotations

import torch

from practicum.keys import Keys
from practicum_image_basic.operation import back_to


def add_noise(images: torch.Tensor, std: float, keys: Keys, clip: bool, speckle: bool) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.noise.add_noise`."""
    noise = torch.from_numpy(keys.normal(images[0].numel())).reshape(images.shape).to(images.device)
    x = images if images.dtype == torch.float64 else images.to(torch.float32)
    if images.dtype == torch.uint8:
        x = x * torch.tensor(1.0 / 255.0, dtype=torch.float32)
    noise = torch.tensor(std, dtype=x.dtype) * noise
    return back_to(x + (x * noise if speckle else noise), images.dtype, clip)
