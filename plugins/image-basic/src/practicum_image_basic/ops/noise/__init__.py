"""Adding keyed Gaussian noise to images."""

from __future__ import annotations

from typing import Literal

import torch

from practicum.kernels import choose
from practicum.keys import Keys
from practicum_image_basic.ops.noise import reference


def add_noise(images: torch.Tensor, std: float, keys: Keys, *, clip: bool = True, speckle: bool = False,
              impl: Literal["auto", "reference", "cpu"] = "auto") -> torch.Tensor:
    """``images + std * normal`` in the images' dtype, or ``images + images * std * normal``.

    Args:
        images: [N, C, H, W], uint8 (0..255 stand for 0..1) or floating point; not written to.
        std: in units of the range 0..1; of the value itself for speckle.
        keys: bound to N samples; value number i of a sample, counted in C, H, W order, takes its draw i.
        clip: clip float images to 0..1.
        speckle: whether the noise is multiplied by the value.
        impl: ``reference`` (NumPy draws), ``cpu`` (one compiled pass, draws equal to 1e-6), or the faster that can run.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and the images are on another device.
    """
    if choose(impl, images, op="image-basic/noise", cpu="", triton=None) == "reference":
        return reference.add_noise(images, std, keys, clip, speckle)
    from practicum_image_basic.ops.noise import cpu

    return cpu.add_noise(images, std, keys, clip, speckle)
