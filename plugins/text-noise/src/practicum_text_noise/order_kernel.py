"""The compiled operations on runs of words, and on sentences: repeated, interrupted, reordered, cut."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum.keys.philox_numba import below
from practicum_text_noise.draws import draw_at, draw_hits, draw_one, key_of
from practicum_text_noise.packed import decode, is_ascii, onward, pointer
from practicum_text_noise.unicode_classes import SPACE
from practicum_text_noise.word_kernel import _bounds, _bounds_unicode, _find_words, _plan_delete, _plan_swap
from practicum_text_noise.writing import ROW, opened, put, write

REPEAT, INTERRUPT, SHUFFLE, CUT, SWAP, DELETE = range(6)
"""The operations."""

WORDS, SENTENCES = range(2)
"""What is worked on."""


@njit
def _ends(point: Any) -> Any:
    """1 for a mark that ends a sentence before white space, 2 for one that ends it anywhere, 0 for others."""
    if point == 0x2E or point == 0x21 or point == 0x3F or point == 0x2026:  # . ! ? and the ellipsis
        return 1
    if point == 0x3002 or point == 0xFF01 or point == 0xFF1F:  # the ideographic full stop, fullwidth ! and ?
        return 2
    return 0


@njit
def _closes(point: Any) -> Any:
    """Whether a mark may stand between the end of a sentence and what follows: quotes and brackets."""
    return (point == 0x22 or point == 0x27 or point == 0x29 or point == 0x5D or point == 0xBB or point == 0x2019
            or point == 0x201D or point == 0x300D or point == 0x300F or point == 0xFF09)


@njit
def _sentences(text: Any, size: Any, classes: Any, at: Any, chars_at: Any) -> Any:
    """Bytes and characters at which sentences begin and end in turn; how many sentences."""
    count: Any = 0
    inside, ended, i, chars = False, 0, np.int64(0), np.int64(0)
    last, last_char = np.int64(0), np.int64(0)
    while i < size:
        byte = text[i]
        if inside and ended == 0 and byte < 0x80 and (0x61 <= byte | 0x20 <= 0x7A or byte == 0x20):
            last, last_char = (i + 1, chars + 1) if byte != 0x20 else (last, last_char)
            i += 1
            chars += 1
            continue
        point = decode(text, i)
        width = 1 if point < 0x80 else 2 if point < 0x800 else 3 if point < 0x10000 else 4
        if point < 0x20000 and classes[point] == SPACE:
            if inside and ended > 0:
                at[2 * count + 1], chars_at[2 * count + 1] = np.int32(i), np.int32(chars)
                count += 1
                inside = False
        else:
            kind = _ends(point)
            if inside and ended == 2 and kind == 0 and not _closes(point):
                at[2 * count + 1], chars_at[2 * count + 1] = np.int32(i), np.int32(chars)
                count += 1
                inside = False
            if not inside:
                at[2 * count], chars_at[2 * count] = np.int32(i), np.int32(chars)
                inside, ended = True, 0
            if kind > 0:
                ended = kind
            elif not _closes(point):
                ended = 0
            last, last_char = i + width, chars + 1
        i += width
        chars += 1
    if inside:
        at[2 * count + 1], chars_at[2 * count + 1] = np.int32(last), np.int32(last_char)
        count += 1
    at[2 * count], chars_at[2 * count] = np.int32(size), np.int32(chars)
    return count


@njit
def _plan_repeat(at: Any, chars_at: Any, which: Any, tokens: Any, hits: Any, found: Any, plan: Any) -> Any:
    count: Any = 0
    for h in range(found):
        t = np.int64(which[hits[h]])
        if t > 0:  # with the white space before it, after it
            put(plan, count, at[2 * t + 1], at[2 * t + 1], at[2 * t - 1], at[2 * t + 1] - at[2 * t - 1],
                chars_at[2 * t + 1], chars_at[2 * t + 1], -1)
        elif tokens > 1:  # with the white space after it, before it
            put(plan, count, at[0], at[0], at[0], at[2] - at[0], chars_at[0], chars_at[0], -1)
        count += t > 0 or tokens > 1
    return count


@njit
def _plan_interrupt(at: Any, chars_at: Any, which: Any, key: Any, picks: Any, sizes: Any, options: Any, slot: Any,
                    hits: Any, found: Any, plan: Any) -> Any:
    draw_at(hits, found, 1, key, picks)
    for h in range(found):
        t, new = np.int64(which[hits[h]]), below(picks[h], options)
        put(plan, h, at[2 * t], at[2 * t], ~(slot * new), sizes[new], chars_at[2 * t], chars_at[2 * t], -1)
    return found


@njit
def _plan_shuffle(at: Any, chars_at: Any, which: Any, total: Any, span: Any, limit: Any, key: Any, words: Any,
                  order: Any, plan: Any) -> Any:
    count: Any = 0
    length = min(span, total) if span > 0 else total
    if length < 2:
        return 0
    first: Any = below(draw_one(0, 1, key), length) if span > 0 else 0
    window: Any = 0
    start: Any = 0
    stop: Any = first if first > 0 else length
    while start < total:
        stop = min(stop, total)
        if stop - start > 1 and draw_one(window, 0, key) <= limit:
            for i in range(start, stop):
                order[i] = np.int32(i)
            # Sattolo's cycle: no word stays where it was.
            for i in range(stop - 1, start, -1):
                j = start + below(draw_one(i, 2, key), i - start)
                order[i], order[j] = order[j], order[i]
            for i in range(start, stop):
                a, b = 2 * np.int64(which[i]), 2 * np.int64(which[order[i]])
                put(plan, count, at[a], at[a + 1], at[b], at[b + 1] - at[b], chars_at[a], chars_at[a + 1], chars_at[b])
                count += 1
        window += 1
        start = stop
        stop = start + length
    return count


@njit
def _plan_cut(at: Any, chars_at: Any, which: Any, total: Any, limit: Any, key: Any, plan: Any) -> Any:
    gone = min((np.int64(limit) * total + total + 2147483648) >> 32, total - 1)
    if gone < 1:
        return 0
    first = below(draw_one(0, 1, key), total - gone + 1)
    a, b = 2 * np.int64(which[first]), 2 * np.int64(which[first + gone - 1]) + 1
    if a > 0:
        a -= 1  # with the white space before it
    else:
        b += 1  # at the head of the text, with that after it
    put(plan, 0, at[a], at[b], 0, 0, chars_at[a], chars_at[b], -1)
    return 1


@njit(cache=True, nogil=True)
def order_noise(op: Any, unit: Any, span: Any, limit: Any, stream: Any, identities: Any, offsets: Any, data: Any,
                classes: Any, kinds: Any, pool: Any, sizes: Any, scratch: Any, cursor: Any, out: Any,
                out_offsets: Any, log: Any) -> None:
    """Apply one operation to the rows from ``cursor[ROW]`` on, until done or a buffer is full.

    Arguments as in :func:`practicum_text_noise.word_kernel.word_noise`, and ``unit``: words or sentences; ``span``:
    units in a window that is shuffled, 0 for all; ``pool, sizes``: what may come in, in slots of equal width, and the
    bytes used; ``scratch``: (words, hits, words' tokens, bounds in bytes, in characters, plan, picks, order).
    """
    outputs = opened(data, pool, cursor, out, out_offsets, log)
    words, hits, which, plan = pointer(scratch[0]), pointer(scratch[1]), pointer(scratch[2]), pointer(scratch[5])
    at, in_chars, picks, order = (pointer(scratch[3]), pointer(scratch[4]), pointer(scratch[6]), pointer(scratch[7]))
    ids, bounds, source, new_sizes = pointer(identities), pointer(offsets), pointer(data), pointer(sizes)
    table, blanks, options = pointer(classes), pointer(kinds), sizes.shape[0]
    slot = (pool.shape[0] - 64) // max(options, 1)
    for row in range(cursor[ROW], offsets.shape[0] - 1):
        text, size = onward(source, bounds[row]), bounds[row + 1] - bounds[row]
        chars_at = in_chars
        if unit == SENTENCES:
            tokens = _sentences(text, size, table, at, in_chars)
        elif is_ascii(text, size):
            chars_at, tokens = at, _bounds(text, size, blanks, at)
        else:
            tokens = _bounds_unicode(text, size, blanks, table, at, in_chars)
        total = _find_words(text, table, at, tokens, which)
        key, count = key_of(ids[row], stream), 0
        if op == SHUFFLE:
            count = _plan_shuffle(at, chars_at, which, total, span, limit, key, words, order, plan)
        elif op == CUT:
            count = _plan_cut(at, chars_at, which, total, limit, key, plan)
        elif op == SWAP:
            shift = np.int64(draw_one(0, 1, key) >> np.uint32(31))
            found = draw_hits(max(total - shift, 0) // 2, limit, key, words, hits)
            count = _plan_swap(at, chars_at, which, shift, hits, found, plan)
        else:
            found = draw_hits(total, limit, key, words, hits)
            if op == DELETE:
                count = _plan_delete(at, chars_at, which, total, words, hits, found, plan)
            elif op == REPEAT:
                count = _plan_repeat(at, chars_at, which, tokens, hits, found, plan)
            else:
                count = _plan_interrupt(at, chars_at, which, key, picks, new_sizes, options, slot, hits, found, plan)
        if not write(text, size, plan, count, outputs):
            return
