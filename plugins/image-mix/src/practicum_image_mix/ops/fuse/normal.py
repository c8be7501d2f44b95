"""Normal noise by position: the same bits from every implementation.

Element ``e`` of an image (in C, H, W order) takes 16 bits: the low (even ``e``) or high half of word ``e // 2`` of the
sample's Philox sequence. The top bit is the sign, the rest picks one of 32768 equally likely absolute values, the
medians of as many slices of the half-normal distribution. A table read rounds alike everywhere, while logarithm and
cosine don't; the largest value is 4.33, and the distribution function is off by at most 2**-17.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from practicum.keys import philox

HALF = 1 << 15
"""Values in the table."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Noise:
    """Where the noise of a batch comes from.

    Args:
        stream: 64-bit key of the technique's draws (``keys.stream``).
        lane: sequence of the technique.
        ids: hashes of the samples' ids, uint64 [N] (``keys.hashes``).
    """

    stream: int
    lane: int
    ids: npt.NDArray[np.uint64]


@cache
def quantiles() -> Floats:
    """The absolute values, float32 [32768], ascending.

    Example:
        >>> bool(abs(quantiles()[16384] - 0.6745) < 1e-4)
        True
    """
    from scipy.special import ndtri

    return np.asarray(ndtri(0.5 + (np.arange(HALF) + 0.5) / (2 * HALF)), dtype=np.float32)


def noise_field(noise: Noise, rows: npt.NDArray[np.int64], size: int) -> Floats:
    """The noise of whole images, float32 [len(rows), size]: the specification of the compiled forms."""
    words = philox.words(noise.stream, noise.lane, noise.ids[rows], -(-size // 2))
    bits = np.stack([words & np.uint32(0xFFFF), words >> np.uint32(16)], axis=-1).reshape(len(rows), -1)[:, :size]
    values = quantiles()[bits & np.uint32(HALF - 1)]
    return np.asarray(np.where(bits >= HALF, -values, values), dtype=np.float32)
