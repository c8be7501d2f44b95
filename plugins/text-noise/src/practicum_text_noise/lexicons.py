"""What is related to a word: the built-in lexicon and WordNet behind one interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from practicum_text_noise import wordnet
from practicum_text_noise.inflection import ADJECTIVE, ADVERB, NOUN, VERB
from practicum_text_noise.shipped import rows

POS = (NOUN, VERB, ADJECTIVE, ADVERB)
"""The parts of speech, in the order that breaks ties."""

Entry = tuple[str, str, int, tuple[str, ...]]
"""Part of speech, lemma (spaces between words), frequency, related lemmas."""

_SYMBOLS = {"hypernym": ("@", "@i"), "hyponym": ("~", "~i")}


@dataclass(frozen=True)
class Lexicon:
    """A lexicon.

    Args:
        entries: for a relation and a number of senses, every lemma with what is related to it; lemmas without related
            words too, since they decide which part of speech a form is taken for.
        exceptions: part of speech -> pairs of irregular form and lemma, beside the rules of inflection.
    """

    entries: Callable[[str, int], Iterable[Entry]]
    exceptions: dict[str, list[tuple[str, str]]]


def get(name: str) -> Lexicon:
    """The lexicon called ``builtin``, or the WordNet that ``name`` leads to.

    Raises:
        MissingRequirement: there is no WordNet.

    Example:
        >>> [e[1:] for e in get("builtin").entries("synonym", 1) if e[1] == "purchase"]
        [('purchase', 1, ('buy',))]
    """
    if name == "builtin":
        return Lexicon(_builtin_entries, {})
    read = wordnet.read(name)
    return Lexicon(lambda relation, senses: _wordnet_entries(read, relation, senses), read.exceptions)


@cache
def _builtin() -> list[tuple[str, list[str], list[str], list[str]]]:
    """The lines of the built-in lexicon: part of speech, words, hypernyms, antonyms."""
    names = {"n": NOUN, "v": VERB, "a": ADJECTIVE, "r": ADVERB}
    found = []
    for pos, *fields in rows("builtin.tsv"):
        parts = {"=": "", ">": "", "!": ""}
        for item in fields:
            mark = item[0] if item[0] in ">!" else "="
            parts[mark] = item.lstrip(">! ")
        words, above, opposite = ([w for w in parts[mark].split(", ") if w] for mark in "=>!")
        found.append((names[pos], words, above, opposite))
    return found


def _builtin_entries(relation: str, senses: int) -> Iterator[Entry]:
    below: dict[tuple[str, str], list[str]] = {}
    against: dict[tuple[str, str], list[str]] = {}
    for pos, words, above, opposite in _builtin():
        for word in above:
            below.setdefault((pos, word), []).extend(words)
        for word in opposite:
            against.setdefault((pos, word), []).append(words[0])
    meanings: dict[tuple[str, str], list[list[str]]] = {}
    for pos, words, above, opposite in _builtin():
        for word in words:
            related = {"synonym": [w for w in words if w != word], "hypernym": above, "hyponym": [],
                       "antonym": opposite}[relation]
            meanings.setdefault((pos, word), []).append(related)
        for word in (*above, *opposite):
            meanings.setdefault((pos, word), [])
    for (pos, word), related_by_sense in meanings.items():
        found = dict.fromkeys(w for related in related_by_sense[:senses] for w in related)
        if relation in ("hyponym", "antonym"):
            found |= dict.fromkeys((below if relation == "hyponym" else against).get((pos, word), ()))
        yield pos, word, 1, tuple(w for w in found if w != word)


def _wordnet_entries(read: wordnet.WordNet, relation: str, senses: int) -> Iterator[Entry]:
    for (pos, lemma), offsets in read.senses.items():
        related: list[str] = []
        for offset in offsets[:senses]:
            related += _related(read, relation, pos, lemma, offset)
        words = dict.fromkeys(w.replace("_", " ") for w in related if w.lower() != lemma and "(" not in w)
        yield pos, lemma.replace("_", " "), read.counts.get((pos, lemma), 0), tuple(words)


def _related(read: wordnet.WordNet, relation: str, pos: str, lemma: str, offset: int) -> Iterator[str]:
    synset = read.synsets[pos, offset]
    if relation == "synonym":
        yield from synset.words
        return
    number = next((k for k, w in enumerate(synset.words, 1) if w.partition("(")[0].lower() == lemma), 0)
    for symbol, other, target, start, end in synset.pointers:
        if relation == "antonym":
            if symbol == "!" and start == number:
                yield read.synsets[other, target].words[end - 1]
        elif symbol in _SYMBOLS[relation]:
            yield from read.synsets[other, target].words
