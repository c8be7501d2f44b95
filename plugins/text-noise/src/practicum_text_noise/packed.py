"""Compiled pieces shared by the operations: pointers, reading UTF-8, and copying bytes.

Kernels work on one text at a time through plain pointers. NumPy arrays inside numba count references with an atomic
operation or a call for each argument and view, which on short texts costs more than the work itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]  # llvmlite ships no types
from numba import njit, types
from numba.extending import intrinsic

from practicum_text_noise.vectors import high16

SLACK = 64
"""Bytes an output buffer must have beyond its content, since copying writes whole blocks."""


def _build_pointer(_typing: Any, array: Any) -> Any:
    """A pointer to an array's first element; the caller keeps the array alive."""
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, value=args[0]).data

    kind: Any = types.CPointer
    return kind(array.dtype)(array), generate


def _build_onward(_typing: Any, start: Any, count: Any) -> Any:
    """The pointer ``count`` elements further."""
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.gep(args[0], [args[1]])

    return start(start, types.int64), generate


def _build_distance(_typing: Any, start: Any, stop: Any) -> Any:
    """Bytes from one pointer to another."""
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        return builder.sub(builder.ptrtoint(args[1], word), builder.ptrtoint(args[0], word))

    return types.int64(start, stop), generate


def _build_move16(_typing: Any, dst: Any, src: Any) -> Any:
    """Copy 16 bytes; neither pointer need be aligned."""
    def generate(context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        block = ir.VectorType(ir.IntType(8), 16).as_pointer()
        value = builder.load(builder.bitcast(args[1], block))
        value.align = 1
        store = builder.store(value, builder.bitcast(args[0], block))
        store.align = 1
        return context.get_dummy_value()

    return types.void(dst, src), generate


pointer: Any = intrinsic(_build_pointer)
onward: Any = intrinsic(_build_onward)
distance: Any = intrinsic(_build_distance)
_move16: Any = intrinsic(_build_move16)


def frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A read-only view, so that kernels are compiled for one type whether or not Arrow's buffer could be written."""
    view = array.view()
    view.flags.writeable = False
    return view


@njit
def copy(dst: Any, src: Any, size: Any, end: Any) -> None:
    """Copy ``size`` bytes; may write up to 32 bytes too many, never reads at or past ``end``.

    Two blocks are moved without asking how long the piece is: most pieces are shorter, and a wrong guess of the
    processor costs more than the second block.
    """
    if distance(src, end) < size + 32:
        for i in range(size):
            dst[i] = src[i]
        return
    _move16(dst, src)
    _move16(onward(dst, 16), onward(src, 16))
    at = 32
    while at < size:
        _move16(onward(dst, at), onward(src, at))
        at += 16


@njit
def copy_short(dst: Any, src: Any, size: Any, end: Any) -> None:
    """The same for what is a character or a word as a rule: one block is moved without asking."""
    if distance(src, end) < size + 16:
        for i in range(size):
            dst[i] = src[i]
        return
    _move16(dst, src)
    at = 16
    while at < size:
        _move16(onward(dst, at), onward(src, at))
        at += 16


@njit
def is_ascii(text: Any, size: Any) -> Any:
    """Whether no byte is 128 or above."""
    if size < 16:
        seen = np.uint8(0)
        for i in range(size):
            seen |= text[i]
        return seen < 128
    high = high16(onward(text, size - 16))
    for i in range(0, size - 16, 16):
        high |= high16(onward(text, i))
    return high == 0


@njit
def index_chars(text: Any, size: Any, at: Any) -> Any:
    """Write the first byte of each character to ``at``, then ``size``; return the number of characters."""
    count = 0
    for i in range(size):
        at[count] = np.int32(i)
        count += (text[i] & 0xC0) != 0x80
    at[count] = np.int32(size)
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
    return np.int64(classes[point]) if point < 0x20000 else np.int64(0)
