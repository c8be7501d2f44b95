"""Constraints on the words that may be replaced."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from practicum_text_attacks.constraints.base import Constraint, Mask
from practicum_text_attacks.parts_of_speech import PartOfSpeech, parts_of
from practicum_text_attacks.sentence import Sentence, core


@cache
def english() -> frozenset[str]:
    """The function words of English that ship with the plugin."""
    text = (files("practicum_text_attacks") / "lexicon" / "stop_words.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())


class StopWords(Constraint):
    """Function words stay.

    Args:
        words: in lower case; 200 function words of English when empty.

    Example:
        >>> StopWords().free([Sentence.of("The film was dull.")])[0].tolist()
        [False, True, False, True]
    """

    constraint: Literal["stop-words"] = "stop-words"
    when: ClassVar[Literal["before", "after"]] = "before"
    words: tuple[str, ...] = Field(default=(), description="words in lower case; English function words when empty")

    def free(self, sentences: Sequence[Sentence]) -> list[Mask]:
        kept = frozenset(self.words) or english()
        return [np.array([core(w)[1].lower() not in kept for w in s.words], dtype=bool) for s in sentences]


class Repeat(Constraint):
    """A word is replaced at most ``times`` times.

    Example:
        >>> Repeat().visits()
        1
    """

    constraint: Literal["repeat"] = "repeat"
    when: ClassVar[Literal["before", "after"]] = "before"
    times: int = Field(default=1, ge=1, description="how often one word may be replaced")

    def visits(self) -> int | None:
        return self.times


class MinLength(Constraint):
    """Words of fewer letters and digits stay.

    Example:
        >>> MinLength(characters=4).free([Sentence.of("A 'good' film, too!")])[0].tolist()
        [False, True, True, False]
    """

    constraint: Literal["min-length"] = "min-length"
    when: ClassVar[Literal["before", "after"]] = "before"
    characters: int = Field(default=4, ge=1, description="characters that a word needs, without punctuation around it")

    def free(self, sentences: Sequence[Sentence]) -> list[Mask]:
        return [np.array([len(core(w)[1]) >= self.characters for w in s.words], dtype=bool) for s in sentences]


class OfPartOfSpeech(Constraint):
    """Only words that can be one of these parts of speech are replaced, by lemminflect's lexicon of English.

    Args:
        parts: some of ``noun``, ``verb``, ``adjective``, ``adverb``.

    Raises:
        MissingRequirement: lemminflect isn't installed.

    Example:
        >>> OfPartOfSpeech(parts=("adverb",)).free([Sentence.of("It quickly grows")])[0].tolist()
        [False, True, False]
    """

    constraint: Literal["of-part-of-speech"] = "of-part-of-speech"
    when: ClassVar[Literal["before", "after"]] = "before"
    parts: tuple[PartOfSpeech, ...] = Field(default=("noun", "verb", "adjective", "adverb"), min_length=1,
                                            description="parts of speech of words that may be replaced")

    def free(self, sentences: Sequence[Sentence]) -> list[Mask]:
        wanted = frozenset(self.parts)
        return [np.array([bool(wanted & parts_of(core(w)[1])) for w in s.words], dtype=bool) for s in sentences]
