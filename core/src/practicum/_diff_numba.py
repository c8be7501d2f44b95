"""The compiled comparison of :mod:`practicum.diff`: of code points, a pair of texts after another.

Tokens and letters are compared by one routine, a letter being a token of length one: numbers stand for equal tokens,
and longest common blocks are searched as :class:`difflib.SequenceMatcher` does without junk, so that ties fall alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_WORD = 32  # of two words of one length the letters at one place belong together; longer pieces may be shifted


@njit
def _is_space(point: Any) -> Any:
    """Whether :meth:`str.isspace` holds, as it does for what ``\\s`` matches."""
    if point < 0x85:
        return 9 <= point <= 13 or 28 <= point <= 32
    return (point in (0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000) or 0x2000 <= point <= 0x200A)


@njit
def _cut(points: Any, start: Any, stop: Any, bounds: Any) -> Any:
    """Write where runs of whitespace and runs of other letters begin, then ``stop``; return how many there are."""
    count = 0
    before = False
    for i in range(start, stop):
        blank = _is_space(points[i])
        if i == start or blank != before:
            bounds[count] = i
            count += 1
        before = blank
    bounds[count] = stop
    return count


@njit
def _same(points: Any, a: Any, i: Any, b: Any, j: Any) -> Any:
    """Whether token ``i`` of bounds ``a`` equals token ``j`` of bounds ``b``."""
    p, q, size = a[i], b[j], a[i + 1] - a[i]
    if b[j + 1] - q != size:
        return False
    k = 0
    while k < size and points[p + k] == points[q + k]:
        k += 1
    return k == size


@njit
def _number(points: Any, bounds: Any, k: Any, seen_bounds: Any, seen: Any, known: Any, table: Any, mask: Any) -> Any:
    """The number of token ``k`` among ``known`` different ones, ``known`` itself where it is new."""
    slot = np.uint64(14695981039346656037)
    for p in range(bounds[k], bounds[k + 1]):
        slot = (slot ^ np.uint64(points[p])) * np.uint64(1099511628211)
    at = np.int64((slot >> np.uint64(20)) & np.uint64(mask))
    while table[at] >= 0:
        if _same(points, bounds, k, seen_bounds, seen[table[at]]):
            return np.int64(table[at]), at
        at = (at + 1) & mask
    return np.int64(known), at


@njit
def _blocks(points: Any, a: Any, i0: Any, i1: Any, b: Any, j0: Any, j1: Any, work: Any) -> Any:
    """Write common blocks of tokens ``i0..i1`` and ``j0..j1``, in order, to ``work[6:9]``, counted from ``i0`` and
    ``j0``; return how many there are."""
    ids, follow, first, seen, old, new, block_i, block_j, block_n, stack, table = work
    n, m = i1 - i0, j1 - j0
    size = 4
    while size < 2 * m:
        size *= 2
    table[:size] = -1
    # Tokens of the second text are numbered, and those of one number chained, from left to right.
    known = np.int64(0)
    for j in range(m - 1, -1, -1):
        number, at = _number(points, b, j0 + j, b, seen, known, table, size - 1)
        if number == known:
            table[at], seen[number], first[number], known = number, j0 + j, -1, known + 1
        follow[j], first[number] = first[number], j
    for i in range(n):
        number, _ = _number(points, a, i0 + i, b, seen, known, table, size - 1)
        ids[i] = number if number < known else -1
    old[:m + 1] = 0
    new[:m + 1] = 0
    count, depth = 0, 1
    stack[0], stack[1], stack[2], stack[3] = 0, n, 0, m
    while depth > 0:
        depth -= 1
        lo, hi, left, right = stack[4 * depth], stack[4 * depth + 1], stack[4 * depth + 2], stack[4 * depth + 3]
        if hi < 0:  # a block found before, whose left side is done
            block_i[count], block_j[count], block_n[count] = lo, left, right
            count += 1
            continue
        best_i, best_j, best = lo, left, np.int64(0)
        for i in range(lo, hi):
            at = first[ids[i]] if ids[i] >= 0 else np.int64(-1)
            while 0 <= at < right:
                if at >= left:
                    length = old[at] + 1
                    new[at + 1] = length
                    if length > best:
                        best_i, best_j, best = i - length + 1, at - length + 1, length
                at = follow[at]
            if i > lo:
                _clear(old, first, follow, ids[i - 1], right)
            old, new = new, old
        if hi > lo:
            _clear(old, first, follow, ids[hi - 1], right)
        if best == 0:
            continue
        if best_i + best < hi and best_j + best < right:
            stack[4 * depth], stack[4 * depth + 1] = best_i + best, hi
            stack[4 * depth + 2], stack[4 * depth + 3] = best_j + best, right
            depth += 1
        stack[4 * depth], stack[4 * depth + 1], stack[4 * depth + 2], stack[4 * depth + 3] = best_i, -1, best_j, best
        depth += 1
        if lo < best_i and left < best_j:
            stack[4 * depth], stack[4 * depth + 1] = lo, best_i
            stack[4 * depth + 2], stack[4 * depth + 3] = left, best_j
            depth += 1
    return count


@njit
def _clear(lengths: Any, first: Any, follow: Any, number: Any, right: Any) -> None:
    """Set back the lengths that a row wrote."""
    j = first[number] if number >= 0 else np.int64(-1)
    while 0 <= j < right:
        lengths[j + 1] = 0
        j = follow[j]


@njit
def _put(out: Any, count: Any, start: Any, stop: Any, new_start: Any, new_stop: Any) -> Any:
    out[count, 0], out[count, 1], out[count, 2], out[count, 3] = start, stop, new_start, new_stop
    return count + 1


@njit
def _letters(points: Any, p: Any, p1: Any, q: Any, q1: Any, every: Any, work: Any, out: Any, count: Any) -> Any:
    """Edits that turn letters ``p..p1`` into ``q..q1``, letter by letter; return how many ``out`` then holds."""
    while p < p1 and q < q1 and points[p] == points[q]:
        p, q = p + 1, q + 1
    while p < p1 and q < q1 and points[p1 - 1] == points[q1 - 1]:
        p1, q1 = p1 - 1, q1 - 1
    if p == p1 or q == q1:
        return _put(out, count, p, p1, q, q1)
    if p1 - p == q1 - q <= _WORD:
        start = 0
        for k in range(1, p1 - p + 1):
            differs = k < p1 - p and points[p + k] != points[q + k]
            if not differs and start >= 0:
                count = _put(out, count, p + start, p + k, q + start, q + k)
                start = -1
            elif differs and start < 0:
                start = k
        return count
    found = _blocks(points, every, p, p1, every, q, q1, work)
    i, j = p, q
    for k in range(found + 1):
        end = k == found
        next_i = p1 if end else p + work[6][k]
        next_j = q1 if end else q + work[7][k]
        if i < next_i or j < next_j:
            count = _put(out, count, i, next_i, j, next_j)
        if not end:
            i, j = next_i + work[8][k], next_j + work[8][k]
    return count


@njit
def _pair(points: Any, a0: Any, a1: Any, b1: Any, a: Any, b: Any, every: Any, work: Any, out: Any, count: Any) -> Any:
    """Edits of one pair: the text before is ``a0..a1``, the text after ``a1..b1``."""
    n, m = _cut(points, a0, a1, a), _cut(points, a1, b1, b)
    head = 0
    while head < n and head < m and _same(points, a, head, b, head):
        head += 1
    if head == n == m:
        return count
    while n > head and m > head and _same(points, a, n - 1, b, m - 1):
        n, m = n - 1, m - 1
    if n == head or m == head or n == m == head + 1:
        return _letters(points, a[head], a[n], b[head], b[m], every, work, out, count)
    found = _blocks(points, a, head, n, b, head, m, work)
    ends = np.empty((found + 1, 4), np.int64)  # kept apart, since comparing letters uses the same room
    i, j = np.int64(head), np.int64(head)
    for k in range(found + 1):
        end = k == found
        next_i = np.int64(n) if end else head + work[6][k]
        next_j = np.int64(m) if end else head + work[7][k]
        ends[k, 0], ends[k, 1], ends[k, 2], ends[k, 3] = i, next_i, j, next_j
        if not end:
            i, j = next_i + work[8][k], next_j + work[8][k]
    for k in range(found + 1):
        i, next_i, j, next_j = ends[k]
        if i < next_i or j < next_j:
            count = _letters(points, a[i], a[next_i], b[j], b[next_j], every, work, out, count)
    return count


@njit(cache=True, nogil=True)
def diff_rows(points: Any, bounds: Any, row: Any, out: Any, rows: Any) -> Any:
    """Edits of pairs from ``row`` on, until all are compared or ``out`` might not hold the next one's.

    Args:
        points: code points of before, after, before, after ..., uint32.
        bounds: where each text begins, then the end, int64 [2 * pairs + 1].
        row: the first pair.
        out: start and stop before, start and stop after, each in its own text, int64 [room, 4]; at least as much room
            as the longest pair has letters, and one.
        rows: pair of each edit, int32 [room].

    Returns:
        the first pair not compared, and how many edits were written.
    """
    pairs, longest = len(bounds) // 2, 0
    for k in range(row, pairs):
        longest = max(longest, bounds[2 * k + 2] - bounds[2 * k])
    room = longest + 2
    size = 8
    while size < 2 * room:
        size *= 2
    a, b = np.empty(room, np.int64), np.empty(room, np.int64)
    every = np.arange(room)
    work = (np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64),
            np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64),
            np.empty(room, np.int64), np.empty(8 * room, np.int64), np.empty(size, np.int64))
    count = 0
    while row < pairs:
        first, middle, last = bounds[2 * row], bounds[2 * row + 1], bounds[2 * row + 2]
        if len(out) - count < last - first + 1:
            break
        done = _pair(points[first:last], 0, middle - first, last - first, a, b, every, work, out, count)
        for k in range(count, done):
            rows[k] = row
            out[k, 2] -= middle - first
            out[k, 3] -= middle - first
        count = done
        row += 1
    return row, count
