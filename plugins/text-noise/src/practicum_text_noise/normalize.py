"""Unicode normalisation forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.text import buffers, to_strings
from practicum.edits import TextEdits
from practicum.keys import Keys
from practicum.transformation import Transformation
from practicum_text_noise.unicode_classes import COVERED

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

# Pieces that can be normalised apart: ASCII starts anew, and what follows it may combine with it.
_PIECE = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")

# Beside marks, what may combine with the character before it: conjoining jamo, and halfwidth forms (their voicing marks
# and jamo combine once they are made wide).
_JOINS = (0x1160, 0x1200), (0xA960, 0xA980), (0xD7B0, 0xD800), (0xFF61, 0xFFE0)


class UnicodeNormalize(Transformation):
    """Brings texts to a Unicode normalisation form.

    Each text is normalised with probability ``rate`` (one draw a text); texts that are in the form already stay, and
    so does all ASCII. A higher rate normalises the same texts and more. ``NFC`` composes letters and marks, ``NFD``
    decomposes them, ``NFKC`` and ``NFKD`` also replace compatibility characters such as ligatures, fullwidth forms and
    mathematical letters. The edit log holds the shortest pieces that change, so that spans stay on their words.

    Unicode Standard Annex #15, as Python's :mod:`unicodedata` does it. By Unicode's stability policy another Python
    version gives the same for every character that the older one knows.

    Args:
        rate: probability in 0..1 that a text is normalised; 0 changes nothing.
        form: ``NFC``, ``NFD``, ``NFKC`` or ``NFKD``.
        on: the text column, where there is a choice.

    Example:
        >>> UnicodeNormalize(form="NFKC")(["ﬁne ｆｏｎｔｓ: 𝓪𝓫𝓬 ½"])
        ['fine fonts: abc 1⁄2']
        >>> [ascii(t) for t in UnicodeNormalize(form="NFD")(["café"])]
        ["'cafe\\\\u0301'"]
    """

    name: ClassVar[str] = "text-noise/unicode-normalize"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    writes_edits: ClassVar[bool] = True

    rate: float = Field(default=1.0, ge=0.0, le=1.0, description="probability that a text is normalised")
    form: Form = Field(default="NFKC", description="the form")

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        texts = batch.columns[column].data
        rows = beyond_ascii(texts)
        threshold = round(self.rate * 2**32)
        if len(rows) and threshold < 2**32:
            rows = rows[keys.words(1)[:, 0][rows] < threshold]
        old = to_strings(texts.take(pa.array(rows)))
        new = [unicodedata.normalize(self.form, text) for text in old]
        changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
        old, new, rows = [old[i] for i in changed], [new[i] for i in changed], rows[changed]
        edits = _logged(old, new, rows, self.form) if batch.wants_edits(column) else None
        if changed:
            texts = replace_rows(texts, rows, new)
        return batch.with_column(column, texts, edits=edits, op=" > ".join(keys.path))


def beyond_ascii(texts: pa.LargeStringArray) -> npt.NDArray[np.int64]:
    """Rows that hold a character beyond ASCII, in order, int64.

    Example:
        >>> beyond_ascii(pa.array(["a", "é", "", "漢"], pa.large_string())).tolist()
        [1, 3]
    """
    offsets, data = buffers(texts)
    if not len(texts):
        return np.zeros(0, np.int64)
    high = np.flatnonzero(data[offsets[0]:offsets[-1]] >= 128) + offsets[0]
    return np.unique(np.searchsorted(offsets, high, side="right") - 1)


def _combines(c: str) -> bool:
    return unicodedata.category(c)[0] == "M" or any(a <= ord(c) < b for a, b in _JOINS)


@cache
def _forms(form: Form) -> tuple[npt.NDArray[np.int32], pa.LargeStringArray]:
    """What becomes of each character beside others: 0, it stays; -1, it may combine; else the slot of its form.

    All from COVERED on are rare; they count as combining and are looked at one by one.
    """
    slots, new = np.zeros(COVERED + 1, np.int32), [""]
    for point in (*range(0x80, 0xD800), *range(0xE000, COVERED)):
        c = chr(point)
        made = unicodedata.normalize(form, c)
        if _combines(c) or _combines(made[0]):
            slots[point] = -1
        elif made != c:
            slots[point] = len(new)
            new.append(made)
    slots[COVERED] = -1
    return slots, pa.array(new, pa.large_string())


def pieces(before: str, after: str, form: Form) -> list[tuple[int, int, str]]:
    """Replacements ``(start, stop, new)`` that lead from a text to its normal form.

    Example:
        >>> pieces("x ﬁ é", "x fi é", "NFKC")
        [(2, 3, 'fi')]
    """
    edits, made, at = [], [], 0
    for start, stop in _clusters(before):
        old = before[start:stop]
        new = unicodedata.normalize(form, old)
        if new != old:
            edits.append((start, stop, new))
            made += [before[at:start], new]
            at = stop
    if "".join([*made, before[at:]]) == after:
        return edits
    # A character combined across a border that is none in this Python's Unicode: the text as one piece.
    return [(0, len(before), after)]


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    for piece in _PIECE.finditer(text):
        start = piece.start()
        for i in range(start + 1, piece.end()):
            if not _combines(text[i]):
                yield start, i
                start = i
        yield start, piece.end()


def replace_rows(texts: pa.LargeStringArray, rows: npt.NDArray[np.int64], new: list[str]) -> pa.LargeStringArray:
    """The column with some rows replaced."""
    made = pa.array(new, pa.large_string())
    if len(rows) == len(texts):
        return made
    index = np.arange(len(texts))
    index[rows] = len(texts) + np.arange(len(rows))
    return pa.concat_arrays([texts, made]).take(pa.array(index))


def _logged(old: list[str], new: list[str], rows: npt.NDArray[np.int64], form: Form) -> TextEdits:
    """The edits: all at once in texts whose characters change one by one, text by text where they may combine."""
    slots, forms = _forms(form)
    bounds = np.cumsum([0, *map(len, old)])
    points = np.frombuffer("".join(old).encode("utf-32-le"), np.uint32)
    at = np.flatnonzero(points >= 128)
    slot = slots[np.minimum(points[at], COVERED)]
    at, slot = at[slot != 0], slot[slot != 0]
    row = np.searchsorted(bounds, at, side="right") - 1
    combining = np.zeros(len(old), bool)
    combining[row[slot < 0]] = True
    alone = ~combining[row]
    at, row = at[alone], row[alone]
    start, text = at - bounds[row], forms.take(pa.array(slot[alone]))
    if not combining.any():
        return _edits(rows[row], start, start + 1, text)
    found = [(i, *edit) for i in np.flatnonzero(combining).tolist() for edit in pieces(old[i], new[i], form)]
    others = [np.array([edit[field] for edit in found], np.int64) for field in range(3)]
    row = np.concatenate([row, others[0]])
    order = np.argsort(row, kind="stable")
    row, start, stop = (rows[row], np.concatenate([start, others[1]]), np.concatenate([start + 1, others[2]]))
    text = pa.concat_arrays([text, pa.array([edit[3] for edit in found], pa.large_string())])
    return _edits(row[order], start[order], stop[order], text.take(pa.array(order)))


def _edits(row: npt.NDArray[np.int64], start: npt.NDArray[np.int64], stop: npt.NDArray[np.int64],
           text: pa.LargeStringArray) -> TextEdits:
    return TextEdits(row.astype(np.int32), start.astype(np.int32), stop.astype(np.int32), text)
