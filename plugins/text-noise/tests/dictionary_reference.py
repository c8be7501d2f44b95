"""A slow reading of the rules of dictionary replacement in plain Python, written apart from the kernel."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from text_noise_reference import Draws, Edit, word_char


def tokens(text: str) -> list[tuple[int, int]]:
    """Tokens that hold more than punctuation, in characters."""
    out, start = [], None
    for i, c in enumerate([*text, " "]):
        if c.isspace():
            if start is not None:
                out.append((start, i))
            start = None
        elif start is None:
            start = i
    return out


def core(text: str, start: int, stop: int) -> tuple[int, int]:
    """The token without the punctuation around it."""
    inside = [i for i in range(start, stop) if word_char(text[i])]
    return inside[0], inside[-1] + 1


def recased(source: str, new: str) -> str:
    """The alternative in the case of what it replaces."""
    letters = [c for c in source if c.lower() != c or c.upper() != c]
    upper = [c for c in letters if c.lower() != c]
    if len(upper) > 1 and len(upper) == len(letters):
        return new.upper()
    if upper and letters[0] == upper[0]:
        at = next((i for i, c in enumerate(new) if c.isalnum()), None)
        return new if at is None else new[:at] + new[at].upper() + new[at + 1:]
    return new


def edits_of(text: str, entries: Mapping[str, Sequence[str]], rate: float, draws: Draws) -> list[Edit]:
    """Edits of one text; equal weights, no articles."""
    every = tokens(text)
    words = [t for t in every if any(word_char(c) for c in text[t[0]:t[1]])]
    limit, drawn = round(rate * 2**32), draws.lane(len(words))
    edits: list[Edit] = []
    w = 0
    while w < len(words):
        taken, found = 1, None
        start, stop = core(text, *words[w])
        for n in (3, 2, 1):
            if w + n > len(words):
                continue
            end = core(text, *words[w + n - 1])[1]
            for piece_end in ([end + 1] if text[end:end + 1] == "." else []) + [end]:
                key = text[start:piece_end].lower()
                if found is None and key in entries and (n > 1 or entries[key]) and key.count(" ") == n - 1:
                    taken, found = n, (start, piece_end, key)
        possessive = re.search(r"['’]s$", text[start:stop].lower())
        if found is None and possessive and possessive.start():
            stop -= 2
            key = text[start:stop].lower()
            found = (start, stop, key) if key in entries else None
        if found and entries[found[2]] and drawn[w] < limit:
            start, stop, key = found
            options = entries[key]
            new = options[draws.pick(w, len(words), len(options))]
            last_of_text = words[w + taken - 1] == every[-1] and stop == every[-1][1]
            if new.endswith("."):
                stop += text[stop:stop + 1] == "." and text[stop - 1] != "."
            elif text[stop - 1] == "." and last_of_text:
                stop -= 1
            edits.append((start, stop, recased(text[found[0]:found[1]], new)))
        w += taken
    return edits


def replaced(text: str, edits: Sequence[Edit]) -> str:
    """The text after its edits."""
    for start, stop, new in reversed(edits):
        text = text[:start] + new + text[stop:]
    return text
