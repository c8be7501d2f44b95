"""Compiled draws by position, bit-equal to :func:`practicum.keys.philox.words`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from practicum.keys.philox_numba import philox4x32
from practicum_text_noise.packed import onward
from practicum_text_noise.vectors import at_most16, visit

_S32 = np.uint64(32)
_ONE = np.uint64(1)


@njit
def key_of(identity: Any, stream: Any) -> Any:
    """Philox counter and key words of one sample."""
    return np.uint32(identity), np.uint32(identity >> _S32), np.uint32(stream), np.uint32(stream >> _S32)


@njit
def draw_hits(count: Any, limit: Any, key: Any, words: Any, hits: Any) -> Any:
    """Draw positions 0..count-1 of lane 0 into ``words``; write those at or below ``limit`` to ``hits``.

    Blocks are drawn in eights (32 words), a multiple of every vector width, so the loop has no scalar rest; they are
    compared 64 words at once. ``words`` must have room for that.
    """
    zero = np.uint32(0)
    for b in range((count + 31) // 32 * 8):
        w0, w1, w2, w3 = philox4x32(np.uint32(b), zero, key[0], key[1], key[2], key[3])
        words[4 * b] = np.uint32(w0)
        words[4 * b + 1] = np.uint32(w1)
        words[4 * b + 2] = np.uint32(w2)
        words[4 * b + 3] = np.uint32(w3)
    found = 0
    for first in range(0, count, 64):
        part = onward(words, first)
        mask = (at_most16(part, limit) | at_most16(onward(part, 16), limit) << np.uint64(16)
                | at_most16(onward(part, 32), limit) << np.uint64(32)
                | at_most16(onward(part, 48), limit) << np.uint64(48))
        if count - first < 64:
            mask &= (_ONE << np.uint64(count - first)) - _ONE
        found = visit(mask, first, hits, found)
    return found


@njit
def draw_at(positions: Any, count: Any, lane: Any, key: Any, out: Any) -> None:
    """Draw the word of ``lane`` at each of ``count`` positions; rounded up to eight, reading stale positions."""
    for k in range((count + 7) // 8 * 8):
        at = positions[k]
        w0, w1, w2, w3 = philox4x32(np.uint32(at >> 2), np.uint32(lane), key[0], key[1], key[2], key[3])
        low, high = w1 if at & 1 else w0, w3 if at & 1 else w2
        out[k] = np.uint32(high if at & 2 else low)


@njit
def draw_one(position: Any, lane: Any, key: Any) -> Any:
    """The word of ``lane`` at one position."""
    w0, w1, w2, w3 = philox4x32(np.uint32(position >> 2), np.uint32(lane), key[0], key[1], key[2], key[3])
    low, high = w1 if position & 1 else w0, w3 if position & 1 else w2
    return np.uint32(high if position & 2 else low)
