"""Perspective: the corners of the image move."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.affine import Floats, Warping
from practicum_image_basic.operation import Params, Size

_INWARD = np.array([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
_CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])


class Perspective(Warping):
    """Moves each corner inwards by up to ``distortion`` times half of the width and height, and the plane with them.

    Corners are counted clockwise from the upper left one; draws 2k and 2k + 1 are the shares that corner k moves along
    x and y. The four corners determine the plane's map (Heckbert, "Fundamentals of Texture Mapping and Image Warping",
    1989, section 2.2.3). Up to 0.6 the corners always span a convex quadrilateral.

    Example:
        >>> import torch
        >>> image = torch.ones(1, 1, 8, 8)
        >>> out = Perspective(distortion=0.6)(image, seed=0)
        >>> float(out[0, 0, 4, 4]), bool(out.mean() < 0.8)
        (1.0, True)
    """

    name: ClassVar[str] = "image-basic/perspective"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"distortion": (0.1, 0.2, 0.4)}
    distortion: float = Field(default=0.2, ge=0.0, le=0.6, description="how far corners move, as a share of half "
                                                                       "of the width and height")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        half = 0.5 * np.array([(w, h) for h, w in sizes], dtype=np.float64).reshape(-1, 1, 2)
        move = _INWARD * half * self.distortion * keys.uniform(8).astype(np.float64).reshape(-1, 4, 2)
        return {f"d{axis}{corner}": move[:, corner, k] for corner in range(4) for k, axis in enumerate("xy")}

    def forward(self, params: Params, height: int, width: int) -> Floats:
        moves = [[params[f"d{axis}{corner}"] for axis in "xy"] for corner in range(4)]
        corners = _CORNERS * [width, height] + np.asarray(moves).transpose(2, 0, 1)
        return np.asarray(square_to(corners) / np.array([width, height, 1.0]))


def square_to(corners: Floats) -> Floats:
    """Maps of the unit square to quadrilaterals [N, 4, 2], float64 [N, 3, 3]: (0, 0) goes to the first corner, (1, 0)
    to the second, (1, 1) to the third.

    Example:
        >>> square_to(np.array([[[0, 0], [2, 0], [2, 3], [0, 3]]]))[0].tolist()
        [[2.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 1.0]]
    """
    p0, p1, p2, p3 = (corners[:, k].astype(np.float64) for k in range(4))
    (ax, ay), (bx, by), (sx, sy) = ((v[:, 0], v[:, 1]) for v in (p1 - p2, p3 - p2, p0 - p1 + p2 - p3))
    area = ax * by - bx * ay
    g, h = (sx * by - bx * sy) / area, (ax * sy - sx * ay) / area
    out = np.ones((len(corners), 3, 3))
    out[:, :2, 0], out[:, :2, 1], out[:, :2, 2] = p1 - p0 + g[:, None] * p1, p3 - p0 + h[:, None] * p3, p0
    out[:, 2, 0], out[:, 2, 1] = g + 0.0, h + 0.0  # no negative zeros
    return out
