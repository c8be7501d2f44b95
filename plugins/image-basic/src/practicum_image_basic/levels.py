"""Arithmetic on images of any dtype by one formula: in levels 0..255 on uint8, in 0..1 on floats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.operation import as_float

Formula = Callable[..., torch.Tensor]


def on_levels(formula: Formula, images: torch.Tensor, *params: npt.NDArray[Any], clip: bool = True) -> torch.Tensor:
    """``formula(x, *params)`` in the images' dtype, for a formula that scales with its input.

    uint8 images are computed in float32 at 0..255, clipped and rounded to the nearest level (halves up); half types in
    float32. Float images on the CPU are taken one at a time, so that each stays in the cache from step to step.

    Args:
        formula: takes float images [n, C, H, W] and each parameter as a tensor [n, ...] of their dtype.
        images: [N, C, H, W].
        params: arrays [N, ...].
        clip: clip float images to 0..1.
    """
    if images.dtype == torch.uint8:
        x = images.to(torch.float32)
        return (formula(x, *_like(x, params)).clamp_(0.0, 255.0) + 0.5).to(torch.uint8)
    if images.device.type != "cpu" or not len(images):
        x = as_float(images)
        done = formula(x, *_like(x, params))
        return (done.clamp(0.0, 1.0) if clip else done).to(images.dtype)
    out = torch.empty_like(images, memory_format=torch.contiguous_format)
    for row in range(len(images)):
        x = as_float(images[row:row + 1])
        done = formula(x, *_like(x, [p[row:row + 1] for p in params]))
        out[row] = (done.clamp(0.0, 1.0) if clip else done)[0]
    return out


def _like(x: torch.Tensor, params: Any) -> list[torch.Tensor]:
    return [torch.from_numpy(np.ascontiguousarray(p)).to(x) for p in params]


def planes(images: torch.Tensor) -> npt.NDArray[Any]:
    """A CPU batch as contiguous planes, an array [N, C, H * W]."""
    return images.contiguous().flatten(2).numpy()
