"""Rectangles, and grids of them, replaced by a value or by noise."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum.kernels import choose
from practicum.keys import Keys
from practicum_image_basic.ops.erase import reference

Flags = npt.NDArray[np.bool_]
LANE = 1
"""Sequence of the keys that noise is drawn from."""

_BY_CPU = (torch.uint8, torch.float32, torch.float64, torch.float16, torch.bfloat16)


def erase(images: torch.Tensor, down: Flags, across: Flags, fill: npt.NDArray[Any] | None = None,
          keys: Keys | None = None, *, impl: Literal["auto", "reference", "cpu"] = "auto") -> torch.Tensor:
    """A copy of the images in which the places (i, j) with ``down[n, i] and across[n, j]`` are replaced.

    Args:
        images: [N, C, H, W], uint8 or floating point; not written to.
        down: rows, bool [N, H].
        across: columns, bool [N, W].
        fill: the new value of each channel, float [N, C], in the units of the images.
        keys: bound to the samples; without ``fill``, value (c, y, x) is word (c * H + y) * W + x of lane 1: its top 8
            bits for uint8, uniform in [0, 1) from its top 24 bits for floats.
        impl: ``reference`` (torch), ``cpu`` (compiled), or the faster that can run.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.

    Example:
        >>> image, on = torch.ones(1, 1, 2, 3), np.ones((1, 2), bool)
        >>> erase(image, on, np.array([[False, True, False]]), np.zeros((1, 1)))[0, 0].tolist()
        [[1.0, 0.0, 1.0], [1.0, 0.0, 1.0]]
    """
    fits = "" if images.dtype in _BY_CPU else f"there is no compiled form for {images.dtype}"
    if choose(impl, images, op="image-basic/erase", cpu=fits, triton=None) == "reference":
        return reference.erase(images, down, across, fill, keys)
    from practicum_image_basic.ops.erase import cpu

    return cpu.erase(images, down, across, fill, keys)
