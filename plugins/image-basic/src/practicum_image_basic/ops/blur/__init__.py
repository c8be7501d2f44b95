"""Separable Gaussian blur of images."""

from __future__ import annotations

from typing import Literal

import torch

from practicum.kernels import choose
from practicum_image_basic.ops.blur import reference
from practicum_image_basic.ops.blur.weights import Border


def gaussian_blur(images: torch.Tensor, sigma: float, *, truncate: float = 4.0, border: Border = "reflect",
                  impl: Literal["auto", "reference", "cpu"] = "auto") -> torch.Tensor:
    """Images blurred along rows and columns, in their dtype.

    Args:
        images: [N, C, H, W], uint8 or floating point; not written to. Half types are computed in float32.
        sigma: in pixels; 0 gives a copy.
        truncate: the Gaussian is cut ``int(truncate * sigma + 0.5)`` pixels from its centre.
        border: how the image goes on beyond its border, as in ``numpy.pad``.
        impl: ``reference`` (torch), ``cpu`` (compiled), or the faster that can run.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    if choose(impl, images, op="image-basic/blur", cpu="", triton=None) == "reference":
        return reference.gaussian_blur(images, sigma, truncate, border)
    from practicum_image_basic.ops.blur import cpu

    return cpu.gaussian_blur(images, sigma, truncate, border)
