"""Noise that replaces values: salt and pepper, and counts of photons."""

from __future__ import annotations

from typing import Literal

import torch

from practicum.keys import Keys
from practicum_image_basic.forms import pick
from practicum_image_basic.ops.specks import reference

Impl = Literal["auto", "reference", "cpu"]


def salt_and_pepper(images: torch.Tensor, amount: float, salt: float, keys: Keys, *,
                    impl: Impl = "auto") -> torch.Tensor:
    """Pixels set to white or black, all channels at once.

    Args:
        images: [N, C, H, W], uint8 or floating point (white is 1); not written to.
        amount: share of the pixels, rounded to 2**-24.
        salt: share of white among them, rounded to 1 / 256.
        keys: bound to N samples; pixel number i, counted in H, W order, takes word i: its upper 24 bits decide whether,
            its lower 8 bits which.
        impl: ``reference`` (torch), ``cpu`` (compiled, uint8), or the faster.
    """
    if images.dtype != torch.uint8 or pick("salt-and-pepper", images, ("cpu", "reference"), impl) == "reference":
        return reference.salt_and_pepper(images, amount, salt, keys)
    from practicum_image_basic.ops.specks import cpu

    return cpu.salt_and_pepper(images, amount, salt, keys)


def count_photons(images: torch.Tensor, photons: float, keys: Keys, *, impl: Impl = "auto") -> torch.Tensor:
    """Values replaced by Poisson counts of mean ``photons * x``, over ``photons``, clipped to 0..1.

    Counts are drawn by inverting the distribution function, summed up in float64.

    Args:
        images: [N, C, H, W], uint8 or floating point; not written to. Negative values count as 0.
        photons: counts at white, up to 500.
        keys: bound to N samples; value number i, counted in C, H, W order, takes word w_i, and u = (w_i + 0.5) / 2**32.
        impl: ``reference`` (NumPy), ``cpu`` (compiled with a table for each level, uint8), or the faster.
    """
    if images.dtype != torch.uint8 or pick("count-photons", images, ("cpu", "reference"), impl) == "reference":
        return reference.count_photons(images, photons, keys)
    from practicum_image_basic.ops.specks import cpu

    return cpu.count_photons(images, photons, keys)
