"""The compiled search for the pieces of a text that its normal form may change."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum_text_noise.packed import decode

_KNOWN = 1 << 16  # pieces remembered; beyond, each place counts as a piece of its own


@njit
def _joins(point: Any, slots: Any, beyond: Any) -> Any:
    """Whether a character may combine with the one before it."""
    last = len(slots) - 1
    if point < last:
        return slots[point] < 0
    at = np.searchsorted(beyond, point)
    return at < len(beyond) and beyond[at] == point


@njit
def _piece(first: Any, second: Any, size: Any, start: Any, stop: Any, keys: Any, numbers: Any, pieces: Any,
           count: Any) -> Any:
    """The number of a piece: that of an equal one of at most two characters found before, else the next."""
    if size > 2 or 2 * count >= _KNOWN:
        pieces[count, 0], pieces[count, 1] = start, stop
        return count
    key = (np.uint64(first) << np.uint64(32) | np.uint64(second)) + np.uint64(1)
    at = (key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(48)
    while keys[at] != 0:
        if keys[at] == key:
            return np.int64(numbers[at])
        at = (at + np.uint64(1)) & np.uint64(_KNOWN - 1)
    keys[at], numbers[at] = key, count
    pieces[count, 0], pieces[count, 1] = start, stop
    return count


@njit(cache=True, nogil=True)
def changing_pieces(offsets: Any, data: Any, chosen: Any, slots: Any, beyond: Any, found: Any, pieces: Any) -> Any:
    """Cut texts before each character that can't combine with the one before it, and keep what may change.

    Args:
        offsets, data: a packed column.
        chosen: its rows to look at, int64.
        slots: what becomes of each character beside others, int32: 0, it stays; -1, it may combine; else the slot of
            its form; the last for all beyond.
        beyond: those of the others that combine, sorted, uint32.
        found: place among ``chosen``, first and past-last character, and a slot, or ``-1 - number`` of a piece; int64
            [room, 4], with room for as many as there are characters beyond ASCII.
        pieces: first and past-last byte of each different piece, int64 [room, 2].

    Returns:
        how many of ``found`` and of ``pieces`` were written.
    """
    keys, numbers = np.zeros(_KNOWN, np.uint64), np.zeros(_KNOWN, np.int64)
    count, different, last = np.int64(0), np.int64(0), len(slots) - 1
    for k in range(len(chosen)):
        i, stop = offsets[chosen[k]], offsets[chosen[k] + 1]
        at, size, first, second, begin, begin_at = np.int64(0), np.int64(0), np.int64(0), np.int64(0), i, np.int64(0)
        while True:
            point, width = np.int64(0), np.int64(1)
            if i < stop:
                point = np.int64(data[i])
                if point >= 0x80:
                    width = np.int64(2) if point < 0xE0 else np.int64(3) if point < 0xF0 else np.int64(4)
                    point = decode(data, i)
                    if size > 0 and _joins(point, slots, beyond):
                        second = point if size == 1 else second
                        size, i, at = size + 1, i + width, at + 1
                        continue
            if size > 1 or first >= 0x80:
                slot = np.int64(slots[min(first, last)])
                if size > 1 or slot < 0:
                    number = _piece(first, second if size > 1 else 0, size, begin, i, keys, numbers, pieces, different)
                    different = max(different, number + 1)
                    slot = -1 - number
                if slot != 0:
                    found[count, 0], found[count, 1], found[count, 2], found[count, 3] = k, begin_at, at, slot
                    count += 1
            if i >= stop:
                break
            first, size, begin, begin_at = point, np.int64(1), i, at
            i, at = i + width, at + 1
    return count, different
