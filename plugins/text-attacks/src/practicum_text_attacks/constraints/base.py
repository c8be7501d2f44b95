"""What every constraint is: a mask of positions before substitutes are made, or a filter of substitutes after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from practicum_text_attacks.sentence import Sentence

Mask = npt.NDArray[np.bool_]


class Change(NamedTuple):
    """A text with one more word replaced.

    Args:
        sentence: the text before the attack.
        before: the same as a string.
        words: the words after.
        position: the word replaced last.
        after: the text after.
        moved: words replaced, as :func:`words_moved` counts them; counted when asked for where ``None``.
        visits: how often each word had been replaced before this one was.
    """

    sentence: Sentence
    before: str
    words: tuple[str, ...]
    position: int
    after: str
    moved: int | None = None
    visits: tuple[int, ...] = ()

    def words_moved(self) -> int:
        """How many words have been replaced."""
        return words_moved(self.sentence, self.words) if self.moved is None else self.moved


def word_cost(old: str, new: str) -> int:
    """What a replacement counts in words: as many as take its place, one for a deletion, none for the word itself."""
    return 0 if old == new else max(1, len(new.split()))


def words_moved(sentence: Sentence, words: Sequence[str]) -> int:
    """Words replaced, each counted as often as words take its place; never less than the Levenshtein distance."""
    return sum(map(word_cost, sentence.words, words))


class Constraint(BaseModel):
    """A rule that an attacked text keeps; rules cost no queries.

    ClassVars:
        when: ``before``: says which words may be replaced; ``after``: says which replacements may stand.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    when: ClassVar[Literal["before", "after"]] = "after"

    def free(self, sentences: Sequence[Sentence]) -> list[Mask]:
        """For each text which of its words may be replaced, bool [L]."""
        return [np.ones(len(s.words), dtype=bool) for s in sentences]

    def visits(self) -> int | None:
        """How often one word may be replaced; any number when ``None``."""
        return None

    def allows(self, changes: Sequence[Change]) -> Mask:
        """Which changes may stand, bool [N]."""
        return np.ones(len(changes), dtype=bool)
