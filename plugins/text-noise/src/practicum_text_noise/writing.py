"""Compiled writing of planned edits: the new text, and the edit log when it is asked for.

Output buffers are sized by estimate. A text that doesn't fit is left for the next call: the kernel stops before it,
the caller enlarges the buffers and calls again, and no text is ever written in part.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum_text_noise.packed import B0, B1, C0, C1, MOVED, SIZE, SLACK, SOURCE, copy

ROW, BYTES, EDITS, EDIT_BYTES = range(4)
"""Slots of the cursor, int64 [4]: rows done, bytes written, edits logged, bytes of logged replacements."""


@njit
def needed(plan: Any, count: Any) -> Any:
    """Bytes by which the edits lengthen the text (negative: shorten it), and bytes of all replacements."""
    growth, total = np.int64(0), np.int64(0)
    for k in range(count):
        growth += plan[SIZE, k] - (plan[B1, k] - plan[B0, k])
        total += plan[SIZE, k]
    return growth, total


@njit
def write(text: Any, end: Any, plan: Any, count: Any, pool: Any, cursor: Any, out: Any, out_offsets: Any,
          log: Any) -> Any:
    """Write one text with ``count`` planned edits; return whether it fitted.

    Args:
        text: its bytes, a view into the column's data.
        end: address past the column's data.
        plan, count: see :mod:`practicum_text_noise.packed`.
        pool: bytes that replacements with a negative source come from.
        cursor: how far the outputs are written; moved on.
        out, out_offsets: the packed output.
        log: (row, start, stop, source, replacement offsets, replacement bytes), empty arrays for no log.
    """
    growth, total = needed(plan, count)
    logging = log[4].shape[0] > 0
    if cursor[BYTES] + text.shape[0] + growth + SLACK > out.shape[0]:
        return False
    if logging and (cursor[EDITS] + count > log[0].shape[0] or cursor[EDIT_BYTES] + total + SLACK > log[5].shape[0]):
        return False
    start = np.uint64(text.ctypes.data)
    pool_start = np.uint64(pool.ctypes.data)
    pool_end = pool_start + np.uint64(pool.shape[0])
    first = np.uint64(out.ctypes.data) + np.uint64(cursor[BYTES])
    dst, at = first, np.int64(0)
    for k in range(count):
        size = np.int64(plan[SIZE, k])
        kept = plan[B0, k] - at
        copy(dst, start + np.uint64(at), kept, end)
        dst += np.uint64(kept)
        if plan[SOURCE, k] >= 0:
            copy(dst, start + np.uint64(plan[SOURCE, k]), size, end)
        else:
            copy(dst, pool_start + np.uint64(~plan[SOURCE, k]), size, pool_end)
        dst += np.uint64(size)
        at = np.int64(plan[B1, k])
    copy(dst, start + np.uint64(at), text.shape[0] - at, end)
    if logging:
        _log(start, end, plan, count, pool_start, pool_end, cursor, log)
    cursor[BYTES] += text.shape[0] + growth
    cursor[ROW] += 1
    out_offsets[cursor[ROW]] = cursor[BYTES]
    return True


@njit
def _log(start: Any, end: Any, plan: Any, count: Any, pool_start: Any, pool_end: Any, cursor: Any, log: Any) -> None:
    edits, used = cursor[EDITS], cursor[EDIT_BYTES]
    row = np.int32(cursor[ROW])
    dst = np.uint64(log[5].ctypes.data)
    for k in range(count):
        log[0][edits + k] = row
        log[1][edits + k] = plan[C0, k]
        log[2][edits + k] = plan[C1, k]
        log[3][edits + k] = plan[MOVED, k]
        size = np.int64(plan[SIZE, k])
        if plan[SOURCE, k] >= 0:
            copy(dst + np.uint64(used), start + np.uint64(plan[SOURCE, k]), size, end)
        else:
            copy(dst + np.uint64(used), pool_start + np.uint64(~plan[SOURCE, k]), size, pool_end)
        used += size
        log[4][edits + k + 1] = used
    cursor[EDITS] = edits + count
    cursor[EDIT_BYTES] = used
