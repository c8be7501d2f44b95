"""Compiled pieces shared by the operations: reading UTF-8, drawing, and copying bytes.

Everything here runs inside numba kernels on one text at a time. A text's *plan* is an int32 array [7, edits] of
simultaneous replacements in order, with rows

    0, 1  first and past-last byte replaced      4, 5  the same in characters
    2     where the replacement is taken from: a byte of the text, or ``~offset`` into the pool when negative
    3     bytes of the replacement               6     first character it was moved from, or -1
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

from practicum.keys.philox_numba import philox4x32

B0, B1, SOURCE, SIZE, C0, C1, MOVED = range(7)
SLACK = 32
"""Bytes an output buffer must have beyond its content, since copying writes whole blocks of 16."""

_S32 = np.uint64(32)
_STEP = np.uint64(16)


@intrinsic  # type: ignore[untyped-decorator]  # numba ships no types
def _move16(_typing: Any, dst: Any, src: Any) -> Any:
    """Copy 16 bytes between two addresses of any alignment."""
    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        block = ir.VectorType(ir.IntType(8), 16).as_pointer()
        value = builder.load(builder.inttoptr(args[1], block))
        value.align = 1
        store = builder.store(value, builder.inttoptr(args[0], block))
        store.align = 1
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64), generate


@intrinsic  # type: ignore[untyped-decorator]  # numba ships no types
def _move1(_typing: Any, dst: Any, src: Any) -> Any:
    """Copy one byte between two addresses."""
    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        builder.store(builder.load(builder.inttoptr(args[1], byte)), builder.inttoptr(args[0], byte))
        return context.get_dummy_value()

    return types.void(types.uint64, types.uint64), generate


@njit
def copy(dst: Any, src: Any, size: Any, end: Any) -> None:
    """Copy ``size`` bytes from address ``src`` to ``dst``; may write up to 15 more, never reads at or past ``end``."""
    stop = src + np.uint64(size)
    while src + _STEP <= end and src < stop:
        _move16(dst, src)
        dst += _STEP
        src += _STEP
    while src < stop:
        _move1(dst, src)
        dst += np.uint64(1)
        src += np.uint64(1)


@njit
def is_ascii(text: Any) -> Any:
    """Whether no byte is 128 or above."""
    seen = np.uint8(0)
    for i in range(text.shape[0]):
        seen |= text[i]
    return seen < 128


@njit
def index_chars(text: Any, at: Any) -> Any:
    """Write the first byte of each character to ``at``, then the number of bytes; return the number of characters."""
    count = 0
    for i in range(text.shape[0]):
        at[count] = i
        count += (text[i] & 0xC0) != 0x80
    at[count] = text.shape[0]
    return count


@njit
def decode(text: Any, i: Any) -> Any:
    """The code point whose first byte is ``text[i]``; the text is valid UTF-8."""
    b = np.int64(text[i])
    if b < 0x80:
        return b
    if b < 0xE0:
        return (b & 0x1F) << 6 | np.int64(text[i + 1]) & 0x3F
    if b < 0xF0:
        return (b & 0x0F) << 12 | (np.int64(text[i + 1]) & 0x3F) << 6 | np.int64(text[i + 2]) & 0x3F
    return ((b & 0x07) << 18 | (np.int64(text[i + 1]) & 0x3F) << 12 | (np.int64(text[i + 2]) & 0x3F) << 6
            | np.int64(text[i + 3]) & 0x3F)


@njit
def class_of(text: Any, i: Any, classes: Any) -> Any:
    """Class of the character at byte ``i``: word, space or punctuation."""
    point = decode(text, i)
    return np.int64(classes[point]) if point < classes.shape[0] else 0


@njit
def draw_hits(count: Any, limit: Any, key: Any, words: Any, hits: Any) -> Any:
    """Draw positions 0..count-1 of lane 0 into ``words``; write those at or below ``limit`` to ``hits``.

    Blocks are drawn in eights (32 words), a multiple of every vector width, so the loop has no scalar rest; ``words``
    must have room for that.
    """
    zero = np.uint32(0)
    for b in range((count + 31) // 32 * 8):
        w0, w1, w2, w3 = philox4x32(np.uint32(b), zero, key[0], key[1], key[2], key[3])
        words[4 * b] = w0
        words[4 * b + 1] = w1
        words[4 * b + 2] = w2
        words[4 * b + 3] = w3
    found = 0
    for i in range(count):
        hits[found] = i
        found += words[i] <= limit
    return found


@njit
def draw_at(positions: Any, count: Any, lane: Any, key: Any, out: Any) -> None:
    """Draw the word of ``lane`` at each of ``count`` positions; rounded up to eight, reading stale positions."""
    for k in range((count + 7) // 8 * 8):
        w0, w1, w2, w3 = philox4x32(np.uint32(positions[k] >> 2), np.uint32(lane), key[0], key[1], key[2], key[3])
        part = positions[k] & 3
        out[k] = (w0 if part == 0 else w1) if part < 2 else (w2 if part == 2 else w3)


@njit
def draw_one(position: Any, lane: Any, key: Any) -> Any:
    """The word of ``lane`` at one position."""
    w0, w1, w2, w3 = philox4x32(np.uint32(position >> 2), np.uint32(lane), key[0], key[1], key[2], key[3])
    part = position & 3
    return np.uint32((w0 if part == 0 else w1) if part < 2 else (w2 if part == 2 else w3))


@njit
def key_of(identity: Any, stream: Any) -> Any:
    """Philox counter and key words of one sample."""
    return np.uint32(identity), np.uint32(identity >> _S32), np.uint32(stream), np.uint32(stream >> _S32)
