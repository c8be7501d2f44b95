"""Compiled comparisons of sixteen values at once, as bits of a mask, which are then visited one by one.

A loop that writes a place and moves on where a condition holds takes a step for each value; with masks it takes one for
each place found, and the processor foresees where it ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]  # llvmlite ships no types
from numba import njit, types
from numba.extending import intrinsic

_LANES = 16
_ONE = np.uint64(1)


def _vector(builder: Any, address: Any, bits: int) -> Any:
    """Sixteen values from an address that need not be aligned."""
    value = builder.load(builder.bitcast(address, ir.VectorType(ir.IntType(bits), _LANES).as_pointer()))
    value.align = 1
    return value


def _splat(value: int, bits: int) -> Any:
    return ir.Constant(ir.VectorType(ir.IntType(bits), _LANES), [value] * _LANES)


def _mask(builder: Any, truth: Any) -> Any:
    """Bit ``k`` of a 64-bit number for lane ``k``."""
    return builder.zext(builder.bitcast(truth, ir.IntType(_LANES)), ir.IntType(64))


def _build_at_most16(_typing: Any, words: Any, limit: Any) -> Any:
    """Which of sixteen words are at or below the limit."""
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        vector = ir.VectorType(ir.IntType(32), _LANES)
        single = builder.insert_element(ir.Constant(vector, ir.Undefined), args[1], ir.Constant(ir.IntType(32), 0))
        spread = builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), _splat(0, 32))
        return _mask(builder, builder.icmp_unsigned("<=", _vector(builder, args[0], 32), spread))

    return types.uint64(words, types.uint32), generate


def _build_blank16(_typing: Any, text: Any) -> Any:
    """Which of sixteen ASCII bytes are whitespace: 9 to 13 and 28 to 32."""
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        value = _vector(builder, args[0], 8)
        low = builder.icmp_unsigned("<=", builder.sub(value, _splat(9, 8)), _splat(4, 8))
        high = builder.icmp_unsigned("<=", builder.sub(value, _splat(28, 8)), _splat(4, 8))
        return _mask(builder, builder.or_(low, high))

    return types.uint64(text), generate


def _build_high16(_typing: Any, text: Any) -> Any:
    """Which of sixteen bytes are 128 or above."""
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return _mask(builder, builder.icmp_signed("<", _vector(builder, args[0], 8), _splat(0, 8)))

    return types.uint64(text), generate


def _build_lowest(_typing: Any, mask: Any) -> Any:
    """The place of the lowest bit of a mask; 64 when there is none."""
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


def _build_bits(_typing: Any, mask: Any) -> Any:
    """How many bits of a mask are set."""
    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.int64(types.uint64), generate


at_most16: Any = intrinsic(_build_at_most16)
blank16: Any = intrinsic(_build_blank16)
high16: Any = intrinsic(_build_high16)
_lowest: Any = intrinsic(_build_lowest)
_bits: Any = intrinsic(_build_bits)


@njit
def visit(mask: Any, first: Any, out: Any, count: Any) -> Any:
    """Write ``first`` + each set bit's place to ``out`` from ``count`` on; return how many ``out`` then holds.

    Eight are written at a time, meant or not, since a loop of as many steps as there are bits ends where the processor
    doesn't expect it; so ``out`` needs room for seven more.
    """
    stop = count + _bits(mask)
    while count < stop:
        for k in range(8):
            out[count + k] = np.int32(first + _lowest(mask))
            mask &= mask - _ONE
        count += 8
    return stop
