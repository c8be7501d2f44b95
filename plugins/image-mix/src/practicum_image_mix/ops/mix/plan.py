"""Per-sample draws of one call, checked and brought to the form that every implementation reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

_STEPS = np.float32(32768.0)


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to each sample, in the order in which memory is best visited.

    Args:
        order: rows, int64 [N]; where possible the partner of one row is the next row, so that it is read once.
        partner: int64 [N], by row.
        lam: weight of the own image outside of the box, float32 [N], by row.
        box: y0, y1, x0, x1 (half open) inside the image, int64 [N, 4], by row; zeros for no box.
    """

    order: Ints
    partner: Ints
    lam: Floats
    box: Ints


def make_plan(x: Any, partner: Any, lam: Any, box: Any, fill: float | None) -> Plan:
    """Check the draws of one call.

    Raises:
        DataError: a shape doesn't fit, a partner is no row, a weight is outside of 0..1, a box is outside of the image.
    """
    count, _, height, width = x.shape
    rows = np.arange(count, dtype=np.int64)
    mates = rows if partner is None else np.asarray(partner, dtype=np.int64)
    weights = np.ones(count, np.float32) if lam is None else np.asarray(lam, dtype=np.float32)
    boxes = np.zeros((count, 4), np.int64) if box is None else np.asarray(box, dtype=np.int64)
    if mates.shape != (count,) or weights.shape != (count,) or boxes.shape != (count, 4):
        raise DataError(f"mix of {count} images needs partner [N], lam [N] and box [N, 4], got {mates.shape}, "
                        f"{weights.shape} and {boxes.shape}")
    if count and (mates.min() < 0 or mates.max() >= count):
        raise DataError(f"mix: a partner lies outside of the rows 0..{count - 1}")
    if not bool(np.all((weights >= 0) & (weights <= 1))):
        raise DataError("mix: lam must lie in 0..1 and not be NaN")
    y0, y1, x0, x1 = boxes.T
    if bool(np.any((y0 < 0) | (x0 < 0) | (y1 < y0) | (x1 < x0) | (y1 > height) | (x1 > width))):
        raise DataError(f"mix: a box (y0, y1, x0, x1) is empty the wrong way or leaves the {height}x{width} image: "
                        "clip it")
    alone = mates == rows
    if alone.any():
        weights = np.where(alone, np.float32(1), weights)
        if fill is None:
            boxes = np.where(alone[:, None], 0, boxes)
    if not x.dtype.is_floating_point:
        # With lambda a multiple of 2**-15, products and sums of 8-bit values are exact in float32, so every
        # implementation rounds the same number; the change is below 0.004 grey levels.
        weights = np.rint(weights * _STEPS) / _STEPS
    return Plan(visiting_order(mates), mates, np.asarray(weights, dtype=np.float32), boxes)


def visiting_order(partner: Ints) -> Ints:
    """Rows along the cycles of ``partner``.

    Example:
        >>> visiting_order(np.array([2, 0, 1, 3])).tolist()
        [0, 2, 1, 3]
    """
    following, seen, order = partner.tolist(), [False] * len(partner), []
    for start in range(len(following)):
        row = start
        while not seen[row]:
            seen[row] = True
            order.append(row)
            row = following[row]
    return np.array(order, dtype=np.int64)
