"""What :mod:`practicum.diff` finds, in plain Python over :mod:`difflib`."""

from __future__ import annotations

import difflib
import re

_WORD = 32  # of two words of one length the letters at one place belong together; longer pieces may be shifted
_TOKEN = re.compile(r"\s+|\S+")


def diff_text(before: str, after: str) -> list[tuple[int, int, str]]:
    """Sorted replacements ``(start, stop, text)`` that turn one text into the other.

    Words that stay are found first, then letters inside what changed between them: a word that was not touched is never
    taken apart to match letters of another, and long texts stay quick.
    """
    if before == after:
        return []
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    head, most = 0, min(len(old), len(new))
    while head < most and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < most - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    at = sum(map(len, old[:head]))
    middle, replaced = old[head:len(old) - tail], new[head:len(new) - tail]
    if not middle or not replaced or len(middle) == len(replaced) == 1:
        return _letters("".join(middle), "".join(replaced), at)
    edits: list[tuple[int, int, str]] = []
    done = 0
    for tag, i0, i1, j0, j1 in difflib.SequenceMatcher(None, middle, replaced, autojunk=False).get_opcodes():
        at += sum(map(len, middle[done:i0]))
        done = i0
        if tag != "equal":
            edits += _letters("".join(middle[i0:i1]), "".join(replaced[j0:j1]), at)
    return edits


def _letters(before: str, after: str, at: int) -> list[tuple[int, int, str]]:
    """The same, letter by letter, for a piece that begins at character ``at``."""
    most, head, tail = min(len(before), len(after)), 0, 0
    while head < most and before[head] == after[head]:
        head += 1
    while tail < most - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new, at = before[head:len(before) - tail], after[head:len(after) - tail], at + head
    if not old or not new:
        return [(at, at + len(old), new)]
    if len(old) == len(new) <= _WORD:
        return _replaced(old, new, at)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    return [(at + i0, at + i1, new[j0:j1]) for tag, i0, i1, j0, j1 in matcher.get_opcodes() if tag != "equal"]


def _replaced(old: str, new: str, at: int) -> list[tuple[int, int, str]]:
    """Runs of places at which two pieces of one length differ; the first and the last place do."""
    edits, start = [], 0
    for i in range(1, len(old) + 1):
        if i < len(old) and old[i] == new[i]:
            if start >= 0:
                edits.append((at + start, at + i, new[start:i]))
                start = -1
        elif i == len(old):
            edits.append((at + start, at + i, new[start:i]))
        elif start < 0:
            start = i
    return edits
