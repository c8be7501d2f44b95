"""Abbreviations and informal writing of English: to the short form, and back."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_noise.dictionary import Dictionary, build
from practicum_text_noise.replacement import Replacement
from practicum_text_noise.shipped import rows

# Acronyms and names have a case of their own, whatever they replace.
_ACRONYMS = frozenset(["tv", "usa", "u.s.", "uk", "eu", "un", "nyc", "ceo", "asap", "faq"])
_NAMES = {"united states": "United States", "united kingdom": "United Kingdom", "european union": "European Union",
          "united nations": "United Nations", "new york city": "New York City"}

# "going to the" leads to a place, unlike "going to go".
_PLACES = [f"{verb} to {word}" for verb in ("going", "got")
           for word in ("a", "an", "the", "my", "your", "his", "her", "its", "our", "their", "this", "that", "these",
                        "those", "some")]


@cache
def _dictionary(name: str, to_long: str, to_short: str, direction: str) -> Dictionary:
    entries: dict[str, list[str]] = {phrase: [] for phrase in _PLACES} if name == "slang.tsv" else {}
    own_case = set()
    for short, full, way in rows(name):
        new_short = short.upper() if short in _ACRONYMS else short
        new_full = _NAMES.get(full, full)
        if short in _ACRONYMS:
            own_case |= {new_short, new_full}
        if direction in (to_long, "both") and way in (to_long, "both"):
            entries.setdefault(short, []).append(new_full)
        if direction in (to_short, "both") and way in (to_short, "both"):
            entries.setdefault(full, []).append(new_short)
    return build(entries, as_written=own_case)


class Abbreviation(Replacement):
    """Abbreviates English words ("approximately": "approx."), or writes abbreviations in full.

    About 110 abbreviations: days, months, titles, units, places, Latin ones and clipped words. An abbreviation's dot
    belongs to it, but for the one that also ends the text. What has several readings is only abbreviated ("Sat.") or
    only written in full ("Gen.").

    Args:
        rate: probability in 0..1 that a word or abbreviation of the list is replaced.
        direction: ``abbreviate``, ``expand``, or ``both``.
        on: the text column, where there is a choice.

    Example:
        >>> Abbreviation(rate=1.0)(["On Monday, the department sold approx. 9 lbs. of tea, etc."])
        ['On Mon., the dept. sold approximately 9 pounds of tea, et cetera.']
    """

    name: ClassVar[str] = "text-noise/abbreviation"
    mends_articles: ClassVar[bool] = True

    direction: Literal["abbreviate", "expand", "both"] = Field(
        default="both", description="abbreviate words, write abbreviations in full, or both")

    def _dictionary(self) -> Dictionary:
        return _dictionary("abbreviations.tsv", "expand", "abbreviate", self.direction)


class Slang(Replacement):
    """Writes English as in chats ("going to": "gonna", "you": "u"), or writes chat language in full.

    About 115 forms of messages and spoken English.

    Args:
        rate: probability in 0..1 that a word or phrase of the list is replaced.
        direction: ``informal``, ``standard``, or ``both``.
        on: the text column, where there is a choice.

    Example:
        >>> Slang(rate=1.0)(["Thanks, are you going to be late tonight?"], seed=1)
        ['Thx, r u gonna be late tonite?']
        >>> Slang(rate=1.0, direction="standard")(["idk, gonna ask u"])
        ["i don't know, going to ask you"]
    """

    name: ClassVar[str] = "text-noise/slang"

    direction: Literal["informal", "standard", "both"] = Field(
        default="informal", description="write informally, write in full, or both")

    def _dictionary(self) -> Dictionary:
        return _dictionary("slang.tsv", "standard", "informal", self.direction)
