"""Operations on colour: saturation, hue, grayscale, sepia, RGB shift, channel shuffle and dropout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.errors import DataError
from practicum.kernels.threads import in_threads
from practicum.keys import Keys
from practicum_image_basic.levels import on_levels
from practicum_image_basic.light import factors
from practicum_image_basic.operation import ImageOperation, Params, Size, new_like
from practicum_image_basic.ops.bits import bits
from practicum_image_basic.ops.colour import mix_channels, turn_hue
from practicum_image_basic.ops.levels import look_up

Floats = npt.NDArray[np.float64]

GREY = np.array([19595.0, 38470.0, 7471.0]) / 65536.0
"""Weights of red, green and blue in grey as Pillow holds them: ITU-R BT.601 in 16 bits. Products with levels are exact
in float32, so rounding is Pillow's too."""

SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])
"""The matrix of sepia in common use; row c holds the weights of red, green and blue."""


class _Colour(ImageOperation):
    """A change of colour."""

    carries: ClassVar[frozenset[str]] = frozenset({"masks", "boxes", "keypoints"})

    def colours(self, images: torch.Tensor) -> bool:
        """Whether there are colours to change: false for one channel, an error for another number than three."""
        return has_colours(images, self.name)


class Saturation(_Colour):
    """Moves every pixel away from its grey, or towards it, by a factor drawn from 1 - ``amount`` to 1 + ``amount``.

    The operation is Pillow's ``ImageEnhance.Color``, a blend with the grey image: at most one level apart on uint8,
    where Pillow rounds the grey and cuts the result, and here the result is rounded once. Images of one channel stay as
    they are.

    Example:
        >>> image = torch.tensor([0.8, 0.4, 0.2]).reshape(1, 3, 1, 1)
        >>> out = Saturation(amount=0.5)(image, seed=0)
        >>> bool((out != image).all()), bool(((out - out.mean()) * (image - image.mean()) > 0).all())
        (True, True)
    """

    name: ClassVar[str] = "image-basic/saturation"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.2, 0.5, 1.0)}
    amount: float = Field(default=0.3, ge=0.0, le=1.0, description="the factor is drawn from 1 - amount to 1 + amount")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"factor": factors(self.amount, keys)}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return saturated(images, params["factor"], self.clip) if self.colours(images) else images.clone()


class Hue(_Colour):
    """Turns the hue by a part of the colour circle drawn from -``amount`` to ``amount``; value and chroma stay.

    Computed in float32 on the hexagon of HSV (as ``colorsys`` and torchvision do), not on 180 or 256 steps of hue, and
    rounded once. Images of one channel stay as they are.

    Example:
        >>> red = torch.tensor([1.0, 0.0, 0.0]).reshape(1, 3, 1, 1)
        >>> turned(red, np.array([1 / 3])).flatten().tolist()
        [0.0, 1.0, 0.0]
        >>> bool((Hue()(red, seed=0) != red).any())
        True
    """

    name: ClassVar[str] = "image-basic/hue"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.05, 0.1, 0.25)}
    amount: float = Field(default=0.1, ge=0.0, le=0.5, description="largest turn, in full circles")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"turn": factors(self.amount, keys) - 1.0}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return turned(images, params["turn"], self.clip) if self.colours(images) else images.clone()


class Grayscale(_Colour):
    """Replaces the colours by their grey in all three channels, for each sample with probability ``p``.

    uint8 equals Pillow's ``convert("L")``: (19595 R + 38470 G + 7471 B) / 65536, rounded. Images of one channel stay as
    they are.

    Example:
        >>> Grayscale(p=1.0)(torch.tensor([255, 0, 0], dtype=torch.uint8).reshape(1, 3, 1, 1)).flatten().tolist()
        [76, 76, 76]
    """

    name: ClassVar[str] = "image-basic/grayscale"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.25, 0.5, 1.0)}
    p: float = Field(default=0.5, ge=0.0, le=1.0, description="probability for each sample, by its draw 0")

    def draw(self, keys: Keys, sizes: list[Size]) -> Params:
        return {"applied": keys.uniform(1)[:, 0] < self.p}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        if not self.colours(images):
            return images.clone()
        matrix = np.where(params["applied"][:, None, None], np.broadcast_to(GREY, (3, 3)), np.eye(3))
        return mix_channels(images, matrix, clip=False)


class Sepia(_Colour):
    """Tones the image brown: a blend of the image and its sepia, by ``strength``; nothing is drawn.

    Example:
        >>> Sepia()(torch.tensor([100, 100, 100], dtype=torch.uint8).reshape(1, 3, 1, 1)).flatten().tolist()
        [135, 120, 94]
    """

    name: ClassVar[str] = "image-basic/sepia"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"strength": (0.25, 0.5, 1.0)}
    strength: float = Field(default=1.0, ge=0.0, le=1.0, description="share of the sepia; 0 leaves the image as it is")

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        if images.shape[1] != 3:
            raise DataError(f"{self.name}: the images have {images.shape[1]} channels, and sepia needs the 3 of red, "
                            "green and blue: repeat the channel first")
        matrix = self.strength * SEPIA + (1.0 - self.strength) * np.eye(3)
        return mix_channels(images, np.tile(matrix, (len(images), 1, 1)))


