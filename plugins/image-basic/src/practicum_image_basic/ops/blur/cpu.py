"""The compiled form: each plane's rows, then its columns, with the taps in one fixed order."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.memory import fresh
from practicum_image_basic.operation import as_float
from practicum_image_basic.ops.blur.weights import Border, gaussian_weights, sources


@njit(cache=True)
def _blur(x: Any, out: Any, weights: Any, across: Any, down: Any, levels: Any) -> None:
    planes, height, width = x.shape
    taps = len(weights)
    line = np.empty(len(across), weights.dtype)
    rows = np.empty((height, width), weights.dtype)
    total = np.empty(width, weights.dtype)
    for plane in range(planes):
        for i in range(height):
            for j in range(len(across)):
                line[j] = x[plane, i, across[j]]
            row = rows[i]
            row[:] = 0
            for k in range(taps):
                weight = weights[k]
                for j in range(width):
                    row[j] += weight * line[j + k]
        for i in range(height):
            total[:] = 0
            for k in range(taps):
                weight = weights[k]
                source = rows[down[i + k]]
                for j in range(width):
                    total[j] += weight * source[j]
            for j in range(width):
                out[plane, i, j] = min(max(np.rint(total[j]), 0.0), 255.0) if levels else total[j]


def gaussian_blur(images: torch.Tensor, sigma: float, truncate: float, border: Border) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.blur.gaussian_blur`."""
    weights, levels = gaussian_weights(sigma, truncate), images.dtype == torch.uint8
    height, width = images.shape[2:]
    held = images if levels else as_float(images)
    planes = held.contiguous().reshape(-1, height, width)
    out, radius = fresh(planes.shape, planes.dtype), len(weights) // 2
    dtype = np.float64 if images.dtype == torch.float64 else np.float32
    _blur(planes.numpy(), out.numpy(), weights.astype(dtype), sources(width, radius, border),
          sources(height, radius, border), levels)
    return out.reshape(images.shape).to(images.dtype)
