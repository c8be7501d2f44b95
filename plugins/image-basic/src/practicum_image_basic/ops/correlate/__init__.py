"""Weighted sums of shifted copies, with weights of each image's own."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum_image_basic.forms import pick
from practicum_image_basic.ops.correlate import reference


def correlate(images: torch.Tensor, weights: npt.NDArray[Any], *,
              impl: Literal["auto", "reference", "cpu"] = "auto") -> torch.Tensor:
    """Correlation of each image with its own weights; beyond the border the image is mirrored (d c b | a b c d).

    Weights of 0 are passed over, so that a thin line of weights costs what it weighs. uint8 is computed in float32,
    tap by tap from the upper left, and rounded to the nearest level.

    Args:
        images: [N, C, H, W], uint8 or floating point; not written to.
        weights: [N, K, K] with K odd.
        impl: ``reference`` (torch), ``cpu`` (compiled, uint8), or the faster.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    if images.dtype != torch.uint8 or pick("correlate", images, ("cpu", "reference"), impl) == "reference":
        return reference.correlate(images, weights)
    from practicum_image_basic.ops.correlate import cpu

    return cpu.correlate(images, np.ascontiguousarray(weights, np.float32))
