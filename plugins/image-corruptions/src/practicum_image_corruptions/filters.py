"""The linear filters of the blurs: disks, half Gaussians along a line, zooms."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

from practicum_image_corruptions.corruption import F64

Index = npt.NDArray[np.int64]


def disk(radius: float, smoothing: float) -> F64:
    """A disk's indicator on whole pixels, smoothed by a Gaussian of 3x3 taps (5x5 beyond a radius of 8); sums to 1.

    Example:
        >>> disk(1.0, 0.01).round(3)[1:4, 1:4].tolist()
        [[0.0, 0.2, 0.0], [0.2, 0.2, 0.2], [0.0, 0.2, 0.0]]
    """
    half = int(np.floor(radius))
    at = np.arange(-half, half + 1)
    flat = (at[:, None] ** 2 + at[None, :] ** 2 <= radius**2).astype(np.float64)
    reach = 1 if radius <= 8 else 2
    taps = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2.0 * smoothing**2))
    smooth = signal.convolve2d(flat, np.outer(taps, taps))
    return np.asarray(smooth / smooth.sum())


def convolved(image: F64, kernel: F64) -> F64:
    """An image [H, W, C] under a symmetric kernel of odd size; the image goes on mirrored at its border pixels."""
    high, wide = kernel.shape[0] // 2, kernel.shape[1] // 2
    padded = np.pad(image, ((high, high), (wide, wide), (0, 0)), mode="reflect")
    return np.asarray(signal.fftconvolve(padded, kernel[:, :, None], mode="valid", axes=(0, 1)))


def gaussian(image: F64, sigma: float, *, truncate: float = 4.0, mode: str = "nearest") -> F64:
    """A Gaussian blur of the first two axes."""
    return np.asarray(ndimage.gaussian_filter(image, (sigma, sigma, *[0.0] * (image.ndim - 2)), mode=mode,
                                              truncate=truncate))


def trail(radius: float, sigma: float, angle: float) -> list[tuple[int, int, float]]:
    """A motion's weights: ``(dy, dx, weight)`` of a half Gaussian of ``2 * radius + 1`` taps along ``angle`` degrees.

    Tap i is at distance i, at the nearest whole pixel, with weight exp(-i^2 / (2 sigma^2)), scaled to sum 1: what
    ImageMagick documents for its motion blur.

    Example:
        >>> [(dy, dx, round(w, 3)) for dy, dx, w in trail(1, 1.0, 0.0)]
        [(0, 0, 0.574), (0, 1, 0.348), (0, 2, 0.078)]
    """
    taps = np.arange(2 * int(np.ceil(radius)) + 1)
    weights = np.exp(-(taps**2) / (2.0 * sigma**2))
    weights /= weights.sum()
    turn = np.deg2rad(angle)
    places = zip(np.ceil(taps * np.sin(turn) - 0.5), np.ceil(taps * np.cos(turn) - 0.5), weights, strict=True)
    return [(int(dy), int(dx), float(weight)) for dy, dx, weight in places]


def moved(image: F64, taps: list[tuple[int, int, float]]) -> F64:
    """The weighted sum of an image [H, W, C] read at each tap's offset; beyond the border its edge goes on."""
    height, width = image.shape[:2]
    high, wide = max(abs(dy) for dy, _, _ in taps), max(abs(dx) for _, dx, _ in taps)
    padded = np.pad(image, ((high, high), (wide, wide), (0, 0)), mode="edge")
    out = np.zeros_like(image)
    for dy, dx, weight in taps:
        out += weight * padded[high + dy:high + dy + height, wide + dx:wide + dx + width]
    return out


def zoomed(image: F64, factor: float) -> F64:
    """The middle of an image [H, W, C] enlarged bilinearly to its own size.

    Of each side n, the middle ``ceil(n / factor)`` pixels are enlarged ``factor`` times, first pixel on first pixel and
    last on last as ``scipy.ndimage.zoom`` does, and the middle n are kept.
    """
    first, second, part = _reads(image.shape[0], factor)
    tall = image[first] * (1.0 - part)[:, None, None] + image[second] * part[:, None, None]
    first, second, part = _reads(image.shape[1], factor)
    return np.asarray(tall[:, first] * (1.0 - part)[None, :, None] + tall[:, second] * part[None, :, None])


def _reads(size: int, factor: float) -> tuple[Index, Index, F64]:
    """Of each kept pixel of one side: the two pixels it lies between, and how near it is to the second."""
    kept = int(np.ceil(size / factor))
    large = round(kept * factor)
    at = (np.arange(size) + (large - size) // 2) * ((kept - 1) / max(large - 1, 1))
    first = np.minimum(np.floor(at).astype(np.int64), kept - 1)
    start = (size - kept) // 2
    return start + first, start + np.minimum(first + 1, kept - 1), at - first
