"""Constraints: which words may be replaced, and what a text may become."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from practicum_text_attacks.constraints.after import (
    EditDistance,
    KeepsEnds,
    Passes,
    SamePartOfSpeech,
    Similarity,
    WordsChanged,
)
from practicum_text_attacks.constraints.before import MinLength, OfPartOfSpeech, Repeat, StopWords

AnyConstraint = Annotated[StopWords | Repeat | MinLength | OfPartOfSpeech | WordsChanged | EditDistance | KeepsEnds
                          | SamePartOfSpeech | Similarity | Passes, Field(discriminator="constraint")]
"""A field that holds a constraint: the object, or its plain form as ``{constraint: stop-words}``."""

__all__ = ["AnyConstraint", "EditDistance", "KeepsEnds", "MinLength", "OfPartOfSpeech", "Passes", "Repeat",
           "SamePartOfSpeech", "Similarity", "StopWords", "WordsChanged"]
