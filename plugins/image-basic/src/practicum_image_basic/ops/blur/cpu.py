"""The compiled form: each plane's rows, then its columns, with the taps in one fixed order."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum_image_basic.operation import as_float, back_to
from practicum_image_basic.ops.blur.weights import Border, gaussian_weights, sources


@njit(cache=True)
def _blur(x: Any, out: Any, weights: Any, across: Any, down: Any) -> None:
    planes, height, width = x.shape
    taps = len(weights)
    line = np.empty(len(across), x.dtype)
    rows = np.empty((height, width), x.dtype)
    for plane in range(planes):
        for i in range(height):
            for j in range(len(across)):
                line[j] = x[plane, i, across[j]]
            total = rows[i]
            total[:] = 0
            for k in range(taps):
                weight = weights[k]
                for j in range(width):
                    total[j] += weight * line[j + k]
        for i in range(height):
            total = out[plane, i]
            total[:] = 0
            for k in range(taps):
                weight = weights[k]
                source = rows[down[i + k]]
                for j in range(width):
                    total[j] += weight * source[j]


def gaussian_blur(images: torch.Tensor, sigma: float, truncate: float, border: Border) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.blur.gaussian_blur`."""
    weights, x = gaussian_weights(sigma, truncate), as_float(images)
    height, width = x.shape[2:]
    planes = x.contiguous().reshape(-1, height, width)
    out, radius = torch.empty_like(planes), len(weights) // 2
    dtype = np.float64 if x.dtype == torch.float64 else np.float32
    _blur(planes.numpy(), out.numpy(), weights.astype(dtype), sources(width, radius, border),
          sources(height, radius, border))
    return back_to(out.reshape(x.shape), images.dtype, clip=False)
