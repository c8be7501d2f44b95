"""Swapping gendered words of English."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from pydantic import Field

from practicum_text_noise.dictionary import Dictionary, build
from practicum_text_noise.replacement import Replacement
from practicum_text_noise.shipped import rows, stop_words

# "her" is "him" before these, where no noun can follow, and "his" before all other words.
_NO_NOUN_FOLLOWS = sorted(stop_words() - {
    "own", "one", "ones", "other", "others", "few", "many", "several", "most", "same", "very", "past", "need", "all",
    "every", "more", "less", "least", "still", "even", "ever", "near", "never", "always", "often", "only", "once",
    "much",
    "mr", "mrs", "ms", "dr", "oh", "well", "okay", "ok", "inside", "outside", "like", "may", "might", "must", "will"})


@cache
def _dictionary(names: bool) -> Dictionary:
    entries: dict[str, list[str]] = {}
    for name in ("gender.tsv", "gendered_names.tsv") if names else ("gender.tsv",):
        for male, female in rows(name):
            entries.setdefault(male, [female])
            entries.setdefault(female, [male])
    entries |= {"him": ["her"], "his": ["her", "hers"], "hers": ["his"], "her": ["his", "him"]}
    entries |= {f"her {word}": [f"him {word}"] for word in _NO_NOUN_FOLLOWS}
    entries |= {f"his {verb}": [f"hers {verb}"] for verb in ("is", "are", "was", "were")}
    entries |= {phrase: [] for phrase in ("my god", "oh god", "oh my god", "thank god", "god knows", "god bless")}
    return build(entries, medial={"his", "her"})


class GenderedWordSwap(Replacement):
    """Swaps gendered words of English: "he" and "she", "king" and "queen", "his" and "her" or "hers".

    About 110 pairs. "her" becomes "his" where a noun can follow it and else "him" ("gave her to", "saw her."): decided
    by the next word alone. With ``names``, 60 pairs of first names are swapped too. Draws are made for each word; for a
    whole text at once, as in counterfactual data augmentation, take ``rate=1``.

    Zhao et al., gender-swapped training data (arXiv:1804.06876).

    Args:
        rate: probability in 0..1 that a gendered word is swapped.
        names: whether first names are swapped too.
        on: the text column, where there is a choice.

    Example:
        >>> GenderedWordSwap()(["She gave her son a book; he thanked her. The KING saw his aunts."])
        ['He gave his daughter a book; she thanked him. The QUEEN saw her uncles.']
    """

    name: ClassVar[str] = "text-noise/gendered-word-swap"
    mends_articles: ClassVar[bool] = True

    rate: float = Field(default=1.0, ge=0.0, le=1.0, description="probability that a gendered word is swapped")
    names: bool = Field(default=False, description="whether first names are swapped too")

    def _dictionary(self) -> Dictionary:
        return _dictionary(self.names)
