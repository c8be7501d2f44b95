"""The words of a collection of texts, with how often and in how many texts they occur."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum_text_noise.dictionary import Dictionary, build
from practicum_text_noise.letter_case import fold
from practicum_text_noise.unicode_classes import PUNCTUATION, char_classes

_LONGEST = 1000


@cache
def _punctuation() -> str:
    return "".join(map(chr, np.flatnonzero(char_classes() == PUNCTUATION)))


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without the punctuation around them, as the kernels find them.

    Example:
        >>> words_of("“Don't!” — she said.")
        ["don't", 'she', 'said']
    """
    stripped = (token.strip(_punctuation()) for token in text.split())
    return [fold(word) for word in stripped if word and len(word) <= _LONGEST]


@dataclass(frozen=True)
class Vocabulary:
    """What is learned of a collection of texts.

    Args:
        texts: number of texts.
        words: the words, most frequent first, then in order of the alphabet.
        counts: occurrences of each.
        documents: texts that hold it.
    """

    texts: int
    words: tuple[str, ...]
    counts: tuple[int, ...]
    documents: tuple[int, ...]

    @classmethod
    def of(cls, texts: Iterable[str], min_count: int = 1) -> Vocabulary:
        """Count the words of texts; those with fewer than ``min_count`` occurrences are left out."""
        counts: Counter[str] = Counter()
        documents: Counter[str] = Counter()
        number = 0
        for text in texts:
            number += 1
            words = words_of(text)
            counts.update(words)
            documents.update(set(words))
        kept = sorted((w for w, n in counts.items() if n >= min_count), key=lambda w: (-counts[w], w))
        return cls(number, tuple(kept), tuple(counts[w] for w in kept), tuple(documents[w] for w in kept))

    def to_json(self) -> dict[str, Any]:
        """The state as plain data."""
        return {"texts": self.texts, "words": self.words, "counts": self.counts, "documents": self.documents}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Vocabulary:
        """Inverse of :meth:`to_json`."""
        return cls(int(data["texts"]), *(tuple(data[k]) for k in ("words", "counts", "documents")))

    def digest(self) -> str:
        """16 hex digits over the state."""
        return hashlib.blake2b(json.dumps(self.to_json()).encode(), digest_size=8).hexdigest()

    @cached_property
    def idf(self) -> npt.NDArray[np.float64]:
        """Inverse document frequency of each word: log(texts / texts that hold it), float64 [V]."""
        return np.log(self.texts / np.array(self.documents, np.float64))

    @property
    def idf_of_others(self) -> float:
        """That of a word in a single text, for words that weren't seen."""
        return math.log(max(self.texts, 1))

    @cached_property
    def dictionary(self) -> Dictionary:
        """A dictionary of one entry whose alternatives are the vocabulary, weighted, and of the words as keys.

        The chance of a word is proportional to max S - S(word), where S = occurrences times idf.
        """
        score = np.array(self.counts) * self.idf
        weights = score.max(initial=0.0) - score
        if not weights.any():
            weights = np.ones(len(score))
        return _packed(self.words, weights)

    @cached_property
    def guide(self) -> npt.NDArray[np.int32]:
        """The first word that a 32-bit draw can be, by the draw's leading bits: about two entries for each word."""
        bits = max(1, len(self.words).bit_length())
        draws = np.arange(1 << bits, dtype=np.uint64) << np.uint64(32 - bits)
        return np.searchsorted(self.dictionary.arrays[5][:max(len(self.words), 1)], draws).astype(np.int32)

    def __getstate__(self) -> dict[str, Any]:
        return {name: self.__dict__[name] for name in ("texts", "words", "counts", "documents")}


def _packed(words: tuple[str, ...], weights: npt.NDArray[np.float64]) -> Dictionary:
    """Entry k is word k, alternative k is word k, and the cumulative weights go over all alternatives."""
    made = build({word: [] for word in words}, extra=words)
    cumulative = np.cumsum(weights)
    bounds = np.minimum(np.round(cumulative / cumulative[-1] * 2.0**32) - 1, 2.0**32 - 1) if len(words) else cumulative
    bounds = np.maximum(bounds, 0).astype(np.uint32)
    if len(words):
        bounds[-1] = 2**32 - 1
    arrays = (*made.arrays[:5], bounds, made.arrays[6])
    return Dictionary(arrays, made.pool, made.options, made.keys, made.widest)
