"""A slow reading of the rules of EDA, random insertion and TF-IDF replacement in plain Python."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from dictionary_reference import core, recased, tokens
from text_noise_reference import Draws, word_char

EDA = ("replacement", "insertion", "swap", "deletion")


def _words(text: str) -> list[tuple[int, int]]:
    return [t for t in tokens(text) if any(word_char(c) for c in text[t[0]:t[1]])]


def _pick(draws: Draws, position: int, count: int, lane: int) -> int:
    return draws.lane(position + 1, lane)[position] * count >> 32


def _inserted(text: str, inserts: Sequence[tuple[int, str]]) -> str:
    """Words before tokens: (token, word) in the order they are inserted in."""
    every = tokens(text)
    out, at = [], 0
    for number, (start, _) in enumerate(every):
        out += [text[at:start], *(f"{word} " for place, word in inserts if place == number)]
        at = start
    return "".join([*out, text[at:]])


def insertion(text: str, entries: Mapping[str, Sequence[str]], rate: float, draws: Draws) -> str:
    """Random insertion at a rate; single words as keys."""
    words, every = _words(text), tokens(text)
    made = []
    for w, (drawn, word) in enumerate(zip(draws.lane(len(words)), words, strict=True)):
        start, stop = core(text, *word)
        options = entries.get(text[start:stop].lower())
        if options and drawn < round(rate * 2**32):
            made.append((_pick(draws, w, len(every), 2), options[_pick(draws, w, len(options), 1)]))
    return _inserted(text, made)


def eda(text: str, entries: Mapping[str, Sequence[str]], alpha: float, allowed: Sequence[str], draws: Draws) -> str:
    """One text after EDA; single words as keys, no articles."""
    words, every = _words(text), tokens(text)
    total = len(words)
    op = [name for name in EDA if name in allowed][_pick(draws, 0, len(allowed), 3)]
    times = max(1, int(alpha * total))
    drawn = draws.lane(total)
    if op == "deletion":
        gone = [w for w in range(total) if drawn[w] < round(alpha * 2**32)]
        if gone and len(gone) == total:
            gone.remove(max(range(total), key=lambda w: (drawn[w], -w)))
        kept = [t for t in every if t not in [words[w] for w in gone]]
        gaps = [text[a[1]:b[0]] for a, b in pairwise(every)]
        out = text[:every[0][0]] if every else text
        for k, token in enumerate(every):
            if token in kept:
                out += (gaps[k - 1] if token != kept[0] else "") + text[token[0]:token[1]]
        return out + text[every[-1][1]:] if every else text
    if op == "swap":
        if total < 2:
            return text
        order = list(range(total))
        for n in range(times):
            a, b = _pick(draws, n, total, 8), _pick(draws, n, total - 1, 9)
            b += b >= a
            order[a], order[b] = order[b], order[a]
        out, at = "", 0
        for w, (start, stop) in enumerate(words):
            out += text[at:start] + text[slice(*words[order[w]])]
            at = stop
        return out + text[at:]
    cores = [core(text, *word) for word in words]
    known = [w for w in range(total) if entries.get(text[slice(*cores[w])].lower())]
    if op == "replacement":
        chosen = sorted(known, key=lambda w: (drawn[w], w))[:times]
        for w in sorted(chosen, reverse=True):
            start, stop = cores[w]
            options = entries[text[start:stop].lower()]
            text = text[:start] + recased(text[start:stop], options[_pick(draws, w, len(options), 1)]) + text[stop:]
        return text
    made = []
    for n in range(times if known else 0):
        w = known[_pick(draws, n, len(known), 8)]
        options = entries[text[slice(*cores[w])].lower()]
        made.append((_pick(draws, n, len(every), 10), options[_pick(draws, n, len(options), 9)]))
    return _inserted(text, made)


def tfidf(text: str, fitted: Sequence[str], rate: float, draws: Draws) -> str:
    """One text after TF-IDF replacement by the words of ``fitted`` texts."""
    def split(given: str) -> list[str]:
        return [given[slice(*core(given, *word))].lower() for word in _words(given)]

    documents = Counter(w for t in fitted for w in set(split(t)))
    counts = Counter(w for t in fitted for w in split(t))
    idf = {w: math.log(len(fitted) / n) for w, n in documents.items()}
    vocabulary = sorted(counts, key=lambda w: (-counts[w], w))
    score = [counts[w] * idf[w] for w in vocabulary]
    weights = [max(score) - s for s in score]
    words = _words(text)
    mine = split(text)
    informs = [mine.count(w) / len(mine) * idf[w] if w in idf else math.log(len(fitted)) / len(mine) for w in mine]
    lack = sum(max(informs) - i for i in informs) if mine else 0
    out, at = "", 0
    for w, word in enumerate(words):
        if lack <= 0 or draws.lane(len(words))[w] >= rate * (max(informs) - informs[w]) / (lack / len(mine)) * 2**32:
            continue
        u = (draws.lane(w + 1, 1)[w] + 0.5) / 2**32 * sum(weights)
        k = 0
        while u > weights[k]:
            u -= weights[k]
            k += 1
        start, stop = core(text, *word)
        out += text[at:start] + recased(text[start:stop], vocabulary[k])
        at = stop
    return out + text[at:]
