"""Unicode normalisation forms."""

from __future__ import annotations

import unicodedata
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
        beyond = texts.take(pa.array(rows))
        old = to_strings(beyond)
        new = [unicodedata.normalize(self.form, text) for text in old]
        changed = np.array([i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b], np.int64)
        new, rows = [new[i] for i in changed.tolist()], rows[changed]
        edits = _logged(beyond, changed, rows, self.form) if batch.wants_edits(column) else None
        if len(changed):
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
def _seconds() -> frozenset[str]:
    """Characters that this Python's Unicode composes with one before them; those of Unicode 14 are marks and jamo."""
    parts = (unicodedata.decomposition(chr(point)).split() for point in range(0x80, COVERED))
    return frozenset(chr(int(found[1], 16)) for found in parts if len(found) == 2 and "<" not in found[0])


@cache
def _forms(form: Form) -> tuple[npt.NDArray[np.int32], pa.LargeStringArray]:
    """What becomes of each character beside others: 0, it stays; -1, it may combine; else the slot of its form.

    All from COVERED on are rare; they are looked at one by one.
    """
    slots, new = np.zeros(COVERED + 1, np.int32), [""]
    seconds = _seconds()
    for point in (*range(0x80, 0xD800), *range(0xE000, COVERED)):
        c = chr(point)
        made = unicodedata.normalize(form, c)
        if _combines(c) or _combines(made[0]) or c in seconds:
            slots[point] = -1
        elif made != c:
            slots[point] = len(new)
            new.append(made)
    slots[COVERED] = -1
    return slots, pa.array(new, pa.large_string())


def replace_rows(texts: pa.LargeStringArray, rows: npt.NDArray[np.int64], new: list[str]) -> pa.LargeStringArray:
    """The column with some rows replaced."""
    made = pa.array(new, pa.large_string())
    if len(rows) == len(texts):
        return made
    index = np.arange(len(texts))
    index[rows] = len(texts) + np.arange(len(rows))
    return pa.concat_arrays([texts, made]).take(pa.array(index))


@cache
def _combining_beyond() -> npt.NDArray[np.uint32]:
    """The characters from COVERED on that combine, sorted."""
    return np.array([point for point in range(COVERED, 0x110000) if _combines(chr(point))], np.uint32)


def _logged(old: pa.LargeStringArray, changed: npt.NDArray[np.int64], rows: npt.NDArray[np.int64],
            form: Form) -> TextEdits:
    """The edits of those texts of a column that change; ``rows`` are theirs in the batch.

    The texts are cut before each character that can't combine with the one before it, and each piece is normalised
    apart: single characters by the table, pairs once for each different pair, longer ones one by one.
    """
    from practicum_text_noise.normalize_kernel import changing_pieces
    from practicum_text_noise.packed import frozen

    slots, forms = _forms(form)
    offsets, data = (frozen(values) for values in buffers(old))
    room = int(np.count_nonzero(data[offsets[0]:offsets[-1]] >= 0xC0)) + 1
    found, pieces = np.empty((room, 4), np.int64), np.empty((room, 2), np.int64)
    count, different = changing_pieces(offsets, data, changed, slots, _combining_beyond(), found, pieces)
    found = found[:count]
    texts = [bytes(data[start:stop]).decode() for start, stop in pieces[:different].tolist()]
    made = [unicodedata.normalize(form, text) for text in texts]
    place = np.where([a != b for a, b in zip(texts, made, strict=True)], np.arange(different) + len(forms), 0)
    slot = found[:, 3]
    chosen = np.where(slot < 0, place[np.maximum(-1 - slot, 0)], slot) if different else slot
    if different:
        found, chosen = found[chosen > 0], chosen[chosen > 0]
    every = pa.concat_arrays([forms, pa.array(made, pa.large_string())])
    return TextEdits(rows[found[:, 0]].astype(np.int32), found[:, 1].astype(np.int32), found[:, 2].astype(np.int32),
                     every.take(pa.array(chosen)))
