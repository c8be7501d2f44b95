"""Compiled writing of planned edits: the new text, and the edit log when it is asked for.

A text's *plan* is a row of :data:`FIELDS` int32 for each edit, simultaneous replacements in order:

    B0, B1  first and past-last byte replaced      C0, C1  the same in characters
    SOURCE  where the replacement is taken from: a byte of the text, or ``~offset`` into the pool when negative
    SIZE    bytes of the replacement               MOVED   first character it was moved from, or -1

Output buffers are sized by estimate. A text that doesn't fit is left for the next call: the kernel stops before it,
the caller enlarges the buffers and calls again, and no text is ever written in part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum_text_noise.packed import SLACK, copy, copy_short, onward, pointer

B0, B1, SOURCE, SIZE, C0, C1, MOVED = range(7)
FIELDS = 8
"""Numbers kept for each edit; one is spare, so that an edit fills half a cache line."""

ROW, BYTES, EDITS, EDIT_BYTES = range(4)
"""Slots of the cursor, int64 [4]: rows done, bytes written, edits logged, bytes of logged replacements."""


@njit
def put(plan: Any, k: Any, b0: Any, b1: Any, source: Any, size: Any, c0: Any, c1: Any, moved: Any) -> None:
    """Write edit ``k`` of a plan."""
    at = FIELDS * k
    plan[at + B0] = np.int32(b0)
    plan[at + B1] = np.int32(b1)
    plan[at + SOURCE] = np.int32(source)
    plan[at + SIZE] = np.int32(size)
    plan[at + C0] = np.int32(c0)
    plan[at + C1] = np.int32(c1)
    plan[at + MOVED] = np.int32(moved)


@njit
def opened(data: Any, pool: Any, cursor: Any, out: Any, out_offsets: Any, log: Any) -> Any:
    """Pointers and sizes for :func:`write`, taken once a call."""
    starts = pointer(data), pointer(pool), pointer(cursor), pointer(out), pointer(out_offsets)
    ends = onward(pointer(data), data.shape[0]), onward(pointer(pool), pool.shape[0])
    logs = pointer(log[0]), pointer(log[1]), pointer(log[2]), pointer(log[3]), pointer(log[4]), pointer(log[5])
    return starts, ends, logs, (out.shape[0], log[0].shape[0], log[5].shape[0], log[4].shape[0] > 0)


@njit
def sort_plan(plan: Any, count: Any) -> None:
    """Sort edits by where they begin, equal ones staying in order; the plan has room for twice as many."""
    half, width = FIELDS * count, 1
    source, target = np.int64(0), np.int64(half)
    while width < count:
        for left in range(0, count, 2 * width):
            i, j = left, min(left + width, count)
            middle, stop = j, min(left + 2 * width, count)
            for k in range(left, stop):
                later = i == middle or (j < stop and plan[source + FIELDS * j] < plan[source + FIELDS * i])
                taken = j if later else i
                for field in range(FIELDS):
                    plan[target + FIELDS * k + field] = plan[source + FIELDS * taken + field]
                i, j = (i, j + 1) if later else (i + 1, j)
        source, target = target, source
        width *= 2
    if source > 0:
        for k in range(half):
            plan[k] = plan[half + k]


@njit
def write(text: Any, size: Any, plan: Any, count: Any, outputs: Any) -> Any:
    """Write one text with ``count`` planned edits; return whether it fitted.

    Args:
        text, size: its bytes.
        plan, count: its edits.
        outputs: from :func:`opened`.
    """
    (_, pool, cursor, out, out_offsets), (end, pool_end), logs, (room, log_room, log_bytes, logging) = outputs
    growth, total = np.int64(0), np.int64(0)
    for k in range(count):
        e = onward(plan, FIELDS * k)
        growth += e[SIZE] - (e[B1] - e[B0])
        total += e[SIZE]
    used = cursor[BYTES]
    if used + size + growth + SLACK > room:
        return False
    if logging:
        if cursor[EDITS] + count > log_room or cursor[EDIT_BYTES] + total + SLACK > log_bytes:
            return False
        _log(text, end, plan, count, pool, pool_end, cursor, logs)
    dst, at = onward(out, used), np.int64(0)
    for k in range(count):
        e = onward(plan, FIELDS * k)
        kept = e[B0] - at
        copy(dst, onward(text, at), kept, end)
        dst = onward(dst, kept)
        _replacement(dst, text, end, e, pool, pool_end)
        dst = onward(dst, np.int64(e[SIZE]))
        at = np.int64(e[B1])
    copy(dst, onward(text, at), size - at, end)
    row = cursor[ROW] + 1
    cursor[BYTES] = used + size + growth
    cursor[ROW] = row
    out_offsets[row] = used + size + growth
    return True


@njit
def _replacement(dst: Any, text: Any, end: Any, e: Any, pool: Any, pool_end: Any) -> None:
    if e[SOURCE] >= 0:
        copy_short(dst, onward(text, np.int64(e[SOURCE])), np.int64(e[SIZE]), end)
    else:
        copy_short(dst, onward(pool, np.int64(~e[SOURCE])), np.int64(e[SIZE]), pool_end)


@njit
def _log(text: Any, end: Any, plan: Any, count: Any, pool: Any, pool_end: Any, cursor: Any, logs: Any) -> None:
    rows, starts, stops, sources, offsets, replaced = logs
    edits, used, row = cursor[EDITS], cursor[EDIT_BYTES], np.int32(cursor[ROW])
    for k in range(count):
        e = onward(plan, FIELDS * k)
        rows[edits] = row
        starts[edits] = e[C0]
        stops[edits] = e[C1]
        sources[edits] = e[MOVED]
        _replacement(onward(replaced, used), text, end, e, pool, pool_end)
        used += e[SIZE]
        edits += 1
        offsets[edits] = used
    cursor[EDITS] = edits
    cursor[EDIT_BYTES] = used
