"""The compiled word operations: finding the words of a text, and which of them are swapped or deleted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum_text_noise.draws import draw_hits, draw_one, key_of
from practicum_text_noise.packed import class_of, is_ascii, onward, pointer
from practicum_text_noise.unicode_classes import SPACE
from practicum_text_noise.vectors import blank16, visit
from practicum_text_noise.writing import ROW, opened, put, write

_ONE = np.uint64(1)

SWAP, DELETE = range(2)
"""The operations."""

TEXT, BLANK, ASK = range(3)
"""What a byte says about whitespace: it isn't, it is, or the whole character must be read."""


@njit
def _bounds(text: Any, size: Any, kinds: Any, at: Any) -> Any:
    """Bytes at which whitespace and other text alternate: starts and ends of tokens in turn; how many tokens."""
    before, count = _ONE, 0
    for first in range(0, size, 64):
        blank = _blanks(text, first, size, kinds)
        turns = blank ^ (blank << _ONE | before)
        if size - first < 64:
            turns &= (_ONE << np.uint64(size - first)) - _ONE
        before = blank >> np.uint64(63)
        count = visit(turns, first, at, count)
    at[count] = np.int32(size)
    return (count + 1) // 2


@njit
def _blanks(text: Any, first: Any, size: Any, kinds: Any) -> Any:
    """Whitespace among 64 bytes of ASCII from ``first`` on, as bits; nothing is read before the text or behind it."""
    mask = np.uint64(0)
    if size < 16:
        for i in range(size):
            mask |= np.uint64(kinds[text[i]]) << np.uint64(i)
        return mask
    for k in range(0, min(size - first, 64), 16):
        i = min(first + k, size - 16)
        mask |= blank16(onward(text, i)) >> np.uint64(first + k - i) << np.uint64(k)
    return mask


@njit
def _bounds_unicode(text: Any, size: Any, kinds: Any, classes: Any, at: Any, chars_at: Any) -> Any:
    """The same for text beyond ASCII, with characters beside bytes."""
    before, count, chars = np.uint8(BLANK), 0, 0
    for i in range(size):
        byte, blank = text[i], before
        first = (byte & 0xC0) != 0x80
        if first:
            blank = kinds[byte]
            if blank == ASK:
                blank = np.uint8(class_of(text, i, classes) == SPACE)
        at[count] = np.int32(i)
        chars_at[count] = np.int32(chars)
        count += blank != before
        chars += first
        before = blank
    at[count] = np.int32(size)
    chars_at[count] = np.int32(chars)
    return (count + 1) // 2


@njit
def _find_words(text: Any, classes: Any, at: Any, tokens: Any, which: Any) -> Any:
    """Write the tokens that hold more than punctuation to ``which``; return how many."""
    count: Any = 0
    for t in range(tokens):
        i, stop = np.int64(at[2 * t]), np.int64(at[2 * t + 1])
        which[count] = np.int32(t)
        if text[i] < 0x80 and classes[text[i]] == 0:  # as most words begin
            count += 1
            continue
        while i < stop and class_of(text, i, classes) != 0:
            i += 1
            while i < stop and (text[i] & 0xC0) == 0x80:
                i += 1
        count += i < stop
    return count


@njit
def _plan_swap(at: Any, chars_at: Any, which: Any, shift: Any, hits: Any, found: Any, plan: Any) -> Any:
    for h in range(found):
        w = 2 * np.int64(hits[h]) + shift
        a, b = 2 * np.int64(which[w]), 2 * np.int64(which[w + 1])
        put(plan, 2 * h, at[a], at[a + 1], at[b], at[b + 1] - at[b], chars_at[a], chars_at[a + 1], chars_at[b])
        put(plan, 2 * h + 1, at[b], at[b + 1], at[a], at[a + 1] - at[a], chars_at[b], chars_at[b + 1], chars_at[a])
    return 2 * found


@njit
def _plan_delete(at: Any, chars_at: Any, which: Any, total: Any, words: Any, hits: Any, found: Any, plan: Any) -> Any:
    spared = -1
    if found == total:
        # All would go: the word with the largest draw stays, at every rate, so higher rates still delete more.
        spared = 0
        for w in range(1, total):
            if words[w] > words[spared]:
                spared = w
    count, gone = 0, np.int64(0)
    for h in range(found):
        if hits[h] == spared:
            continue
        t = np.int64(which[hits[h]])
        kept_before = t > gone
        gone += not kept_before
        # With the whitespace before it; at the head of the text with that after it.
        first = 2 * t - 1 if kept_before else 2 * t
        put(plan, count, at[first], at[first + 2], 0, 0, chars_at[first], chars_at[first + 2], -1)
        count += 1
    return count


@njit(cache=True, nogil=True)
def word_noise(op: Any, limit: Any, stream: Any, identities: Any, offsets: Any, data: Any, classes: Any, kinds: Any,
               pool: Any, scratch: Any, cursor: Any, out: Any, out_offsets: Any, log: Any) -> None:
    """Apply one word operation to the rows from ``cursor[ROW]`` on, until done or a buffer is full.

    Arguments as in :func:`practicum_text_noise.char_kernel.char_noise`, but ``kinds``: what each byte says about
    whitespace, uint8 [256]; and ``scratch``: (words, hits, words' tokens, token bounds in bytes, in characters, plan).
    """
    outputs = opened(data, pool, cursor, out, out_offsets, log)
    words, hits, which, plan = pointer(scratch[0]), pointer(scratch[1]), pointer(scratch[2]), pointer(scratch[5])
    at, in_chars = pointer(scratch[3]), pointer(scratch[4])
    ids, bounds, source = pointer(identities), pointer(offsets), pointer(data)
    table, blanks = pointer(classes), pointer(kinds)
    for row in range(cursor[ROW], offsets.shape[0] - 1):
        text, size = onward(source, bounds[row]), bounds[row + 1] - bounds[row]
        if is_ascii(text, size):
            chars_at, tokens = at, _bounds(text, size, blanks, at)
        else:
            chars_at, tokens = in_chars, _bounds_unicode(text, size, blanks, table, at, in_chars)
        total = _find_words(text, table, at, tokens, which)
        key = key_of(ids[row], stream)
        if op == SWAP:
            shift = np.int64(draw_one(0, 1, key) >> np.uint32(31))
            found = draw_hits(max(total - shift, 0) // 2, limit, key, words, hits)
            count = _plan_swap(at, chars_at, which, shift, hits, found, plan)
        else:
            found = draw_hits(total, limit, key, words, hits)
            count = _plan_delete(at, chars_at, which, total, words, hits, found, plan)
        if not write(text, size, plan, count, outputs):
            return
