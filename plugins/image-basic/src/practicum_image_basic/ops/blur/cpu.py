"""The compiled form: each plane's rows, then its columns, with the taps in one fixed order."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from numba import njit

from practicum.kernels.memory import fresh
from practicum.kernels.threads import in_threads
from practicum_image_basic.operation import as_float
from practicum_image_basic.ops.blur.weights import Border, sources


@njit(inline="always")
def to_level_even(value: Any) -> Any:
    """Rounded, halves to even, and clipped to 0..255."""
    value = np.int32(np.rint(value))
    value = value if value > np.int32(0) else np.int32(0)
    return value if value < np.int32(255) else np.int32(255)


@njit(cache=True, nogil=True, error_model="numpy")
def _blur(x: Any, out: Any, weights: Any, across: Any, down: Any, levels: Any, first: int, last: int) -> None:
    height, width = x.shape[1:]
    taps = len(weights)
    radius, fours = taps // 2, taps // 4 * 4
    line = np.empty(len(across), weights.dtype)
    rows = np.empty((height, width), weights.dtype)
    total = np.empty(width, weights.dtype)
    for plane in range(first, last):
        for i in range(height):
            source, row = x[plane, i], rows[i]
            for j in range(radius):
                line[j] = source[across[j]]
                line[width + radius + j] = source[across[width + radius + j]]
            middle = line[radius:radius + width]
            for j in range(width):
                middle[j] = source[j]
            row[:] = 0
            for k in range(0, fours, 4):  # four taps a pass: the sum is loaded and stored a quarter as often
                a, b, c, d = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
                p, q = line[k:k + width], line[k + 1:k + 1 + width]  # slices: an index j + k could be negative, and
                r, s = line[k + 2:k + 2 + width], line[k + 3:k + 3 + width]  # the check would keep it from vectorising
                for j in range(width):
                    row[j] = (((row[j] + a * p[j]) + b * q[j]) + c * r[j]) + d * s[j]
            for k in range(fours, taps):
                a, p = weights[k], line[k:k + width]
                for j in range(width):
                    row[j] += a * p[j]
        for i in range(height):
            total[:] = 0
            for k in range(0, fours, 4):
                a, b, c, d = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
                p, q = rows[down[i + k]], rows[down[i + k + 1]]
                r, s = rows[down[i + k + 2]], rows[down[i + k + 3]]
                for j in range(width):
                    total[j] = (((total[j] + a * p[j]) + b * q[j]) + c * r[j]) + d * s[j]
            for k in range(fours, taps):
                a, p = weights[k], rows[down[i + k]]
                for j in range(width):
                    total[j] += a * p[j]
            done = out[plane, i]
            if levels:
                for j in range(width):
                    done[j] = to_level_even(total[j])
            else:
                for j in range(width):
                    done[j] = total[j]


def separable_blur(images: torch.Tensor, weights: npt.NDArray[np.float64], border: Border) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.blur.separable_blur`."""
    levels, (height, width) = images.dtype == torch.uint8, images.shape[2:]
    held = images if levels else as_float(images)
    planes = held.contiguous().reshape(-1, height, width)
    out, radius = fresh(planes.shape, planes.dtype), len(weights) // 2
    dtype = np.float64 if images.dtype == torch.float64 else np.float32
    x, done, taps = planes.numpy(), out.numpy(), weights.astype(dtype)
    across, down = sources(width, radius, border), sources(height, radius, border)
    in_threads(lambda a, b: _blur(x, done, taps, across, down, levels, a, b), len(x), images.numel())
    return out.reshape(images.shape).to(images.dtype)
