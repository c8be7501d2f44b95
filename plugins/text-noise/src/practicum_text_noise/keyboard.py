"""Typos made by hitting a neighbouring key."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from pydantic import Field

from practicum_text_noise.layouts import Layout, neighbours
from practicum_text_noise.table_noise import TableNoise
from practicum_text_noise.tables import Table, build_table


@cache
def _typos(layout: str) -> Table:
    return build_table(neighbours(layout))


class KeyboardTypo(TableNoise):
    """Replaces letters and digits by a neighbouring key.

    Eligible are the letters of the layout and the 10 ASCII digits; all other characters stay. Each eligible character
    is replaced with probability ``rate`` by one of its neighbours, each equally likely: a letter by a letter of the
    same case (of the same level on ``inscript``, whose Shift gives other letters), a digit by a digit. A higher rate
    makes the same typos and more.

    The ``key`` noise of Belinkov and Bisk (arXiv:1711.02173), which makes one typo in a word.

    Args:
        rate: probability in 0..1 that an eligible character is mistyped.
        layout: ``qwerty``, ``azerty``, ``qwertz``, ``dvorak`` (Latin), ``jcuken`` (Russian), ``greek``, ``hebrew``,
            ``arabic`` or ``inscript`` (Devanagari).
        on: the text column, where there is a choice.

    Example:
        >>> KeyboardTypo(rate=0.2)(["The quick brown fox, 42!"], seed=1)
        ['The quufk vrowm dox, 41!']
        >>> KeyboardTypo(rate=0.2, layout="jcuken")(["Съешь ещё этих мягких булок, 42!"], seed=1)
        ['Съешь кзё ътих мыгких лвдтк, 42!']
    """

    name: ClassVar[str] = "text-noise/keyboard-typo"

    layout: Layout = Field(default="qwerty", description="the keyboard")

    def _table(self) -> Table:
        return _typos(self.layout)
