"""From a lexicon to a dictionary of inflected words: each form with the same form of what is related to the word."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from practicum_text_noise import lexicons
from practicum_text_noise.dictionary import MOST_WORDS, Dictionary, build
from practicum_text_noise.inflection import BASE, NOUN, SLOTS, VERB, countable, forms
from practicum_text_noise.shipped import stop_words, words

_KEY = re.compile(r"[a-z](?:[a-z'-]*[a-z])?(?: [a-z](?:[a-z'-]*[a-z])?){0,2}")
_ALTERNATIVE = re.compile(r"[A-Za-z](?:[a-z'-]*[a-z])")
_PHRASE = re.compile(r"[A-Za-z](?:[A-Za-z'-]*[a-z])(?: [A-Za-z](?:[A-Za-z'-]*[a-z])?)*")
_INFLECTED = 0.3
"""What one inflected form of a word counts beside its base form, which is about their share in English text."""

_DOMINANT = 2.0
"""How many times as frequent a reading must be as any other, for the form to be taken for it."""

Reading = tuple[float, str, str, frozenset[str]]
"""How often a form is read so, its part of speech, its lemma, and the forms of the lemma that it is."""


@lru_cache(maxsize=16)
def dictionary(lexicon: str, relation: str, pos: tuple[str, ...], senses: int, phrases: bool) -> Dictionary:
    """The packed dictionary of a relation; made once for each configuration.

    Args:
        lexicon: as :func:`practicum_text_noise.lexicons.get` takes it.
        relation: ``synonym``, ``antonym``, ``hypernym`` or ``hyponym``.
        pos: parts of speech of words to replace.
        senses: how many of a word's first meanings count.
        phrases: whether alternatives of several words are used.

    Raises:
        MissingRequirement: there is no such lexicon.
    """
    return build(entries(lexicons.get(lexicon), relation, pos, senses, phrases))


def entries(lexicon: lexicons.Lexicon, relation: str, pos: Iterable[str], senses: int, phrases: bool,
            ) -> dict[str, list[str]]:
    """Every form that has alternatives, with them; phrases that have none protect their words.

    Example:
        >>> found = entries(lexicons.get("builtin"), "synonym", ("noun", "verb"), 1, False)
        >>> found["purchased"], found["movies"], "big" in found
        (['bought'], ['films'], False)
    """
    related: dict[tuple[str, str], tuple[str, ...]] = {}
    readings: dict[str, list[Reading]] = {}
    protected: dict[str, list[str]] = {}
    excluded = stop_words() | words("numerals.txt")
    for kind, lemma, count, others in lexicon.entries(relation, senses):
        name = lemma.lower()
        if name in excluded or not _KEY.fullmatch(name):
            continue
        related[kind, name] = others
        if " " in name:
            protected[name] = []
        for form, slots in _slots(name, kind, bool(others)):
            if form not in excluded:
                score = count * (1.0 if BASE in slots else _INFLECTED)
                readings.setdefault(form, []).append((score, kind, name, slots))
    for kind, pairs in lexicon.exceptions.items():
        for form, lemma in pairs:
            if (kind, lemma) in related and form not in excluded and _KEY.fullmatch(form):
                _add_exception(readings.setdefault(form, []), kind, form, lemma)
    wanted, found = frozenset(pos), dict[str, list[str]]()
    # Frequent words first, so that what is looked up together lies together in memory.
    for form, candidates in sorted(readings.items(), key=lambda item: -max(r[0] for r in item[1])):
        reading = _dominant(candidates)
        if reading is None or reading[1] not in wanted:
            continue
        _, kind, lemma, slots = reading
        alternatives = [new for other in related[kind, lemma] if _usable(other, phrases) and other.lower() != form
                        for new in _inflected(other, kind, slots)]
        if alternatives:
            found[form] = list(dict.fromkeys(alternatives))
    return found | {name: found.get(name, []) for name in protected}


def _slots(lemma: str, pos: str, inflect: bool) -> Iterator[tuple[str, frozenset[str]]]:
    """The forms of a lemma, each with what it is; only the base form of what is never replaced, and of phrases."""
    if " " in lemma or not (inflect or pos == VERB):
        yield lemma, frozenset([BASE])
        return
    by_form: dict[str, list[str]] = {}
    for form, slot in zip(forms(lemma, pos), SLOTS[pos], strict=True):
        if " " not in form and (slot != "plural" or countable(lemma)):
            by_form.setdefault(form, []).append(slot)
    for form, slots in by_form.items():
        yield form, frozenset(slots)


def _add_exception(candidates: list[Reading], pos: str, form: str, lemma: str) -> None:
    if any(kind == pos and name == lemma for _, kind, name, _ in candidates):
        return
    if pos == VERB:
        slots = {"gerund"} if form.endswith("ing") else {"third"} if form.endswith("s") else {"past", "participle"}
    elif pos == NOUN:
        slots = {"plural"}
    else:
        slots = {"superlative"} if form.endswith("st") else {"comparative"}
    candidates.append((_INFLECTED, pos, lemma, frozenset(slots)))


def _dominant(candidates: list[Reading]) -> Reading | None:
    """The reading that is much more frequent than all others, if there is one.

    Rules make comparatives of nearly all adjectives, so one that is a noun as well ("cutter") is taken for neither.
    """
    best = max(candidates, key=lambda reading: reading[0])
    if best[3] & {"comparative", "superlative"} and any(r[1] == NOUN and BASE in r[3] for r in candidates):
        return None
    others = [r[0] for r in candidates if r is not best]
    if others and not (best[0] > 0 and best[0] >= _DOMINANT * max(others)):
        return None
    return best


def _usable(word: str, phrases: bool) -> bool:
    if word.lower() in stop_words() or not words("slurs.txt").isdisjoint(word.lower().split()):
        return False
    if word.count(" ") >= MOST_WORDS:
        return False
    return (_PHRASE if phrases else _ALTERNATIVE).fullmatch(word) is not None


def _inflected(word: str, pos: str, slots: frozenset[str]) -> list[str]:
    """The form of a word that serves all the slots; none where it has several, or no plural."""
    if "plural" in slots and not countable(word):
        return []
    made = {form for form, slot in zip(forms(word, pos), SLOTS[pos], strict=True) if slot in slots}
    return list(made) if len(made) == 1 else []
