"""Defocus, glass, motion and zoom blur."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numba import njit

from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table
from practicum_image_corruptions.filters import convolved, disk, gaussian, moved, trail, zoomed


class DefocusBlur(Corruption):
    """Averages over a disk; nothing is drawn.

    The constants are the disk's radius and the deviation of the Gaussian that smooths its edge, in pixels. The kernel
    sums to 1 exactly; the authors' released code smooths it within its own frame, which loses a little at radius 10.

    Example:
        >>> import numpy as np
        >>> dot = np.zeros((1, 1, 33, 33)); dot[0, 0, 16, 16] = 1.0
        >>> out = DefocusBlur(severity=1, scale="imagenet")(dot)
        >>> round(float(out.sum()), 6), int((out > 0.01).sum())  # the 29 whole pixels of a disk of radius 3
        (1.0, 29)
    """

    name: ClassVar[str] = "image-corruptions/defocus-blur"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)),
        "cifar": ((0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1))}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        return convolved(image, disk(*constant))


class GlassBlur(Corruption):
    """Blurs, swaps pixels with near ones, and blurs again.

    The constants are the deviation of both Gaussians in pixels, the largest distance d of a swap, and the number of
    passes. Each pass goes from the last pixel to the first, leaving out d at each border, and swaps pixel (y, x)
    with the one at offsets -d..d-1 of uniform draws. As published, values are cut to 8 bits before the swaps. Differs
    from the authors' released code in that pixels do change places, as the paper says: there both sides of the swap
    are views of one array, so that the near pixel is copied to (y, x) and stays where it is.

    Example:
        >>> import numpy as np
        >>> image = np.random.default_rng(0).random((1, 3, 32, 32))
        >>> out = GlassBlur(severity=2)(image)
        >>> out.shape, bool((out != image).any())
        ((1, 3, 32, 32), True)
    """

    name: ClassVar[str] = "image-corruptions/glass-blur"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": ((0.7, 1, 2), (0.9, 2, 1), (1.0, 2, 3), (1.1, 3, 2), (1.5, 4, 2)),
        "cifar": ((0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2))}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        sigma, reach, passes = constant
        height, width = image.shape[:2]
        mixed = np.floor(np.clip(gaussian(image, sigma), 0.0, 1.0) * 255.0) / 255.0
        for turn in range(passes):
            swap_near(mixed, np.floor(draws.uniform(height, width, 2, lane=turn) * (2 * reach)).astype(np.int64), reach)
        return gaussian(mixed, sigma)


@njit(cache=True)
def swap_near(image: Any, offsets: Any, reach: int) -> None:
    """Swap pixels in place, from the last to the first.

    Args:
        image: float64 [H, W, C].
        offsets: int64 [H, W, 2] in 0..2*reach-1: the row and column offsets plus ``reach``.
        reach: largest distance; pixels nearer to a border are no start of a swap.
    """
    for y in range(image.shape[0] - reach, reach, -1):
        for x in range(image.shape[1] - reach, reach, -1):
            other_y = y + offsets[y, x, 0] - reach
            other_x = x + offsets[y, x, 1] - reach
            for c in range(image.shape[2]):
                kept = image[y, x, c]
                image[y, x, c] = image[other_y, other_x, c]
                image[other_y, other_x, c] = kept


class MotionBlur(Corruption):
    """Smears along a direction drawn from -45..45 degrees.

    The constants are radius and deviation, in pixels, of a half Gaussian of ``2 * radius + 1`` taps at the nearest
    whole pixels; beyond the border the edge goes on. The authors call ImageMagick, whose documented rule this
    follows; no part of it is used, and its rounding to 8 bits is left out.

    Example:
        >>> import numpy as np
        >>> step = np.zeros((1, 1, 48, 48)); step[..., 24:] = 1.0
        >>> out = MotionBlur(severity=3, scale="imagenet")(step, seed=1)
        >>> bool((np.diff(out[0, 0, 24]) >= -1e-12).all()), 0 < float(out[0, 0, 24, 20]) < 1
        (True, True)
    """

    name: ClassVar[str] = "image-corruptions/motion-blur"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15)),
        "cifar": ((6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5))}

    def drawn(self, draws: Draws) -> Mapping[str, float]:
        return {"angle": draws.between(-45.0, 45.0, lane=0)}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        radius, sigma = constant
        return moved(image, trail(radius, sigma, self.drawn(draws)["angle"]))


class ZoomBlur(Corruption):
    """Averages the image with copies of its middle, enlarged bilinearly by growing factors; nothing is drawn.

    The constants are the factors. Sides of unequal length are each enlarged alike; the published code is for squares.

    Example:
        >>> import numpy as np
        >>> out = ZoomBlur(severity=1)(np.full((1, 1, 32, 32), 0.25))
        >>> round(float(out.min()), 6), round(float(out.max()), 6)
        (0.25, 0.25)
    """

    name: ClassVar[str] = "image-corruptions/zoom-blur"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": tuple(tuple(np.arange(1, end, step).tolist())
                          for end, step in ((1.11, 0.01), (1.16, 0.01), (1.21, 0.02), (1.26, 0.02), (1.31, 0.03))),
        "cifar": tuple(tuple(np.arange(1, end, 0.01).tolist()) for end in (1.06, 1.11, 1.16, 1.21, 1.26))}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        total = image.copy()
        for factor in constant:
            total += zoomed(image, factor)
        return total / (len(constant) + 1)
