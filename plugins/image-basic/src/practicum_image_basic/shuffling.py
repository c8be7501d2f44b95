"""Grid-shuffle: the tiles of the image change places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.moving import Moving, Places, Row
from practicum_image_basic.operation import Params, Size, new_like
from practicum_image_basic.ops.bits import bits

Ints = npt.NDArray[np.int64]


class GridShuffle(Moving):
    """Cuts the image into ``grid`` x ``grid`` tiles and lets them change places, per sample; pixels keep their values.

    Tile k (row by row) comes from where tile ``tile<k>`` of the log was. Tiles of one size are ordered by their draws
    (draw k is that of tile k); where the sides aren't multiples of ``grid``, tiles differ by a pixel, and only those of
    one size change places. Borders are at ``H * k // grid``.

    Masks and keypoints move along; boxes are refused, since an object that crosses a tile's border is torn apart.

    Raises:
        TargetError: boxes are attached.

    Example:
        >>> image = torch.arange(16.0).reshape(1, 1, 4, 4)
        >>> GridShuffle(grid=2)(image, seed=1)[0, 0].tolist()
        [[8.0, 9.0, 0.0, 1.0], [12.0, 13.0, 4.0, 5.0], [2.0, 3.0, 10.0, 11.0], [6.0, 7.0, 14.0, 15.0]]
    """

    name: ClassVar[str] = "image-basic/grid-shuffle"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"grid": (2, 3, 4)}
    grid: int = Field(default=3, ge=1, le=64, description="tiles along each axis; 1 leaves the image as it is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        words, tiles = keys.words(self.grid**2), self.grid**2
        source = np.tile(np.arange(tiles), (len(sizes), 1))
        for size in sorted(set(sizes)):
            rows = np.array([row for row, found in enumerate(sizes) if found == size])
            tall, wide = (np.diff(self._borders(length)) for length in size)
            shapes = np.stack([np.repeat(tall, self.grid), np.tile(wide, self.grid)], axis=1)
            for shape in np.unique(shapes, axis=0):
                alike = np.flatnonzero((shapes == shape).all(axis=1))
                order = np.argsort(words[np.ix_(rows, alike)], axis=1, kind="stable")
                source[np.ix_(rows, alike)] = alike[order]
        return {f"tile{k}": source[:, k] for k in range(tiles)}

    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        size = (images.shape[2], images.shape[3])
        y, x = (self._borders(length).tolist() for length in size)
        out = new_like(images)
        given: Any = bits(images) if images.device.type == "cpu" else images
        made: Any = bits(out) if images.device.type == "cpu" else out
        for k in range(self.grid**2):
            i, j = divmod(k, self.grid)
            for row, came in enumerate(np.asarray(params[f"tile{k}"]).astype(np.int64).tolist()):
                r, c = divmod(came, self.grid)
                made[row, :, y[i]:y[i + 1], x[j]:x[j + 1]] = given[row, :, y[r]:y[r + 1], x[c]:x[c + 1]]
        return out

    def points(self, points: Places, row: Row, size: Size) -> Places:
        corners = self._corners(size)
        goes = np.argsort([row[f"tile{k}"] for k in range(self.grid**2)])  # from where a tile was to where it is
        x, y = (np.searchsorted(self._borders(length), points[:, axis], side="right") - 1
                for axis, length in ((0, size[1]), (1, size[0])))
        inside = (x >= 0) & (x < self.grid) & (y >= 0) & (y < self.grid)
        tile = np.where(inside, y * self.grid + x, 0)
        return np.asarray(np.where(inside[:, None], points + corners[goes[tile]] - corners[tile], points))

    def _borders(self, length: int) -> Ints:
        return np.asarray(length * np.arange(self.grid + 1) // self.grid)

    def _corners(self, size: Size) -> Any:
        """The upper left corner of each tile, x and y, int64 [tiles, 2]."""
        y, x = (self._borders(length)[:-1] for length in size)
        return np.stack([np.tile(x, self.grid), np.repeat(y, self.grid)], axis=1)
