"""The eight symmetries of the square: quarter turns and mirrors, exact in any dtype."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import Field

from practicum.errors import DataError
from practicum.keys import Keys
from practicum_image_basic.geometry import mirrored
from practicum_image_basic.moving import Moving, Places, Row
from practicum_image_basic.operation import Params, Size
from practicum_image_basic.ops.take import take

_SYMMETRIES = np.array([(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 0), (1, 0, 0), (0, 0, 1), (1, 1, 1), (0, 1, 0)], bool)
"""Swap of rows and columns, mirroring of the input's rows and of its columns. 0 to 3: that many quarter turns
counter-clockwise; 4: transposition; 5: left and right; 6: transposition about the other diagonal; 7: up and down."""


class _Symmetry(Moving):
    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        swap, rows, columns = _SYMMETRIES[np.asarray(params["symmetry"]).astype(np.int64)].T
        down, across = mirrored(images.shape[2], rows), mirrored(images.shape[3], columns)
        if swap.all():
            return take(images, across, down, swap=swap)
        if swap.any():
            down, across = np.where(swap[:, None], across, down), np.where(swap[:, None], down, across)
        return take(images, down, across, swap=swap)

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> Any:
        swap = _SYMMETRIES[params["symmetry"], 0]
        if images.shape[2] == images.shape[3] or swap.all() or not swap.any():
            return self.pixels(images, params, mask=False)
        if images.dtype == torch.bfloat16:
            raise DataError(f"{self.name}: images of {images.shape[2]}x{images.shape[3]} end up of different shapes, "
                            "as a list of arrays, and NumPy has no bfloat16: convert them to another dtype, or crop "
                            "them to squares first")
        out: list[Any] = [None] * len(images)
        for rows in (np.flatnonzero(swap), np.flatnonzero(~swap)):
            done = self.pixels(images[torch.from_numpy(rows).to(images.device)], {"symmetry": params["symmetry"][rows]},
                               mask=False)
            for row, image in zip(rows.tolist(), done.cpu().numpy().transpose(0, 2, 3, 1), strict=True):
                out[row] = np.ascontiguousarray(image)
        return out

    def size_after(self, size: Size, row: Row) -> Size:
        return (size[1], size[0]) if _SYMMETRIES[int(row["symmetry"]), 0] else size

    def points(self, points: Places, row: Row, size: Size) -> Places:
        (swap, rows, columns), out = _SYMMETRIES[int(row["symmetry"])], points.copy()
        if columns:
            out[:, 0] = size[1] - out[:, 0]
        if rows:
            out[:, 1] = size[0] - out[:, 1]
        return out[:, ::-1] if swap else out


class Rotate90(_Symmetry):
    """Turns the image by one, two or three quarters with probability ``p``, each as likely; exact.

    Turns are counter-clockwise, as in ``numpy.rot90``. Draw 0 decides whether, draw 1 how many. By default all four
    results are equally likely. Images that aren't square change their shape: a stacked batch whose images end up of
    different shapes becomes a list.

    Raises:
        DataError: such a batch is of dtype bfloat16, which a list can't hold.

    Example:
        >>> image = torch.arange(4.0).reshape(1, 1, 2, 2)
        >>> Rotate90(p=1.0)(image, seed=2).tolist()
        [[[[3.0, 2.0], [1.0, 0.0]]]]
    """

    name: ClassVar[str] = "image-basic/rotate90"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.25, 0.5, 0.75)}
    p: float = Field(default=0.75, ge=0.0, le=1.0, description="probability of a turn")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        u = keys.uniform(2).astype(np.float64)
        return {"symmetry": np.where(u[:, 0] < self.p, 1 + (3 * u[:, 1]).astype(np.int64), 0)}


class D4(_Symmetry):
    """Replaces the image by one of its seven other symmetric views with probability ``p``, each as likely; exact.

    The views are those of the dihedral group of the square: 0 to 3 are that many quarter turns counter-clockwise, 4 is
    the transposition, 5 mirrors left and right, 6 transposes about the other diagonal, 7 mirrors up and down. Draw 0
    decides whether, draw 1 which. By default all eight are equally likely. For pictures without an up, as from
    microscopes and satellites. Of images that aren't square, see ``image-basic/rotate90``.

    Example:
        >>> image = torch.arange(4.0).reshape(1, 1, 2, 2)
        >>> D4(p=1.0)(image, seed=0).tolist()
        [[[[2.0, 0.0], [3.0, 1.0]]]]
    """

    name: ClassVar[str] = "image-basic/d4"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.25, 0.5, 0.875)}
    p: float = Field(default=0.875, ge=0.0, le=1.0, description="probability of another view")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        u = keys.uniform(2).astype(np.float64)
        return {"symmetry": np.where(u[:, 0] < self.p, 1 + (7 * u[:, 1]).astype(np.int64), 0)}


class Transpose(_Symmetry):
    """Makes rows of columns with probability ``p``: mirrors the image about its main diagonal; exact.

    Draw 0 decides. Of images that aren't square, see ``image-basic/rotate90``.

    Example:
        >>> Transpose(p=1.0)(torch.arange(3.0).reshape(1, 1, 1, 3)).tolist()
        [[[[0.0], [1.0], [2.0]]]]
    """

    name: ClassVar[str] = "image-basic/transpose"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.5, 1.0)}
    p: float = Field(default=0.5, ge=0.0, le=1.0, description="probability")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"symmetry": np.where(keys.uniform(1)[:, 0] < self.p, 4, 0)}
