"""English spelling: common misspellings, and British against American."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_noise.dictionary import Dictionary, build
from practicum_text_noise.replacement import Replacement
from practicum_text_noise.shipped import rows


@cache
def _misspellings(direction: str) -> Dictionary:
    entries: dict[str, list[str]] = {}
    for right, *wrong in rows("misspellings.txt"):
        if direction == "misspell":
            entries.setdefault(right, []).extend(wrong)
    if direction == "correct":
        known = {row[0] for row in rows("misspellings.txt")} | REAL_WORDS
        for right, *wrong in rows("misspellings.txt"):
            for form in wrong:
                if form not in known:
                    entries.setdefault(form, []).append(right)
    return build(entries)


REAL_WORDS = frozenset(["advise", "where", "past", "then", "than", "loose", "quiet", "quite", "lose", "dose", "cloths",
                        "hole", "wether", "ment", "scarry", "thru", "to", "there", "their", "your", "it's", "genus",
                        "dinning", "chose", "personal", "resent", "exiting", "planing", "preform", "surly", "tire",
                        "lightening", "manger", "minuet", "seen", "exercice", "interfer", "become", "here", "new",
                        "grate", "fourth", "forth", "lite", "litre", "everything", "quit", "shinning", "analisis"])
"""Misspellings that are words of their own, which can't be corrected by looking them up."""


class Misspelling(Replacement):
    """Replaces English words by common misspellings of them, or corrects such misspellings.

    The list has about 545 words with one or two misspellings each, from "absence" to "your": letters doubled or not,
    "ie" for "ei", endings mixed up, and words mistaken for each other ("their" and "there", "its" and "it's").
    ``direction="correct"`` mends what the list knows and is no word of its own.

    Args:
        rate: probability in 0..1 that a word of the list is replaced.
        direction: ``misspell`` or ``correct``.
        on: the text column, where there is a choice.

    Example:
        >>> Misspelling(rate=1.0)(["We definitely received your address."], seed=1)
        ["We definitly recieved you're adress."]
        >>> Misspelling(rate=1.0, direction="correct")(["We definately recieved it."])
        ['We definitely received it.']
    """

    name: ClassVar[str] = "text-noise/misspelling"

    direction: Literal["misspell", "correct"] = Field(default="misspell",
                                                      description="make misspellings, or correct them")

    def _dictionary(self) -> Dictionary:
        return _misspellings(self.direction)


def spelling_pairs() -> list[tuple[str, str]]:
    """Every pair of American and British spelling.

    Example:
        >>> [p for p in spelling_pairs() if p[0] in ("color", "organized")]
        [('color', 'colour'), ('organized', 'organised')]
    """
    return [(american + ending, british + ending) for american, british, endings in rows("spelling.tsv")
            for ending in ("" if e == "-" else e for e in endings.split())]


@cache
def _spelling(to: str) -> Dictionary:
    entries: dict[str, list[str]] = {}
    for american, british in spelling_pairs():
        if to in ("british", "other"):
            entries.setdefault(american, []).append(british)
        if to in ("american", "other") and british not in _OWN_WORDS:
            entries.setdefault(british, []).append(american)
    return build(entries)


# British spellings that are also other words in American English.
_OWN_WORDS = frozenset(["disc", "discs", "learnt"])


class BritishAmerican(Replacement):
    """Changes American English spelling to British, or the other way round.

    About 600 word forms: -or and -our, -er and -re, -ize and -ise, single and double l, and single words such as
    "gray", "program", "mom". Spelling only: vocabulary ("elevator", "lift") stays.

    Args:
        rate: probability in 0..1 that a word spelled differently on the other side is replaced.
        to: ``british``, ``american``, or ``other``: each word to the other side's spelling.
        on: the text column, where there is a choice.

    Example:
        >>> BritishAmerican(rate=1.0)(["The gray theater's colors"]), BritishAmerican(to="american", rate=1.0)(["GREY"])
        (["The grey theatre's colours"], ['GRAY'])
    """

    name: ClassVar[str] = "text-noise/british-american"
    mends_articles: ClassVar[bool] = True

    to: Literal["british", "american", "other"] = Field(default="other", description="the spelling to change to")

    def _dictionary(self) -> Dictionary:
        return _spelling(self.to)
