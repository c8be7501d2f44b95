"""A filter on parts of speech."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pyarrow as pa
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.text import to_strings
from practicum_text_filters.measure import Floats, Measure
from practicum_text_filters.tagger import counter


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
        count = counter(self.tag).count
        return np.array([count(text) for text in to_strings(texts)], dtype=np.float64)
