"""Diacritical marks put on letters, and taken off."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from practicum_text_noise.diacritics_table import GROUPS
from practicum_text_noise.table_noise import TableNoise
from practicum_text_noise.tables import Table, build_table

_STROKES = {"Ø": "O", "ø": "o", "Đ": "D", "đ": "d", "Ł": "L", "ł": "l", "Ħ": "H", "ħ": "h", "Ŧ": "T", "ŧ": "t",
            "ı": "i"}


@cache
def marked() -> dict[str, list[str]]:
    """Each letter's forms with one diacritical mark.

    Example:
        >>> marked()["c"]
        ['ç', 'ć', 'ĉ', 'ċ', 'č']
    """
    found = {group[0]: list(group[1:].split("|")[0]) for group in GROUPS.split()}
    return {letter: forms for letter, forms in found.items() if forms}


@cache
def unmarked() -> dict[str, str]:
    """Each marked letter's base; combining marks become nothing.

    Example:
        >>> unmarked()["ế"], unmarked()["Ł"], unmarked()["\\u0301"]
        ('e', 'L', '')
    """
    bases = {form: group[0] for group in GROUPS.split() for form in group[1:] if form != "|"}
    for letter, base in _STROKES.items():
        bases |= dict.fromkeys([letter, *marked().get(letter, [])], base)
    return bases | {chr(mark): "" for mark in range(0x300, 0x370)}


@cache
def _adding() -> Table:
    return build_table(marked())


@cache
def _stripping() -> Table:
    return build_table({letter: [base] for letter, base in unmarked().items()})


class DiacriticsAdd(TableNoise):
    """Puts diacritical marks on letters.

    Eligible are the letters that have a form with one combining diacritical mark (Latin, Greek, Cyrillic; the canonical
    decompositions of Unicode 14). Each is replaced with probability ``rate`` by one of its forms, each equally likely,
    case kept. A higher rate makes the same replacements and more.

    In the manner of the visual perturbations of Eger et al. (arXiv:1903.11508), which draw from letters that look or
    are described alike.

    Args:
        rate: probability in 0..1 that an eligible letter gets a mark.
        on: the text column, where there is a choice.

    Example:
        >>> DiacriticsAdd(rate=0.3)(["The quick brown fox, 42!"], seed=1)
        ['Țhe quiçk ḇroẘn fōx, 42!']
    """

    name: ClassVar[str] = "text-noise/diacritics-add"

    def _table(self) -> Table:
        return _adding()


class DiacriticsStrip(TableNoise):
    """Takes diacritical marks off letters.

    Eligible are letters whose canonical decomposition in Unicode 14 is a letter and combining diacritical marks
    (U+0300 to U+036F), these marks themselves, and eleven letters with strokes or without their dot (``ø``, ``đ``,
    ``ł``, ``ħ``, ``ŧ`` and their capitals, ``ı``). Each loses its marks with probability ``rate``; marks that make
    letters of other scripts, such as Hebrew vowels or kana voicing, stay. A higher rate strips the same letters and
    more.

    The folding that search engines and careless typists do; nothing here depends on the language, so that ``ü`` becomes
    ``u`` and not ``ue``.

    Args:
        rate: probability in 0..1 that an eligible character is stripped.
        on: the text column, where there is a choice.

    Example:
        >>> DiacriticsStrip(rate=1.0)(["Ångström café, Łódź, Пётр, phở"])
        ['Angstrom cafe, Lodz, Петр, pho']
    """

    name: ClassVar[str] = "text-noise/diacritics-strip"

    def _table(self) -> Table:
        return _stripping()
