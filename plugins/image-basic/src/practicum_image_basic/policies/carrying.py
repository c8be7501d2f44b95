"""Policies that apply one operation after the other, and take masks, boxes and keypoints along."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch

from practicum.keys import Keys
from practicum_image_basic.affine import inverted
from practicum_image_basic.moving import Moving, Places, Row
from practicum_image_basic.operation import Params, Size
from practicum_image_basic.policies.policy import MOVING, Floats, Names, Policy, backwards


class Chain(Policy, Moving):
    """Applies to each sample the operations ``op`` at ``magnitude`` in turn, both [N] or [N, turns].

    Shears, translations and rotations move masks (nearest pixel, 0 comes in), boxes and keypoints by the matrices of
    the image, one turn after the other, as ``image-basic/shear``, ``translate`` and ``rotate`` would; the other
    operations leave them as they are.
    """

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return self.pixels(images, params, mask=False)

    def pixels(self, images: torch.Tensor, params: Params, *, mask: bool) -> torch.Tensor:
        out = images
        for ops, values in _turns(params):
            out = self.chosen(out, ops, values, mask=mask)
        return out.clone() if out is images else out

    def points(self, points: Places, row: Row, size: Size) -> Places:
        for op, value in _moves(row):
            points = _through(points, op, value, size)
        return points

    def _boxes(self, boxes: Places, row: Row, size: Size) -> Places:
        # Turn by turn, so that what left the image in one turn does not come back in the next, where it can't be seen.
        for op, value in _moves(row):
            boxes = super()._boxes(boxes, {"op": op, "magnitude": value}, size)
        return boxes


def _turns(params: Params) -> Iterator[tuple[Names, Floats]]:
    ops, values = (v[:, None] if v.ndim == 1 else v for v in (params["op"], params["magnitude"]))
    for turn in range(ops.shape[1]):
        yield ops[:, turn], values[:, turn]


def _moves(row: Row) -> Iterator[tuple[str, float]]:
    """The turns of one sample that move pixels."""
    for op, value in zip(np.atleast_1d(row["op"]).tolist(), np.atleast_1d(row["magnitude"]).tolist(), strict=True):
        if op in MOVING:
            yield op, value


def _through(points: Places, op: str, value: float, size: Size) -> Places:
    matrix = inverted(backwards(op, np.array([value]), *size))[0]
    return np.asarray(points @ matrix[:2, :2].T + matrix[:2, 2])
