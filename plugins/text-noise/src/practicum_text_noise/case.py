"""Letters in another case."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_noise import case_table
from practicum_text_noise.noise import Kernel, Pool
from practicum_text_noise.table_kernel import ANY, EDGE, REPLACE
from practicum_text_noise.table_noise import TableNoise, table_operation
from practicum_text_noise.tables import Table, build_table
from practicum_text_noise.unicode_classes import SPACE

_HEADS = 1 << SPACE | 1 << EDGE


@cache
def case_changes(mode: str) -> dict[str, str]:
    """What each letter becomes in ``upper``, ``lower`` or the other case (``swap``), by Unicode 14.

    Example:
        >>> case_changes("upper")["ß"], case_changes("swap")["É"]
        ('SS', 'é')
    """
    up = {pair[0]: pair[1:] for pair in (case_table.PAIRS + case_table.UPPER).split()}
    low = {pair[1]: pair[0] for pair in case_table.PAIRS.split()} | {c[0]: c[1:] for c in case_table.LOWER.split()}
    return {"upper": up, "lower": low, "swap": up | low}[mode]


@cache
def _table(mode: str) -> Table:
    return build_table({c: [new] for c, new in case_changes("upper" if mode == "title" else mode).items()})


class CaseChange(TableNoise):
    """Changes the case of letters.

    Eligible are, for ``upper``, the characters whose upper case differs from them, for ``lower`` those whose lower case
    does, for ``swap`` both, and for ``title`` those of ``upper`` at the head of a word, that is after whitespace or at
    the start of the text. With ``unit="char"`` each is changed with probability ``rate`` (``swap`` at 0.5 gives random
    case); with ``unit="word"`` all those of a word are changed together, and a word is a longest run without
    whitespace. A higher rate makes the same changes and more.

    One character at a time, as Unicode's default mappings say (``ß`` becomes ``SS``), without those that depend on the
    language or on the neighbours (final sigma). Like the random upper case of NL-Augmenter (arXiv:2112.02721).

    Args:
        rate: probability in 0..1 that a character, or a word, is changed.
        mode: ``upper``, ``lower``, ``swap`` or ``title``.
        unit: ``char`` or ``word``.
        on: the text column, where there is a choice.

    Example:
        >>> CaseChange(rate=0.3)(["The quick brown fox, 42!"], seed=1)
        ['The QuicK brown fox, 42!']
        >>> CaseChange(rate=0.5, mode="upper", unit="word")(["The quick brown fox, 42!"], seed=1)
        ['The QUICK brown fox, 42!']
    """

    name: ClassVar[str] = "text-noise/case-change"

    mode: Literal["upper", "lower", "swap", "title"] = Field(default="swap", description="what letters become")
    unit: Literal["char", "word"] = Field(default="char", description="what is drawn: characters or words")

    def _table(self) -> Table:
        return _table(self.mode)

    def _kernel(self) -> tuple[Kernel, Pool]:
        before = _HEADS if self.mode == "title" else ANY
        return table_operation(REPLACE, by_word=self.unit == "word", before=before), self._table()
