"""The compiled character operations: which characters of a text are edited, and how."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum.keys.philox_numba import below
from practicum_text_noise.packed import (
    B0,
    B1,
    C0,
    C1,
    MOVED,
    SIZE,
    SOURCE,
    class_of,
    decode,
    draw_at,
    draw_hits,
    draw_one,
    index_chars,
    is_ascii,
    key_of,
)
from practicum_text_noise.writing import ROW, write

SWAP, DELETE, INSERT, SUBSTITUTE, NEIGHBOUR = range(5)
"""The operations."""


@njit
def _plan_delete(text: Any, at: Any, chars: Any, classes: Any, words: Any, hits: Any, found: Any, plan: Any) -> Any:
    count = 0
    for h in range(found):
        i = hits[h]
        if class_of(text, at[i], classes) == 0:
            hits[count] = i
            count += 1
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
        if k != spared:
            plan[B0, kept], plan[B1, kept], plan[SOURCE, kept], plan[SIZE, kept] = at[i], at[i + 1], 0, 0
            plan[C0, kept], plan[C1, kept], plan[MOVED, kept] = i, i + 1, -1
            kept += 1
    return kept


@njit
def _any_left(text: Any, at: Any, chars: Any, classes: Any, hits: Any, count: Any) -> Any:
    k = 0
    for i in range(chars):
        if k < count and hits[k] == i:
            k += 1
        elif class_of(text, at[i], classes) == 0:
            return True
    return False


@njit
def _plan_swap(text: Any, at: Any, classes: Any, shift: Any, hits: Any, found: Any, plan: Any) -> Any:
    count = 0
    for h in range(found):
        i = 2 * np.int64(hits[h]) + shift
        a, b, c = at[i], at[i + 1], at[i + 2]
        if class_of(text, a, classes) == 0 and class_of(text, b, classes) == 0:
            plan[B0, count], plan[B1, count], plan[SOURCE, count], plan[SIZE, count] = a, b, b, c - b
            plan[C0, count], plan[C1, count], plan[MOVED, count] = i, i + 1, i + 1
            count += 1
            plan[B0, count], plan[B1, count], plan[SOURCE, count], plan[SIZE, count] = b, c, a, b - a
            plan[C0, count], plan[C1, count], plan[MOVED, count] = i + 1, i + 2, i
            count += 1
    return count


@njit
def _plan_insert(text: Any, at: Any, classes: Any, key: Any, picks: Any, sizes: Any, hits: Any, found: Any,
                 plan: Any) -> Any:
    count = 0
    for h in range(found):
        i = hits[h]
        hits[count] = i
        count += class_of(text, at[i], classes) == 0
    draw_at(hits, count, 1, key, picks)
    for k in range(count):
        i = hits[k]
        new = below(picks[k], sizes.shape[0])
        plan[B0, k], plan[B1, k], plan[SOURCE, k], plan[SIZE, k] = at[i + 1], at[i + 1], ~(4 * new), sizes[new]
        plan[C0, k], plan[C1, k], plan[MOVED, k] = i + 1, i + 1, -1
    return count


@njit
def _plan_substitute(text: Any, at: Any, classes: Any, key: Any, picks: Any, pool: Any, sizes: Any, hits: Any,
                     found: Any, plan: Any) -> Any:
    count = 0
    for h in range(found):
        i = hits[h]
        hits[count] = i
        count += class_of(text, at[i], classes) == 0
    draw_at(hits, count, 1, key, picks)
    options, kept = sizes.shape[0], 0
    for k in range(count):
        i = hits[k]
        new = below(picks[k], options)
        if decode(pool, 4 * new) == decode(text, at[i]):
            # The drawn character is the old one: draw again among the others, which leaves all of them equally likely.
            if options == 1:
                continue
            other = below(draw_one(i, 2, key), options - 1)
            new = other + 1 if other >= new else other
        plan[B0, kept], plan[B1, kept], plan[SOURCE, kept], plan[SIZE, kept] = at[i], at[i + 1], ~(4 * new), sizes[new]
        plan[C0, kept], plan[C1, kept], plan[MOVED, kept] = i, i + 1, -1
        kept += 1
    return kept


@njit
def _plan_neighbour(text: Any, at: Any, key: Any, picks: Any, sizes: Any, hits: Any, found: Any, plan: Any) -> Any:
    # Here the pool holds up to 8 neighbours of each ASCII character, and sizes how many there are.
    count = 0
    for h in range(found):
        i = hits[h]
        old = np.int64(text[at[i]])
        hits[count] = i
        count += old < 128 and sizes[old & 127] > 0
    draw_at(hits, count, 1, key, picks)
    for k in range(count):
        i = hits[k]
        old = np.int64(text[at[i]])
        new = 8 * old + below(picks[k], sizes[old & 127])
        plan[B0, k], plan[B1, k], plan[SOURCE, k], plan[SIZE, k] = at[i], at[i] + 1, ~new, 1
        plan[C0, k], plan[C1, k], plan[MOVED, k] = i, i + 1, -1
    return count


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
        pool, sizes: UTF-8 of the new characters in slots of 4 bytes, and their lengths; for ``NEIGHBOUR`` slots of 8
            one-byte neighbours, and how many there are.
        scratch: (words, picks, hits, byte of each character [2, n], plan); row 0 of the third counts 0, 1, 2 ...
        cursor, out, out_offsets, log: see :func:`practicum_text_noise.writing.write`.
    """
    words, picks, hits, starts, plan = scratch
    end = np.uint64(data.ctypes.data) + np.uint64(data.shape[0])
    for row in range(cursor[ROW], offsets.shape[0] - 1):
        text = data[offsets[row]:offsets[row + 1]]
        if is_ascii(text):
            at, chars = starts[0], text.shape[0]
        else:
            at = starts[1]
            chars = index_chars(text, at)
        key = key_of(identities[row], stream)
        if op == SWAP:
            shift = np.int64(draw_one(0, 1, key) >> np.uint32(31))
            found = draw_hits((chars - shift) // 2 if chars > shift else 0, limit, key, words, hits)
            count = _plan_swap(text, at, classes, shift, hits, found, plan)
        else:
            found = draw_hits(chars, limit, key, words, hits)
            if op == DELETE:
                count = _plan_delete(text, at, chars, classes, words, hits, found, plan)
            elif op == INSERT:
                count = _plan_insert(text, at, classes, key, picks, sizes, hits, found, plan)
            elif op == SUBSTITUTE:
                count = _plan_substitute(text, at, classes, key, picks, pool, sizes, hits, found, plan)
            else:
                count = _plan_neighbour(text, at, key, picks, sizes, hits, found, plan)
        if not write(text, end, plan, count, pool, cursor, out, out_offsets, log):
            return
