"""Compiled loops over the pixels of uint8 images; without branches, so that they vectorise."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numba import njit

from practicum.kernels.threads import in_threads
from practicum_image_basic.levels import planes
from practicum_image_basic.operation import new_like

_F = np.float32
_ZERO, _HALF, _ONE, _TWO, _FOUR, _SIX, _TOP = _F(0), _F(0.5), _F(1), _F(2), _F(4), _F(6), _F(255)


@njit(inline="always")
def to_level(value: Any) -> Any:
    """float32 clipped to 0..255 and rounded, halves up."""
    value = value if value > _ZERO else _ZERO
    value = value if value < _TOP else _TOP
    return np.uint8(np.int32(value + _HALF))


@njit(cache=True, nogil=True, error_model="numpy")
def mix_one(x: Any, m: Any, out: Any) -> None:
    """One image, uint8 [3, M], by a float32 matrix [3, 3]; out is other memory than x."""
    red, green, blue = x[0], x[1], x[2]
    for c in range(3):
        a, b, d, line = m[c, 0], m[c, 1], m[c, 2], out[c]
        for i in range(len(line)):
            line[i] = to_level((a * _F(red[i]) + b * _F(green[i])) + d * _F(blue[i]))


@njit(inline="always")
def _part(hue: Any, start: Any, most: Any, chroma: Any) -> Any:
    k = hue + start
    k = k - (_SIX if k >= _SIX else _ZERO)
    other = _FOUR - k
    k = k if k < other else other
    k = k if k > _ZERO else _ZERO
    k = k if k < _ONE else _ONE
    return to_level(most - chroma * k)


@njit(cache=True, nogil=True, error_model="numpy")
def turn_one(x: Any, sextants: Any, out: Any) -> None:
    """Hue of one image, uint8 [3, M], moved on by float32 sixths of a circle; out is other memory than x."""
    reds, greens, blues = x[0], x[1], x[2]
    new_red, new_green, new_blue = out[0], out[1], out[2]
    for i in range(len(reds)):
        red, green, blue = _F(reds[i]), _F(greens[i]), _F(blues[i])
        most = red if red > green else green
        most = most if most > blue else blue
        least = red if red < green else green
        least = least if least < blue else blue
        chroma = most - least
        is_red, is_green = most == red, most == green
        above = green - blue if is_red else (blue - red if is_green else red - green)
        base = _ZERO if is_red else (_TWO if is_green else _FOUR)
        hue = (above / (_ONE if chroma == _ZERO else chroma) + base) + sextants
        hue = hue + (_SIX if hue < _ZERO else _ZERO)
        hue = hue - (_SIX if hue >= _SIX else _ZERO)
        new_red[i] = _part(hue, _F(5), most, chroma)
        new_green[i] = _part(hue, _F(3), most, chroma)
        new_blue[i] = _part(hue, _ONE, most, chroma)


@njit(cache=True, nogil=True)
def _mix(x: Any, matrix: Any, out: Any, first: int, last: int) -> None:
    for n in range(first, last):
        mix_one(x[n], matrix[n], out[n])


@njit(cache=True, nogil=True)
def _turn(x: Any, sextants: Any, out: Any, first: int, last: int) -> None:
    for n in range(first, last):
        if sextants[n] == _ZERO:
            out[n] = x[n]
        else:
            turn_one(x[n], sextants[n], out[n])


def mix_channels(images: torch.Tensor, matrix: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.colour.mix_channels`."""
    out = new_like(images)
    x, done = planes(images), planes(out)
    in_threads(lambda a, b: _mix(x, matrix, done, a, b), len(images), images.numel())
    return out


def turn_hue(images: torch.Tensor, sextants: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.colour.turn_hue`."""
    out = new_like(images)
    x, done = planes(images), planes(out)
    in_threads(lambda a, b: _turn(x, sextants, done, a, b), len(images), images.numel())
    return out
