"""Filters on which words a text is made of."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.text import to_strings
from practicum_text_filters.measure import Floats, Measure, as_numpy

_STOP = """
a about above after again against all am an and any are as at be because been before being below between both but by can
could did do does doing don't down during each few for from further had has have having he her here hers herself him
himself his how i if in into is it it's its itself just me more most my myself no nor not now of off on once only or
other our ours ourselves out over own same she should so some such than that the their theirs them themselves then there
these they this those through to too under until up very was we were what when where which while who whom why will with
would you your yours yourself yourselves
"""
_APART = r"[^\p{L}\p{M}\p{N}'’\-]+"


@cache
def stop_words() -> frozenset[str]:
    """The default list: 128 English function words."""
    return frozenset(_STOP.split())


def words_of(texts: pa.LargeStringArray) -> pa.LargeListArray:
    """Lower-cased words of each text, split at everything but letters, marks, digits, apostrophes and hyphens."""
    return pc.split_pattern_regex(pc.utf8_lower(texts), pattern=_APART)


class StopWords(Measure):
    """Keeps texts whose share of stop words is in a range; a text without words has share 0.

    Texts that are nearly all function words say little; texts with none are rarely sentences.

    Args:
        min, max: the share, 0..1; by default at most 0.7.
        words: the stop words, lower case; 128 English ones when left empty.
        on: the text column, where there is a choice.

    Example:
        >>> StopWords()(["it is what it is", "the cat sat on the mat", ""])
        ['the cat sat on the mat', '']
    """

    name: ClassVar[str] = "text-filters/stop-words"
    max: float | None = Field(default=0.7, ge=0.0, le=1.0, description="largest share kept; none when left out")
    words: tuple[str, ...] = Field(default=(), description="the stop words, lower case; English ones when empty")

    def measure(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        words = words_of(texts)
        flat = words.flatten()
        listed = pa.array(sorted(self.words or stop_words()), pa.large_string())
        real = as_numpy(pc.not_equal(flat, "")).astype(np.float64)
        stop = as_numpy(pc.is_in(flat, value_set=listed)).astype(np.float64)
        row = np.repeat(np.arange(len(texts)), as_numpy(pc.list_value_length(words)))
        total = np.bincount(row, weights=real, minlength=len(texts))
        return np.bincount(row, weights=stop, minlength=len(texts)) / np.maximum(total, 1.0)


class Repetition(Measure):
    """Drops texts that repeat their own word n-grams, as generators caught in a loop write them.

    The measure is 1 - distinct / all n-grams of lower-cased words: the "rep-n" of Welleck et al., "Neural Text
    Generation with Unlikelihood Training" (arXiv:1908.04319), for the degeneration that Holtzman et al. describe
    (arXiv:1904.09751). A text of fewer than n + 1 words has 0. Words are split at white space.

    Args:
        n: words in an n-gram.
        min, max: the share, 0..1; by default at most 0.3.
        on: the text column, where there is a choice.

    Example:
        >>> Repetition()(["I like it, I like it, I like it, I like it,", "I like it, and so do you"])
        ['I like it, and so do you']
    """

    name: ClassVar[str] = "text-filters/repetition"
    n: int = Field(default=2, ge=1, le=16, description="words in an n-gram")
    max: float | None = Field(default=0.3, ge=0.0, le=1.0, description="largest share kept; none when left out")

    def measure(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        out = np.zeros(len(texts))
        for row, text in enumerate(to_strings(pc.utf8_lower(texts))):
            words = text.split()
            total = len(words) - self.n + 1
            if total > 1:
                grams = set(words) if self.n == 1 else set(zip(*(words[k:] for k in range(self.n)), strict=False))
                out[row] = 1.0 - len(grams) / total
        return out
