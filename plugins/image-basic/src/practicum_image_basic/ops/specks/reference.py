"""The specification, in NumPy and torch."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from practicum.keys import Keys
from practicum_image_basic.operation import as_float


def salt_and_pepper(images: torch.Tensor, amount: float, salt: float, keys: Keys) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.specks.salt_and_pepper`."""
    words = keys.words(images.shape[2] * images.shape[3]).reshape(len(images), 1, *images.shape[2:])
    hit = torch.from_numpy(words >> 8 < round(amount * 2**24)).to(images.device)
    white = torch.from_numpy(words & 0xFF < round(salt * 256)).to(images.device)
    top = torch.tensor(255 if images.dtype == torch.uint8 else 1.0, dtype=images.dtype, device=images.device)
    return torch.where(hit, torch.where(white, top, torch.zeros_like(top)), images)


def longest(photons: float) -> int:
    """Counts that are told apart: beyond them lies less than any draw resolves."""
    return int(np.ceil(photons + 12.0 * np.sqrt(photons) + 30.0))


def counts(mean: npt.NDArray[np.float64], u: npt.NDArray[np.float64], most: int) -> Any:
    """Poisson counts of these means: how many values of the distribution function lie at or below ``u``."""
    p = np.exp(-mean)
    total, found = p.copy(), np.zeros(mean.shape, np.int64)
    for k in range(1, most):
        below = total <= u
        if not below.any():
            break
        found += below
        p = p * mean / k
        total = total + p
    return found


def count_photons(images: torch.Tensor, photons: float, keys: Keys) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.specks.count_photons`."""
    out, most = torch.empty_like(images, memory_format=torch.contiguous_format), longest(photons)
    levels = images.dtype == torch.uint8
    for row in range(len(images)):
        x = images[row].cpu().numpy().astype(np.float64) / 255.0 if levels else (
            as_float(images[row]).cpu().numpy().astype(np.float64))
        own = keys.bind(keys.ids.take(np.array([row]))) if keys.ids is not None else keys
        words = own.words(x.size)[0].reshape(x.shape)
        found = counts(np.clip(x, 0.0, 1.0) * photons, (words.astype(np.float64) + 0.5) * 2.0**-32, most)
        share = np.minimum(found / photons, 1.0)
        out[row] = torch.from_numpy(np.rint(255.0 * share) if levels else share).to(images.device)
    return out
