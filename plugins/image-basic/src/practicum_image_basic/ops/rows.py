"""Stretches of values copied by the system's memcpy, or backwards, inside compiled loops.

Arrays are flat and places are numbers, since a slice costs two atomic operations on its reference count, which is more
than the copy of a short row. A plain loop would spend its time on what doesn't fill a vector register.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

_VECTOR = 32  # bytes turned round together


@intrinsic
def copy_span(typing: Any, target: Any, at: Any, source: Any, start: Any, count: Any) -> Any:
    """``target[at:at + count] = source[start:start + count]`` for flat contiguous arrays that share no memory."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        to, given = (context.make_array(signature.args[k])(context, builder, values[k]).data for k in (0, 2))
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(target.dtype)))
        byte = ir.IntType(8).as_pointer()
        cgutils.raw_memcpy(builder, builder.bitcast(builder.gep(to, [values[1]]), byte),
                           builder.bitcast(builder.gep(given, [values[3]]), byte), values[4], size)
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp, types.intp), generate


@intrinsic
def _turn_vector(typing: Any, target: Any, at: Any, source: Any, start: Any) -> Any:
    """``target[at + k] = source[start + lanes - 1 - k]`` for one vector register of values."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        scalar = context.get_data_type(target.dtype)
        size = context.get_abi_sizeof(scalar)
        vector = ir.VectorType(scalar, _VECTOR // size)
        to, given = (builder.bitcast(builder.gep(
            context.make_array(signature.args[k])(context, builder, values[k]).data, [values[k + 1]]),
            vector.as_pointer()) for k in (0, 2))
        value = builder.load(given)
        value.align = size
        order = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), list(range(vector.count))[::-1])
        store = builder.store(builder.shuffle_vector(value, ir.Constant(vector, ir.Undefined), order), to)
        store.align = size
        return context.get_dummy_value()

    return types.void(target, types.intp, source, types.intp), generate


@intrinsic
def _lanes(typing: Any, target: Any) -> Any:
    """How many values of an array one register holds, known when the loop is compiled."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        size = context.get_abi_sizeof(context.get_data_type(target.dtype))
        return context.get_constant(types.uintp, _VECTOR // size)

    return types.uintp(target), generate


@njit(nogil=True, cache=True)
def reverse_span(target: Any, at: Any, source: Any, start: Any, count: Any) -> None:
    """The same, with the last value first."""
    lanes, left, to, back = _lanes(target), np.uint64(count), np.uint64(at), np.uint64(start + count)
    while left >= lanes:
        back -= lanes
        _turn_vector(target, to, source, back)
        to += lanes
        left -= lanes
    while left:
        back -= np.uint64(1)
        target[to] = source[back]
        to += np.uint64(1)
        left -= np.uint64(1)
