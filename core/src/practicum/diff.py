"""Edits recovered from before and after, for operations that don't report their own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np

from practicum.edits import TextEdits

_AT_ONCE = 2048  # pairs compared by one call, so that a large column isn't held twice
_ROOM = 16_384  # edits


def diff_text(before: str, after: str) -> list[tuple[int, int, str]]:
    """Sorted replacements ``(start, stop, text)`` that turn one text into the other.

    Words that stay are found first, then letters inside what changed between them: a word that was not touched is never
    taken apart to match letters of another, and long texts stay quick.

    Example:
        >>> diff_text("a text", "a next")
        [(2, 3, 'n')]
    """
    return [edit[1:] for edit in _compared([before], [after])]


def diff_column(before: list[str], after: list[str]) -> TextEdits:
    """Edits of a whole column, each text's as :func:`diff_text` finds them."""
    import pyarrow as pa

    found = list(_compared(before, after))
    rows, starts, stops, texts = zip(*found, strict=True) if found else ((), (), (), ())
    return TextEdits(np.array(rows, np.int32), np.array(starts, np.int32), np.array(stops, np.int32),
                     pa.array(texts, pa.large_string()))


def _compared(before: list[str], after: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """Row, start, stop and replacement of each edit; rows that stayed aren't handed to the compiled comparison."""
    changed = [row for row, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
    for first in range(0, len(changed), _AT_ONCE):
        part = changed[first:first + _AT_ONCE]
        pairs = list(chain.from_iterable((before[row], after[row]) for row in part))
        points = np.frombuffer("".join(pairs).encode("utf-32-le", "surrogatepass"), np.uint32)
        bounds = np.cumsum([0, *map(len, pairs)], dtype=np.int64)
        yield from _edits(points, bounds, part, after)


def _edits(points: np.typing.NDArray[np.uint32], bounds: np.typing.NDArray[np.int64], part: list[int],
           after: list[str]) -> Iterator[tuple[int, int, int, str]]:
    from practicum._diff_numba import diff_rows

    room = max(_ROOM, int((bounds[2::2] - bounds[:-1:2]).max()) + 1)
    out, rows, done = np.empty((room, 4), np.int64), np.empty(room, np.int32), 0
    while done < len(part):
        done, count = diff_rows(points, bounds, done, out, rows)
        for k, (start, stop, new, end) in zip(rows[:count].tolist(), out[:count].tolist(), strict=True):
            yield part[k], start, stop, after[part[k]][new:end]
