"""Typos made by hitting a neighbouring key."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import numpy as np

from practicum_text_noise import char_kernel
from practicum_text_noise.noise import Kernel, Noise, Pool, char_operation

_ROWS = ((0.0, "qwertyuiop"), (0.25, "asdfghjkl"), (0.75, "zxcvbnm"))
_DIGITS = "1234567890"
_TYPO = char_operation(char_kernel.NEIGHBOUR)


@cache
def neighbours() -> dict[str, str]:
    """Each key's neighbours, in the order they are drawn in: left to right, top row first.

    Two letters are neighbours when they are next to each other in a row, or in adjoining rows and less than a key's
    width apart sideways (the rows of a QWERTY keyboard are set off by a quarter and a half key). Digits neighbour
    digits.

    Example:
        >>> neighbours()["s"], neighbours()["S"], neighbours()["1"]
        ('weadzx', 'WEADZX', '2')
    """
    keys = [(letter, y, x + offset) for y, (offset, row) in enumerate(_ROWS) for x, letter in enumerate(row)]
    out = {}
    for letter, y, x in keys:
        near = "".join(c for c, cy, cx in keys if c != letter
                       and (abs(cx - x) <= 1 if cy == y else abs(cy - y) == 1 and abs(cx - x) < 1))
        out[letter], out[letter.upper()] = near, near.upper()
    for i, digit in enumerate(_DIGITS):
        out[digit] = _DIGITS[max(i - 1, 0):i] + _DIGITS[i + 1:i + 2]
    return out


@cache
def _pool() -> Pool:
    data, sizes = np.zeros(128 * 8 + 64, np.uint8), np.zeros(128, np.int64)
    for key, near in neighbours().items():
        sizes[ord(key)] = len(near)
        data[8 * ord(key):8 * ord(key) + len(near)] = np.frombuffer(near.encode(), np.uint8)
    return Pool(data, sizes)


class KeyboardTypo(Noise):
    """Replaces letters and digits by a neighbouring key of the QWERTY keyboard.

    Eligible are the 52 ASCII letters and the 10 digits; all other characters stay. Each eligible character is replaced
    with probability ``rate`` by one of its neighbours, each equally likely: a letter by a letter of the same case, a
    digit by a digit. A higher rate makes the same typos and more.

    The ``key`` noise of Belinkov and Bisk (arXiv:1711.02173), which makes one typo in a word.

    Args:
        rate: probability in 0..1 that an eligible character is mistyped.
        on: the text column, where there is a choice.

    Example:
        >>> KeyboardTypo(rate=0.2)(["The quick brown fox, 42!"], seed=1)
        ['The quufk vrowm dox, 41!']
    """

    name: ClassVar[str] = "text-noise/keyboard-typo"

    def _kernel(self) -> tuple[Kernel, Pool]:
        return _TYPO, _pool()
