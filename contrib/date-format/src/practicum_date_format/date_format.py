"""Writes the dates of a text in another format."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import ClassVar, Literal

from pydantic import Field

from practicum.edits import Edit
from practicum.keys import SampleRng
from practicum.transformation import LabelEffect, Scope, Transformation

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")
FORMATS = ("iso", "day-month", "month-day")
"""What is written: 2024-03-05, 5 March 2024, March 5, 2024. None of them can be read as another day."""

_MONTH = "|".join(MONTHS)
_REST = "|".join(f"(?<={month[0]}){month[1:]}" for month in MONTHS)
# What comes first is one set of characters, which Python's engine looks for without trying the rest at every place.
_DATE = re.compile(rf"""
    [0-9JFMASOND] (?<![\w/.-].) (?: (?<=[0-9]) (?:
      (?P<iso> [0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}} )
    | (?P<slash> [0-9]?/[0-9]{{1,2}}/[0-9]{{4}} )
    | (?P<day> [0-9]?[ ](?:{_MONTH})[ ][0-9]{{4}} ) )
    | (?P<month> (?:{_REST})[ ][0-9]{{1,2}},[ ][0-9]{{4}} )
    ) (?![\w/-])""", re.VERBOSE)
_PART = re.compile("[0-9]+|[A-Z][a-z]+")
_YEAR = re.compile("[0-9]{4}")
_DATES = 1 << 14  # different dates whose reading is kept; texts repeat them


class DateFormat(Transformation):
    """Writes the dates of a text in another format, drawn for the sample, that can't be read as another day.

    Read are 2024-03-05, 03/05/2024, 5 March 2024 and March 5, 2024 (the last two with English names of months, in
    full). Written is one of the three that are unambiguous; a date that has the drawn format already gets the next one.
    What is no day of the calendar stays, as does what only looks like a date inside a longer number or path.

    Args:
        rate: probability that a date is rewritten, 0..1.
        slashes: how 03/05/2024 is read; what is no date that way stays.

    Example:
        >>> DateFormat()(["From 2024-03-05 to 31/31/2024."], seed=1)
        ['From 5 March 2024 to 31/31/2024.']
    """

    name: ClassVar[str] = "date-format/date-format"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    scope: ClassVar[Scope] = "sample"
    label_effect: ClassVar[LabelEffect] = "preserves"
    writes_edits: ClassVar[bool] = True

    rate: float = Field(default=1.0, ge=0.0, le=1.0, description="probability that a date is rewritten, 0..1")
    slashes: Literal["month-first", "day-first"] = Field(default="month-first", description="how 03/05/2024 is read")

    def edit_one(self, value: str, rng: SampleRng) -> list[Edit]:
        if _YEAR.search(value) is None:
            return []
        found = [(match, *read) for match in _DATE.finditer(value)
                 if (read := _read(match[0], match.lastgroup, self.slashes)) is not None]
        if not found:
            return []
        draws = rng.uniform(1 + len(found))  # the sample's format, then one draw a date
        first = int(draws[0] * len(FORMATS))
        form, other = FORMATS[first], FORMATS[(first + 1) % len(FORMATS)]
        edits: list[Edit] = [(*match.span(), written(day, form if form != had else other)) for match, day, had in found]
        if self.rate < 1.0:
            edits = [edit for edit, u in zip(edits, draws[1:], strict=True) if u < self.rate]
        return edits


_HAS = {"iso": "iso", "slash": "", "day": "day-month", "month": "month-day"}


@lru_cache(maxsize=_DATES)
def _read(text: str, form: str | None, slashes: str) -> tuple[date, str] | None:
    """The day that a date found as ``form`` means, and the format it has; ``None`` where there is no such day."""
    parts = _PART.findall(text)
    if form == "iso":
        year, month, day = map(int, parts)
    elif form == "slash":
        month, day, year = map(int, parts)
        if slashes == "day-first":
            day, month = month, day
    else:
        named, numbered = (1, 0) if form == "day" else (0, 1)
        year, month, day = int(parts[2]), MONTHS.index(parts[named]) + 1, int(parts[numbered])
    try:
        return date(year, month, day), _HAS.get(form or "", "")
    except ValueError:
        return None


@lru_cache(maxsize=_DATES)
def written(day: date, form: str) -> str:
    """A day in one of :data:`FORMATS`.

    Example:
        >>> [written(date(987, 3, 5), form) for form in FORMATS]
        ['0987-03-05', '5 March 0987', 'March 5, 0987']
    """
    if form == "iso":
        return day.isoformat()
    month = MONTHS[day.month - 1]
    return f"{day.day} {month} {day.year:04d}" if form == "day-month" else f"{month} {day.day}, {day.year:04d}"
