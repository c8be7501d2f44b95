"""Rows and columns of images, picked by number: shifts, flips, crops, pads and transpositions, exact in any dtype."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum.kernels import choose
from practicum_image_basic.ops.take import reference

Ints = npt.NDArray[np.int32]


def take(images: torch.Tensor, down: Ints, across: Ints, *, fill: float = 0.0,
         swap: npt.NDArray[np.bool_] | None = None, impl: Literal["auto", "reference", "cpu"] = "auto") -> torch.Tensor:
    """New images [N, C, OH, OW] with ``out[n, c, i, j] = images[n, c, down[n, i], across[n, j]]``.

    Args:
        images: [N, C, H, W] of any dtype; not written to.
        down: row that each row of the output comes from, int32 [N, OH]; -1 is outside and gives ``fill``.
        across: the same for columns, int32 [N, OW].
        fill: value outside, in the units of the images.
        swap: samples whose rows become columns, bool [N]: there ``out[n, c, i, j] = images[n, c, across[n, j],
            down[n, i]]``.
        impl: ``reference`` (torch), ``cpu`` (compiled), or the faster that can run.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.

    Example:
        >>> image = torch.arange(4.0).reshape(1, 1, 2, 2)
        >>> take(image, np.array([[1, 0]], np.int32), np.array([[0, 1, -1]], np.int32), fill=9.0).tolist()
        [[[[2.0, 3.0, 9.0], [0.0, 1.0, 9.0]]]]
    """
    swapped = np.zeros(len(images), bool) if swap is None else swap
    if choose(impl, images, op="image-basic/take", cpu="", triton=None) == "reference":
        return reference.take(images, down, across, fill, swapped)
    from practicum_image_basic.ops.take import cpu

    return cpu.take(images, down, across, fill, swapped)
