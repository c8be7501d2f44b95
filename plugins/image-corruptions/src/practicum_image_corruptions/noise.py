"""Gaussian, shot and impulse noise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numba import njit

from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table


class GaussianNoise(Corruption):
    """Adds normal noise to every value.

    The constants are standard deviations. Value (y, x, c) takes normal draw ``(y * W + x) * C + c`` of the sample's
    key, the same at every severity.

    Example:
        >>> import numpy as np
        >>> grey = np.full((1, 3, 32, 32), 0.5, np.float32)
        >>> [round(float(GaussianNoise(severity=s, scale="imagenet")(grey).std()), 1) for s in (1, 3, 0)]
        [0.1, 0.2, 0.0]
    """

    name: ClassVar[str] = "image-corruptions/gaussian-noise"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": (0.08, 0.12, 0.18, 0.26, 0.38), "cifar": (0.04, 0.06, 0.08, 0.09, 0.10)}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        return np.asarray(image + constant * draws.normal(*image.shape))


class ShotNoise(Corruption):
    """Replaces every value x by a Poisson count of mean ``photons`` * x, over ``photons``.

    The constants are the photons at white. Counts invert the distribution function at a 53-bit uniform draw, number
    ``(y * W + x) * C + c`` of the sample's key, so that severities share their draws.

    Example:
        >>> import numpy as np
        >>> out = ShotNoise(severity=5, scale="imagenet")(np.full((1, 1, 64, 64), 1 / 3, np.float32))
        >>> sorted({round(v * 3) for v in out.flatten().tolist()})
        [0, 1, 2, 3]
    """

    name: ClassVar[str] = "image-corruptions/shot-noise"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": (60.0, 25.0, 12.0, 5.0, 3.0), "cifar": (500.0, 250.0, 100.0, 75.0, 50.0)}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        counts = np.empty(image.size)
        count_photons(np.clip(image, 0.0, 1.0).ravel() * constant, draws.uniform(image.size), counts)
        return np.asarray(counts.reshape(image.shape) / constant)


@njit(cache=True)
def count_photons(means: Any, uniforms: Any, out: Any) -> None:
    """Poisson counts by sequential inversion: the least k whose distribution function exceeds the uniform draw.

    Args:
        means: float64 [n] in 0..700, where exp(-mean) is no denormal.
        uniforms: float64 [n] in [0, 1).
        out: float64 [n], written.
    """
    for i in range(means.size):
        term = np.exp(-means[i])
        total = term
        k = 0
        while uniforms[i] >= total and k < 2000:
            k += 1
            term *= means[i] / k
            total += term
            if term < 1e-18 and k > means[i]:
                break
        out[i] = k


class ImpulseNoise(Corruption):
    """Sets a share of the values to black or white, each with equal chance, each channel on its own.

    The constants are the share. Whether a value is hit is decided by one uniform draw and by which by another, so what
    is hit at one severity is hit, and alike, at every stronger one.

    Example:
        >>> import numpy as np
        >>> out = ImpulseNoise(severity=4, scale="imagenet")(np.full((1, 3, 256, 256), 0.5, np.float32))
        >>> round(float((out != 0.5).mean()), 2)
        0.17
    """

    name: ClassVar[str] = "image-corruptions/impulse-noise"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": (0.03, 0.06, 0.09, 0.17, 0.27), "cifar": (0.01, 0.02, 0.03, 0.05, 0.07)}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        hit = draws.uniform(*image.shape) < constant
        white = draws.uniform(*image.shape, lane=1) < 0.5
        return np.where(hit, white.astype(np.float64), image)
