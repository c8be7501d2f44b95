"""Letters of other widths and styles, which readers take for the same and most tokenizers don't."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Literal, get_args

from pydantic import Field

from practicum_text_noise.noise import Kernel, Pool
from practicum_text_noise.table_kernel import REPLACE
from practicum_text_noise.table_noise import TableNoise, table_operation
from practicum_text_noise.tables import Table, build_table

Style = Literal["bold", "italic", "bold-italic", "script", "bold-script", "fraktur", "double-struck", "bold-fraktur",
                "sans", "sans-bold", "sans-italic", "sans-bold-italic", "monospace", "circled"]
STYLES: tuple[str, ...] = get_args(Style)

_UPPER, _LOWER, _DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz", "0123456789"

# First capital, first small letter, and digit zero (0: none) of each style in Mathematical Alphanumeric Symbols.
_STARTS = {"bold": (0x1D400, 0x1D41A, 0x1D7CE), "italic": (0x1D434, 0x1D44E, 0), "bold-italic": (0x1D468, 0x1D482, 0),
           "script": (0x1D49C, 0x1D4B6, 0), "bold-script": (0x1D4D0, 0x1D4EA, 0), "fraktur": (0x1D504, 0x1D51E, 0),
           "double-struck": (0x1D538, 0x1D552, 0x1D7D8), "bold-fraktur": (0x1D56C, 0x1D586, 0),
           "sans": (0x1D5A0, 0x1D5BA, 0x1D7E2), "sans-bold": (0x1D5D4, 0x1D5EE, 0x1D7EC),
           "sans-italic": (0x1D608, 0x1D622, 0), "sans-bold-italic": (0x1D63C, 0x1D656, 0),
           "monospace": (0x1D670, 0x1D68A, 0x1D7F6), "circled": (0x24B6, 0x24D0, 0)}

# Letters that Unicode had before and so left out of the runs above.
_ELSEWHERE = {"italic": "hℎ", "script": "Bℬ Eℰ Fℱ Hℋ Iℐ Lℒ Mℳ Rℛ eℯ gℊ oℴ", "fraktur": "Cℭ Hℌ Iℑ Rℜ Zℨ",
              "double-struck": "Cℂ Hℍ Nℕ Pℙ Qℚ Rℝ Zℤ",
              "circled": "0⓪ 1① 2② 3③ 4④ 5⑤ 6⑥ 7⑦ 8⑧ 9⑨"}

_FLIPPED = ("aɐ bq cɔ dp eǝ fɟ gƃ hɥ iᴉ jɾ kʞ mɯ nu pd qb rɹ tʇ un vʌ wʍ yʎ AⱯ CƆ EƎ FℲ G⅁ JՐ KꞰ L⅂ Mꟽ Rꓤ TꞱ U∩ V∧ "
            "WM Y⅄ 1Ɩ 2ᄅ 3Ɛ 4ㄣ 5ϛ 69 7ㄥ 96 ?¿ !¡ .˙ &⅋ _‾")


@cache
def styled(style: str) -> dict[str, str]:
    """Each ASCII letter and digit in a style.

    Example:
        >>> styled("bold")["A"], styled("script")["e"], styled("circled")["7"]
        ('𝐀', 'ℯ', '⑦')
    """
    out: dict[str, str] = {}
    for letters, start in zip((_UPPER, _LOWER, _DIGITS), _STARTS[style], strict=True):
        out |= {letter: chr(start + i) for i, letter in enumerate(letters) if start}
    return out | {pair[0]: pair[1] for pair in _ELSEWHERE.get(style, "").split()}


@cache
def _styles(style: str) -> Table:
    tables = [styled(s) for s in (STYLES if style == "any" else (style,))]
    return build_table({letter: [t[letter] for t in tables if letter in t] for letter in _UPPER + _LOWER + _DIGITS})


@cache
def _wide() -> Table:
    return build_table({chr(point): [chr(point + 0xFEE0)] for point in range(0x21, 0x7F)})


@cache
def flipped() -> dict[str, str]:
    """Each character's counterpart upside down.

    Example:
        >>> flipped()["a"], flipped()["6"]
        ('ɐ', '9')
    """
    return {pair[0]: pair[1] for pair in _FLIPPED.split()}


@cache
def _turned() -> Table:
    return build_table({c: [new] for c, new in flipped().items()})


class FancyFont(TableNoise):
    """Sets letters and digits in another style of Unicode, such as 𝐛𝐨𝐥𝐝 or 𝒮𝒸𝓇𝒾𝓅𝓉.

    Eligible are the ASCII letters and those digits that the style has. With ``unit="char"`` each is replaced with
    probability ``rate``; with ``unit="word"`` all those of a word are replaced together, and a word is a longest run
    without whitespace. A higher rate makes the same replacements and more. ``unicode-normalize`` to NFKC undoes it.

    The fun fonts of AugLy (arXiv:2201.06494).

    Args:
        rate: probability in 0..1 that an eligible character, or a word, is set in the style.
        style: ``bold``, ``italic``, ``bold-italic``, ``script``, ``bold-script``, ``fraktur``, ``double-struck``,
            ``bold-fraktur``, ``sans``, ``sans-bold``, ``sans-italic``, ``sans-bold-italic``, ``monospace``,
            ``circled``, or ``any``: one of them for each character.
        unit: ``char`` or ``word``.
        on: the text column, where there is a choice.

    Example:
        >>> FancyFont(rate=0.3, unit="word")(["The quick brown fox, 42!"], seed=1)
        ['The 𝐪𝐮𝐢𝐜𝐤 brown fox, 42!']
    """

    name: ClassVar[str] = "text-noise/fancy-font"

    style: Style | Literal["any"] = Field(default="bold", description="the style")
    unit: Literal["char", "word"] = Field(default="char", description="what is drawn: characters or words")

    def _table(self) -> Table:
        return _styles(self.style)

    def _kernel(self) -> tuple[Kernel, Pool]:
        return table_operation(REPLACE, by_word=self.unit == "word"), self._table()


class Fullwidth(TableNoise):
    """Replaces ASCII characters by their fullwidth forms.

    Eligible are the 94 visible ASCII characters, punctuation included; whitespace stays. Each is replaced with
    probability ``rate``. A higher rate makes the same replacements and more. ``unicode-normalize`` to NFKC undoes it.

    As East Asian keyboards type them.

    Args:
        rate: probability in 0..1 that an eligible character is replaced.
        on: the text column, where there is a choice.

    Example:
        >>> Fullwidth(rate=0.3)(["The quick brown fox, 42!"], seed=1)
        ['Ｔhe qｕicｋ brｏwｎ fox， 4２!']
    """

    name: ClassVar[str] = "text-noise/fullwidth"

    def _table(self) -> Table:
        return _wide()


class UpsideDown(TableNoise):
    """Replaces characters by ones that look like them turned upside down.

    Eligible are ASCII letters and digits that have such a counterpart (not ``l``, ``o``, ``s``, ``x`` and others that
    are their own), and ``? ! . & _``. Each is replaced with probability ``rate``; the order of the characters stays. A
    higher rate makes the same replacements and more.

    Like the upside-down text of AugLy (arXiv:2201.06494), which turns the order, too.

    Args:
        rate: probability in 0..1 that an eligible character is replaced.
        on: the text column, where there is a choice.

    Example:
        >>> UpsideDown(rate=1.0)(["The quick brown fox, 42!"])
        ['Ʇɥǝ bnᴉɔʞ qɹoʍu ɟox, ㄣᄅ¡']
    """

    name: ClassVar[str] = "text-noise/upside-down"

    def _table(self) -> Table:
        return _turned()
