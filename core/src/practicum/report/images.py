"""Pictures for the report: small PNG data URIs, one pixel for one pixel where they are small."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from practicum.errors import DataError

Array = npt.NDArray[np.uint8]


def to_pixels(image: Any, layout: Literal["chw", "hwc"], bounds: tuple[float, float] | None = None) -> Array:
    """One image as uint8 [H, W, 3].

    Args:
        image: tensor or array, uint8 or float in ``bounds``; 1, 3 or 4 channels (the fourth, opacity, is left out),
            any other number is averaged.
        layout: of its axes.
        bounds: range of float values; ``None`` means 0..1, or 0..255 where a value exceeds 1.5.

    Raises:
        DataError: not an image.

    Example:
        >>> to_pixels(np.array([[[0.0, 1.0]]]), "chw").tolist()
        [[[0, 0, 0], [255, 255, 255]]]
    """
    array = image.detach().cpu().numpy() if hasattr(image, "detach") else np.asarray(image)
    if array.ndim == 2:
        array, layout = array[:, :, None], "hwc"
    if array.ndim != 3:
        raise DataError(f"a picture has 2 or 3 axes, not shape {array.shape}")
    if layout == "chw":
        array = array.transpose(1, 2, 0)
    values = array.astype(np.float64)
    if array.dtype != np.uint8:
        finite = values[np.isfinite(values)]
        low, high = bounds or (0.0, 255.0 if finite.size and finite.max() > 1.5 else 1.0)
        values = (np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / ((high - low) or 1.0) * 255
    pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    if pixels.shape[2] == 4:
        pixels = pixels[:, :, :3]
    elif pixels.shape[2] not in (1, 3):
        pixels = pixels.mean(axis=2, keepdims=True).astype(np.uint8)
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels


def saliency_map(values: Any, layout: Literal["chw", "hwc"]) -> npt.NDArray[np.float64]:
    """Attributions of one image as [H, W]: absolute values, summed over channels.

    Args:
        values: with a channel axis as in ``layout``, or [H, W].
        layout: of its axes.
    """
    array = np.abs(np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=np.float64))
    array = np.nan_to_num(array, posinf=0.0)
    return np.asarray(array.sum(axis=0 if layout == "chw" else 2) if array.ndim == 3 else array)


def overlay(pixels: Array, saliency: npt.NDArray[np.float64]) -> Array:
    """The picture in grey with what matters shown in colour (matplotlib's ``inferno``), uint8 [H, W, 3].

    The strength of the colour is the attribution over its 99th percentile, so one hot pixel doesn't hide the rest.
    """
    import matplotlib as mpl

    top = float(np.percentile(saliency, 99)) if saliency.size else 0.0
    weight = np.clip(saliency / top, 0, 1) if top > 0 else np.zeros_like(saliency)
    grey = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2) * 0.6 + 40
    colour = mpl.colormaps["inferno"](0.25 + 0.75 * weight)[:, :, :3] * 255
    alpha = (0.9 * weight)[:, :, None]
    return np.clip(np.rint(grey * (1 - alpha) + colour * alpha), 0, 255).astype(np.uint8)


def png_uri(pixels: Array, largest: int) -> str:
    """A PNG data URI, scaled down (area mean) so that no side exceeds ``largest``."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    scale = largest / max(picture.size)
    if scale < 1:
        size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
        picture = picture.resize(size, Image.Resampling.BOX)
    buffer = BytesIO()
    picture.save(buffer, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def largest_side(pictures: int, budget: int = 1_100_000) -> int:
    """The side, 32 to 160 pixels, that keeps so many RGB pictures within ``budget`` bytes of base64."""
    return int(np.clip(np.sqrt(budget * 0.75 / 3 / max(pictures, 1)), 32, 160))
