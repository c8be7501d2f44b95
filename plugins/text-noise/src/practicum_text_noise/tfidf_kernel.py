"""The compiled replacement of words that carry little information by words drawn from a vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum_text_noise.dictionary_kernel import (
    ALTERNATIVE,
    FOLD,
    core_start,
    core_stop,
    find,
    fold_text,
    opened_tables,
    put_replacement,
)
from practicum_text_noise.draws import draw_hits, draw_one, key_of
from practicum_text_noise.packed import is_ascii, onward, pointer
from practicum_text_noise.word_kernel import _bounds, _bounds_unicode, _find_words
from practicum_text_noise.writing import ROW, opened, write


@njit
def _drawn_word(cumulative: Any, guide: Any, shift: Any, word: Any) -> Any:
    """The first entry whose cumulative weight is at least a draw, searched from where its leading bits lead to."""
    k = np.int64(guide[word >> np.uint32(shift)])
    while cumulative[k] < word:
        k += 1
    return k


@njit(cache=True, nogil=True)
def replace_uninformative(rate: Any, weights: Any, unknown: Any, counts: Any, guide: Any, stream: Any, identities: Any,
                          offsets: Any, data: Any, classes: Any, kinds: Any, lower: Any, cases: Any, arrays: Any,
                          pool: Any, scratch: Any, cursor: Any, out: Any, out_offsets: Any, log: Any) -> None:
    """Replace words in the rows from ``cursor[ROW]`` on.

    Arguments as in :func:`practicum_text_noise.dictionary_kernel.dictionary_noise`, and ``rate``: expected share of
    words replaced; ``weights``: inverse document frequency of each word of the vocabulary, float64 [V]; ``unknown``:
    that of other words; ``counts``: zeros, int32 [V + 1]; ``guide``: the first word that a draw with these leading
    bits can be, int32 [a power of two, 2 at least]; ``scratch`` has the words' entries and bounds in two arrays
    more.
    """
    outputs = opened(data, pool, cursor, out, out_offsets, log)
    words, hits, which, plan = pointer(scratch[0]), pointer(scratch[1]), pointer(scratch[2]), pointer(scratch[5])
    at, in_chars, folded = onward(pointer(scratch[3]), 1), onward(pointer(scratch[4]), 1), pointer(scratch[6])
    found, informs = pointer(scratch[7]), pointer(scratch[8])
    ids, bounds, source = pointer(identities), pointer(offsets), pointer(data)
    table, blanks, low, casing = pointer(classes), pointer(kinds), pointer(lower), pointer(cases)
    tables, mask = opened_tables(arrays), np.int64(arrays[1].shape[0] - 1)
    seen, idf, leads, shift = pointer(counts), pointer(weights), pointer(guide), 32
    while guide.shape[0] >> (32 - shift) > 1:
        shift -= 1
    for row in range(cursor[ROW], offsets.shape[0] - 1):
        text, size = onward(source, bounds[row]), bounds[row + 1] - bounds[row]
        plain = is_ascii(text, size)
        if plain:
            chars_at, tokens = at, _bounds(text, size, blanks, at)
        else:
            chars_at, tokens = in_chars, _bounds_unicode(text, size, blanks, table, at, in_chars)
        at[-1] = np.int32(tokens)
        total = np.int64(_find_words(text, table, at, tokens, which))
        key = key_of(ids[row], stream)
        draw_hits(total, np.uint32(0), key, words, hits)
        fold_text(text, size, plain, True, low, folded)
        for w in range(total):
            t = 2 * np.int64(which[w])
            b0 = core_start(text, np.int64(at[t]), table)
            b1 = core_stop(text, np.int64(at[t + 1]), table)
            entry = find(onward(folded, b0), b1 - b0, mask, tables)
            found[3 * w], found[3 * w + 1], found[3 * w + 2] = np.int32(entry), np.int32(b0), np.int32(b1)
            if entry >= 0:
                seen[entry] += np.int32(1)
        most, lack = 0.0, 0.0
        for w in range(total):
            entry = found[3 * w]
            informs[w] = (idf[entry] * seen[entry] if entry >= 0 else unknown) / total
            most = max(most, informs[w])
        for w in range(total):
            lack += most - informs[w]
            if found[3 * w] >= 0:
                seen[found[3 * w]] = np.int32(0)
        count = 0
        for w in range(total):
            if lack <= 0.0 or np.float64(words[w]) >= rate * total * (most - informs[w]) / lack * 4294967296.0:
                continue
            new = _drawn_word(tables[5], leads, shift, draw_one(w, 1, key))
            if new != found[3 * w]:
                b0, b1 = np.int64(found[3 * w + 1]), np.int64(found[3 * w + 2])
                count = put_replacement(text, folded, size, at, chars_at, np.int64(which[w]), b0, b1, 1,
                                        ALTERNATIVE * new, FOLD, casing, tables, count, plan)
        if not write(text, size, plan, count, outputs):
            return
