"""A filter on parts of speech."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.text import to_strings
from practicum.errors import MissingRequirement
from practicum_text_filters.measure import Floats, Measure


class PartOfSpeech(Measure):
    """Keeps texts with so many words of a part of speech, as TextBlob's Brill tagger reads them; offline.

    Args:
        tag: start of a Penn Treebank tag: ``VB`` for all forms of verbs, ``NN`` nouns, ``NNP`` names, ``JJ``
            adjectives, ``RB`` adverbs, ``PRP`` pronouns, ``CD`` numbers.
        min, max: how many words; by default at least one.
        on: the text column, where there is a choice.

    Raises:
        MissingRequirement: TextBlob isn't installed.

    Example:
        >>> PartOfSpeech(tag="VB")(["The dog barks loudly.", "A red house."])
        ['The dog barks loudly.']
    """

    name: ClassVar[str] = "text-filters/part-of-speech"
    tag: str = Field(default="VB", pattern=r"^[A-Z$]{1,4}$", description="start of a Penn Treebank tag")
    min: float | None = Field(default=1, ge=0.0, description="fewest words kept; none when left out")

    def measure(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        tagged = tagger()
        return np.array([sum(tag.startswith(self.tag) for _, tag in tagged(text)) for text in to_strings(texts)],
                        dtype=np.float64)


@cache
def tagger() -> Any:
    """TextBlob's tagger: text -> (word, Penn Treebank tag) pairs; its lexicon ships with the package."""
    try:
        from textblob.en import tag  # type: ignore[import-untyped]  # TextBlob ships no types
    except ImportError as error:
        raise MissingRequirement("text-filters/part-of-speech needs TextBlob: pip install "
                                 "'practicum-text-filters[pos]'") from error
    return tag
