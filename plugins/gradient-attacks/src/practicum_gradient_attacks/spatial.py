"""Rotations and translations: what a model should not mind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.attack import Budget
from practicum.batch import Batch
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.black_box import Asked, BlackBoxAttack, boxed, keep_best
from practicum_gradient_attacks.limits import Eps
from practicum_gradient_attacks.values import Floats, Rows


class Spatial(BlackBoxAttack):
    """Try every rotation and translation of a grid, in random order, and keep the one of largest margin.

    Follows Engstrom, Tran, Tsipras, Schmidt and Madry, "Exploring the Landscape of Spatial Robustness",
    arXiv:1712.02779, with these differences: the order is drawn for each sample, so that with fewer ``queries`` than
    the grid has points this is the paper's worst of k; a sample is done with its first success; what comes in from
    outside the image is ``fill``.

    No ball bounds the change: its budget is an infinite distance in L-infinity, the box, the queries, and the grid's
    ends in words (``limit``). The unturned image is the clean one, which the first query asks about; the grid has
    ``angles * shifts**2`` points with it.

    Args:
        angle: largest rotation either way, in degrees.
        shift: largest translation either way, as a share of height and width.
        angles: rotations of the grid, equally spaced from ``-angle`` to ``angle``; an odd number has 0 among them.
        shifts: translations of the grid along each axis, equally spaced; an odd number has 0 among them.
        fill: what comes in from outside the image.
        at_once: points of a sample asked about in one call; a sample is done with the call that has its first success.

    Raises:
        DataError: the column isn't float32 or float64 of one size, or a label is no class of the model.
        ModelOutputError: the scores are not [N, C] with C >= 2.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[0.0, 0.0, 0.0, 0.0], [-1.0, 2.0, -1.0, -1.0]])  # 1: the bright pixel is right
        >>> image = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
        >>> result = Spatial(angle=0, angles=1, shift=0.5, shifts=3)(model, image, [0])
        >>> result.adversarial.round(decimals=4).tolist(), result.success
        ([[[[0.0, 1.0], [0.0, 0.0]]]], array([ True]))
    """

    name: ClassVar[str] = "gradient-attacks/spatial"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"angle": (10.0, 20.0, 30.0)}

    angle: float = Field(default=30.0, ge=0.0, le=180.0, description="largest rotation, in degrees")
    shift: float = Field(default=0.1, ge=0.0, le=1.0, description="largest translation, as a share of each side")
    angles: int = Field(default=31, ge=1, description="rotations of the grid")
    shifts: int = Field(default=5, ge=1, description="translations of the grid along each axis")
    fill: float = Field(default=0.0, description="value of what comes in from outside the image")
    queries: int = Field(default=775, ge=1, description="the most predictions a sample may cost")
    at_once: int = Field(default=1, ge=1, description="points of a sample asked about in one call")

    def ball(self) -> tuple[Literal["linf", "l2", "l1"], Eps]:
        return "linf", float("inf")

    def budget(self, model: Model, batch: Batch) -> Budget:
        """Box, mask and queries, and the grid's ends in words."""
        limit = f"turned by at most {self.angle:g} degrees and shifted by at most {self.shift:.3g} of each side"
        return replace(super().budget(model, batch), limit=limit)

    def grid(self) -> npt.NDArray[np.float64]:
        """Rotation in degrees, translation down and to the right as shares of the sides: float64 [points, 3], without
        the point that changes nothing."""
        def spaced(most: float, count: int) -> npt.NDArray[np.float64]:
            return np.linspace(-most, most, count) if count > 1 else np.zeros(1)

        axes = np.meshgrid(spaced(self.angle, self.angles), *[spaced(self.shift, self.shifts)] * 2, indexing="ij")
        points = np.unique(np.stack([axis.ravel() for axis in axes], axis=1), axis=0)
        return np.asarray(points[(points != 0).any(axis=1)])

    def search(self, asked: Asked, keys: Keys) -> Floats:
        first = asked.clean()
        best, reached, rows = asked.x.copy(), first.margin.copy(), np.flatnonzero(~first.won)
        grid = self.grid()
        order = np.argsort(keys.child("order").words(max(len(grid), 1)), axis=1, kind="stable")[:, :len(grid)]
        tried = 0
        while tried < len(grid) and len(rows := asked.affordable(rows)):
            count = min(self.at_once, len(grid) - tried, self.queries - 1 - tried)
            every = np.repeat(rows, count)
            candidate = self._turned(asked, every, grid[order[rows, tried:tried + count].reshape(-1)])
            rows = keep_best(rows, candidate, asked.ask(every, candidate), best, reached)
            tried += count
        return best

    def _turned(self, asked: Asked, rows: Rows, points: npt.NDArray[np.float64]) -> Floats:
        import torch

        from practicum_gradient_attacks.turning import turned

        planes = torch.from_numpy(asked.values.planes(asked.x[rows]).astype(np.float64))
        sides = np.array(planes.shape[2:], dtype=np.float64)
        made = turned(planes - self.fill, torch.from_numpy(np.radians(points[:, 0])),
                      torch.from_numpy(points[:, 1:] * sides)) + self.fill
        return boxed(asked, rows, asked.values.flat(made.numpy()))
