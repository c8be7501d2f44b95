"""A compiled loop over the taps of each row of uint8 images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.threads import in_threads
from practicum_image_basic.operation import new_like
from practicum_image_basic.ops.blur.weights import sources
from practicum_image_basic.ops.colour.cpu import to_level


@njit(cache=True, nogil=True, error_model="numpy")
def _correlate(x: Any, weights: Any, channels: int, down: Any, across: Any, out: Any, first: int, last: int) -> None:
    height, width = x.shape[1:]
    size = weights.shape[1]
    radius = size // 2
    padded = np.empty((len(down), len(across)), np.float32)
    total = np.empty(width, np.float32)
    places, heights = np.empty((size * size, 2), np.int64), np.empty(size * size, np.float32)
    for plane in range(first, last):
        for i in range(len(down)):
            source, line = x[plane, down[i]], padded[i]
            for j in range(radius):
                line[j] = source[across[j]]
                line[width + radius + j] = source[across[width + radius + j]]
            middle = line[radius:radius + width]
            for j in range(width):
                middle[j] = source[j]
        own, taps = weights[plane // channels], 0
        for dy in range(size):
            for dx in range(size):
                if own[dy, dx] != 0:
                    places[taps, 0], places[taps, 1], heights[taps] = dy, dx, own[dy, dx]
                    taps += 1
        fours = taps // 4 * 4
        for i in range(height):
            total[:] = 0
            for k in range(0, fours, 4):  # four taps a pass: the sum is loaded and stored a quarter as often
                a, b, c, d = heights[k], heights[k + 1], heights[k + 2], heights[k + 3]
                p = padded[i + places[k, 0], places[k, 1]:places[k, 1] + width]
                q = padded[i + places[k + 1, 0], places[k + 1, 1]:places[k + 1, 1] + width]
                r = padded[i + places[k + 2, 0], places[k + 2, 1]:places[k + 2, 1] + width]
                s = padded[i + places[k + 3, 0], places[k + 3, 1]:places[k + 3, 1] + width]
                for j in range(width):
                    total[j] = (((total[j] + a * p[j]) + b * q[j]) + c * r[j]) + d * s[j]
            for k in range(fours, taps):
                a, p = heights[k], padded[i + places[k, 0], places[k, 1]:places[k, 1] + width]
                for j in range(width):
                    total[j] += a * p[j]
            done = out[plane, i]
            for j in range(width):
                done[j] = to_level(total[j])


def correlate(images: torch.Tensor, weights: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.correlate.correlate`."""
    count, channels, height, width = images.shape
    out, radius = new_like(images), weights.shape[1] // 2
    if not images.numel():
        return out
    x, done = (i.contiguous().reshape(-1, height, width).numpy() for i in (images, out))
    down, across = sources(height, radius, "reflect"), sources(width, radius, "reflect")
    in_threads(lambda a, b: _correlate(x, weights, channels, down, across, done, a, b), count * channels,
               images.numel())
    return out
