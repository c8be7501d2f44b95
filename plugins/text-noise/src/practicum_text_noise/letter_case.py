"""Upper and lower case as fixed tables, for looking words up whatever their case and for keeping it.

The tables cover the characters below U+2000 (Latin, Greek, Cyrillic, Armenian and others) whose lower-case form takes
as many bytes of UTF-8, so that folding a text moves nothing in it.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

COVERED = 0x2000
"""Characters from here on are left as they are."""

UNCASED, LOWER, UPPER = range(3)
"""What :func:`cases` says about a character."""


@cache
def lower_table() -> npt.NDArray[np.uint16]:
    """The lower-case form of each character below :data:`COVERED`, uint16 [0x2000], read-only."""
    table = np.arange(COVERED, dtype=np.uint16)
    for point in range(COVERED):
        low = chr(point).lower()
        if len(low) == 1 and ord(low) < COVERED and len(low.encode()) == len(chr(point).encode()):
            table[point] = ord(low)
    table.flags.writeable = False
    return table


@cache
def cases() -> npt.NDArray[np.uint8]:
    """Whether each character below :data:`COVERED` is upper case, lower case or neither, uint8 [0x2000], read-only."""
    table, low = np.zeros(COVERED, np.uint8), lower_table()
    for point in range(COVERED):
        if low[point] != point:
            table[point] = UPPER
        elif chr(point).upper() != chr(point):
            table[point] = LOWER
    table.flags.writeable = False
    return table


@cache
def _translation() -> dict[int, int]:
    return {point: int(low) for point, low in enumerate(lower_table()) if low != point}


def fold(text: str) -> str:
    """The text in lower case, as the kernels fold it.

    Example:
        >>> fold("ÉCOLE Straße")
        'école straße'
    """
    return text.translate(_translation())


def title(text: str) -> str:
    """The text with its first letter in upper case.

    Example:
        >>> title("'tis so"), title("e.g.")
        ("'Tis so", 'E.g.')
    """
    for at, character in enumerate(text):
        if character.isalnum():
            return f"{text[:at]}{character.upper()}{text[at + 1:]}"
    return text
