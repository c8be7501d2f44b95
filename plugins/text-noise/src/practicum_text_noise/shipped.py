"""The word lists that ship with the plugin, as plain text files in ``lexicon/``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of a list, split at tabs (at spaces in ``.txt`` files), without comments and empty lines.

    Example:
        >>> rows("gender.tsv")[0]
        ('he', 'she')
    """
    text = (files("practicum_text_noise") / "lexicon" / name).read_text(encoding="utf-8")
    at = " " if name.endswith(".txt") else "\t"
    return tuple(tuple(line.split(at)) for line in text.splitlines() if line.strip() and not line.startswith("#"))


@cache
def stop_words() -> frozenset[str]:
    """English function words in lower case, which no lexicon technique replaces.

    Example:
        >>> "the" in stop_words(), "house" in stop_words()
        (True, False)
    """
    return words("stop_words.txt")


@cache
def words(name: str) -> frozenset[str]:
    """All words of a list.

    Example:
        >>> "advice" in words("mass_nouns.txt")
        True
    """
    return frozenset(word for row in rows(name) for word in row)
