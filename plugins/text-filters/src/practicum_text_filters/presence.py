"""Filters on whether a text holds something."""

from __future__ import annotations

import re
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, field_validator

from practicum.errors import ConfigError
from practicum_text_filters.measure import Presence, as_numpy

_ASKING = ("who|whom|whose|what|which|when|where|why|how|is|are|am|was|were|do|does|did|can|could|will|would|shall|"
           "should|may|might|must|has|have|had")
_BEFORE, _AFTER = r"(?:^|[^\p{L}\p{M}\p{N}_])", r"(?:$|[^\p{L}\p{M}\p{N}_])"


class Numeric(Presence):
    """Keeps texts that hold a number: a digit of any script; with ``words``, also an English number word.

    Args:
        present: keep those that hold one, or those that don't.
        words: count ``one`` to ``twenty``, the tens, and ``hundred`` to ``billion`` too.
        on: the text column, where there is a choice.

    Example:
        >>> Numeric()(["room 12", "room ١٢", "twelve rooms", "no room"])
        ['room 12', 'room ١٢']
        >>> Numeric(words=True, present=False)(["room 12", "Twelve rooms", "no room"])
        ['no room']
    """

    name: ClassVar[str] = "text-filters/numeric"
    words: bool = Field(default=False, description="count English number words too")

    def has(self, texts: pa.LargeStringArray) -> npt.NDArray[np.bool_]:
        found = as_numpy(pc.match_substring_regex(texts, pattern=r"\p{Nd}"))
        if self.words:
            named = ("one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
                     "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|"
                     "thousand|million|billion")
            found = found | as_numpy(pc.match_substring_regex(texts, pattern=f"{_BEFORE}(?:{named}){_AFTER}",
                                                              ignore_case=True))
        return np.asarray(found, dtype=bool)


class Question(Presence):
    """Keeps questions: texts that end in a question mark, or begin with an English question word.

    The marks of Latin, Greek, Arabic and East Asian scripts count. Closing quotes and brackets after the mark are
    passed over. A text that ends in a full stop or exclamation mark is no question, whatever it begins with.

    Args:
        present: keep questions, or everything else.
        on: the text column, where there is a choice.

    Example:
        >>> Question()(["Why not?", "how does it work", "What a day!", "It works."])
        ['Why not?', 'how does it work']
    """

    name: ClassVar[str] = "text-filters/question"

    def has(self, texts: pa.LargeStringArray) -> npt.NDArray[np.bool_]:
        closing = r"[\s\"'”’»)\]]*$"
        marked = as_numpy(pc.match_substring_regex(texts, pattern=rf"[?？؟;⁇‽][!?]*{closing}".replace(";", "\u037e")))
        opens = as_numpy(pc.match_substring_regex(texts, pattern=rf"^\s*[\"'“‘«(\[]*(?:{_ASKING}){_AFTER}",
                                                  ignore_case=True))
        stated = as_numpy(pc.match_substring_regex(texts, pattern=rf"[.!。！…]{closing}"))
        return np.asarray(marked | (opens & ~stated), dtype=bool)


class Keyword(Presence):
    """Keeps texts that hold some words or phrases.

    Args:
        keywords: words or phrases, at least one.
        match: ``any`` of them, or ``all``.
        present: keep those that do, or those that don't (``any`` then means: none of them).
        whole_words: a keyword must not be part of a longer word.
        ignore_case: capitals don't matter.
        on: the text column, where there is a choice.

    Raises:
        ConfigError: no keyword, or an empty one.

    Example:
        >>> Keyword(keywords=("cat", "dog"))(["A cat sat", "Category", "dogs"])
        ['A cat sat']
        >>> Keyword(keywords=("cat",), whole_words=False, present=False)(["A cat sat", "Category", "dogs"])
        ['dogs']
    """

    name: ClassVar[str] = "text-filters/keyword"
    keywords: tuple[str, ...] = Field(min_length=1, description="words or phrases to look for")
    match: Literal["any", "all"] = Field(default="any", description="one of them is enough, or all are needed")
    whole_words: bool = Field(default=True, description="a keyword must not be part of a longer word")
    ignore_case: bool = Field(default=True, description="capitals don't matter")

    @field_validator("keywords")
    @classmethod
    def _not_empty(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not word.strip() for word in value):
            raise ConfigError("field 'keywords': an empty keyword is found in every text; leave it out")
        return value

    def has(self, texts: pa.LargeStringArray) -> npt.NDArray[np.bool_]:
        escaped = [re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", word) for word in self.keywords]
        before, after = (_BEFORE, _AFTER) if self.whole_words else ("", "")
        patterns = [f"(?:{'|'.join(escaped)})"] if self.match == "any" else escaped
        found = [np.asarray(as_numpy(pc.match_substring_regex(texts, pattern=f"{before}{p}{after}",
                                                              ignore_case=self.ignore_case)), dtype=bool)
                 for p in patterns]
        return np.asarray(np.logical_and.reduce(found), dtype=bool)
