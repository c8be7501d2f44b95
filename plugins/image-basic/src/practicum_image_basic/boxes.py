"""Boxes of random area and aspect, as random-resized-crop and random erasing draw them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

TRIES = 10
"""Attempts to fit a box into the image; each takes two draws."""

Ints = npt.NDArray[np.int64]


def drawn_boxes(u: Any, size: Ints, scale: tuple[float, float], ratio: tuple[float, float],
                ) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Height and width of each sample's first box that fits its image, int64 [N, 2], and whether one did.

    Args:
        u: uniform draws, float64 [N, 20]: of area and aspect of each attempt in turn.
        size: height and width of the images, int64 [N, 2].
        scale: least and greatest share of the area, drawn uniformly.
        ratio: least and greatest height over width, drawn log-uniformly.

    Example:
        >>> drawn_boxes(np.full((1, 20), 0.5), np.array([[10, 10]]), (0.5, 0.5), (0.25, 4.0))
        (array([[7, 7]]), array([ True]))
    """
    share = scale[0] + (scale[1] - scale[0]) * u[:, 0::2]
    low, high = np.log(ratio[0]), np.log(ratio[1])
    aspect = np.exp(low + (high - low) * u[:, 1::2])
    area = share * size.prod(axis=1)[:, None]
    box = np.stack([np.rint(np.sqrt(area * aspect)), np.rint(np.sqrt(area / aspect))], axis=2).astype(np.int64)
    fits = np.asarray(((box >= 1) & (box <= size[:, None])).all(axis=2))
    return np.asarray(box[np.arange(len(box)), fits.argmax(axis=1)]), np.asarray(fits.any(axis=1))


def ordered(name: str, value: tuple[float, float], most: float = np.inf) -> tuple[float, float]:
    """A range as it came.

    Raises:
        ValueError: it isn't 0 < least <= greatest <= most.
    """
    if not 0.0 < value[0] <= value[1] <= most:
        top = f" <= {most:g}" if np.isfinite(most) else ""
        raise ValueError(f"{name} is two numbers, 0 < least <= greatest{top}")
    return value
