"""Rows of letter keys of keyboards, and which keys are next to each other."""

from __future__ import annotations

from functools import cache
from typing import Literal, get_args

Layout = Literal["qwerty", "azerty", "qwertz", "dvorak", "jcuken", "greek", "hebrew", "arabic", "inscript"]
LAYOUTS: tuple[str, ...] = get_args(Layout)

_OFFSETS = (0.0, 0.25, 0.75)
_DIGITS = "1234567890"

# Three rows from the top, key by key from the one right of Tab, of Caps Lock, and of Shift (on an ANSI keyboard); a
# space stands for a key without a letter of its own. Where Shift gives another letter than the capital, as in
# InScript, its rows follow.
_ROWS: dict[str, tuple[str, ...]] = {
    "qwerty": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "azerty": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
    "qwertz": ("qwertzuiopü", "asdfghjklöä", "yxcvbnm"),
    "dvorak": ("   pyfgcrl", "aoeuidhtns", " qjkxbmwvz"),
    "jcuken": ("йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю"),
    "greek": (" ςερτυθιοπ", "ασδφγηξκλ", "ζχψωβνμ"),
    "hebrew": ("  קראטוןםפ", "שדגכעיחלךף", "זסבהנמצתץ"),
    "arabic": ("ضصثقفغعهخحجد", "شسيبلاتنمكط", "ئءؤر ىةوزظ"),
    "inscript": ("ौैाीूबहगदजड़", "ोे्िुपरकतचट", "ॆंमनवलस  य", "औऐआईऊभङघधझढञ", "ओएअइउफऱखथछठ", "ऎँणऩऴळश  \u095f"),
}


@cache
def neighbours(layout: str = "qwerty") -> dict[str, str]:
    """Each key's neighbours, in the order they are drawn in: left to right, top row first.

    Two letters are neighbours when they are next to each other in a row, or in adjoining rows and less than a key's
    width apart sideways (the rows of a keyboard are set off by a quarter and a half key). Digits neighbour digits.

    Args:
        layout: one of :data:`LAYOUTS`.

    Example:
        >>> neighbours()["s"], neighbours()["S"], neighbours()["1"], neighbours("jcuken")["ж"]
        ('weadzx', 'WEADZX', '2', 'зхдэю')
    """
    out: dict[str, str] = {}
    rows = _ROWS[layout]
    for level in range(0, len(rows), 3):
        keys = [(letter, y, x + offset) for y, (offset, row) in enumerate(zip(_OFFSETS, rows[level:level + 3],
                                                                              strict=True))
                for x, letter in enumerate(row) if letter != " "]
        for letter, y, x in keys:
            near = [c for c, cy, cx in keys if c != letter
                    and (abs(cx - x) <= 1 if cy == y else abs(cy - y) == 1 and abs(cx - x) < 1)]
            out[letter] = "".join(near)
            capital = letter.upper()
            if capital != letter and capital.lower() == letter:
                # A letter without a capital of its own, such as final sigma, is no neighbour of capitals.
                out[capital] = "".join(c.upper() for c in near if c.upper().lower() == c)
    for i, digit in enumerate(_DIGITS):
        out[digit] = _DIGITS[max(i - 1, 0):i] + _DIGITS[i + 1:i + 2]
    return out

