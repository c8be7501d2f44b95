"""Boxes of images brought to another size, by weights along columns and then along rows."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum.kernels import choose
from practicum_image_basic.ops.resize import reference
from practicum_image_basic.ops.resize.weights import Filter
from practicum_image_basic.ops.take import take

Interpolation = Literal["nearest", "bilinear", "bicubic", "area"]
Boxes = npt.NDArray[np.int64]

_BY_CPU = (torch.uint8, torch.float32, torch.float16, torch.bfloat16)


def resize(images: torch.Tensor, boxes: Boxes, size: tuple[int, int], *, interpolation: Interpolation = "bilinear",
           antialias: bool = True, impl: Literal["auto", "reference", "cpu"] = "auto") -> torch.Tensor:
    """Images [N, C, OH, OW], each the resized part of its input.

    Output pixel j of OW looks at the point (j + 0.5) * w / OW of a box w pixels wide: corners meet corners
    (``align_corners=False`` in torch). ``nearest`` takes the pixel that covers the point. ``bilinear`` and ``bicubic``
    weigh the pixels around it; with ``antialias`` their filters are widened by w / OW when shrinking, cut at the border
    and scaled to sum 1, as in Pillow (bicubic with a = -0.5); without it they look at 2 or 4 pixels only, the border's
    pixels go on outside, and bicubic has a = -0.75, as in OpenCV and in ``torch.nn.functional.interpolate``. ``area``
    is the mean over the part of the image that the output pixel covers, shares of pixels counted.

    Sums are in float32 (float64 for float64 images) and rounded once; uint8 is clipped, floats are not.

    Args:
        images: [N, C, H, W]; not written to. ``nearest`` takes any dtype, the others uint8 and floats.
        boxes: y, x, height and width of the part of each image, int64 [N, 4]; pixels outside a box are never read.
        size: height and width of the output.
        interpolation: see above.
        antialias: for ``bilinear`` and ``bicubic``; ``area`` never aliases, and ``nearest`` always does.
        impl: ``reference`` (torch), ``cpu`` (compiled), or the faster that can run.

    Raises:
        KernelUnavailable: ``cpu`` was asked for and can't run on these images.

    Example:
        >>> row = torch.tensor([[[[0.0, 1.0, 2.0, 9.0]]]])
        >>> resize(row, np.array([[0, 0, 1, 4]]), (1, 2), interpolation="area").tolist()
        [[[[0.5, 5.5]]]]
    """
    if interpolation == "nearest":
        down, across = (_covering(boxes[:, k], boxes[:, k + 2], size[k]) for k in (0, 1))
        return take(images, down, across, impl=impl)
    fits = "" if images.dtype in _BY_CPU else f"there is no compiled form for {images.dtype}"
    rule = Filter(interpolation, antialias)
    if choose(impl, images, op="image-basic/resize", cpu=fits, triton=None) == "reference":
        return reference.resize(images, boxes, size, rule)
    from practicum_image_basic.ops.resize import cpu

    return cpu.resize(images, boxes, size, rule)


def _covering(start: Boxes, length: Boxes, count: int) -> npt.NDArray[np.int32]:
    """The pixels that cover the output's centres, int32 [N, count]; in integers, so that no rounding decides."""
    at = (2 * np.arange(count, dtype=np.int64) + 1) * length[:, None] // (2 * count)
    return (start[:, None] + at).astype(np.int32)
