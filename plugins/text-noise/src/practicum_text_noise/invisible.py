"""Changes that a reader doesn't see."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import ClassVar

from pydantic import Field, field_validator

from practicum_text_noise.case_table import PAIRS
from practicum_text_noise.diacritics_table import GROUPS
from practicum_text_noise.noise import Kernel
from practicum_text_noise.table_kernel import INSERT, REORDER
from practicum_text_noise.table_noise import TableNoise, table_operation
from practicum_text_noise.tables import Table, build_table
from practicum_text_noise.unicode_classes import WORD

ZERO_WIDTH = "\u200b\u200c\u200d\u2060\ufeff"
"""Zero width space, non-joiner, joiner, word joiner, and zero width no-break space."""

OVERRIDE, POP = "\u202e", "\u202c"
"""Right-to-left override, and the end of it."""


@lru_cache(maxsize=32)
def _insertions(characters: str) -> Table:
    return build_table({}, classes={WORD: list(characters)})


@cache
def left_to_right() -> frozenset[str]:
    """Letters that are reordered: those with two cases and those with diacritical marks, below U+2C00."""
    return frozenset(c for c in PAIRS + GROUPS if c.isalpha() and ord(c) < 0x2C00)


@cache
def _reorder() -> Table:
    return build_table({letter: [OVERRIDE, POP] for letter in left_to_right()}, edits=2)


class ZeroWidthInsert(TableNoise):
    """Inserts characters of no width into words.

    Eligible is the place between two characters of words (neither whitespace nor punctuation). With probability
    ``rate`` one of ``characters`` is inserted there, each equally likely. A higher rate inserts the same ones and
    more. In scripts and emoji that use joiners, these may show.

    The invisible characters of Boucher et al., Bad Characters (arXiv:2106.09898), who search for the most harmful
    places with a model, here at random.

    Args:
        rate: probability in 0..1 of an insertion at an eligible place.
        characters: which of U+200B, U+200C, U+200D, U+2060 and U+FEFF; all when left out.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: ``characters`` is empty, repeats one or holds another.

    Example:
        >>> out = ZeroWidthInsert(rate=0.2)(["The quick brown fox, 42!"], seed=1)[0]
        >>> len(out), ascii(out)
        (26, "'The quic\\\\u200ck b\\\\u200drown fox, 42!'")
    """

    name: ClassVar[str] = "text-noise/zero-width-insert"
    operation: ClassVar[Kernel] = table_operation(INSERT, after=1 << WORD)

    characters: str = Field(default=ZERO_WIDTH, min_length=1, max_length=len(ZERO_WIDTH),
                            description="the characters to draw from, each equally likely")

    @field_validator("characters")
    @classmethod
    def _check_characters(cls, value: str) -> str:
        wrong = [c for i, c in enumerate(value) if c in value[:i] or c not in ZERO_WIDTH]
        if wrong:
            known = ", ".join(f"U+{ord(c):04X}" for c in ZERO_WIDTH)
            raise ValueError(f"U+{ord(wrong[0]):04X} occurs twice or is not one of {known}")
        return value

    def _table(self) -> Table:
        return _insertions(self.characters)


class BidiReorder(TableNoise):
    """Swaps neighbouring letters inside marks that show them in the old order.

    The text is cut into pairs of neighbours, beginning at its first or second character (one fair draw a text); each
    pair of two left-to-right letters (with upper and lower case or diacritical marks, below U+2C00) becomes, with
    probability ``rate``, a right-to-left override, the second, the first, and the end of the override. Displayed
    left to right, the text looks as before. A higher rate reorders the same pairs and more.

    The reorderings of Boucher et al., Bad Characters (arXiv:2106.09898), with one override in place of nested ones, and
    at random places.

    Args:
        rate: probability in 0..1 that a pair is reordered.
        on: the text column, where there is a choice.

    Example:
        >>> ascii(BidiReorder(rate=0.3)(["The quick fox"], seed=1)[0])
        "'\\\\u202ehT\\\\u202ce \\\\u202euq\\\\u202cick fox'"
    """

    name: ClassVar[str] = "text-noise/bidi-reorder"
    operation: ClassVar[Kernel] = table_operation(REORDER)

    def _table(self) -> Table:
        return _reorder()
