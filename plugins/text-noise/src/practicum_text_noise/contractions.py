"""Contractions of English: written, and taken apart."""

from __future__ import annotations

from functools import cache
from typing import ClassVar, Literal

from pydantic import Field

from practicum_text_noise.dictionary import Dictionary, build
from practicum_text_noise.replacement import Replacement

_WITH = {"'m": ("am", "i"), "'re": ("are", "you we they"), "'ve": ("have", "i you we they"),
         "'ll": ("will", "i you he she it we they that there who what"),
         "'d": ("would", "i you he she we they it that there who"),
         "'s": ("is", "he she it that there here what who where when how why")}
_NOT = {"are": "aren't", "is": "isn't", "was": "wasn't", "were": "weren't", "do": "don't", "does": "doesn't",
        "did": "didn't", "have": "haven't", "has": "hasn't", "had": "hadn't", "will": "won't", "would": "wouldn't",
        "can": "can't", "could": "couldn't", "should": "shouldn't", "must": "mustn't", "might": "mightn't",
        "need": "needn't", "shall": "shan't", "ought": "oughtn't"}
_OTHER = {"let's": "let us", "could've": "could have", "should've": "should have", "would've": "would have",
          "might've": "might have", "must've": "must have", "y'all": "you all", "ma'am": "madam"}
_ONLY_EXPANDED = ("y'all", "ma'am")
_OTHER_READINGS = ("'d", "'s")  # "had" and "has", which only the next word can tell apart
_AFTER_HAS = "been got had become"  # no "is" stands before these
_AFTER_HAD = ("been better gone done seen taken known made said left lost heard told found thought given written had "
              "got grown forgotten spoken broken chosen eaten fallen")  # no "would" stands before these


def pairs() -> list[tuple[str, str, bool, bool]]:
    """Every contraction: short form, full form, whether it has other readings, whether a word must follow it.

    Example:
        >>> [p for p in pairs() if p[0] in ("i'm", "she'd", "don't")]
        [("i'm", 'i am', False, True), ("she'd", 'she would', True, True), ("don't", 'do not', False, False)]
    """
    found = [(f"{subject}{short}", f"{subject} {verb}", short in _OTHER_READINGS, True)
             for short, (verb, subjects) in _WITH.items() for subject in subjects.split()]
    found += [(short, "cannot" if verb == "can" else f"{verb} not", False, False) for verb, short in _NOT.items()]
    found += [(short, full, False, short != "let's") for short, full in _OTHER.items()]
    return found


@cache
def _dictionary(direction: str, ambiguous: bool) -> Dictionary:
    entries: dict[str, list[str]] = {}
    medial = set()
    for short, full, other_readings, word_follows in pairs():
        if direction != "contract" and (ambiguous or not other_readings):
            entries[short] = [full]
            if other_readings:
                verb, following = ("had", _AFTER_HAD) if short.endswith("'d") else ("has", _AFTER_HAS)
                subject = full.partition(" ")[0]
                entries |= {f"{short} {word}": [f"{subject} {verb} {word}"] for word in following.split()}
        if direction != "expand" and short not in _ONLY_EXPANDED:
            for form in (full, "can not") if full == "cannot" else (full,):
                entries[form] = [short]
                if word_follows:
                    medial.add(form)
            verb = full.partition(" ")[2]
            if word_follows and verb in _NOT:  # "we won't" rather than "we'll not"
                entries[f"{full} not"] = [f"{full.partition(' ')[0]} {_NOT[verb]}"]
    return build(entries, medial=medial)


class Contractions(Replacement):
    """Writes English contractions in full ("don't": "do not"), contracts what is written in full, or both.

    About 65 contractions with either apostrophe. The 'd and 's of pronouns have two readings ("she'd" is "she would"
    or "she had"), of which the more frequent one, "would" and "is", is written, but before some 30 participles that
    only follow the other ("she had gone", "it has been"); ``ambiguous=False`` leaves them alone.
    What ends a clause is not contracted ("Yes, I am."), but for "not".

    The contraction test of Ribeiro et al., CheckList (arXiv:2005.04118), there for a whole text, here at a rate.

    Args:
        rate: probability in 0..1 that a contraction, or a phrase that has one, is replaced.
        direction: ``expand``, ``contract``, or ``both``.
        ambiguous: whether contractions with two readings are written in full.
        on: the text column, where there is a choice.

    Example:
        >>> Contractions(rate=1.0)(["I don't think it's late. Do not go, they are here!"])
        ["I do not think it is late. Don't go, they're here!"]
    """

    name: ClassVar[str] = "text-noise/contractions"

    direction: Literal["expand", "contract", "both"] = Field(
        default="both", description="expand contractions, contract what is written in full, or both")
    ambiguous: bool = Field(default=True, description="whether 'd and 's, which have two readings, are expanded")

    def _dictionary(self) -> Dictionary:
        return _dictionary(self.direction, self.ambiguous)
