"""Noise on whitespace: inserted, deleted, repeated, replaced."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import ClassVar

from pydantic import Field, field_validator

from practicum_text_noise.noise import Kernel, Pool
from practicum_text_noise.table_kernel import INSERT, REPEAT, REPLACE
from practicum_text_noise.table_noise import TableNoise, table_operation
from practicum_text_noise.tables import Table, build_table, repeat_table
from practicum_text_noise.unicode_classes import SPACE, WORD


@cache
def _breaks() -> Table:
    return build_table({}, classes={WORD: [" "]})


@cache
def _deletions() -> Table:
    return build_table({}, classes={SPACE: [""]})


@lru_cache(maxsize=64)
def _others(spaces: str) -> Table:
    return build_table({c: [o for o in spaces if o != c] for c in spaces}, classes={SPACE: list(spaces)})


class SpaceInsert(TableNoise):
    """Breaks words by spaces.

    Eligible is the place between two characters of words (neither whitespace nor punctuation); a space is inserted
    there with probability ``rate``. A higher rate inserts the same spaces and more. Of a tag's token both parts keep
    the tag.

    The segmentation noise of Eger and Benz, From Hero to Zéroe (arXiv:2010.05648), which joins words, too: see
    ``space-delete``.

    Args:
        rate: probability in 0..1 of a space at an eligible place.
        on: the text column, where there is a choice.

    Example:
        >>> SpaceInsert(rate=0.2)(["The quick brown fox, 42!"], seed=1)
        ['The quick br own fox, 4 2!']
    """

    name: ClassVar[str] = "text-noise/space-insert"
    operation: ClassVar[Kernel] = table_operation(INSERT, after=1 << WORD)

    def _table(self) -> Table:
        return _breaks()


class SpaceDelete(TableNoise):
    """Deletes whitespace, so that words run together.

    Each whitespace character is deleted with probability ``rate``. A higher rate deletes the same ones and more.
    Joined tokens take the tag of the first.

    The segmentation noise of Eger and Benz, From Hero to Zéroe (arXiv:2010.05648).

    Args:
        rate: probability in 0..1 that a whitespace character is deleted.
        on: the text column, where there is a choice.

    Example:
        >>> SpaceDelete(rate=0.5)(["The quick brown fox, 42!"], seed=1)
        ['Thequick brownfox, 42!']
    """

    name: ClassVar[str] = "text-noise/space-delete"

    def _table(self) -> Table:
        return _deletions()


class SpaceRepeat(TableNoise):
    """Repeats whitespace.

    After each whitespace character 1 to ``times`` more of it are inserted with probability ``rate``, each number
    equally likely. A higher rate repeats the same ones and more.

    The whitespace perturbation of NL-Augmenter (arXiv:2112.02721), there for spaces only.

    Args:
        rate: probability in 0..1 that a whitespace character is repeated.
        times: the most copies, 1 to 8.
        on: the text column, where there is a choice.

    Example:
        >>> SpaceRepeat(rate=0.5, times=3)(["The quick brown fox, 42!"], seed=1)
        ['The    quick brown   fox, 42!']
    """

    name: ClassVar[str] = "text-noise/space-repeat"

    times: int = Field(default=1, ge=1, le=8, description="the most copies")

    def _table(self) -> Table:
        return repeat_table(SPACE, self.times)

    def _kernel(self) -> tuple[Kernel, Pool]:
        return table_operation(REPEAT, times=self.times), self._table()


class SpaceReplace(TableNoise):
    """Replaces whitespace by other whitespace, such as tabs and no-break spaces.

    Each whitespace character is replaced with probability ``rate`` by one of ``spaces``, each equally likely and never
    itself. A higher rate makes the same replacements and more. Tokens stay as they are.

    The whitespace that web pages, tables and scans bring in; like the whitespace perturbation of NL-Augmenter
    (arXiv:2112.02721), which inserts and deletes spaces.

    Args:
        rate: probability in 0..1 that a whitespace character is replaced.
        spaces: 1 to 25 different whitespace characters to draw from; a tab, a newline, the no-break space, the thin
            space and the ideographic space when left out.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: ``spaces`` is empty, repeats a character or holds one that isn't whitespace.

    Example:
        >>> ascii(SpaceReplace(rate=0.5)(["The quick brown fox, 42!"], seed=2)[0])
        "'The quick\\\\xa0brown fox, 42!'"
    """

    name: ClassVar[str] = "text-noise/space-replace"
    operation: ClassVar[Kernel] = table_operation(REPLACE)

    spaces: str = Field(default="\t\n\u00a0\u2009\u3000", min_length=1, max_length=25,
                        description="the whitespace to draw from, each equally likely")

    @field_validator("spaces")
    @classmethod
    def _check_spaces(cls, value: str) -> str:
        for i, character in enumerate(value):
            if character in value[:i]:
                raise ValueError(f"character {character!r} occurs twice; each is drawn equally often, so name it once")
            if not character.isspace():
                raise ValueError(f"{character!r} is not whitespace")
        return value

    def _table(self) -> Table:
        return _others(self.spaces)
