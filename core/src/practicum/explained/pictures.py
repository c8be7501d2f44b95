"""Attributions of an image in colour over the image in grey."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

TOWARD, AGAINST = (226, 88, 0), (0, 110, 190)
"""RGB of what speaks for the class and against it: they differ in hue for every common kind of colour vision."""


def flat_map(values: Any, layout: Literal["chw", "hwc"]) -> Floats:
    """Attributions of one image summed over its channels, float64 [H, W]."""
    array = np.nan_to_num(np.asarray(values, dtype=np.float64), posinf=0.0, neginf=0.0)
    return np.asarray(array.sum(axis=0 if layout == "chw" else 2) if array.ndim == 3 else array)


def strength(attributions: Floats) -> float:
    """The size shown in full colour: the 99th percentile of the sizes, so one hot pixel doesn't hide the rest; the
    largest where that is zero."""
    sizes = np.abs(attributions)
    if not sizes.size:
        return 0.0
    return float(np.percentile(sizes, 99)) or float(sizes.max())


def tinted(attributions: Floats, pixels: Pixels | None = None) -> Pixels:
    """The image in grey with attributions laid over it: orange for the class, blue against it, uint8 [H, W, 3].

    Args:
        attributions: float64 [H, W].
        pixels: the image, uint8 [H, W, 3]; a light ground when left out.

    Example:
        >>> tinted(np.array([[1.0, 0.0, -1.0]]))[0].tolist()
        [[227, 96, 12], [240, 240, 240], [12, 117, 192]]
    """
    top = strength(attributions)
    weight = np.clip(np.abs(attributions) / top, 0, 1) if top > 0 else np.zeros_like(attributions)
    colour = np.where((attributions >= 0)[:, :, None], np.array(TOWARD, float), np.array(AGAINST, float))
    if pixels is None:
        ground, most = np.full((*attributions.shape, 3), 240.0), 0.95
    else:
        ground, most = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2) * 0.45 + 95, 0.9
    alpha = most * np.sqrt(weight)[:, :, None]  # the root shows what is small beside what is large
    return np.clip(np.rint(ground * (1 - alpha) + colour * alpha), 0, 255).astype(np.uint8)


def data_uri(pixels: Pixels, largest: int) -> str:
    """A data URI no side of which exceeds ``largest``: PNG, or JPEG where that is smaller and blur doesn't show."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    scale = largest / max(picture.size)
    if scale < 1:
        picture = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))),
                                 Image.Resampling.BOX)
    made = [("png", _encoded(picture, "PNG", optimize=True))]
    if min(picture.size) > 64:
        made.append(("jpeg", _encoded(picture, "JPEG", quality=82, optimize=True)))
    kind, raw = min(made, key=lambda item: len(item[1]))
    return f"data:image/{kind};base64,{base64.b64encode(raw).decode('ascii')}"


def _encoded(picture: Any, form: str, **options: Any) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, format=form, **options)
    return buffer.getvalue()
