"""Which pixels an output pixel looks at along one axis, and how much of each it takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt


class Filter(NamedTuple):
    """The shape of a filter: its name, and whether it is widened when shrinking."""

    name: str
    antialias: bool

    @property
    def pillow_like(self) -> bool:
        """Whether pixels outside are left out and the others scaled up, instead of going on at the border."""
        return self.antialias or self.name == "bilinear"

    def taps(self, length: int, count: int) -> int:
        """Enough taps for ``length`` pixels to become ``count``."""
        scale = length / count
        if self.name == "area":
            return int(np.ceil(scale)) + 1
        stretch = max(scale, 1.0) if self.antialias else 1.0
        return 2 * int(np.ceil((1 if self.name == "bilinear" else 2) * stretch)) + 1


def table(start: int, length: int, count: int, rule: Filter,
          ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Pixels int64 [count, K] of the image and their weights float64 [count, K], for a box along one axis.

    Example:
        >>> places, weights = table(0, 4, 2, Filter("bilinear", False))
        >>> (places * (weights > 0)).max(1).tolist(), weights.max(1).tolist()
        ([1, 3], [0.5, 0.5])
    """
    scale, taps = length / count, np.arange(rule.taps(length, count))
    out = np.arange(count, dtype=np.float64)[:, None]
    if rule.name == "area":
        first = np.floor(out * scale)
        at = first + taps
        weights = np.clip(np.minimum(at + 1, (out + 1) * scale) - np.maximum(at, out * scale), 0.0, None)
    else:
        stretch = max(scale, 1.0) if rule.antialias else 1.0
        centre = (out + 0.5) * scale
        first = np.floor(centre - (1 if rule.name == "bilinear" else 2) * stretch + 0.5)
        at = first + taps
        distance = np.abs(at + 0.5 - centre) / stretch
        weights = np.clip(1.0 - distance, 0.0, None) if rule.name == "bilinear" else _cubic(
            distance, -0.5 if rule.antialias else -0.75)
    if rule.name == "area" or rule.pillow_like:
        weights = np.where((at >= 0) & (at < length), weights, 0.0)
    weights = weights / weights.sum(axis=1, keepdims=True)
    return start + np.clip(at, 0, length - 1).astype(np.int64), weights


def _cubic(x: Any, a: float) -> Any:
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    far = (((x - 5.0) * x + 8.0) * x - 4.0) * a
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))
