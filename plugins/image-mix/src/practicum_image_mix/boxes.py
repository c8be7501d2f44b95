"""Boxes at a random place, clipped to the image."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


def centred_boxes(centre: Ints, size: Any, height: Any, width: Any) -> Ints:
    """Boxes around centres, clipped to the image.

    Args:
        centre: y and x, int [N, 2].
        size: height and width, int [N, 2] or [2]; a box starts ``size // 2`` before its centre.
        height, width: of the image, or int [N] of each image.

    Returns:
        y0, y1, x0, x1 (half open), int64 [N, 4].

    Example:
        >>> centred_boxes(np.array([[0, 3]]), np.array([4, 3]), 8, 8).tolist()
        [[0, 2, 2, 5]]
    """
    sizes = np.broadcast_to(np.asarray(size, dtype=np.int64), centre.shape)
    first = centre - sizes // 2
    limits = np.array([height, width], dtype=np.int64).T
    y0, x0 = np.minimum(np.maximum(first, 0), limits).T
    y1, x1 = np.minimum(np.maximum(first + sizes, 0), limits).T
    return np.stack([y0, y1, x0, x1], axis=1)


def cut_sides(lam: npt.NDArray[np.float64], height: int, width: int) -> Ints:
    """Sides of boxes that take about ``1 - lam`` of an image, rounded down.

    Args:
        lam: share left, float64 [N, 1].
        height, width: of the image.

    Returns:
        height and width, int64 [N, 2].

    Example:
        >>> cut_sides(np.array([[0.75], [0.0]]), 10, 8).tolist()
        [[5, 4], [10, 8]]
    """
    return (np.sqrt(1.0 - lam) * (height, width)).astype(np.int64)


def areas(boxes: Ints) -> Ints:
    """Pixels in each box, int64 [N]."""
    return np.asarray((boxes[:, 1] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 2]), dtype=np.int64)
