"""Letters repeated, and vowels left out."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from pydantic import Field

from practicum_text_noise.noise import Kernel, Pool
from practicum_text_noise.table_kernel import REPEAT, REPLACE
from practicum_text_noise.table_noise import TableNoise, table_operation
from practicum_text_noise.tables import Table, build_table, repeat_table
from practicum_text_noise.unicode_classes import WORD


@cache
def _vowels() -> Table:
    return build_table({vowel: [""] for vowel in "aeiouAEIOU"})


class CharRepeat(TableNoise):
    """Repeats characters, as a key held too long does.

    A character is one Unicode code point, and eligible unless it is whitespace or punctuation. After each eligible
    character 1 to ``times`` more of it are inserted with probability ``rate``, each number equally likely. A higher
    rate repeats the same characters and more.

    The repetitions of NL-Augmenter (arXiv:2112.02721) and of social media.

    Args:
        rate: probability in 0..1 that an eligible character is repeated.
        times: the most copies, 1 to 8.
        on: the text column, where there is a choice.

    Example:
        >>> CharRepeat(rate=0.2)(["The quick brown fox, 42!"], seed=1)
        ['The quickk brown fox, 42!']
        >>> CharRepeat(rate=0.2, times=5)(["The quick brown fox, 42!"], seed=1)
        ['The quickkkk brown fox, 42!']
    """

    name: ClassVar[str] = "text-noise/char-repeat"

    times: int = Field(default=1, ge=1, le=8, description="the most copies")

    def _table(self) -> Table:
        return repeat_table(WORD, self.times)

    def _kernel(self) -> tuple[Kernel, Pool]:
        return table_operation(REPEAT, times=self.times), self._table()


class Disemvowel(TableNoise):
    """Leaves out vowels.

    Eligible are the ASCII vowels ``a e i o u``, in both cases, after another character of a word; so words keep their
    first character. Each is deleted with probability ``rate``. A higher rate deletes the same vowels and more.

    The disemvoweling of Eger and Benz, From Hero to Zéroe (arXiv:2010.05648), which takes all vowels of a word.

    Args:
        rate: probability in 0..1 that an eligible vowel is deleted.
        on: the text column, where there is a choice.

    Example:
        >>> Disemvowel(rate=1.0)(["An unusual idea, again"])
        ['An unsl id, agn']
    """

    name: ClassVar[str] = "text-noise/disemvowel"
    operation: ClassVar[Kernel] = table_operation(REPLACE, before=1 << WORD)

    def _table(self) -> Table:
        return _vowels()
