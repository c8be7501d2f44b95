"""Edits recovered from before and after, for operations that don't report their own."""

from __future__ import annotations

import difflib

import numpy as np

from practicum.edits import TextEdits


def diff_text(before: str, after: str) -> list[tuple[int, int, str]]:
    """Sorted replacements ``(start, stop, text)`` that turn one text into the other.

    Example:
        >>> diff_text("a text", "a next")
        [(2, 3, 'n')]
    """
    if before == after:
        return []
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return [(i0, i1, after[j0:j1]) for tag, i0, i1, j0, j1 in matcher.get_opcodes() if tag != "equal"]


def diff_column(before: list[str], after: list[str]) -> TextEdits:
    """Edits of a whole column."""
    import pyarrow as pa

    found = [(row, *edit) for row, (a, b) in enumerate(zip(before, after, strict=True)) for edit in diff_text(a, b)]
    rows, starts, stops, texts = zip(*found, strict=True) if found else ((), (), (), ())
    return TextEdits(np.array(rows, np.int32), np.array(starts, np.int32), np.array(stops, np.int32),
                     pa.array(texts, pa.large_string()))
