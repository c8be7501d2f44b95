"""Noise on punctuation: inserted, deleted, replaced, repeated."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import ClassVar

from pydantic import Field, field_validator

from practicum_text_noise.noise import Kernel, Pool
from practicum_text_noise.table_kernel import EDGE, INSERT, REPEAT
from practicum_text_noise.table_noise import TableNoise, table_operation
from practicum_text_noise.tables import Table, build_table, repeat_table
from practicum_text_noise.unicode_classes import COVERED, PUNCTUATION, SPACE, WORD, char_classes

_MARKS = ".,;:!?"


@lru_cache(maxsize=64)
def _insertions(marks: str) -> Table:
    return build_table({}, classes={WORD: list(marks)})


@cache
def _deletions() -> Table:
    return build_table({}, classes={PUNCTUATION: [""]})


@lru_cache(maxsize=64)
def _others(marks: str) -> Table:
    return build_table({c: [o for o in marks if o != c] for c in marks}, classes={PUNCTUATION: list(marks)})


class _Marks(TableNoise):
    marks: str = Field(default=_MARKS, min_length=1, max_length=256,
                       description="the marks to draw from, each equally likely")

    @field_validator("marks")
    @classmethod
    def _check_marks(cls, value: str) -> str:
        for i, character in enumerate(value):
            if character in value[:i]:
                raise ValueError(f"character {character!r} occurs twice; each is drawn equally often, so name it once")
            if ord(character) >= COVERED or char_classes()[ord(character)] != PUNCTUATION:
                raise ValueError(f"{character!r} is not punctuation (Unicode category P or an ASCII symbol)")
        return value


class PunctuationInsert(_Marks):
    """Inserts punctuation after words.

    Eligible is the end of each word that no punctuation follows, that is a character of a word before whitespace or
    at the end of the text. With probability ``rate`` one of ``marks`` is inserted there, each equally likely. A higher
    rate inserts the same marks and more.

    AEDA of Karimi et al. (arXiv:2108.13230), which inserts marks before words, between spaces; here they are attached,
    so that the number of tokens stays.

    Args:
        rate: probability in 0..1 of a mark after an eligible word.
        marks: 1 to 256 different punctuation characters.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: ``marks`` is empty, repeats a character or holds one that isn't punctuation.

    Example:
        >>> PunctuationInsert(rate=0.5)(["The quick brown fox, 42!"], seed=1)
        ['The: quick brown fox, 42!']
    """

    name: ClassVar[str] = "text-noise/punctuation-insert"
    operation: ClassVar[Kernel] = table_operation(INSERT, after=1 << SPACE | 1 << EDGE)

    def _table(self) -> Table:
        return _insertions(self.marks)


class PunctuationDelete(TableNoise):
    """Deletes punctuation.

    Each punctuation character (Unicode's category P, and the ASCII symbols) is deleted with probability ``rate``; so
    are apostrophes and hyphens inside words. A text of punctuation only may become empty. A higher rate deletes the
    same ones and more.

    The punctuation perturbations of NL-Augmenter (arXiv:2112.02721).

    Args:
        rate: probability in 0..1 that a punctuation character is deleted.
        on: the text column, where there is a choice.

    Example:
        >>> PunctuationDelete(rate=1.0)(["Don't stop -- \u201cnow\u201d, I said!"])
        ['Dont stop  now I said']
    """

    name: ClassVar[str] = "text-noise/punctuation-delete"

    def _table(self) -> Table:
        return _deletions()


class PunctuationReplace(_Marks):
    """Replaces punctuation by other punctuation.

    Each punctuation character (Unicode's category P, and the ASCII symbols) is replaced with probability ``rate`` by
    one of ``marks``, each equally likely and never itself. A higher rate makes the same replacements and more.

    The punctuation perturbations of NL-Augmenter (arXiv:2112.02721).

    Args:
        rate: probability in 0..1 that a punctuation character is replaced.
        marks: 1 to 256 different punctuation characters.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: ``marks`` is empty, repeats a character or holds one that isn't punctuation.

    Example:
        >>> PunctuationReplace(rate=1.0)(["The quick (brown) fox, 42!"], seed=1)
        ['The quick ?brown. fox! 42?']
    """

    name: ClassVar[str] = "text-noise/punctuation-replace"

    def _table(self) -> Table:
        return _others(self.marks)


class PunctuationRepeat(TableNoise):
    """Repeats punctuation!!!

    After each punctuation character (Unicode's category P, and the ASCII symbols) 1 to ``times`` more of it are
    inserted with probability ``rate``, each number equally likely. A higher rate repeats the same ones and more.

    The emphatic punctuation of social media; like the punctuation perturbations of NL-Augmenter (arXiv:2112.02721).

    Args:
        rate: probability in 0..1 that a punctuation character is repeated.
        times: the most copies, 1 to 8.
        on: the text column, where there is a choice.

    Example:
        >>> PunctuationRepeat(rate=1.0)(["The quick (brown) fox, 42!"], seed=1)
        ['The quick ((brown)) fox,, 42!!']
    """

    name: ClassVar[str] = "text-noise/punctuation-repeat"

    times: int = Field(default=3, ge=1, le=8, description="the most copies")

    def _table(self) -> Table:
        return repeat_table(PUNCTUATION, self.times)

    def _kernel(self) -> tuple[Kernel, Pool]:
        return table_operation(REPEAT, times=self.times), self._table()
