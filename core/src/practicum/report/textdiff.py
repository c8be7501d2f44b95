"""Texts before and after, as parts to mark; and attributions as shades."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from practicum.diff import diff_text
from practicum.edits import apply_edits

Mark = Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text and what became of it."""

    mark: Mark
    text: str


def diff_parts(before: str, after: str, limit: int = 600) -> list[Part]:
    """The difference as parts to read in order; long unchanged stretches are shortened, then the whole is cut.

    Args:
        before, after: the texts.
        limit: characters shown at most.

    Example:
        >>> [(p.mark, p.text) for p in diff_parts("a text", "a next")]
        [('same', 'a '), ('removed', 't'), ('added', 'n'), ('same', 'ext')]
    """
    out: list[Part] = []
    at = 0
    # difflib is quadratic: beyond a few thousand characters the start is enough to show what happened
    before, after = before[: 4 * limit], after[: 4 * limit]
    for start, stop, new in by_word(before, diff_text(before, after)):
        if start > at:
            out.append(Part("same", _shortened(before[at:start], 160)))
        if stop > start:
            out.append(Part("removed", before[start:stop]))
        if new:
            out.append(Part("added", new))
        at = stop
    if at < len(before):
        out.append(Part("same", _shortened(before[at:], 160)))
    return _cut(out, limit)


def by_word(before: str, edits: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Edits with those that meet in one word drawn together to the whole word, which is easier to read.

    Example:
        >>> by_word("Wait now", [(0, 1, "E"), (3, 4, "f")])
        [(0, 4, 'Eaif')]
        >>> by_word("Wait now", [(0, 1, "E"), (5, 6, "m")])
        [(0, 1, 'E'), (5, 6, 'm')]
    """
    groups: list[list[tuple[int, int, str]]] = []
    for edit in edits:
        between = before[groups[-1][-1][1] : edit[0]] if groups else " "
        if any(c.isspace() for c in between):
            groups.append([edit])
        else:
            groups[-1].append(edit)
    return [group[0] if len(group) == 1 else _whole(before, group) for group in groups]


def _whole(before: str, group: Sequence[tuple[int, int, str]]) -> tuple[int, int, str]:
    start, stop = group[0][0], group[-1][1]
    while start > 0 and not before[start - 1].isspace():
        start -= 1
    while stop < len(before) and not before[stop].isspace():
        stop += 1
    return start, stop, apply_edits(before[start:stop], [(a - start, b - start, new) for a, b, new in group])


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit // 2]} … {text[-limit // 2 :]}"


def _cut(parts: list[Part], limit: int) -> list[Part]:
    out: list[Part] = []
    room = limit
    for part in parts:
        if len(part.text) > room:
            out.append(Part(part.mark, part.text[:room] + "…"))
            break
        out.append(part)
        room -= len(part.text)
    return out


@dataclass(frozen=True, slots=True)
class Shade:
    """One unit with its share of the largest attribution, 0..1, and which way it pulls."""

    text: str
    weight: float
    toward: bool
    value: float


def shades(units: Sequence[str], values: Sequence[float], limit: int = 120) -> list[Shade]:
    """Units to highlight, in order, at most ``limit``; weights relative to the largest absolute attribution.

    Example:
        >>> [(s.text, s.weight, s.toward) for s in shades(["not", "bad"], [-0.5, 0.25])]
        [('not', 1.0, False), ('bad', 0.5, True)]
    """
    finite = [v if math.isfinite(v) else 0.0 for v in values]
    top = max((abs(v) for v in finite), default=0.0) or 1.0
    return [Shade(unit, round(abs(value) / top, 3), value >= 0, value)
            for unit, value in list(zip(units, finite, strict=True))[:limit]]


def strongest(items: Sequence[Shade], count: int = 5) -> list[Shade]:
    """The ``count`` units with the largest attribution, for readers who don't see shades; zeros left out."""
    return sorted((s for s in items if s.weight > 0), key=lambda s: -s.weight)[:count]
