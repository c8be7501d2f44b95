"""Easy data augmentation: synonyms replaced and inserted, words swapped and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator

from practicum_text_noise import eda_kernel
from practicum_text_noise.dictionary import Dictionary
from practicum_text_noise.dictionary_kernel import ARTICLES, FOLD, INSERT
from practicum_text_noise.letter_case import cases, lower_table
from practicum_text_noise.noise import Kernel, Pool, _byte_kinds
from practicum_text_noise.related import FromLexicon
from practicum_text_noise.replacement import dictionary_operation, scratch
from practicum_text_noise.unicode_classes import char_classes

Operation = Literal["replacement", "insertion", "swap", "deletion"]
_OPERATIONS: tuple[Operation, ...] = ("replacement", "insertion", "swap", "deletion")


class RandomInsertion(FromLexicon):
    """Inserts a synonym of a word at a random place, for each word with probability ``rate``.

    Words are found and their synonyms inflected as :class:`practicum_text_noise.related.Synonym` does it. Each place
    before one of the text's tokens is equally likely; the synonym stands in lower case, with a space after it. A higher
    rate makes the same insertions and more.

    The random insertion of Wei and Zou, EDA (arXiv:1901.11196), which makes a fixed number of them.

    Args:
        rate: probability in 0..1 that a synonym of a word that has any is inserted.
        lexicon, pos, senses, phrases, on: as in :class:`practicum_text_noise.related.FromLexicon`.

    Example:
        >>> RandomInsertion(rate=0.5)(["The quick fox saw a big house."], seed=3)
        ['The quick residence fox saw noticed a big huge house.']
    """

    name: ClassVar[str] = "text-noise/random-insertion"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.1, 0.2, 0.3)}
    relation: ClassVar[str] = "synonym"

    rate: float = Field(default=0.2, ge=0.0, le=1.0,
                        description="probability that a synonym of a word that has any is inserted")

    def _kernel(self) -> tuple[Kernel, Pool]:
        dictionary = self._dictionary()
        return dictionary_operation(INSERT, dictionary), _insertion_pool(dictionary)


class Eda(FromLexicon):
    """Easy data augmentation: one of four operations on each text, drawn with equal chances.

    With n = max(1, ``rate`` times the number of words): *replacement* of n words by synonyms, *insertion* of n synonyms
    of words of the text at random places, n *swaps* of any two words, or *deletion* of each word with probability
    ``rate`` (never of all). For several augmented texts of one, ask for several outputs (``output=0, 1, ...``): each
    draws its operation anew. At rate 0 nothing changes.

    Wei and Zou, EDA (arXiv:1901.11196), where ``rate`` is alpha, 0.1 by default and 0.05 for small data sets; there
    the outputs of one text are shared evenly among the operations, and case and punctuation are lost, here they stay.
    Synonyms are those of :class:`practicum_text_noise.related.Synonym`.

    Args:
        rate: alpha, the share in 0..1 of words to edit.
        operations: which operations to draw from.
        lexicon, pos, senses, phrases, on: as in :class:`practicum_text_noise.related.FromLexicon`.

    Example:
        >>> [Eda(rate=0.2)(["The quick brown fox saw a big house."], seed=3, output=n)[0] for n in (0, 1)]
        ['The a brown fox saw quick big house.', 'The quick brown fox saw a huge house.']
    """

    name: ClassVar[str] = "text-noise/eda"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.05, 0.1, 0.3)}
    relation: ClassVar[str] = "synonym"

    rate: float = Field(default=0.1, ge=0.0, le=1.0, description="alpha: share of words to edit")
    operations: tuple[Operation, ...] = Field(default=_OPERATIONS, min_length=1,
                                              description="the operations to draw from")

    @field_validator("operations")
    @classmethod
    def _in_order_of_draws(cls, value: tuple[Operation, ...]) -> tuple[Operation, ...]:
        return tuple(sorted(set(value), key=_OPERATIONS.index))

    def _kernel(self) -> tuple[Kernel, Pool]:
        dictionary = self._dictionary()
        allowed = sum(1 << _OPERATIONS.index(op) for op in self.operations)
        options, alpha = FOLD + ARTICLES + dictionary.options, self.rate

        def call(limit: np.uint32, stream: np.uint64, hashes: Any, offsets: Any, data: Any, pool: Pool, room: int,
                 *outputs: Any) -> None:
            working = (*scratch(room), np.empty(6 * room, np.int32), np.empty(room, np.int32))
            eda_kernel.eda(allowed, alpha, options, limit, stream, hashes, offsets, data, char_classes(),
                           _byte_kinds(), lower_table(), cases(), dictionary.arrays, pool.data, working, *outputs)
        return call, _insertion_pool(dictionary)


def _insertion_pool(dictionary: Dictionary) -> Pool:
    """The pool with the most bytes that an insertion adds for a byte of text, rather than a replacement."""
    return Pool(dictionary.pool.data, dictionary.pool.sizes, dictionary.pool.longest + dictionary.widest + 1)
