"""Gaussian blur."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.operation import ImageOperation, Params
from practicum_image_basic.ops.blur import gaussian_blur


class GaussianBlur(ImageOperation):
    """Convolves rows, then columns, with a sampled Gaussian of ``sigma`` pixels; nothing is drawn.

    The weights are exp(-k^2 / (2 sigma^2)) for integers k up to ``int(truncate * sigma + 0.5)``, scaled to sum 1: the
    filter that ``scipy.ndimage.gaussian_filter`` applies. Beyond the border the image goes on as ``border`` says, as
    often as it takes, so any sigma works on any size. uint8 is rounded to the nearest level. Masks, boxes and keypoints
    stay as they are.

    Example:
        >>> dot = torch.zeros(1, 1, 1, 7)
        >>> dot[..., 3] = 1.0
        >>> [round(v, 4) for v in GaussianBlur(sigma=0.5)(dot)[0, 0, 0].tolist()]
        [0.0, 0.0003, 0.1065, 0.7866, 0.1065, 0.0003, 0.0]
    """

    name: ClassVar[str] = "image-basic/gaussian-blur"
    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"sigma": (0.5, 1.0, 2.0)}
    sigma: float = Field(default=1.0, ge=0.0, le=1e4, description="standard deviation in pixels; 0 leaves the image as "
                                                                  "it is")
    truncate: float = Field(default=4.0, gt=0.0, le=16.0, description="where the Gaussian is cut, in sigmas")
    border: Literal["reflect", "symmetric", "edge"] = Field(
        default="reflect", description="beyond the border: reflect (d c b | a b c d), symmetric (c b a | a b c) or "
                                       "edge (a a a | a b c), as numpy.pad names them")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return gaussian_blur(images, self.sigma, truncate=self.truncate, border=self.border)
