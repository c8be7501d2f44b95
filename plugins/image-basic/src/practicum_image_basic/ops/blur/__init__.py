"""Separable blur of images: Gaussian and box."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.forms import pick
from practicum_image_basic.ops.blur import reference
from practicum_image_basic.ops.blur.weights import Border, gaussian_weights

Impl = Literal["auto", "reference", "cpu"]


def separable_blur(images: torch.Tensor, weights: npt.NDArray[np.float64], *, border: Border = "reflect",
                   impl: Impl = "auto") -> torch.Tensor:
    """Rows, then columns, correlated with the same odd number of weights; in the images' dtype.

    Args:
        images: [N, C, H, W], uint8 or floating point; not written to. Half types are computed in float32.
        weights: [K], K odd.
        border: how the image goes on beyond its border, as in ``numpy.pad``.
        impl: ``reference`` (torch), ``cpu`` (compiled), or the faster that can run.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    if pick("separable-blur", images, ("cpu", "reference"), impl) == "reference":
        return reference.separable_blur(images, weights, border)
    from practicum_image_basic.ops.blur import cpu

    return cpu.separable_blur(images, weights, border)


def gaussian_blur(images: torch.Tensor, sigma: float, *, truncate: float = 4.0, border: Border = "reflect",
                  impl: Impl = "auto") -> torch.Tensor:
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
    return separable_blur(images, gaussian_weights(sigma, truncate), border=border, impl=impl)


def box_blur(images: torch.Tensor, radius: int, *, border: Border = "reflect", impl: Impl = "auto") -> torch.Tensor:
    """The mean of a square of 2 ``radius`` + 1 pixels a side; otherwise as :func:`gaussian_blur`."""
    size = 2 * radius + 1
    return separable_blur(images, np.full(size, 1.0 / size), border=border, impl=impl)
