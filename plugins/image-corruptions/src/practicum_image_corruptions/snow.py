"""Snow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table
from practicum_image_corruptions.filters import moved, trail, zoomed


class Snow(Corruption):
    """Whitens the image and lays flakes over it, moved along a direction drawn from -135..-45 degrees.

    The constants are mean and deviation of a normal field, the factor by which it is enlarged, the threshold below
    which there is no flake, radius and deviation of the motion blur, and the weight of the image beside its whitened
    form max(x, 1.5 grey + 0.5). The flakes are laid twice, once turned by 180 degrees. As published, flakes are
    cut to 8 bits before the motion blur, which follows ImageMagick's documented rule (see ``motion-blur``).

    Example:
        >>> import numpy as np
        >>> grey = np.full((1, 3, 64, 64), 0.3)
        >>> means = [float(Snow(severity=s, scale="imagenet")(grey).mean()) for s in (0, 1, 5)]
        >>> means == sorted(means)
        True
    """

    name: ClassVar[str] = "image-corruptions/snow"
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": ((0.1, 0.3, 3, 0.5, 10, 4, 0.8), (0.2, 0.3, 2, 0.5, 12, 4, 0.7), (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
                     (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65), (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55)),
        "cifar": ((0.1, 0.2, 1, 0.6, 8, 3, 0.95), (0.1, 0.2, 1, 0.5, 10, 4, 0.9), (0.15, 0.3, 1.75, 0.55, 10, 4, 0.9),
                  (0.25, 0.3, 2.25, 0.6, 12, 6, 0.85), (0.3, 0.3, 1.25, 0.65, 14, 12, 0.8))}

    def drawn(self, draws: Draws) -> Mapping[str, float]:
        return {"angle": draws.between(-135.0, -45.0, lane=1)}

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        mean, deviation, factor, threshold, radius, sigma, kept = constant
        flakes = zoomed(mean + deviation * draws.normal(*image.shape[:2], 1), factor)
        flakes = np.where(flakes < threshold, 0.0, np.clip(flakes, 0.0, 1.0))
        flakes = moved(np.floor(flakes * 255.0) / 255.0, trail(radius, sigma, self.drawn(draws)["angle"]))
        white = np.maximum(image, 1.5 * grey(image) + 0.5)
        return np.asarray(kept * image + (1.0 - kept) * white + flakes + flakes[::-1, ::-1])


def grey(image: F64) -> F64:
    """Luma of an image [H, W, C] as [H, W, 1]: Rec. 601 of three channels, the mean of any other number."""
    if image.shape[2] == 3:
        return np.asarray(image @ np.array([0.299, 0.587, 0.114]))[:, :, None]
    return np.asarray(image.mean(axis=2, keepdims=True))
