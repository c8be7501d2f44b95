"""Whether a word takes the article "an"."""

from __future__ import annotations

import re

# A vowel letter that sounds like a consonant: a university, a European, a one-way street, a user.
_CONSONANT_SOUND = re.compile(r"one(?![a-z])|ones|once|oui|eu|ewe|uni(?![mn])|ukr|u[bcfgjklrst][aeiou]")
_SILENT_H = re.compile(r"hour|honest|honou?r|heir|hrs?(?![a-z])")
_SPELT = re.compile(r"[A-Z]\.?(?:[A-Z]\.?){0,2}(?![\w.])")  # up to three letters, read one by one


def takes_an(word: str) -> bool:
    """Whether "an" stands before ``word``, by its spelling.

    Vowels, silent h, u that sounds like "you", and the names of letters count.

    Example:
        >>> [takes_an(w) for w in ("apple", "dog", "hour", "university", "unimportant", "one-way", "European", "use")]
        [True, False, True, False, True, False, False, False]
    """
    if _SPELT.match(word):
        return word[0] in "AEFHILMNORSX"
    low = word.lower()
    if low[:1] == "h":
        return _SILENT_H.match(low) is not None
    return low[:1] in tuple("aeiou") and _CONSONANT_SOUND.match(low) is None
