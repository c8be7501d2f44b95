"""Images from levels to standard scores."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.forms import pick
from practicum_image_basic.ops.normalize import reference


def normalize(images: torch.Tensor, mean: npt.NDArray[np.float64], std: npt.NDArray[np.float64], *,
              impl: Literal["auto", "reference", "cpu"] = "auto") -> torch.Tensor:
    """``(x - mean) / std`` for each channel; uint8 becomes float32 on the way.

    Computed as ``(x - m) * s`` with m and s rounded to the dtype of the result once; on uint8 they hold the division by
    255, so a value is read once, as a byte, and written once.

    Args:
        images: [N, C, H, W], uint8 or floating point; not written to.
        mean, std: [C], in units of the range 0..1.
        impl: ``reference`` (torch), ``cpu`` (compiled, uint8), or the faster.

    Returns:
        float32 for uint8, else the images' dtype.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    unit = 255.0 if images.dtype == torch.uint8 else 1.0
    middle, scale = mean * unit, 1.0 / (std * unit)
    if images.dtype != torch.uint8 or pick("normalize", images, ("cpu", "reference"), impl) == "reference":
        return reference.normalize(images, middle, scale)
    from practicum_image_basic.ops.normalize import cpu

    return cpu.normalize(images, middle.astype(np.float32), scale.astype(np.float32))
