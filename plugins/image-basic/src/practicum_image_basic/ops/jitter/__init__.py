"""Brightness, contrast, saturation and hue one after another, in an order of each image's own."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.forms import pick
from practicum_image_basic.ops.jitter import reference


def jitter(images: torch.Tensor, order: npt.NDArray[Any], amounts: npt.NDArray[Any], *, clip: bool = True,
           impl: Literal["auto", "reference", "cpu"] = "auto") -> torch.Tensor:
    """Four changes of light and colour in turn; uint8 is rounded after each, as when they are called one by one.

    Args:
        images: [N, C, H, W] of 1 or 3 channels; not written to. One channel has no saturation and hue to change.
        order: [N, 4], which change comes first ... last: 0 brightness, 1 contrast, 2 saturation, 3 hue.
        amounts: [N, 4], factors of brightness, contrast and saturation, and turn of the hue.
        clip: clip float images to 0..1 after each change.
        impl: ``reference`` (change by change), ``cpu`` (compiled, uint8 of three channels: an image stays in the cache
            from change to change), or the faster.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    whole = images.dtype == torch.uint8 and images.shape[1] == 3
    if not whole or pick("jitter", images, ("cpu", "reference"), impl) == "reference":
        return reference.jitter(images, order, amounts, clip)
    from practicum_image_basic.ops.jitter import cpu

    return cpu.jitter(images, order, np.ascontiguousarray(amounts, np.float64))
