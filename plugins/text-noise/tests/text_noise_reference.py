"""A slow reading of the documented rules in plain Python, written apart from the kernels they must equal.

Characters are taken one by one from a ``str``; draws come from the NumPy form of Philox, one sample at a time.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Sequence

from practicum.keys import hash_ids
from practicum.keys.philox import words as philox_words

KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
NEAR = {
    "q": "wa", "w": "qeas", "e": "wrsd", "r": "etdf", "t": "ryfg", "y": "tugh", "u": "yihj", "i": "uojk", "o": "ipkl",
    "p": "ol", "a": "qwsz", "s": "weadzx", "d": "ersfxc", "f": "rtdgcv", "g": "tyfhvb", "h": "yugjbn", "j": "uihknm",
    "k": "iojlm", "l": "opk", "z": "asx", "x": "sdzc", "c": "dfxv", "v": "fgcb", "b": "ghvn", "n": "hjbm", "m": "jkn",
    "1": "2", "2": "13", "3": "24", "4": "35", "5": "46", "6": "57", "7": "68", "8": "79", "9": "80", "0": "9",
}
Edit = tuple[int, int, str]


def word_char(c: str) -> bool:
    """Neither whitespace nor punctuation."""
    return not (c.isspace() or c in string.punctuation or unicodedata.category(c).startswith("P"))


class Draws:
    """The draws of one sample."""

    def __init__(self, stream: int, sample: object) -> None:
        self.stream, self.ids = stream, hash_ids([sample])
        self.drawn: dict[int, list[int]] = {}

    def lane(self, n: int, lane: int = 0) -> list[int]:
        if n > len(self.drawn.get(lane, [])):
            self.drawn[lane] = philox_words(self.stream, lane, self.ids, n)[0].tolist()
        return self.drawn.get(lane, [])[:n]

    def pick(self, position: int, size: int, n: int, lane: int = 1) -> int:
        """One of ``n``, drawn at a position of a text with ``size`` characters."""
        return self.lane(size, lane)[position] * n >> 32


def char_edits(op: str, text: str, rate: float, draws: Draws, alphabet: str) -> list[Edit]:
    """Edits of one text by one of the character operations."""
    limit, fits = round(rate * 2**32), [word_char(c) for c in text]
    if op == "char-swap":
        first = draws.lane(1, 1)[0] >> 31
        pairs = [(k, k + 1) for k in range(first, len(text) - 1, 2)]
        drawn = draws.lane(len(pairs))
        return [e for (a, b), w in zip(pairs, drawn, strict=True) if w < limit and fits[a] and fits[b]
                for e in ((a, b, text[b]), (b, b + 1, text[a]))]
    drawn = draws.lane(len(text))
    if op == "keyboard-typo":
        fits = [c.lower() in NEAR and c.isascii() for c in text]
    hit = [i for i, w in enumerate(drawn) if w < limit and fits[i]]
    if op == "char-delete":
        if hit and len(hit) == sum(fits):
            hit.remove(max(hit, key=lambda i: drawn[i]))
        return [(i, i + 1, "") for i in hit]
    if op == "char-insert":
        return [(i + 1, i + 1, alphabet[draws.pick(i, len(text), len(alphabet))]) for i in hit]
    edits = []
    for i in hit:
        if op == "keyboard-typo":
            near = NEAR[text[i].lower()]
            new = near[draws.pick(i, len(text), len(near))]
            new = new.upper() if text[i].isupper() else new
        else:
            new = alphabet[draws.pick(i, len(text), len(alphabet))]
            if new == text[i]:
                others = alphabet.replace(new, "")
                if not others:
                    continue
                new = others[draws.pick(i, len(text), len(others), lane=2)]
        edits.append((i, i + 1, new))
    return edits


def split(text: str) -> tuple[list[str], list[str]]:
    """Gaps and tokens by turns: gap, token, gap, ... token, gap."""
    gaps: list[str] = [""]
    tokens: list[str] = []
    for c in text:
        if c.isspace():
            gaps[-1] += c
        elif tokens and not gaps[-1] and len(gaps) == len(tokens) + 1:
            tokens[-1] += c
        else:
            tokens.append(c)
            gaps.append("")
    return gaps, tokens


def word_result(op: str, text: str, rate: float, draws: Draws) -> str:
    """One text after one of the word operations."""
    limit = round(rate * 2**32)
    gaps, tokens = split(text)
    words = [t for t, token in enumerate(tokens) if any(word_char(c) for c in token)]
    if op == "word-swap":
        first = draws.lane(1, 1)[0] >> 31
        for k, w in enumerate(draws.lane(max(len(words) - first, 0) // 2)):
            if w < limit:
                a, b = words[first + 2 * k], words[first + 2 * k + 1]
                tokens[a], tokens[b] = tokens[b], tokens[a]
        return "".join(g + t for g, t in zip(gaps, [*tokens, ""], strict=True))
    drawn = draws.lane(len(words))
    gone = {t for t, w in zip(words, drawn, strict=True) if w < limit}
    if gone and len(gone) == len(words):
        gone.discard(words[drawn.index(max(drawn))])
    if not tokens:
        return text
    out, kept = gaps[0], False
    for t, token in enumerate(tokens):
        if t not in gone:
            out += (gaps[t] if kept else "") + token
            kept = True
    return out + gaps[-1]


def expected(op: str, texts: Sequence[str], ids: Sequence[object], rate: float, stream: int,
             alphabet: str = string.ascii_lowercase) -> list[str]:
    """What the operation must return."""
    out = []
    for text, sample in zip(texts, ids, strict=True):
        draws = Draws(stream, sample)
        if op.startswith("word"):
            out.append(word_result(op, text, rate, draws))
            continue
        at, pieces = 0, []
        for start, stop, new in char_edits(op, text, rate, draws, alphabet):
            pieces += [text[at:start], new]
            at = stop
        out.append("".join([*pieces, text[at:]]))
    return out
