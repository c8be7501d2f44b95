"""The parts of speech that a word of English can be, by lemminflect's lexicon."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from practicum.errors import MissingRequirement

PartOfSpeech = Literal["noun", "verb", "adjective", "adverb"]
_NAMES: dict[str, PartOfSpeech] = {"NOUN": "noun", "PROPN": "noun", "VERB": "verb", "ADJ": "adjective", "ADV": "adverb"}


@lru_cache(maxsize=65536)
def parts_of(word: str) -> frozenset[str]:
    """The parts of speech of a word in any of its forms; none for function words and unknown ones.

    Raises:
        MissingRequirement: lemminflect isn't installed.

    Example:
        >>> sorted(parts_of("watches"))
        ['noun', 'verb']
    """
    try:
        from lemminflect import getAllLemmas  # type: ignore[import-untyped]  # it ships no types
    except ImportError as error:
        raise MissingRequirement("constraints on parts of speech need lemminflect: pip install "
                                 "'practicum-text-attacks[pos]'") from error
    return frozenset(_NAMES[tag] for tag in getAllLemmas(word.lower()) if tag in _NAMES)
