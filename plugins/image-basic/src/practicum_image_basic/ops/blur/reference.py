"""The specification: weighted sums of shifted copies, in torch."""

from __future__ import annotations

import torch

from practicum_image_basic.operation import as_float, back_to
from practicum_image_basic.ops.blur.weights import Border, gaussian_weights, sources


def gaussian_blur(images: torch.Tensor, sigma: float, truncate: float, border: Border) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.blur.gaussian_blur`."""
    weights, x = gaussian_weights(sigma, truncate), as_float(images)
    for axis in (3, 2):
        size, radius = x.shape[axis], len(weights) // 2
        at = torch.from_numpy(sources(size, radius, border)).to(x.device)
        total = torch.zeros_like(x)
        for k, weight in enumerate(weights.tolist()):
            total += weight * x.index_select(axis, at[k:k + size])
        x = total
    return back_to(x, images.dtype, clip=False)
