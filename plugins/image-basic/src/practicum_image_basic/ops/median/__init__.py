"""The median of a square around each pixel."""

from __future__ import annotations

from typing import Literal

import torch

from practicum_image_basic.forms import pick
from practicum_image_basic.ops.median import reference


def median(images: torch.Tensor, size: int, *,
           impl: Literal["auto", "reference", "cpu", "opencv"] = "auto") -> torch.Tensor:
    """Each value replaced by the median of ``size`` x ``size`` values around it; the border pixels go on outside.

    Args:
        images: [N, C, H, W], uint8 or floating point; not written to.
        size: odd.
        impl: ``reference`` (torch), ``cpu`` (compiled, uint8), ``opencv`` (``cv2.medianBlur``, uint8), or the fastest.

    Raises:
        KernelUnavailable: the form asked for can't run on these images.
    """
    if size == 1 or not images.numel():
        return images.clone(memory_format=torch.contiguous_format)
    form = "reference"
    if images.dtype == torch.uint8:
        form = pick(f"median-{min(size, 7)}", images, ("cpu", "reference", "opencv"), impl)
    if form == "opencv":
        from practicum_image_basic.ops.median import opencv

        return opencv.median(images, size)
    if form == "cpu":
        from practicum_image_basic.ops.median import cpu

        return cpu.median(images, size)
    return reference.median(images, size)
