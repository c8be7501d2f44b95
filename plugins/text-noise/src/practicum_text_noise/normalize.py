"""Unicode normalisation forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
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

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

# Pieces that can be normalised apart: ASCII starts anew, and what follows it may combine with it.
_PIECE = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")

# Within a piece a new one starts at any character that never combines with what stands before it: no mark, no
# conjoining jamo, no halfwidth form (its voicing marks and jamo combine once they are made wide).
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
        before = to_strings(texts.take(pa.array(rows)))
        after = [unicodedata.normalize(self.form, text) for text in before]
        changed = [i for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        edits = None
        if batch.wants_edits(column):
            edits = _logged([(int(rows[i]), *edit) for i in changed for edit in pieces(before[i], after[i], self.form)])
        if changed:
            texts = _replaced(texts, rows[changed], [after[i] for i in changed])
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
            point = ord(text[i])
            if point < 128 or unicodedata.category(text[i])[0] == "M" or any(a <= point < b for a, b in _JOINS):
                continue
            yield start, i
            start = i
        yield start, piece.end()


def _replaced(texts: pa.LargeStringArray, rows: npt.NDArray[np.int64], new: list[str]) -> pa.LargeStringArray:
    """The column with some rows replaced."""
    made = pa.array(new, pa.large_string())
    if len(rows) == len(texts):
        return made
    index = np.arange(len(texts))
    index[rows] = len(texts) + np.arange(len(rows))
    return pa.concat_arrays([texts, made]).take(pa.array(index))


def _logged(found: list[tuple[int, int, int, str]]) -> TextEdits:
    row, start, stop = (np.array([edit[field] for edit in found], np.int32) for field in range(3))
    return TextEdits(row, start, stop, pa.array([edit[3] for edit in found], pa.large_string()))
