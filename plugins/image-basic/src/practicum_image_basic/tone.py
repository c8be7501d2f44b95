"""Operations that replace levels: invert, solarize, posterize, equalize, autocontrast."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.keys import Keys
from practicum_image_basic.levels import on_levels
from practicum_image_basic.operation import ImageOperation, Params, Size, as_float
from practicum_image_basic.ops.levels import histograms, look_up

Floats = npt.NDArray[np.float64]
Tables = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.bool_]

LEVELS = np.arange(256)


class _Tone(ImageOperation):
    """Applied to each sample with probability ``p``."""

    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.25, 0.5, 1.0)}
    p: float = Field(default=0.5, ge=0.0, le=1.0, description="probability for each sample, by its draw 0")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"applied": keys.uniform(1)[:, 0] < self.p}

    def changed(self, images: torch.Tensor, applied: Rows) -> torch.Tensor:
        """The operation on the images where it is ``applied`` [N], the others copied."""
        raise TypeError(f"{type(self).__name__} must define changed")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return self.changed(images, params["applied"])


class Invert(_Tone):
    """The negative: 255 - v on uint8, 1 - x on floats, for each sample with probability ``p``.

    Example:
        >>> Invert(p=1.0)(torch.tensor([0, 100, 255], dtype=torch.uint8).reshape(1, 1, 1, 3)).flatten().tolist()
        [255, 155, 0]
    """

    name: ClassVar[str] = "image-basic/invert"

    def changed(self, images: torch.Tensor, applied: Rows) -> torch.Tensor:
        return inverted(images, applied)


class Solarize(_Tone):
    """Inverts all values from ``threshold`` on, for each sample with probability ``p``.

    uint8 equals Pillow's ``ImageOps.solarize(image, 255 * threshold)``. With a threshold of 1, only white is inverted.

    Example:
        >>> Solarize(p=1.0)(torch.tensor([0, 127, 128, 255], dtype=torch.uint8).reshape(1, 1, 1, 4)).flatten().tolist()
        [0, 127, 127, 0]
    """

    name: ClassVar[str] = "image-basic/solarize"
    threshold: float = Field(default=0.5, ge=0.0, le=1.0, description="in units of the range 0..1")

    def changed(self, images: torch.Tensor, applied: Rows) -> torch.Tensor:
        return solarized(images, np.where(applied, 255.0 * self.threshold, np.inf))


class Posterize(_Tone):
    """Keeps the first ``bits`` bits of every level, for each sample with probability ``p``.

    uint8 equals Pillow's ``ImageOps.posterize``. Floats are rounded to 256 levels first; 8 bits leave them as they are.

    Example:
        >>> image = torch.tensor([63, 64, 200], dtype=torch.uint8).reshape(1, 1, 1, 3)
        >>> Posterize(p=1.0, bits=2)(image).flatten().tolist()
        [0, 64, 192]
    """

    name: ClassVar[str] = "image-basic/posterize"
    bits: int = Field(default=4, ge=0, le=8, description="bits that are kept; 0 gives black")

    def changed(self, images: torch.Tensor, applied: Rows) -> torch.Tensor:
        return posterized(images, np.where(applied, self.bits, 8))


class Equalize(_Tone):
    """Spreads the levels of each channel so that all are about equally frequent, with probability ``p``.

    uint8 equals Pillow's ``ImageOps.equalize``. Floats are worked on as their nearest of 256 levels.

    Example:
        >>> image = (torch.arange(600) // 6).to(torch.uint8).reshape(1, 1, 20, 30)
        >>> out = Equalize(p=1.0)(image)
        >>> int(out.min()), int(out.max())
        (0, 255)
    """

    name: ClassVar[str] = "image-basic/equalize"

    def changed(self, images: torch.Tensor, applied: Rows) -> torch.Tensor:
        return equalized(images, applied)


class AutoContrast(_Tone):
    """Stretches each channel so that its darkest value becomes black and its lightest white, with probability ``p``.

    uint8 equals Pillow's ``ImageOps.autocontrast``, ``cutoff`` in percent included. Floats are stretched by the same
    formula at 256 levels when there is a cutoff, and by their exact extremes when there is none. A channel of one value
    stays as it is.

    Example:
        >>> AutoContrast(p=1.0)(torch.tensor([0.25, 0.5, 0.75]).reshape(1, 1, 1, 3)).flatten().tolist()
        [0.0, 0.5, 1.0]
    """

    name: ClassVar[str] = "image-basic/autocontrast"
    cutoff: float = Field(default=0.0, ge=0.0, lt=50.0, description="percent of the values cut off at each end")

    def changed(self, images: torch.Tensor, applied: Rows) -> torch.Tensor:
        return stretched(images, self.cutoff, applied)


def inverted(images: torch.Tensor, applied: Rows | None = None) -> torch.Tensor:
    """The negative, where ``applied`` [N]."""
    if images.dtype == torch.uint8:
        rows = np.ones(len(images), bool) if applied is None else applied
        return look_up(images, np.where(rows[:, None], 255 - LEVELS, LEVELS).astype(np.uint8))
    return _only(applied, images, 1.0 - images)


def solarized(images: torch.Tensor, threshold: Floats) -> torch.Tensor:
    """Values from ``threshold`` [N] on inverted, thresholds in levels; infinity leaves an image as it is."""
    if images.dtype == torch.uint8:
        return look_up(images, np.where(threshold[:, None] > LEVELS, LEVELS, 255 - LEVELS).astype(np.uint8))
    return on_levels(lambda x, t: torch.where(x < t, x, 1.0 - x), images, threshold.reshape(-1, 1, 1, 1) / 255.0,
                     clip=False)


def posterized(images: torch.Tensor, bits: npt.NDArray[Any]) -> torch.Tensor:
    """The first ``bits`` [N] bits of every level kept."""
    tables = LEVELS & (256 - (1 << (8 - bits.astype(np.int64))))[:, None]
    return by_table(images, tables.astype(np.uint8), bits == 8)


def equalized(images: torch.Tensor, applied: Rows | None = None) -> torch.Tensor:
    """Histograms of all channels flattened, as Pillow does it, where ``applied`` [N]."""
    counts = histograms(images if images.dtype == torch.uint8 else _to_levels(images))
    found = 255 - np.argmax(counts[:, :, ::-1] > 0, axis=2)
    last = np.take_along_axis(counts, found[:, :, None], axis=2)[:, :, 0]
    step = (counts.sum(axis=2) - last) // 255
    before = np.cumsum(counts, axis=2) - counts
    safe = np.maximum(step, 1)[:, :, None]
    tables = np.where(step[:, :, None] == 0, LEVELS, np.minimum((before + safe // 2) // safe, 255))
    return by_table(images, tables.astype(np.uint8), (step == 0).all(axis=1), applied)


def stretched(images: torch.Tensor, cutoff: float = 0.0, applied: Rows | None = None) -> torch.Tensor:
    """Each channel stretched to the whole range, as Pillow does it, where ``applied`` [N]; ``cutoff`` in percent."""
    if images.dtype != torch.uint8 and cutoff == 0.0:
        return _only(applied, images, on_levels(_stretch, images, clip=False))
    counts = histograms(images if images.dtype == torch.uint8 else _to_levels(images))
    cut = (counts.sum(axis=2, keepdims=True) * cutoff // 100).astype(np.int64)
    low = np.argmax(np.cumsum(counts, axis=2) > cut, axis=2).astype(np.float64)[:, :, None]
    high = 255.0 - np.argmax(np.cumsum(counts[:, :, ::-1], axis=2) > cut, axis=2).astype(np.float64)[:, :, None]
    flat = high <= low
    scale = 255.0 / np.where(flat, 1.0, high - low)
    tables = np.where(flat, LEVELS, np.clip(np.trunc(LEVELS * scale + -low * scale), 0, 255))
    return by_table(images, tables.astype(np.uint8), flat.all(axis=(1, 2)), applied)


def by_table(images: torch.Tensor, tables: Tables, same: Rows, applied: Rows | None = None) -> torch.Tensor:
    """Levels replaced where ``applied`` [N]; floats by their nearest level, except in images that stay the ``same``."""
    if images.dtype == torch.uint8:
        if applied is not None:
            tables = np.where(applied.reshape(-1, *[1] * (tables.ndim - 1)), tables, LEVELS.astype(np.uint8))
        return look_up(images, tables)
    levels = look_up(_to_levels(images), tables).to(torch.float64) / 255.0
    return _only(~same if applied is None else applied & ~same, images, levels.to(images.dtype))


def _only(applied: Rows | None, images: torch.Tensor, changed: torch.Tensor) -> torch.Tensor:
    """The changed images where ``applied`` [N], the given ones elsewhere."""
    if applied is None or applied.all():
        return changed
    return torch.where(torch.from_numpy(applied).to(images.device).reshape(-1, 1, 1, 1), changed, images)


def _to_levels(images: torch.Tensor) -> torch.Tensor:
    return (as_float(images) * 255.0).round_().clamp_(0.0, 255.0).to(torch.uint8)


def _stretch(x: torch.Tensor) -> torch.Tensor:
    low, high = x.amin(dim=(2, 3), keepdim=True), x.amax(dim=(2, 3), keepdim=True)
    span = high - low
    return torch.where(span > 0, (x - low) / torch.where(span > 0, span, torch.ones_like(span)), x)
