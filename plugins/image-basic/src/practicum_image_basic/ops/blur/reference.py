"""The specification: weighted sums of shifted copies, in torch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.operation import as_float
from practicum_image_basic.ops.blur.weights import Border, sources


def separable_blur(images: torch.Tensor, weights: npt.NDArray[np.float64], border: Border) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.blur.separable_blur`; uint8 in float32 at 0..255."""
    levels = images.dtype == torch.uint8
    x = images.to(torch.float32) if levels else as_float(images)
    for axis in (3, 2):
        size, radius = x.shape[axis], len(weights) // 2
        at = torch.from_numpy(sources(size, radius, border)).to(x.device)
        total = torch.zeros_like(x)
        for k, weight in enumerate(weights.tolist()):
            total = total + weight * x.index_select(axis, at[k:k + size])
        x = total
    return x.round_().clamp_(0.0, 255.0).to(torch.uint8) if levels else x.to(images.dtype)