class RgbShift(_Colour):
    """Adds to each channel an offset of its own, drawn from -``amount`` to ``amount``; channel c takes draw c.

    Example:
        >>> out = RgbShift(amount=0.1)(torch.full((1, 3, 1, 1), 0.5), seed=0)
        >>> len(set(out.flatten().tolist())), bool(((out - 0.5).abs() <= 0.1).all())
        (3, True)
    """

    name: ClassVar[str] = "image-basic/rgb-shift"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"amount": (0.05, 0.1, 0.2)}
    amount: float = Field(default=0.1, ge=0.0, le=1.0, description="largest offset, in units of the range 0..1")
    clip: bool = Field(default=True, description="clip float images to 0..1; uint8 always is")

    def draw_for(self, keys: Keys, sizes: list[Size], channels: int) -> Params:
        return {"offset": self.amount * (2.0 * keys.uniform(channels).astype(np.float64) - 1.0)}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        if images.dtype == torch.uint8:
            levels = np.arange(256) + 255.0 * params["offset"][:, :, None]
            return look_up(images, np.rint(np.clip(levels, 0.0, 255.0)).astype(np.uint8))
        return on_levels(lambda x, o: x + o, images, params["offset"][:, :, None, None], clip=self.clip)


class ChannelShuffle(_Colour):
    """Puts the channels in an order drawn for each sample, with probability ``p``.

    Draw 0 decides whether, draws 1.. are sorted to give the order; any order may come, also the old one.

    Example:
        >>> out = ChannelShuffle(p=1.0)(torch.arange(3.0).reshape(1, 3, 1, 1), seed=1)
        >>> sorted(out.flatten().tolist())
        [0.0, 1.0, 2.0]
    """

    name: ClassVar[str] = "image-basic/channel-shuffle"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.25, 0.5, 1.0)}
    p: float = Field(default=0.5, ge=0.0, le=1.0, description="probability for each sample, by its draw 0")

    def draw_for(self, keys: Keys, sizes: list[Size], channels: int) -> Params:
        order = np.argsort(keys.words(1 + channels)[:, 1:], axis=1, kind="stable")
        applied = keys.uniform(1) < self.p
        return {"order": np.where(applied, order, np.arange(channels))}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        return picked(images, params["order"])


class ChannelDropout(_Colour):
    """Sets ``count`` channels of each sample, drawn for it, to ``fill``; at least one channel is kept.

    Draw 0 decides whether (probability ``p``); the channels with the smallest of the draws 1.. are dropped. An image of
    one channel stays as it is.

    Example:
        >>> out = ChannelDropout(p=1.0)(torch.ones(1, 3, 1, 1), seed=0)
        >>> sorted(out.flatten().tolist())
        [0.0, 1.0, 1.0]
    """

    name: ClassVar[str] = "image-basic/channel-dropout"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"p": (0.25, 0.5, 1.0)}
    p: float = Field(default=0.5, ge=0.0, le=1.0, description="probability for each sample, by its draw 0")
    count: int = Field(default=1, ge=1, description="channels that are dropped")
    fill: float = Field(default=0.0, ge=0.0, le=1.0, description="their new value, in units of the range 0..1")

    def draw_for(self, keys: Keys, sizes: list[Size], channels: int) -> Params:
        order = np.argsort(keys.words(1 + channels)[:, 1:], axis=1, kind="stable")
        rank = np.argsort(order, axis=1, kind="stable")
        return {"dropped": (rank < min(self.count, channels - 1)) & (keys.uniform(1) < self.p)}

    def transform(self, images: torch.Tensor, params: Params, keys: Keys) -> torch.Tensor:
        channels = np.broadcast_to(np.arange(images.shape[1]), params["dropped"].shape)
        fill = round(self.fill * 255) if images.dtype == torch.uint8 else self.fill
        return picked(images, np.where(params["dropped"], -1, channels), fill)


def picked(images: torch.Tensor, channels: npt.NDArray[Any], fill: float = 0.0) -> torch.Tensor:
    """Images [N, C, H, W] whose channel c is channel ``channels[n, c]`` of the input, or ``fill`` where that is -1."""
    if images.device.type != "cpu":
        at = torch.from_numpy(channels).to(images.device)
        moved = images[torch.arange(len(images), device=images.device)[:, None], at.clamp(min=0)]
        return moved.masked_fill((at < 0)[:, :, None, None], fill)
    out = new_like(images)
    if not images.numel():
        return out
    made, given = (i.contiguous().flatten(0, 1).flatten(1) for i in (out, images))
    target, source = bits(made), bits(given)
    kept = np.where(channels < 0, -1, np.arange(len(images))[:, None] * images.shape[1] + channels).ravel().tolist()

    def move(first: int, last: int) -> None:
        for to in range(first, last):
            if kept[to] < 0:
                made[to] = fill
            else:
                target[to] = source[kept[to]]

    in_threads(move, len(kept), images.numel())
    return out


def has_colours(images: torch.Tensor, technique: str) -> bool:
    """True for three channels, false for one.

    Raises:
        DataError: there is another number of channels.
    """
    if images.shape[1] not in (1, 3):
        raise DataError(f"{technique}: the images have {images.shape[1]} channels; colour operations take 1 (grey) or "
                        "3 (red, green, blue): choose the channels first")
    return bool(images.shape[1] == 3)


def saturated(images: torch.Tensor, factor: npt.NDArray[Any], clip: bool = True) -> torch.Tensor:
    """Images [N, 3, H, W] moved from their grey by ``factor`` [N]."""
    f = np.asarray(factor, np.float64)[:, None, None]
    return mix_channels(images, f * np.eye(3) + (1.0 - f) * GREY, clip=clip)


def turned(images: torch.Tensor, turns: npt.NDArray[Any], clip: bool = True) -> torch.Tensor:
    """Images [N, 3, H, W] with the hue moved on by ``turns`` [N] full circles."""
    return turn_hue(images, turns, clip=clip)
