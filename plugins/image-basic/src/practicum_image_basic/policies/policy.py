"""What policies share: applying to each sample the operation that was drawn for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum_image_basic.affine import about_centre, inverted, turned
from practicum_image_basic.colour import has_colours, saturated
from practicum_image_basic.geometry import in_units
from practicum_image_basic.light import brightened, contrasted
from practicum_image_basic.operation import ImageOperation, new_like
from practicum_image_basic.ops.bits import bits
from practicum_image_basic.ops.sharpness import sharpen
from practicum_image_basic.ops.warp import warp
from practicum_image_basic.tone import equalized, posterized, solarized, stretched
from practicum_image_basic.tone import inverted as negative_of

Floats = npt.NDArray[np.float64]
Names = npt.NDArray[np.str_]

_ON_VALUES: dict[str, Callable[[torch.Tensor, Floats], torch.Tensor]] = {
    "Brightness": lambda x, v: brightened(x, 1.0 + v),
    "Color": lambda x, v: saturated(x, 1.0 + v) if x.shape[1] == 3 else x,
    "Contrast": lambda x, v: contrasted(x, 1.0 + v),
    "Sharpness": lambda x, v: sharpen(x, 1.0 + v),
    "Posterize": posterized,
    "Solarize": solarized,
    "AutoContrast": lambda x, v: stretched(x),
    "Equalize": lambda x, v: equalized(x),
    "Invert": lambda x, v: negative_of(x),
}

MOVING = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
"""Operations that move pixels; masks, boxes and keypoints move along."""


class Policy(ImageOperation):
    """Draws operations and magnitudes per sample; samples with the same operation are worked on together."""

    interpolation: Literal["nearest", "bilinear"] = Field(default="nearest", description="how values between "
                                                                                         "pixels are made")
    fill: float = Field(default=0.0, ge=0.0, le=1.0, description="value that comes in from outside, in units of 0..1")

    def chosen(self, images: torch.Tensor, ops: Names, values: Floats, *, mask: bool = False) -> torch.Tensor:
        """Each image changed by the operation ``ops`` [N] at magnitude ``values`` [N]; the input when nothing changes.

        With ``mask``, the images are masks of any dtype, which are only moved.

        Raises:
            DataError: the images have neither 1 nor 3 channels.
        """
        has_colours(images, self.name)
        if mask:
            ops = np.where(np.isin(ops, MOVING), ops, "Identity")
        names = sorted(set(ops.tolist()) - {"Identity"})
        if not names:
            return images
        if len(names) == 1 and (ops == names[0]).all():
            return self.changed(images, names[0], values, mask=mask)
        out = new_like(images)
        for name in sorted(set(ops.tolist())):
            found = np.flatnonzero(ops == name)
            rows = torch.from_numpy(found).to(images.device)
            picked = images.index_select(0, rows)
            done = picked if name == "Identity" else self.changed(picked, name, values[found],
                                                                                   mask=mask)
            if images.device.type == "cpu" and images.numel():  # NumPy copies whole images, torch value by value
                bits(out)[found] = bits(done)
            else:
                out.index_copy_(0, rows, done)
        return out

    def changed(self, images: torch.Tensor, op: str, values: Floats, *, mask: bool = False) -> torch.Tensor:
        """All images changed by one operation at magnitudes ``values`` [N]; see :func:`..space.strength` for units."""
        if op in _ON_VALUES:
            return _ON_VALUES[op](images, values)
        height, width = images.shape[2:]
        return warp(images, backwards(op, values, height, width), (height, width),
                    interpolation="nearest" if mask else self.interpolation,
                    fill=0.0 if mask else in_units(self.fill, images.dtype))


def backwards(op: str, values: Floats, height: int, width: int) -> Any:
    """Matrices from output points to input points, float64 [N, 3, 3], for continuous coordinates from the corner.

    Shears are about the upper left corner and move rows (columns) to the left (up) for positive values, as in the code
    of AutoAugment; translations go to the right and down; rotations are counter-clockwise about the centre.
    """
    if op == "Rotate":
        return inverted(about_centre(turned(values), height, width))
    out = np.tile(np.eye(3), (len(values), 1, 1))
    place = {"ShearX": (0, 1), "ShearY": (1, 0), "TranslateX": (0, 2), "TranslateY": (1, 2)}[op]
    out[:, place[0], place[1]] = values if op.startswith("Shear") else -values
    return out
