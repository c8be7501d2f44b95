"""Compiled loops over uint8 images: the smoothed image is never held."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.threads import in_threads
from practicum_image_basic.operation import new_like
from practicum_image_basic.ops.colour.cpu import to_level

_F = np.float32


@njit(cache=True, nogil=True, error_model="numpy")
def _sharpen(x: Any, factor: Any, channels: int, out: Any, first: int, last: int) -> None:
    height, width = x.shape[1:]
    for plane in range(first, last):
        f = factor[plane // channels]
        out[plane, 0], out[plane, height - 1] = x[plane, 0], x[plane, height - 1]
        for i in range(1, height - 1):
            above, own, below, done = x[plane, i - 1], x[plane, i], x[plane, i + 1], out[plane, i]
            done[0], done[width - 1] = own[0], own[width - 1]
            for j in range(1, width - 1):
                near = (np.int32(above[j - 1]) + np.int32(above[j]) + np.int32(above[j + 1])
                        + np.int32(own[j - 1]) + np.int32(own[j + 1])
                        + np.int32(below[j - 1]) + np.int32(below[j]) + np.int32(below[j + 1]))
                smooth = _F((np.uint32(2) * np.uint32(near + np.int32(5) * np.int32(own[j])) + np.uint32(13))
                            // np.uint32(26))
                done[j] = to_level(smooth + f * (_F(own[j]) - smooth))


@njit(cache=True, nogil=True, error_model="numpy")
def _blend(a: Any, b: Any, factor: Any, out: Any, first: int, last: int) -> None:
    for n in range(first, last):
        f, base, other, done = factor[n], a[n], b[n], out[n]
        for i in range(len(base)):
            done[i] = to_level(_F(base[i]) + f * (_F(other[i]) - _F(base[i])))


@njit(cache=True, nogil=True, error_model="numpy")
def _add(total: Any, part: Any, weight: Any, first: int, last: int) -> None:
    for n in range(first, last):
        w, sums, values = weight[n], total[n], part[n]
        for i in range(len(sums)):
            sums[i] += w * _F(values[i])


def add_weighted(total: torch.Tensor, part: torch.Tensor, weight: Any) -> None:
    """See :func:`practicum_image_basic.ops.sharpness.add_weighted`."""
    sums, values = total.flatten(1).numpy(), part.contiguous().flatten(1).numpy()
    in_threads(lambda a, b: _add(sums, values, weight, a, b), len(total), total.numel())


def sharpen(images: torch.Tensor, factor: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.sharpness.sharpen`."""
    count, channels, height, width = images.shape
    if min(height, width) < 3:
        return images.clone()
    out = new_like(images)
    x, done = (i.contiguous().reshape(-1, height, width).numpy() for i in (images, out))
    in_threads(lambda a, b: _sharpen(x, factor, channels, done, a, b), count * channels, images.numel())
    return out


def blend(base: torch.Tensor, other: torch.Tensor, factor: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.sharpness.blend`."""
    out = new_like(base)
    a, b, done = (i.contiguous().flatten(1).numpy() for i in (base, other, out))
    in_threads(lambda first, last: _blend(a, b, factor, done, first, last), len(base), base.numel())
    return out
