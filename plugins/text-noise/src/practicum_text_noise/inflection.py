"""English inflection: plurals, verb forms and comparison, by rules and a table of irregular words."""

from __future__ import annotations

import re
from functools import cache

from practicum_text_noise.shipped import rows, words

NOUN, VERB, ADJECTIVE, ADVERB = "noun", "verb", "adjective", "adverb"
BASE = "base"
SLOTS = {NOUN: (BASE, "plural"), VERB: (BASE, "third", "past", "participle", "gerund"),
         ADJECTIVE: (BASE, "comparative", "superlative"), ADVERB: (BASE, "comparative", "superlative")}
"""The forms of each part of speech."""


_PLURAL_ALREADY = re.compile(r"(?<![suiao])s$|ness$")


def countable(noun: str) -> bool:
    """Whether a noun has a plural of its own: neither a mass noun nor a plural already.

    Example:
        >>> [countable(n) for n in ("dog", "advice", "clothes", "bus", "glass")]
        [True, False, False, True, True]
    """
    last = noun.rpartition(" ")[2]
    return last not in words("mass_nouns.txt") and (last in _irregular("n") or _PLURAL_ALREADY.search(last) is None)


_PREFIX = re.compile(r"(?:over|under|out|fore|mis|with|re|un|be|inter|pre|up)(?=..)")
_NOT_PREFIXED = frozenset(["behave", "relay", "belay", "benight", "betide", "unbend", "rebid"])
_KEEPS_E = frozenset(["singe", "binge", "swinge", "tinge"])
_HARD_C = re.compile(r"[aeio]c$")
_VOWEL_Y = re.compile(r"(?<!q)[aeiou]y$|[aeo]y$")
_SIBILANT = re.compile(r"(?:s|x|z|ch|sh)$")
_SHORT = re.compile(r"(?:[^aeiou]*|[^aeiou]*qu)[aeiou][^aeiouwxy]$")
_SYLLABLES = re.compile(r"[aeiouy]+")
_MAN = re.compile(r"(?<!hu)(?<!ger)(?<!ro)man$")


@cache
def _irregular(kind: str) -> dict[str, tuple[str, ...]]:
    return {row[1]: row[2:] for row in rows("irregular.tsv") if row[0] == kind}


def _doubles(word: str) -> bool:
    return _SHORT.fullmatch(word) is not None or word in words("doubling_verbs.txt")


def _with_s(word: str) -> str:
    if _SIBILANT.search(word):
        return f"{word}es"
    if word.endswith("y") and not _VOWEL_Y.search(word) and len(word) > 1:
        return f"{word[:-1]}ies"
    return f"{word}s"


def plural(noun: str) -> str:
    """The plural of a noun.

    Example:
        >>> [plural(n) for n in ("cat", "bus", "city", "day", "child", "postman", "analysis", "sheep")]
        ['cats', 'buses', 'cities', 'days', 'children', 'postmen', 'analyses', 'sheep']
    """
    if noun in _irregular("n"):
        return _irregular("n")[noun][0]
    if _MAN.search(noun):
        return f"{noun[:-3]}men"
    for ending in ("child", "wife", "foot", "tooth", "life", "knife", "person"):
        if noun.endswith(ending) and len(noun) > len(ending) + 2:
            return noun[:-len(ending)] + _irregular("n")[ending][0]
    if noun.endswith("sis") and len(noun) > 4:
        return f"{noun[:-2]}es"
    return _with_s(noun)


def _irregular_past(verb: str) -> tuple[tuple[str, ...] | None, str]:
    """Past and participle of an irregular verb, and the verb without prefixes."""
    table, prefix = _irregular("v"), ""
    while verb not in table:
        found = _PREFIX.match(verb)
        if found is None or prefix + verb in _NOT_PREFIXED:
            return None, verb
        prefix, verb = prefix + found[0], verb[found.end():]
    return tuple(prefix + form for form in table[verb]), verb


def verb_forms(verb: str) -> tuple[str, str, str, str]:
    """Third person singular, past, past participle and gerund of a verb.

    Example:
        >>> verb_forms("stop"), verb_forms("undergo")
        (('stops', 'stopped', 'stopped', 'stopping'), ('undergoes', 'underwent', 'undergone', 'undergoing'))
    """
    if verb == "be":
        return "is", "was", "been", "being"
    third = f"{verb}es" if verb.endswith(("go", "do", "echo", "veto")) else _with_s(verb)
    third = "has" if verb == "have" else third
    found, stem = _irregular_past(verb)
    twice = _doubles(verb) or (found is not None and _doubles(stem))
    if verb.endswith("ie"):
        gerund = f"{verb[:-2]}ying"
    elif verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb not in _KEEPS_E:
        gerund = f"{verb[:-1]}ing"
    elif _HARD_C.search(verb):
        gerund = f"{verb}king"
    elif twice:
        gerund = f"{verb}{verb[-1]}ing"
    else:
        gerund = f"{verb}ing"
    if found is None:
        if verb.endswith("e"):
            past = f"{verb}d"
        elif verb.endswith("y") and not _VOWEL_Y.search(verb):
            past = f"{verb[:-1]}ied"
        elif _HARD_C.search(verb):
            past = f"{verb}ked"
        else:
            past = f"{verb}{verb[-1] * twice}ed"
        found = past, past
    return third, found[0], found[1], gerund


def comparison(word: str) -> tuple[str, str]:
    """Comparative and superlative of an adjective or adverb; with "more" and "most" where it has no forms of its own.

    Example:
        >>> comparison("big"), comparison("happy"), comparison("useful")
        (('bigger', 'biggest'), ('happier', 'happiest'), ('more useful', 'most useful'))
    """
    if word in _irregular("a"):
        first, second = _irregular("a")[word]
        return first, second
    spoken = word[:-1] if word.endswith("e") else word
    syllables = len(_SYLLABLES.findall(spoken))
    if (word.endswith(("ed", "ing", "ly")) and syllables > 1) or len(word) < 3 or "-" in word:
        return f"more {word}", f"most {word}"
    if syllables == 2 and word.endswith("y") and not _VOWEL_Y.search(word):
        return f"{word[:-1]}ier", f"{word[:-1]}iest"
    if syllables > 1 or not syllables:
        return f"more {word}", f"most {word}"
    if word.endswith("y") and not _VOWEL_Y.search(word) and word not in ("shy", "sly", "wry", "spry"):
        return f"{word[:-1]}ier", f"{word[:-1]}iest"
    stem = word[:-1] if word.endswith("e") else word + word[-1] * _doubles(word)
    return f"{stem}er", f"{stem}est"


def forms(lemma: str, pos: str) -> tuple[str, ...]:
    """All forms of a word, in the order of :data:`SLOTS`; of several words, the one that carries the form is inflected.

    Example:
        >>> forms("mouse", "noun"), forms("look up", "verb")[2], forms("ice cream", "noun")[1]
        (('mouse', 'mice'), 'looked up', 'ice creams')
    """
    if " " in lemma:
        at, rest = (lemma.rpartition(" ")[::2] if pos == NOUN else lemma.partition(" ")[::2])
        if pos == NOUN:
            return tuple(f"{at} {form}" for form in forms(rest, pos))
        if pos == VERB:
            return tuple(f"{form} {rest}" for form in forms(at, pos))
        return lemma, f"more {lemma}", f"most {lemma}"
    if pos == NOUN:
        return lemma, plural(lemma)
    return (lemma, *verb_forms(lemma)) if pos == VERB else (lemma, *comparison(lemma))
