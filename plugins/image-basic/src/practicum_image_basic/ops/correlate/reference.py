"""The specification, in torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum_image_basic.operation import as_float
from practicum_image_basic.ops.blur.weights import sources


def correlate(images: torch.Tensor, weights: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.correlate.correlate`."""
    height, width = images.shape[2:]
    out, radius = torch.empty_like(images, memory_format=torch.contiguous_format), weights.shape[1] // 2
    levels = images.dtype == torch.uint8
    down, across = (torch.from_numpy(sources(s, radius, "reflect")).to(images.device) for s in (height, width))
    for row in range(len(images)):
        x = (images[row].to(torch.float32) if levels else as_float(images[row]))[:, down][:, :, across]
        held = torch.from_numpy(np.array(weights[row])).to(x)
        total = torch.zeros_like(x[:, :height, :width])
        for dy, dx in zip(*np.nonzero(weights[row]), strict=True):
            total = total + held[dy, dx] * x[:, dy:dy + height, dx:dx + width]
        out[row] = total.clamp_(0.0, 255.0) + 0.5 if levels else total
    return out
