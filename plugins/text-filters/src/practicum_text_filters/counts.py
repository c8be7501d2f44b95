"""Filters on counts of characters, words and sentences."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from practicum.batch import Batch
from practicum_text_filters.measure import WORD, Floats, Measure, as_numpy, count, share

_SENTENCE = r"[^.!?。！？]*[\p{L}\p{N}][^.!?。！？]*"
_SCRIPTS = {"latin": "Latin", "cyrillic": "Cyrillic", "greek": "Greek", "arabic": "Arabic", "hebrew": "Hebrew",
            "devanagari": "Devanagari", "han": "Han", "hangul": "Hangul", "thai": "Thai"}


class Length(Measure):
    """Keeps texts whose length is in a range; by default, those that hold a word.

    Words are runs of letters, marks and digits, with apostrophes and hyphens inside; sentences end at ``.``, ``!``,
    ``?`` or their full-width forms, and count when they hold a letter or digit; characters are code points.

    Args:
        unit: what is counted.
        min, max: the range, both included.
        on: the text column, where there is a choice.

    Example:
        >>> Length(unit="words", min=2, max=3)(["one", "one two", "It's a well-known fact"])
        ['one two']
    """

    name: ClassVar[str] = "text-filters/length"
    unit: Literal["characters", "words", "sentences"] = Field(default="words", description="what is counted")
    min: float | None = Field(default=1, ge=0.0, description="smallest length kept; none when left out")

    def measure(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        if self.unit == "characters":
            return as_numpy(pc.utf8_length(texts)).astype(np.float64)
        return count(texts, WORD if self.unit == "words" else _SENTENCE)


class Capitals(Measure):
    """Keeps texts whose share of capitals among their letters is in a range; a text without letters has share 0.

    Letters are Unicode's; those of scripts without case count as not capital.

    Args:
        min, max: the range, 0..1; by default everything up to a half is kept.
        on: the text column, where there is a choice.

    Example:
        >>> Capitals()(["BUY NOW", "Buy now", "USA"])
        ['Buy now']
    """

    name: ClassVar[str] = "text-filters/capitals"
    max: float | None = Field(default=0.5, ge=0.0, le=1.0, description="largest share kept; none when left out")

    def measure(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        return share(count(texts, r"\p{Lu}"), count(texts, r"\p{L}"))


class Script(Measure):
    """Keeps texts whose letters are mostly of one script; a text without letters has share 1.

    A text that mixes in words of another script (code mixing), or was garbled by a wrong encoding into one, is dropped.

    Args:
        script: the script; ``han`` doesn't hold Japanese kana.
        min, max: share of the letters, 0..1; by default at least 0.9.
        on: the text column, where there is a choice.

    Example:
        >>> Script(script="latin")(["plain", "доброе утро", "à la carte", "half половина"])
        ['plain', 'à la carte']
    """

    name: ClassVar[str] = "text-filters/script"
    script: Literal["latin", "cyrillic", "greek", "arabic", "hebrew", "devanagari", "han", "hangul", "thai"] = Field(
        default="latin", description="the script, by its Unicode name")
    min: float | None = Field(default=0.9, ge=0.0, le=1.0, description="smallest share kept; none when left out")

    def measure(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        letters = count(texts, r"\p{L}")
        foreign = count(texts, rf"[^\P{{L}}\p{{{_SCRIPTS[self.script]}}}]")
        return 1.0 - share(foreign, letters)
