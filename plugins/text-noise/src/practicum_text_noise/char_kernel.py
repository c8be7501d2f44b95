"""The compiled character operations: which characters of a text are edited, and how."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum.keys.philox_numba import below
from practicum_text_noise.draws import draw_at, draw_hits, draw_one, key_of
from practicum_text_noise.packed import class_of, decode, index_chars, is_ascii, onward, pointer
from practicum_text_noise.writing import ROW, opened, put, write

SWAP, DELETE, INSERT, SUBSTITUTE = range(4)
"""The operations."""


@njit
def _keep_words(text: Any, at: Any, classes: Any, hits: Any, found: Any) -> Any:
    """Drop whitespace and punctuation from ``hits``."""
    count = 0
    for h in range(found):
        i = hits[h]
        hits[count] = i
        count += class_of(text, np.int64(at[i]), classes) == 0
    return count


@njit
def _any_left(text: Any, at: Any, chars: Any, classes: Any, hits: Any, count: Any) -> Any:
    """Whether a character of a word is not among ``hits``."""
    k = 0
    for i in range(chars):
        if k < count and hits[k] == i:
            k += 1
        elif class_of(text, np.int64(at[i]), classes) == 0:
            return True
    return False


@njit
def _plan_delete(text: Any, at: Any, chars: Any, classes: Any, words: Any, hits: Any, found: Any, plan: Any) -> Any:
    count = _keep_words(text, at, classes, hits, found)
    if count == 0:
        return 0
    spared = -1
    if not _any_left(text, at, chars, classes, hits, count):
        # All would go: the character with the largest draw stays, at every rate, so higher rates still edit more.
        spared = 0
        for k in range(1, count):
            if words[hits[k]] > words[hits[spared]]:
                spared = k
    kept = 0
    for k in range(count):
        i = hits[k]
        put(plan, kept, at[i], at[i + 1], 0, 0, i, i + 1, -1)
        kept += k != spared
    return kept


@njit
def _plan_swap(text: Any, at: Any, classes: Any, shift: Any, hits: Any, found: Any, plan: Any) -> Any:
    count = 0
    for h in range(found):
        i = 2 * np.int64(hits[h]) + shift
        a, b, c = np.int64(at[i]), np.int64(at[i + 1]), np.int64(at[i + 2])
        if class_of(text, a, classes) == 0 and class_of(text, b, classes) == 0:
            put(plan, count, a, b, b, c - b, i, i + 1, i + 1)
            put(plan, count + 1, b, c, a, b - a, i + 1, i + 2, i)
            count += 2
    return count


@njit
def _plan_insert(text: Any, at: Any, classes: Any, key: Any, picks: Any, sizes: Any, options: Any, hits: Any,
                 found: Any, plan: Any) -> Any:
    count = _keep_words(text, at, classes, hits, found)
    draw_at(hits, count, 1, key, picks)
    for k in range(count):
        i = hits[k]
        new = below(picks[k], options)
        put(plan, k, at[i + 1], at[i + 1], ~(4 * new), sizes[new], i + 1, i + 1, -1)
    return count


@njit
def _plan_substitute(text: Any, at: Any, classes: Any, key: Any, picks: Any, pool: Any, sizes: Any, options: Any,
                     hits: Any, found: Any, plan: Any) -> Any:
    count, kept = _keep_words(text, at, classes, hits, found), 0
    draw_at(hits, count, 1, key, picks)
    for k in range(count):
        i = hits[k]
        new = below(picks[k], options)
        if decode(pool, 4 * new) == decode(text, np.int64(at[i])):
            # The drawn character is the old one: draw again among the others, which leaves all of them equally likely.
            if options == 1:
                continue
            other = below(draw_one(i, 2, key), options - 1)
            new = other + 1 if other >= new else other
        put(plan, kept, at[i], at[i + 1], ~(4 * new), sizes[new], i, i + 1, -1)
        kept += 1
    return kept


@njit(cache=True, nogil=True)
def char_noise(op: Any, limit: Any, stream: Any, identities: Any, offsets: Any, data: Any, classes: Any, pool: Any,
               sizes: Any, scratch: Any, cursor: Any, out: Any, out_offsets: Any, log: Any) -> None:
    """Apply one character operation to the rows from ``cursor[ROW]`` on, until done or a buffer is full.

    Args:
        op: one of the operations above.
        limit: a position is drawn when its 32-bit word is at or below this.
        stream: 64-bit Philox key.
        identities: id hashes, uint64 [N].
        offsets, data: the packed column.
        classes: from :func:`practicum_text_noise.unicode_classes.char_classes`.
        pool, sizes: UTF-8 of the new characters in slots of 4 bytes, and their lengths.
        scratch: (words, picks, hits, 0 1 2 ..., byte of each character, plan), each with room for the longest text.
        cursor, out, out_offsets: how far the outputs are written, int64 [4]; the packed output.
        log: (row, start, stop, source, replacement offsets, replacement bytes) of edits; all empty for no log.
    """
    outputs = opened(data, pool, cursor, out, out_offsets, log)
    words, picks, hits, plan = pointer(scratch[0]), pointer(scratch[1]), pointer(scratch[2]), pointer(scratch[5])
    bytewise, charwise = pointer(scratch[3]), pointer(scratch[4])
    ids, bounds, source = pointer(identities), pointer(offsets), pointer(data)
    kinds, new, new_sizes, options = pointer(classes), pointer(pool), pointer(sizes), sizes.shape[0]
    for row in range(cursor[ROW], offsets.shape[0] - 1):
        text, size = onward(source, bounds[row]), bounds[row + 1] - bounds[row]
        at, chars = bytewise, size
        if not is_ascii(text, size):
            at, chars = charwise, index_chars(text, size, charwise)
        key = key_of(ids[row], stream)
        shift, draws = np.int64(0), chars
        if op == SWAP:
            shift = np.int64(draw_one(0, 1, key) >> np.uint32(31))
            draws = max(chars - shift, 0) // 2
        found = draw_hits(draws, limit, key, words, hits)
        if op == SWAP:
            count = _plan_swap(text, at, kinds, shift, hits, found, plan)
        elif op == DELETE:
            count = _plan_delete(text, at, chars, kinds, words, hits, found, plan)
        elif op == INSERT:
            count = _plan_insert(text, at, kinds, key, picks, new_sizes, options, hits, found, plan)
        else:
            count = _plan_substitute(text, at, kinds, key, picks, new, new_sizes, options, hits, found, plan)
        if not write(text, size, plan, count, outputs):
            return
