"""The compiled form of EDA: one of four operations a text, on a number of its words that grows with their number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum_text_noise.dictionary_kernel import (
    FOLD,
    choose,
    fold_text,
    look_up,
    opened_tables,
    put_insertion,
    put_replacement,
)
from practicum_text_noise.draws import draw_hits, draw_one, key_of
from practicum_text_noise.packed import is_ascii, onward, pointer
from practicum_text_noise.word_kernel import _bounds, _bounds_unicode, _find_words, _plan_delete
from practicum_text_noise.writing import ROW, opened, put, sort_plan, write

REPLACEMENT, INSERTION, SWAP, DELETION = range(4)
"""The operations, in the order they are drawn in; bit k of a mask allows number k."""

_LANES = 8  # from here on, a lane of its own for each insertion and swap


@njit
def _below(word: Any, high: Any) -> Any:
    return np.int64((np.uint64(word) * np.uint64(high)) >> np.uint64(32))


@njit
def _drawn_operation(allowed: Any, word: Any) -> Any:
    """One of the operations in a mask."""
    count = 0
    for op in range(4):
        count += allowed >> op & 1
    left = _below(word, count)
    for op in range(4):
        if allowed >> op & 1:
            if left == 0:
                return op
            left -= 1
    return 0


@njit
def _known_words(text: Any, folded: Any, size: Any, classes: Any, at: Any, which: Any, total: Any, options: Any,
                 mask: Any, tables: Any, key: Any, found: Any) -> Any:
    """Words with alternatives: entry, alternative, first and past-last byte, words taken, first word; how many."""
    count, w = 0, np.int64(0)
    while w < total:
        entry, b0, b1, taken = look_up(text, folded, size, classes, at, which, w, total, options, mask, tables)
        if entry >= 0:
            last = np.int64(which[w + taken - 1])
            alternative = choose(entry, b1, at, last, w + taken < total, draw_one(w, 1, key), tables)
            if alternative >= 0:
                e = 6 * count
                found[e] = np.int32(entry)
                found[e + 1] = np.int32(alternative)
                found[e + 2] = np.int32(b0)
                found[e + 3] = np.int32(b1)
                found[e + 4] = np.int32(taken)
                found[e + 5] = np.int32(w)
                count += 1
        w += taken
    return count


@njit
def _keep_smallest(found: Any, known: Any, wanted: Any, words: Any, chosen: Any) -> None:
    """Mark the ``wanted`` known words with the smallest draws, of equal ones the first."""
    low: Any = np.int64(0)
    high: Any = np.int64(2**32)
    while low < high:  # until ``low`` is the smallest bound below which enough draws lie, itself included
        middle = (low + high) >> 1
        below = 0
        for k in range(known):
            below += np.int64(words[found[6 * k + 5]]) <= middle
        if below >= wanted:
            high = middle
        else:
            low = middle + 1
    left: Any = wanted
    for k in range(known):
        left -= np.int64(words[found[6 * k + 5]]) < low
    for k in range(known):
        mine = np.int64(words[found[6 * k + 5]])
        equal = mine == low and left > 0
        left -= equal
        chosen[k] = np.int32(mine < low or equal)


@njit
def _plan_swaps(at: Any, chars_at: Any, which: Any, total: Any, times: Any, key: Any, order: Any, plan: Any) -> Any:
    """Exchange two different words ``times`` times; plan what has moved in the end."""
    for w in range(total):
        order[w] = np.int32(w)
    for n in range(times):
        a = _below(draw_one(n, _LANES, key), total)
        b = _below(draw_one(n, _LANES + 1, key), total - 1)
        b += b >= a
        order[a], order[b] = order[b], order[a]
    count = 0
    for w in range(total):
        if order[w] != w:
            a, b = 2 * np.int64(which[w]), 2 * np.int64(which[order[w]])
            put(plan, count, at[a], at[a + 1], at[b], at[b + 1] - at[b], chars_at[a], chars_at[a + 1], chars_at[b])
            count += 1
    return count


@njit(cache=True, nogil=True)
def eda(allowed: Any, alpha: Any, options: Any, limit: Any, stream: Any, identities: Any, offsets: Any, data: Any,
        classes: Any, kinds: Any, lower: Any, cases: Any, arrays: Any, pool: Any, scratch: Any, cursor: Any, out: Any,
        out_offsets: Any, log: Any) -> None:
    """Apply one of the allowed operations to each row from ``cursor[ROW]`` on.

    Arguments as in :func:`practicum_text_noise.dictionary_kernel.dictionary_noise`, and ``allowed``: a mask of
    operations; ``alpha``: share of words to edit; ``limit``: the same for deletion, as a bound on draws; ``scratch``
    has two arrays more: known words (6 numbers each), and marks.
    """
    outputs = opened(data, pool, cursor, out, out_offsets, log)
    words, hits, which, plan = pointer(scratch[0]), pointer(scratch[1]), pointer(scratch[2]), pointer(scratch[5])
    at, in_chars, folded = onward(pointer(scratch[3]), 1), onward(pointer(scratch[4]), 1), pointer(scratch[6])
    found, chosen = pointer(scratch[7]), pointer(scratch[8])
    ids, bounds, source = pointer(identities), pointer(offsets), pointer(data)
    table, blanks, low, casing = pointer(classes), pointer(kinds), pointer(lower), pointer(cases)
    tables, mask = opened_tables(arrays), np.int64(arrays[1].shape[0] - 1)
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
        op = _drawn_operation(allowed, draw_one(0, 3, key))
        times = max(np.int64(1), np.int64(alpha * total))
        number = draw_hits(total, limit, key, words, hits)
        count = 0
        if op == DELETION:
            count = _plan_delete(at, chars_at, which, total, words, hits, number, plan)
        elif op == SWAP and total > 1:
            count = _plan_swaps(at, chars_at, which, total, times, key, hits, plan)
        elif op < SWAP and total > 0:
            fold_text(text, size, plain, (options & FOLD) != 0, low, folded)
            known = _known_words(text, folded, size, table, at, which, total, options, mask, tables, key, found)
            _keep_smallest(found, known, times if op == REPLACEMENT else 0, words, chosen)
            for k in range(known):
                e = onward(found, 6 * k)
                if chosen[k]:
                    count = put_replacement(text, folded, size, at, chars_at, np.int64(which[e[5]]), np.int64(e[2]),
                                            np.int64(e[3]), np.int64(e[4]), np.int64(e[1]), options, casing, tables,
                                            count, plan)
            if op == INSERTION and known > 0:
                for n in range(times):
                    e = onward(found, 6 * _below(draw_one(n, _LANES, key), known))
                    alternative = choose(np.int64(e[0]), np.int64(e[3]), at, np.int64(which[e[5] + e[4] - 1]),
                                         e[5] + e[4] < total, draw_one(n, _LANES + 1, key), tables)
                    count = put_insertion(at, chars_at, _below(draw_one(n, _LANES + 2, key), tokens), alternative,
                                          tables, count, plan)
                sort_plan(plan, count)
        if not write(text, size, plan, count, outputs):
            return
