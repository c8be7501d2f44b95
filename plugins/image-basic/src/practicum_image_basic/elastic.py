"""Elastic: smooth random displacements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.batch import Batch
from practicum.keys import Keys
from practicum.targets import Target
from practicum_image_basic.geometry import in_units
from practicum_image_basic.moving import without_area
from practicum_image_basic.operation import ImageOperation, Params, Size
from practicum_image_basic.ops.blur import gaussian_blur
from practicum_image_basic.ops.warp import warp

Flow = npt.NDArray[np.float32]

_STEPS = 200  # at most, of the iteration that finds where a point goes
_NEAR = 1e-6  # pixels between two steps at which it ends
_ALONG = np.linspace(0.0, 1.0, 9)  # places on each side of a box that are followed


class Elastic(ImageOperation):
    """Every pixel looks at a place a little off, by smooth random displacements.

    Follows Simard, Steinkraus and Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document
    Analysis", 2003 (doi 10.1109/ICDAR.2003.1227801): independent uniform draws from -1 to 1, smoothed by a Gaussian of
    ``sigma`` pixels and multiplied by ``alpha``; the defaults are the paper's. So the displacement of an inner pixel
    has a deviation of alpha / (sigma * sqrt(12 pi)) pixels along each axis, 1.4 by default. Pixel (y, x) has draw
    ``(a * H + y) * W + x``, along x with a = 0 and along y with a = 1; a sweep over ``alpha`` scales one and the same
    field. It is smoothed as if it were mirrored about the outermost pixels.

    Masks are moved by the nearest pixel. Where a point goes is found by iteration, which is exact where displacements
    of neighbours differ by less than a pixel; of a box, 36 points on its outline are followed and boxed.

    Example:
        >>> image = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
        >>> bool((Elastic()(image) != image).all()), torch.equal(Elastic(alpha=0.0)(image), image)
        (True, True)
    """

    name: ClassVar[str] = "image-basic/elastic"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"alpha": (15.0, 34.0, 70.0)}
    alpha: float = Field(default=34.0, ge=0.0, le=1e5, description="factor of the smoothed draws, in pixels")
    sigma: float = Field(default=4.0, gt=0.0, le=1e3, description="deviation of the smoothing, in pixels")
    interpolation: Literal["bilinear", "nearest"] = Field(default="bilinear", description="how values between pixels "
                                                                                          "are made")
    border: Literal["constant", "edge", "reflect"] = Field(
        default="reflect", description="what comes in from outside: the fill, the outermost pixels, or the image "
                                       "mirrored about them (d c b | a b c d)")
    fill: float = Field(default=0.0, ge=0.0, le=1.0, description="value that comes in with border constant, in units "
                                                                 "of the range 0..1")

    def flow(self, keys: Keys, size: Size) -> Flow:
        """How far off each output pixel looks, float32 [N, 2, H, W]: along x, then along y, in pixels."""
        height, width = size
        noise = 2.0 * keys.uniform(2 * height * width).reshape(-1, 2, height, width) - 1.0
        smooth = gaussian_blur(torch.from_numpy(noise), self.sigma, border="reflect")
        return np.asarray(np.float32(self.alpha) * smooth.numpy())

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return self._looked_up(images, self.flow(keys, (images.shape[2], images.shape[3])), mask=False)

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        made = super().apply(batch, keys)
        column = batch.column_name(self.on, self.modalities)
        positional = {n: t for n, t in batch.positional(column).items() if t.kind in self.carries}
        if not positional:
            return made
        data = {name: list(target.data) for name, target in positional.items()}
        for row, image in enumerate(batch.to_list(column)):
            flow = self.flow(keys.bind(batch.ids.take(np.array([row]))), image.shape[:2])
            for name, target in positional.items():
                data[name][row] = self._carried(target, np.asarray(data[name][row]), flow)
        return made.with_targets(**{n: replace(t, data=data[n]) for n, t in positional.items()})

    def _looked_up(self, images: torch.Tensor, flow: Flow, *, mask: bool) -> torch.Tensor:
        still = np.tile(np.eye(3), (len(images), 1, 1))
        return warp(images, still, (images.shape[2], images.shape[3]), border=self.border, flow=flow,
                    interpolation="nearest" if mask else self.interpolation,
                    fill=0.0 if mask else in_units(self.fill, images.dtype))

    def _carried(self, target: Target, places: npt.NDArray[Any], flow: Flow) -> npt.NDArray[Any]:
        if target.kind == "masks":
            stacked = torch.from_numpy(np.ascontiguousarray(places)[None, None])
            return np.asarray(self._looked_up(stacked, flow, mask=True)[0, 0].numpy())
        if not len(places):
            return places
        wide = places.astype(np.float64)
        if target.kind == "keypoints":
            found = followed(wide, flow[0])
        else:
            x0, y0, x1, y1 = (v[:, None] for v in wide.T)
            x, y = x0 + (x1 - x0) * _ALONG, y0 + (y1 - y0) * _ALONG
            outline = np.stack([np.concatenate([x, x, x0 + 0 * y, x1 + 0 * y], axis=1),
                                np.concatenate([y0 + 0 * x, y1 + 0 * x, y, y], axis=1)], axis=2)
            there = followed(outline.reshape(-1, 2), flow[0]).reshape(outline.shape)
            both = np.concatenate([there.min(axis=1), there.max(axis=1)], axis=1)
            found = np.clip(without_area(wide, both), 0, np.array([flow.shape[3], flow.shape[2]] * 2))
        return np.asarray((np.rint(found) if places.dtype.kind in "iu" else found).astype(places.dtype))


def followed(points: npt.NDArray[np.float64], flow: Flow) -> npt.NDArray[np.float64]:
    """Where points x, y, float64 [k, 2], are found after every pixel p of the output has looked at p + flow(p).

    Args:
        points: of the input.
        flow: float32 [2, H, W]; bilinear between centres, its border's values go on outside.

    Example:
        >>> followed(np.array([[2.0, 2.0]]), np.full((2, 5, 5), 0.5, np.float32)).tolist()
        [[1.5, 1.5]]
    """
    at, (height, width) = points, flow.shape[1:]
    for _ in range(_STEPS):
        x, y = np.clip(at[:, 0] - 0.5, 0, width - 1), np.clip(at[:, 1] - 0.5, 0, height - 1)
        j, i = np.minimum(x.astype(np.int64), max(width - 2, 0)), np.minimum(y.astype(np.int64), max(height - 2, 0))
        right, below = x - j, y - i
        j1, i1 = np.minimum(j + 1, width - 1), np.minimum(i + 1, height - 1)
        here = ((flow[:, i, j] * (1 - right) + flow[:, i, j1] * right) * (1 - below)
                + (flow[:, i1, j] * (1 - right) + flow[:, i1, j1] * right) * below)
        before, at = at, points - here.T
        if np.abs(at - before).max() < _NEAR:
            break
    return at
