"""The compiled word operations: finding the words of a text, and which of them are swapped or deleted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum_text_noise.packed import (
    B0,
    B1,
    C0,
    C1,
    MOVED,
    SIZE,
    SOURCE,
    class_of,
    draw_hits,
    draw_one,
    is_ascii,
    key_of,
)
from practicum_text_noise.unicode_classes import SPACE
from practicum_text_noise.writing import ROW, write

SWAP, DELETE = range(2)
"""The operations."""

TEXT, BLANK, ASK = range(3)
"""What a byte says about whitespace: it isn't, it is, or the whole character must be read."""


@njit
def _bounds(text: Any, kinds: Any, bounds: Any) -> Any:
    """Bytes at which whitespace and other text alternate: starts and ends of tokens in turn; how many tokens."""
    before, count = np.uint8(1), 0
    for i in range(text.shape[0]):
        blank = kinds[text[i]]
        bounds[0, count] = i
        count += np.int64(blank ^ before)
        before = blank
    bounds[0, count] = text.shape[0]
    return (count + 1) // 2


@njit
def _bounds_unicode(text: Any, kinds: Any, classes: Any, bounds: Any) -> Any:
    """The same for text beyond ASCII, with characters beside bytes."""
    before, count, chars = np.uint8(1), 0, 0
    for i in range(text.shape[0]):
        byte = text[i]
        first = (byte & 0xC0) != 0x80
        blank = before
        if first:
            blank = kinds[byte]
            if blank == ASK:
                blank = np.uint8(class_of(text, i, classes) == SPACE)
        bounds[0, count] = i
        bounds[1, count] = chars
        count += np.int64(blank ^ before)
        chars += first
        before = blank
    bounds[0, count] = text.shape[0]
    bounds[1, count] = chars
    return (count + 1) // 2


@njit
def _find_words(text: Any, classes: Any, bounds: Any, tokens: Any, which: Any) -> Any:
    """Write the tokens that hold more than punctuation to ``which``; return how many."""
    count = 0
    for t in range(tokens):
        i, stop = bounds[0, 2 * t], bounds[0, 2 * t + 1]
        which[count] = t
        while i < stop and class_of(text, i, classes) != 0:
            i += 1
            while i < stop and (text[i] & 0xC0) == 0x80:
                i += 1
        count += i < stop
    return count


@njit
def _plan_swap(bounds: Any, chars: Any, which: Any, shift: Any, hits: Any, found: Any, plan: Any) -> Any:
    count = 0
    for h in range(found):
        w = 2 * np.int64(hits[h]) + shift
        a, b = 2 * np.int64(which[w]), 2 * np.int64(which[w + 1])
        for here, there in ((a, b), (b, a)):
            plan[B0, count], plan[B1, count] = bounds[0, here], bounds[0, here + 1]
            plan[SOURCE, count], plan[SIZE, count] = bounds[0, there], bounds[0, there + 1] - bounds[0, there]
            plan[C0, count], plan[C1, count] = bounds[chars, here], bounds[chars, here + 1]
            plan[MOVED, count] = bounds[chars, there]
            count += 1
    return count


@njit
def _plan_delete(bounds: Any, chars: Any, tokens: Any, which: Any, total: Any, words: Any, hits: Any, found: Any,
                 plan: Any) -> Any:
    spared = -1
    if found == total:
        # All would go: the word with the largest draw stays, at every rate, so higher rates still delete more.
        spared = 0
        for w in range(1, total):
            if words[w] > words[spared]:
                spared = w
    count, h, kept_before = 0, 0, False
    for t in range(tokens):
        while h < found and (hits[h] == spared or which[hits[h]] < t):
            h += 1
        if h < found and which[hits[h]] == t:
            # With the whitespace before it; at the head of the text with that after it.
            first, last = (2 * t - 1, 2 * t + 1) if kept_before else (2 * t, 2 * t + 2)
            plan[B0, count], plan[B1, count] = bounds[0, first], bounds[0, last]
            plan[C0, count], plan[C1, count] = bounds[chars, first], bounds[chars, last]
            plan[SOURCE, count], plan[SIZE, count], plan[MOVED, count] = 0, 0, -1
            count += 1
        else:
            kept_before = True
    return count


@njit(cache=True, nogil=True)
def word_noise(op: Any, limit: Any, stream: Any, identities: Any, offsets: Any, data: Any, classes: Any, kinds: Any,
               pool: Any, scratch: Any, cursor: Any, out: Any, out_offsets: Any, log: Any) -> None:
    """Apply one word operation to the rows from ``cursor[ROW]`` on, until done or a buffer is full.

    Arguments as in :func:`practicum_text_noise.char_kernel.char_noise`, but ``kinds``: what each byte says about
    whitespace, uint8 [256]; and ``scratch``: (words, hits, words' tokens, token bounds in bytes and characters, plan).
    """
    words, hits, which, bounds, plan = scratch
    end = np.uint64(data.ctypes.data) + np.uint64(data.shape[0])
    for row in range(cursor[ROW], offsets.shape[0] - 1):
        text = data[offsets[row]:offsets[row + 1]]
        if is_ascii(text):
            chars, tokens = 0, _bounds(text, kinds, bounds)
        else:
            chars, tokens = 1, _bounds_unicode(text, kinds, classes, bounds)
        total = _find_words(text, classes, bounds, tokens, which)
        key = key_of(identities[row], stream)
        count = 0
        if op == SWAP:
            shift = np.int64(draw_one(0, 1, key) >> np.uint32(31))
            found = draw_hits((total - shift) // 2 if total > shift else 0, limit, key, words, hits)
            count = _plan_swap(bounds, chars, which, shift, hits, found, plan)
        elif total > 0:
            found = draw_hits(total, limit, key, words, hits)
            count = _plan_delete(bounds, chars, tokens, which, total, words, hits, found, plan)
        if not write(text, end, plan, count, pool, cursor, out, out_offsets, log):
            return
