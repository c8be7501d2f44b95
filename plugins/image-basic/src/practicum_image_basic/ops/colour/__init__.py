"""Operations that mix the three colour channels of each pixel."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.forms import pick
from practicum_image_basic.levels import on_levels
from practicum_image_basic.ops.colour import reference

Floats = npt.NDArray[Any]
Impl = Literal["auto", "reference", "cpu"]


def mix_channels(images: torch.Tensor, matrix: Floats, *, clip: bool = True, impl: Impl = "auto") -> torch.Tensor:
    """Each pixel's colour multiplied by a matrix of the image's.

    uint8 is computed in float32 as ``(m0 * r + m1 * g) + m2 * b``, clipped and rounded to the nearest level.

    Args:
        images: [N, 3, H, W], uint8 or floating point; not written to.
        matrix: [N, 3, 3]; row c holds the weights of red, green and blue in the new channel c.
        clip: clip float images to 0..1.
        impl: ``reference`` (torch), ``cpu`` (compiled, uint8), or the faster.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    matrix = np.ascontiguousarray(matrix, np.float64 if images.dtype == torch.float64 else np.float32)
    if images.dtype != torch.uint8 or pick("mix-channels", images, ("cpu", "reference"), impl) == "reference":
        return on_levels(reference.mix_channels, images, matrix, clip=clip)
    from practicum_image_basic.ops.colour import cpu

    return cpu.mix_channels(images, matrix)


def turn_hue(images: torch.Tensor, turns: Floats, *, clip: bool = True, impl: Impl = "auto") -> torch.Tensor:
    """Hue moved on by a part of the colour circle; value and chroma (HSV) stay.

    Args:
        images: [N, 3, H, W], uint8 or floating point; not written to.
        turns: [N], in full circles; 1/3 makes green of red.
        clip: clip float images to 0..1.
        impl: ``reference`` (torch), ``cpu`` (compiled, uint8), or the faster.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    sextants = np.ascontiguousarray(np.asarray(turns, np.float64) % 1.0 * 6.0,
                                    np.float64 if images.dtype == torch.float64 else np.float32)
    if images.dtype != torch.uint8 or pick("turn-hue", images, ("cpu", "reference"), impl) == "reference":
        return on_levels(reference.turn_hue, images, sextants, clip=clip)
    from practicum_image_basic.ops.colour import cpu

    return cpu.turn_hue(images, sextants)
