"""The base of the techniques that replace words by what a dictionary says."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from practicum_text_noise import dictionary_kernel
from practicum_text_noise.dictionary import Dictionary
from practicum_text_noise.dictionary_kernel import ARTICLES, FOLD, REPLACE
from practicum_text_noise.letter_case import cases, lower_table
from practicum_text_noise.noise import Kernel, Noise, Pool, _byte_kinds
from practicum_text_noise.unicode_classes import char_classes
from practicum_text_noise.writing import FIELDS


def scratch(room: int) -> tuple[Any, ...]:
    """Working memory for texts of up to ``room`` bytes: draws, hits, words' tokens, bounds, plan, folded text."""
    return (np.empty(room, np.uint32), *(np.empty(room + 1, np.int32) for _ in range(4)),
            np.empty(FIELDS * room, np.int32), np.zeros(room, np.uint8))


def dictionary_operation(op: int, dictionary: Dictionary, options: int = FOLD) -> Kernel:
    """A dictionary operation in the form that :func:`practicum_text_noise.noise.run` calls."""
    def call(limit: np.uint32, stream: np.uint64, hashes: Any, offsets: Any, data: Any, pool: Pool, room: int,
             *outputs: Any) -> None:
        dictionary_kernel.dictionary_noise(op, options + dictionary.options, limit, stream, hashes, offsets, data,
                                           char_classes(), _byte_kinds(), lower_table(), cases(), dictionary.arrays,
                                           pool.data, scratch(room), *outputs)
    return call


class Replacement(Noise):
    """Replaces each word that a dictionary knows with probability ``rate`` by one of its alternatives.

    A word is a longest run of characters without whitespace that holds more than punctuation; it is looked up without
    the punctuation around it, and without a possessive 's where the dictionary doesn't know it with one. Of several
    keys that begin at a word the longest counts, and words it takes are not looked at again, whether it is replaced or
    not. UPPER CASE and a first letter in Upper case are kept.

    Args:
        rate: probability in 0..1 that a word or phrase that the dictionary knows is replaced.
        on: the text column, where there is a choice.
    """

    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.1, 0.3, 1.0)}
    mends_articles: ClassVar[bool] = False
    """Whether "a" and "an" before a replaced word are made to fit it."""

    rate: float = Field(default=0.5, ge=0.0, le=1.0,
                        description="probability that a word or phrase that the dictionary knows is replaced")

    @abstractmethod
    def _dictionary(self) -> Dictionary:
        """The packed dictionary; made once."""

    def _kernel(self) -> tuple[Kernel, Pool]:
        dictionary = self._dictionary()
        options = FOLD + ARTICLES * self.mends_articles
        return dictionary_operation(REPLACE, dictionary, options), dictionary.pool
