"""Moving spans, tags and answers along with text edits."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from practicum.edits import TextEdits
from practicum.targets import Target


@dataclass(frozen=True, slots=True)
class RowEdits:
    """One text's edits as plain lists, for position arithmetic."""

    start: list[int]
    stop: list[int]
    new: list[int]
    size: list[int]
    source: list[int]

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Where ``[start, stop)`` of the text before lies in the text after.

        A span inside a moved piece moves with it. A replaced piece that a span only partly covers joins the span
        whole. Text inserted at either border stays outside. A deleted span comes back empty.
        """
        for i, source in enumerate(self.source):
            if source >= 0 and source <= start and stop <= source + self.size[i]:
                return self.new[i] + start - source, self.new[i] + stop - source
        left = self._border(start, opening=True)
        return left, max(left, self._border(stop, opening=False))

    def moved(self, start: int, stop: int) -> list[int]:
        """Where those characters of ``[start, stop)`` that belong to moved pieces lie in the text after."""
        return [new + at - source for source, new, size in zip(self.source, self.new, self.size, strict=True)
                if source >= 0 for at in range(max(start, source), min(stop, source + size))]

    def _border(self, at: int, *, opening: bool) -> int:
        shift = 0
        for start, stop, new, size in zip(self.start, self.stop, self.new, self.size, strict=True):
            if start < at < stop:
                return new if opening else new + size
            if start == stop == at and not opening:
                break
            if stop > at or (start == at and start != stop):
                break
            shift += size - (stop - start)
        return at + shift


def by_row(edits: TextEdits) -> dict[int, RowEdits]:
    """The edits of each edited row."""
    new, size = edits.new_starts(), edits.lengths()
    source = edits.source if edits.source is not None else np.full(len(edits), -1, np.int32)
    bounds = np.flatnonzero(np.diff(edits.row)) + 1
    out = {}
    for lo, hi in zip([0, *bounds.tolist()], [*bounds.tolist(), len(edits)], strict=True):
        if hi > lo:
            out[int(edits.row[lo])] = RowEdits(edits.start[lo:hi].tolist(), edits.stop[lo:hi].tolist(),
                                               new[lo:hi].tolist(), size[lo:hi].tolist(), source[lo:hi].tolist())
    return out


def remap_target(target: Target, edits: TextEdits, before: list[str], after: list[str]) -> Target:
    """A spans, tags or answer target, moved along with ``edits``; spans whose text was deleted are dropped."""
    data = list(target.data)
    for row, row_edits in by_row(edits).items():
        if target.kind == "spans":
            moved = [(*row_edits.span(s[0], s[1]), *s[2:]) for s in data[row]]
            data[row] = [s for s in moved if s[1] > s[0]]
        elif target.kind == "answer":
            if data[row] is not None:
                start, stop = row_edits.span(*data[row][:2])
                data[row] = (start, stop) if stop > start else None
        else:
            data[row] = _tags(data[row], row_edits, before[row], after[row])
    return replace(target, data=data)


def tokens(text: str) -> list[tuple[int, int]]:
    """Whitespace-separated tokens as character spans."""
    out, start = [], -1
    for i, ch in enumerate(text):
        if ch.isspace():
            if start >= 0:
                out.append((start, i))
            start = -1
        elif start < 0:
            start = i
    return [*out, (start, len(text))] if start >= 0 else out


def _tags(tags: list[Any], edits: RowEdits, before: str, after: str) -> list[Any]:
    owner: dict[int, Any] = {}
    for tag, (start, stop) in zip(tags, tokens(before), strict=True):
        for at in edits.moved(start, stop):
            owner.setdefault(at, tag)
    for tag, (start, stop) in zip(tags, tokens(before), strict=True):
        new_start, new_stop = edits.span(start, stop)
        for at in range(new_start, new_stop):
            owner.setdefault(at, tag)
    return [next((owner[at] for at in range(start, stop) if at in owner), "O") for start, stop in tokens(after)]
