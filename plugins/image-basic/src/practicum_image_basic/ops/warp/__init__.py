"""Images seen through a plane projective map: rotation, shear, zoom, translation, perspective.

Coordinates are continuous: pixel (row i, column j) covers the square from (x, y) = (j, i) to (j + 1, i + 1), and its
centre is (j + 0.5, i + 0.5). The corners of an image are (0, 0) and (W, H). Boxes and keypoints use the same.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import torch

from practicum.kernels import choose
from practicum_image_basic.ops.warp import reference

Border = Literal["constant", "edge", "reflect"]
Interpolation = Literal["bilinear", "nearest"]
Floats = npt.NDArray[np.float64]

_COMPILED = (torch.uint8, torch.float32, torch.float16, torch.bfloat16)
_INSTALL = "pip install 'practicum-image-basic[triton]'"


def warp(images: torch.Tensor, inverse: Floats, size: tuple[int, int], *, interpolation: Interpolation = "bilinear",
         border: Border = "constant", fill: float = 0.0, flow: npt.NDArray[np.float32] | None = None,
         impl: Literal["auto", "reference", "cpu", "triton"] = "auto") -> torch.Tensor:
    """Images [N, C, OH, OW] whose pixel at centre p has the value of the input at the point ``inverse @ p``.

    ``bilinear`` weighs the four pixels whose centres surround the point; ``nearest`` takes the pixel that covers it.
    Beyond the outermost centres the image goes on as ``border`` says: ``constant`` with pixels of value ``fill``,
    ``edge`` with the nearest pixel, ``reflect`` mirrored about the outermost centres (d c b | a b c d). These are
    ``grid-constant``, ``nearest`` and ``mirror`` of ``scipy.ndimage``. Points are computed in float64, values in
    float32 (float64 for float64 images); uint8 is rounded to the nearest level.

    Args:
        images: [N, C, H, W]; not written to. ``nearest`` takes any dtype, ``bilinear`` uint8 and floats.
        inverse: for each sample the 3x3 matrix from output points (x, y, 1) to input points, float64 [N, 3, 3]. Points
            with a last coordinate of 1e-9 or less lie behind the horizon and count as far outside.
        size: height and width of the output.
        interpolation: ``bilinear`` or ``nearest``.
        border: how the image goes on outside.
        fill: value outside with ``constant``, in the units of the images.
        flow: added to the input points, float32 [N, 2, OH, OW] (x, then y).
        impl: ``reference`` (torch), ``cpu`` (compiled), ``triton`` (one launch; no flow, no float64), or the fastest
            that can run.

    Raises:
        KernelUnavailable: the form asked for can't run on these images.

    Example:
        >>> image = torch.tensor([[[[0.0, 1.0, 2.0]]]])
        >>> half_right = np.array([[[1, 0, 0.5], [0, 1, 0], [0, 0, 1.0]]])
        >>> warp(image, half_right, (1, 3), border="edge").tolist()
        [[[[0.5, 1.5, 2.0]]]]
    """
    absent = f"there is no compiled form for {images.dtype}"
    by_triton = ("it takes no flow" if flow is not None else "" if images.dtype in _COMPILED else absent)
    form = choose(impl, images, op="image-basic/warp", triton=by_triton, install=_INSTALL,
                  cpu="" if interpolation == "nearest" or images.dtype in _COMPILED else absent)
    if form == "reference":
        return reference.warp(images, inverse, size, interpolation, border, fill, flow)
    if form == "triton":
        from practicum_image_basic.ops.warp import kernel

        return kernel.warp(images, inverse, size, interpolation, border, fill)
    from practicum_image_basic.ops.warp import cpu

    return cpu.warp(images, inverse, size, interpolation, border, fill, flow)
