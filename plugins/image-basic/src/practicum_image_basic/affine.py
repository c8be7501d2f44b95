"""Rotation, shear, zoom, sub-pixel translation and all of them in one."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.geometry import in_units
from practicum_image_basic.moving import Moving, Places, Row
from practicum_image_basic.operation import Params, Size
from practicum_image_basic.ops.warp import warp

Floats = npt.NDArray[np.float64]


class Warping(Moving):
    """Looks at the image through a plane projective map; the size stays.

    Masks are moved by the nearest pixel and go on at the border as the image does, with 0 for the fill. A box becomes
    the smallest box around its four moved corners, cut at the border.
    """

    interpolation: Literal["bilinear", "nearest"] = Field(default="bilinear", description="how values between pixels "
                                                                                          "are made")
    border: Literal["constant", "edge", "reflect"] = Field(
        default="constant", description="what comes in from outside: the fill, the outermost pixels, or the image "
                                        "mirrored about them (d c b | a b c d)")
    fill: float = Field(default=0.0, ge=0.0, le=1.0, description="value that comes in with border constant, in units "
                                                                 "of the range 0..1")

    @abstractmethod
    def forward(self, params: Params, height: int, width: int) -> Floats:
        """Matrices from points of the input to points of the output, float64 [N, 3, 3]."""

    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        height, width = images.shape[2:]
        return warp(images, inverted(self.forward(params, height, width)), (height, width), border=self.border,
                    interpolation="nearest" if mask else self.interpolation,
                    fill=0.0 if mask else in_units(self.fill, images.dtype))

    def points(self, points: Places, row: Row, size: Size) -> Places:
        matrix = self.forward({k: np.array([v]) for k, v in row.items()}, *size)[0]
        moved = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ matrix.T
        return np.asarray(moved[:, :2] / moved[:, 2:])


class Rotate(Warping):
    """Turns the image about its centre by an angle drawn uniformly from -``degrees`` to ``degrees``, per sample.

    Positive angles are counter-clockwise, as in ``numpy.rot90``; a square image turned by 90 degrees equals
    ``numpy.rot90`` bit for bit. Draw 0 is the angle's.

    Example:
        >>> image = torch.arange(4.0).reshape(1, 1, 2, 2) / 4
        >>> [[round(v, 2) for v in row] for row in Rotate(degrees=30.0, border="edge")(image, seed=1)[0, 0].tolist()]
        [[0.04, 0.33], [0.42, 0.71]]
    """

    name: ClassVar[str] = "image-basic/rotate"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"degrees": (5.0, 15.0, 45.0)}
    degrees: float = Field(default=15.0, ge=0.0, le=180.0, description="largest angle")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"angle": self.degrees * _both_ways(keys, 1)[:, 0]}

    def forward(self, params: Params, height: int, width: int) -> Floats:
        return about_centre(turned(params["angle"]), height, width)


class Shear(Warping):
    """Slants the image by angles drawn uniformly from -``degrees`` to ``degrees``, per sample and axis.

    Along x, a point moves by tan(angle) times its distance below the centre (draw 0), along y by tan(angle) times its
    distance to the right of the centre (draw 1); with ``both``, x is slanted first.

    Example:
        >>> image = torch.tensor([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]).reshape(1, 1, 3, 3)
        >>> out = Shear(degrees=40.0, axes="horizontal")(image, seed=0)
        >>> out[0, 0, 1].tolist(), bool((out[0, 0, 0] - out[0, 0, 2].flip(0)).abs().max() < 1e-6)
        ([0.0, 1.0, 0.0], True)
    """

    name: ClassVar[str] = "image-basic/shear"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"degrees": (5.0, 10.0, 20.0)}
    degrees: float = Field(default=10.0, ge=0.0, le=60.0, description="largest angle of the slant")
    axes: Literal["both", "horizontal", "vertical"] = Field(default="both", description="which coordinate to slant")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        angle, zero = self.degrees * _both_ways(keys, 2), np.zeros(len(sizes))
        return {"angle_x": zero if self.axes == "vertical" else angle[:, 0],
                "angle_y": zero if self.axes == "horizontal" else angle[:, 1]}

    def forward(self, params: Params, height: int, width: int) -> Floats:
        return about_centre(slanted(params["angle_x"], params["angle_y"]), height, width)


class Zoom(Warping):
    """Enlarges or shrinks the image about its centre by a factor from 1 / (1 + ``amount``) to 1 + ``amount``.

    The factor is (1 + amount)^(2 u - 1), so that enlarging and shrinking are equally likely; draw 0 is its u. When
    shrinking far, pixels are skipped: ``image-basic/resize`` is the one that averages.

    Example:
        >>> image = torch.tensor([0.0, 1.0, 2.0, 3.0]).reshape(1, 1, 1, 4)
        >>> [round(v, 2) for v in Zoom(amount=1.0, border="edge")(image, seed=1)[0, 0, 0].tolist()]
        [0.34, 1.11, 1.89, 2.66]
    """

    name: ClassVar[str] = "image-basic/zoom"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.1, 0.2, 0.5)}
    amount: float = Field(default=0.2, ge=0.0, le=9.0, description="largest factor, less 1")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"factor": (1.0 + self.amount) ** _both_ways(keys, 1)[:, 0]}

    def forward(self, params: Params, height: int, width: int) -> Floats:
        return about_centre(np.asarray(params["factor"])[:, None, None] * np.eye(2), height, width)


class Translate(Warping):
    """Moves the image by fractions of pixels, up to ``max_fraction`` of its width and height, per sample.

    Offsets are uniform from -m to m, m being ``max_fraction`` of the width (draw 0) or height (draw 1); positive is to
    the right and down. ``image-basic/shift`` moves by whole pixels and keeps every value.

    Example:
        >>> image = torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0]).reshape(1, 1, 1, 5)
        >>> [round(v, 2) for v in Translate(max_fraction=0.25, axes="horizontal")(image, seed=3)[0, 0, 0].tolist()]
        [0.09, 0.91, 0.0, 0.0, 0.0]
    """

    name: ClassVar[str] = "image-basic/translate"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"max_fraction": (0.05, 0.1, 0.2)}
    max_fraction: float = Field(default=0.1, ge=0.0, le=1.0, description="largest offset, as a fraction of width and "
                                                                         "height")
    axes: Literal["both", "horizontal", "vertical"] = Field(default="both", description="which way to move")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        most = self.max_fraction * np.array([(w, h) for h, w in sizes], dtype=np.float64).reshape(-1, 2)
        offset, zero = most * _both_ways(keys, 2), np.zeros(len(sizes))
        return {"dx": zero if self.axes == "vertical" else offset[:, 0],
                "dy": zero if self.axes == "horizontal" else offset[:, 1]}

    def forward(self, params: Params, height: int, width: int) -> Floats:
        return moved_by(np.tile(np.eye(3), (len(params["dx"]), 1, 1)), params["dx"], params["dy"])


class Affine(Warping):
    """Rotation, zoom, shear and translation, all drawn per sample and done in one warp.

    About the centre the image is slanted (as by ``image-basic/shear``), enlarged, turned, and then moved. Every part
    draws as the technique of its name does: draw 0 is the angle's, 1 the factor's, 2 and 3 the slants' along x and y, 4
    and 5 the offsets'. ``strength`` scales all four ranges.

    Example:
        >>> image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
        >>> out = Affine()(image, seed=0)
        >>> tuple(out.shape), torch.equal(Affine(strength=0.0)(image, seed=0), image)
        ((1, 3, 8, 8), True)
    """

    name: ClassVar[str] = "image-basic/affine"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"strength": (0.5, 1.0, 2.0)}
    strength: float = Field(default=1.0, ge=0.0, le=4.0, description="factor of all four ranges below")
    degrees: float = Field(default=15.0, ge=0.0, le=180.0, description="largest angle of the rotation")
    zoom: float = Field(default=0.1, ge=0.0, le=2.0, description="largest factor of the zoom, less 1")
    shear: float = Field(default=5.0, ge=0.0, le=20.0, description="largest angle of the slants, in degrees")
    translate: float = Field(default=0.1, ge=0.0, le=1.0, description="largest offset, as a fraction of width and "
                                                                      "height")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        u = self.strength * _both_ways(keys, 6)
        size = np.array([(w, h) for h, w in sizes], dtype=np.float64).reshape(-1, 2)
        offset = self.translate * size * u[:, 4:]
        return {"angle": self.degrees * u[:, 0], "factor": (1.0 + self.zoom) ** u[:, 1],
                "angle_x": self.shear * u[:, 2], "angle_y": self.shear * u[:, 3],
                "dx": offset[:, 0], "dy": offset[:, 1]}

    def forward(self, params: Params, height: int, width: int) -> Floats:
        linear = turned(params["angle"]) @ (np.asarray(params["factor"])[:, None, None]
                                            * slanted(params["angle_x"], params["angle_y"]))
        return moved_by(about_centre(linear, height, width), params["dx"], params["dy"])


def _both_ways(keys: Keys, count: int) -> Floats:
    """Uniform draws from -1 to 1, float64 [N, count]."""
    return 2.0 * keys.uniform(count).astype(np.float64) - 1.0


def turned(degrees: Any) -> Floats:
    """Rotations counter-clockwise as seen (y points down), float64 [N, 2, 2]; quarter turns are exact.

    Example:
        >>> turned([90.0])[0].tolist()
        [[0.0, 1.0], [-1.0, 0.0]]
    """
    angle = np.asarray(degrees, dtype=np.float64)
    c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    quarter = angle % 90.0 == 0.0
    c, s = (np.where(quarter, np.rint(v) + 0.0, v) for v in (c, s))
    return np.stack([np.stack([c, s], axis=-1), np.stack([0.0 - s, c], axis=-1)], axis=-2)


def slanted(degrees_x: Any, degrees_y: Any) -> Floats:
    """Shear along x, then along y, float64 [N, 2, 2]."""
    a, b = (np.tan(np.deg2rad(np.asarray(v, dtype=np.float64))) for v in (degrees_x, degrees_y))
    one = np.ones_like(a)
    return np.stack([np.stack([one, a], axis=-1), np.stack([b, one + a * b], axis=-1)], axis=-2)


def about_centre(linear: Floats, height: int, width: int) -> Floats:
    """Linear maps [N, 2, 2] that leave the centre of the image where it is, float64 [N, 3, 3]."""
    centre = np.array([width / 2.0, height / 2.0])
    out = np.zeros((len(linear), 3, 3))
    out[:, :2, :2], out[:, 2, 2] = linear, 1.0
    out[:, :2, 2] = centre - linear @ centre
    return out


def moved_by(matrices: Floats, dx: Any, dy: Any) -> Floats:
    """The affine maps, followed by a translation."""
    out = matrices.copy()
    out[:, 0, 2] += dx
    out[:, 1, 2] += dy
    return out


def inverted(matrices: Floats) -> Floats:
    """Inverses of 3x3 matrices by cofactors, so that those of unit determinant and simple entries are exact."""
    rows = [matrices[:, k] for k in range(3)]
    adjugate = np.stack([np.cross(rows[1], rows[2]), np.cross(rows[2], rows[0]), np.cross(rows[0], rows[1])], axis=2)
    return np.asarray(adjugate / np.einsum("ni,ni->n", rows[0], adjugate[:, :, 0])[:, None, None])
