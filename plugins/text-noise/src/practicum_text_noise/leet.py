"""Digits and symbols in place of letters."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from pydantic import Field

from practicum_text_noise.table_noise import TableNoise
from practicum_text_noise.tables import Table, build_table

_LEVELS = (
    "a4 e3 i1 o0",
    "a@ i! s5 s$ t7 l1 z2 b8 g9",
    r"""c( d|) f|= h|-| j_| k|< m|\/| n|\| p|* q0, r|2 u|_| v\/ w\/\/ x>< y`/ """,
)


@cache
def leet(level: int) -> dict[str, list[str]]:
    """What each letter may become at a level and those below it.

    Example:
        >>> leet(1)["e"], leet(2)["S"], leet(3)["w"]
        (['3'], ['5', '$'], ['\\\\/\\\\/'])
    """
    out: dict[str, list[str]] = {}
    for pair in " ".join(_LEVELS[:level]).split():
        for letter in (pair[0], pair[0].upper()):
            out.setdefault(letter, []).append(pair[1:])
    return out


@cache
def _table(level: int) -> Table:
    return build_table(leet(level))


class Leet(TableNoise):
    """Replaces letters by digits and symbols that look alike, as in l33t.

    Eligible are the ASCII letters of the level, in both cases: at level 1 ``a e i o`` become digits, level 2 adds
    ``b g l s t z`` and symbols, level 3 the other letters drawn with up to four strokes. Each is replaced with
    probability ``rate`` by one of its forms, each equally likely. A higher rate makes the same replacements and more.

    The leet letters of NL-Augmenter (arXiv:2112.02721), with levels.

    Args:
        rate: probability in 0..1 that an eligible letter is replaced.
        level: 1 to 3.
        on: the text column, where there is a choice.

    Example:
        >>> Leet(rate=0.5)(["The quick brown fox, 42!"], seed=1)
        ['The qu1ck brown f0x, 42!']
    """

    name: ClassVar[str] = "text-noise/leet"

    level: int = Field(default=1, ge=1, le=3, description="how many letters, and how far from them")

    def _table(self) -> Table:
        return _table(self.level)
