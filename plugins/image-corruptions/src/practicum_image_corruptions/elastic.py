"""The elastic transform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from practicum.errors import DataError
from practicum_image_corruptions.corruption import F64, Corruption, Draws, Table
from practicum_image_corruptions.filters import gaussian

LEAST = 3


class ElasticTransform(Corruption):
    """Moves three points and with them the plane, then displaces pixels by a smoothed random field.

    The constants, as fractions of 244 (of 32 in the small table), are the field's weight, the deviation of the Gaussian
    that smooths it, and the largest displacement of the points, in pixels. Both steps read bilinearly; the first
    mirrors the image at its border pixels. The authors' released code takes OpenCV's fixed-point bilinear reading.

    Pixels move, so masks, boxes and keypoints are refused.

    Raises:
        DataError: an image has fewer than 3 rows or columns, in which no three points span a plane.

    Example:
        >>> import numpy as np
        >>> out = ElasticTransform(severity=3)(np.full((1, 3, 32, 32), 0.5))
        >>> bool(np.allclose(out, 0.5))
        True
    """

    name: ClassVar[str] = "image-corruptions/elastic-transform"
    carries: ClassVar[frozenset[str]] = frozenset()
    constants: ClassVar[Mapping[Table, tuple[Any, ...]]] = {
        "imagenet": tuple((244 * a, 244 * b, 244 * c) for a, b, c in (
            (2, 0.7, 0.1), (2, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02))),
        "cifar": tuple((32 * a, 32 * b, 32 * c) for a, b, c in (
            (0, 0, 0.08), (0.05, 0.2, 0.07), (0.08, 0.06, 0.06), (0.1, 0.04, 0.05), (0.1, 0.03, 0.03)))}

    def require(self, image: npt.NDArray[Any], sample: Any) -> None:
        if min(image.shape[:2]) < LEAST:
            raise DataError(f"{self.name}: sample {sample!r} is {image.shape[0]}x{image.shape[1]} pixels, and it needs "
                            f"at least {LEAST}x{LEAST}: resize or pad the image first")

    def corrupt(self, image: F64, constant: Any, draws: Draws) -> F64:
        weight, sigma, reach = constant
        height, width = image.shape[:2]
        at = np.mgrid[:height, :width].astype(np.float64)
        moved = _read(image, self._sources(at, reach, draws), "mirror")
        field = np.stack([gaussian(2.0 * draws.uniform(height, width, lane=1 + axis) - 1.0, sigma, truncate=3.0,
                                   mode="reflect") for axis in range(2)])
        return _read(moved, at + weight * field, "reflect")

    @staticmethod
    def _sources(at: F64, reach: float, draws: Draws) -> F64:
        """Where the affine map that takes the three points to their moved places reads each pixel, [2, H, W]."""
        middle, arm = np.array(at.shape[1:]) // 2, min(at.shape[1:]) // 3
        before = middle + arm * np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]])
        after = before + reach * (2.0 * draws.uniform(3, 2) - 1.0)
        matrix, *_ = np.linalg.lstsq(np.column_stack([after, np.ones(3)]), before, rcond=None)
        return np.asarray(np.tensordot(matrix[:2].T, at, axes=1) + matrix[2][:, None, None])


def _read(image: F64, places: F64, mode: str) -> F64:
    return np.stack([ndimage.map_coordinates(image[:, :, c], places, order=1, mode=mode)
                     for c in range(image.shape[2])], axis=-1)
