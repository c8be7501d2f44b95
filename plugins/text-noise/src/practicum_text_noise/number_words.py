"""Numbers written in words instead of digits, and the other way round."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.text import to_strings
from practicum.edits import TextEdits, apply_edits
from practicum.keys import Keys
from practicum.transformation import Transformation
from practicum_text_noise.letter_case import title
from practicum_text_noise.normalize import replace_rows
from practicum_text_noise.numerals import LARGEST, from_words, to_words
from practicum_text_noise.shipped import rows

# A whole number up to six digits that is no part of a longer number, a date, a time or a word.
_DIGITS = (r"(?<![\w.,:/\-–+$€£#@'’′])(?:0|[1-9]\d{0,5}|[1-9]\d{0,2},\d{3})"
           r"(?![\w%°′″]|[.,:/\-–'’]\w)")
_SMALL = ("zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
          "seventeen|eighteen|nineteen")
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_NUMBER = rf"(?:{_TENS}|{_SMALL}|hundred|thousand|million|billion|trillion)"  # no number has the last three
_WORDS = (rf"(?<![\w\-'’])(?:a(?=[ -](?:hundred|thousand))[ -])?{_NUMBER}(?:[ -](?:and )?{_NUMBER})*"
          rf"(?![\w'’]|-\w|[ -](?:and )?{_NUMBER})")
_YEARS = range(1100, 2100)
_MONTH = ("(?:january|february|march|april|may|june|july|august|september|october|november|december|"
          r"(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?)")
_MONTH_BEFORE = re.compile(rf"\b{_MONTH} (?:\d\d?, )?$", re.IGNORECASE)
_MONTH_AFTER = re.compile(rf" (?:of )?{_MONTH}(?!\w)", re.IGNORECASE)
_OTHER_ABBREVIATIONS = frozenset(["al", "art", "ca", "dr", "eq", "mrs", "ms", "no", "nos", "sec", "st"])
_LOOK_BACK = 24  # characters; so that long texts aren't copied for each of their numbers


@cache
def _pattern(direction: str) -> re.Pattern[str]:
    parts = {"words": _DIGITS, "digits": _WORDS, "both": f"{_DIGITS}|{_WORDS}"}
    return re.compile(rf"\b(?=[\daefhnost])(?:{parts[direction]})", re.IGNORECASE)  # rejects most at once


@lru_cache(maxsize=1 << 16)
def _written(found: str) -> str | None:
    """The other way of writing a number, in the same case; ``None`` where the words say no number."""
    if found[0].isdecimal():
        number = int(found.replace(",", ""))
        year = len(found) == 4 and number in _YEARS
        return to_words(number) if found.isascii() and number <= LARGEST and not year else None
    value = from_words(found)
    return None if value is None else str(value)


def _in_date(text: str, start: int, stop: int) -> bool:
    """Whether the digits stand beside the name of a month."""
    return (_MONTH_BEFORE.search(text[max(0, start - _LOOK_BACK):start]) is not None
            or _MONTH_AFTER.match(text, stop) is not None)


@cache
def _abbreviations() -> frozenset[str]:
    """Short forms whose dot mostly ends no sentence."""
    listed = {row[0].removesuffix(".") for row in rows("abbreviations.tsv") if row[0].endswith(".")}
    return _OTHER_ABBREVIATIONS | listed - {"etc"}


def _begins_sentence(text: str, start: int) -> bool:
    """Whether what begins at ``start`` is the first word of the text or of a sentence."""
    before = text[max(0, start - _LOOK_BACK):start]
    if start <= _LOOK_BACK and not any(map(str.isalnum, before)):
        return True
    before = before.rstrip("\"'“‘([")
    ended = before.rstrip()
    if ended == before:
        return False
    ended = ended.rstrip("\"'”’)]")
    word = ended[:-1].rpartition(" ")[2].lstrip("\"'“‘([").lower()
    return ended.endswith(("!", "?")) or (
        ended.endswith(".") and (len(word) > 1 or word.isdecimal()) and word not in _abbreviations()
        and "." not in word)


class NumberWords(Transformation):
    """Writes whole numbers in words ("12": "twelve"), number words in digits ("forty-two": "42"), or both.

    Numbers from 0 to 999,999, in the American way, without "and" (which is read, too): "1,250" is "one thousand two
    hundred fifty". What is part of a date, a time, a decimal, a price, an ordinal or a word stays; so does "one" alone,
    which is often a pronoun; so do 1100 to 2099 without a comma, which are mostly years. A number in words that begins
    its text or a sentence begins with a capital. Each number is rewritten with probability ``rate``; a higher rate
    rewrites the same numbers and more.

    Args:
        rate: probability in 0..1 that a number is rewritten.
        direction: ``words``, ``digits``, or ``both``.
        on: the text column, where there is a choice.

    Example:
        >>> NumberWords(rate=1.0)(["12 of 1,250 cost $5.", "Twenty-one or one hundred and five?"])
        ['Twelve of one thousand two hundred fifty cost $5.', '21 or 105?']
    """

    name: ClassVar[str] = "text-noise/number-words"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    writes_edits: ClassVar[bool] = True
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.1, 0.3, 1.0)}

    rate: float = Field(default=0.5, ge=0.0, le=1.0, description="probability that a number is rewritten")
    direction: Literal["words", "digits", "both"] = Field(default="both",
                                                          description="to words, to digits, or each to the other")

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        data: pa.LargeStringArray = batch.columns[column].data
        edits = self._edits(data, keys)
        if not edits:
            none = np.zeros(0, np.int32)
            empty = TextEdits(none, none, none, pa.array([], pa.large_string()))
            return batch.with_column(column, data, edits=empty, op=" > ".join(keys.path))
        rewritten = np.fromiter(edits, np.int64, len(edits))
        old = to_strings(data.take(pa.array(rewritten)))
        new = [apply_edits(text, found) for text, found in zip(old, edits.values(), strict=True)]
        flat = [(row, *edit) for row, found in edits.items() for edit in found]
        rows, starts, stops, texts = zip(*flat, strict=True)
        log = TextEdits(np.array(rows, np.int32), np.array(starts, np.int32), np.array(stops, np.int32),
                        pa.array(texts, pa.large_string()))
        return batch.with_column(column, replace_rows(data, rewritten, new), edits=log, op=" > ".join(keys.path))

    def _edits(self, data: pa.LargeStringArray, keys: Keys) -> dict[int, list[tuple[int, int, str]]]:
        """The replacements of each text that has any."""
        limit = round(self.rate * 2**32)
        if not limit:
            return {}
        # RE2 knows no lookaround: it only finds the texts worth looking at.
        rough = rf"[0-9]|\b(?i:{_NUMBER})\b" if self.direction != "words" else "[0-9]"
        rows = np.flatnonzero(pc.match_substring_regex(data, rough).to_numpy(zero_copy_only=False))
        if not len(rows):
            return {}
        pattern = _pattern(self.direction)
        texts = to_strings(data.take(pa.array(rows)))
        found = [list(pattern.finditer(text)) for text in texts]
        most = max(map(len, found))
        if not most or keys.ids is None:
            return {}
        drawn = keys.bind(keys.ids.take(rows)).words(most) < limit
        edits: dict[int, list[tuple[int, int, str]]] = {}
        for row, text, matches, hits in zip(rows.tolist(), texts, found, drawn.tolist(), strict=True):
            made = []
            for match, hit in zip(matches, hits, strict=False):
                new = _written(match[0]) if hit and match[0].lower() != "one" else None
                if new is None:
                    continue
                start, stop = match.span()
                if not new[0].isdecimal():
                    if _in_date(text, start, stop):
                        continue
                    new = title(new) if _begins_sentence(text, start) else new
                made.append((start, stop, new))
            if made:
                edits[row] = made
        return edits
