"""Sharpening by a blend with the smoothed image, and blends and weighted sums of images in general."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.forms import pick
from practicum_image_basic.levels import on_levels
from practicum_image_basic.ops.sharpness import reference

Impl = Literal["auto", "reference", "cpu"]


def sharpen(images: torch.Tensor, factor: npt.NDArray[Any], *, clip: bool = True, impl: Impl = "auto") -> torch.Tensor:
    """The distance from the smoothed image times a factor: 0 smooths, 1 changes nothing, 2 sharpens.

    Smoothing is Pillow's ``ImageFilter.SMOOTH``: weight 5 for the pixel and 1 for its eight neighbours, over 13,
    rounded to whole levels on uint8; pixels at the border stay as they are.

    Args:
        images: [N, C, H, W], uint8 or floating point; not written to.
        factor: [N].
        clip: clip float images to 0..1.
        impl: ``reference`` (torch), ``cpu`` (compiled, uint8), or the faster.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    if images.dtype != torch.uint8 or pick("sharpen", images, ("cpu", "reference"), impl) == "reference":
        work = reference.sharpen_levels if images.dtype == torch.uint8 else reference.sharpen
        return on_levels(work, images, np.asarray(factor).reshape(-1, 1, 1, 1), clip=clip)
    from practicum_image_basic.ops.sharpness import cpu

    return cpu.sharpen(images, np.ascontiguousarray(factor, np.float32))


def blend(base: torch.Tensor, other: torch.Tensor, factor: npt.NDArray[Any], *, clip: bool = True,
          impl: Impl = "auto") -> torch.Tensor:
    """``base + factor * (other - base)`` image by image; a factor above 1 goes beyond ``other``.

    Args:
        base, other: [N, C, H, W] of one shape and dtype; not written to.
        factor: [N].
        clip: clip float images to 0..1.
        impl: as in :func:`sharpen`.
    """
    if base.dtype != torch.uint8 or pick("blend", base, ("cpu", "reference"), impl) == "reference":
        return reference.blend(base, other, factor, clip)
    from practicum_image_basic.ops.sharpness import cpu

    return cpu.blend(base, other, np.ascontiguousarray(factor, np.float32))


def add_weighted(total: torch.Tensor, part: torch.Tensor, weight: npt.NDArray[Any]) -> None:
    """Add ``weight * part`` to ``total`` in place, image by image.

    Args:
        total: contiguous float images [N, C, H, W].
        part: of the same shape, any dtype.
        weight: [N].
    """
    if part.dtype == torch.uint8 and total.dtype == torch.float32 and total.device.type == "cpu":
        from practicum_image_basic.ops.sharpness import cpu

        cpu.add_weighted(total, part, np.ascontiguousarray(weight, np.float32))
    else:
        held = torch.from_numpy(np.ascontiguousarray(weight)).to(total).reshape(-1, 1, 1, 1)
        total += part.to(total.dtype) * held
