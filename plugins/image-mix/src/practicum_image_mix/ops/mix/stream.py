"""Stores that go past the caches, for numba.

A large output is not read again soon. Written in the usual way, each of its cache lines is first fetched from memory;
streamed, it is only written, which saves a third of the traffic of a blend.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LINE = 64
"""Bytes of one store: a cache line, and the alignment that the output pointer must have."""


def vector_of(dtype: Any) -> tuple[ir.VectorType, int]:
    scalar, size = (ir.FloatType(), 4) if dtype == types.float32 else (ir.DoubleType(), 8)
    return ir.VectorType(scalar, LINE // size), size


def address(context: Any, builder: Any, kind: Any, array: Any, index: Any, vector: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), vector.as_pointer())


def _load(builder: Any, pointer: Any, size: int) -> Any:
    value = builder.load(pointer)
    value.align = size
    return value


def stream_store(builder: Any, value: Any, pointer: Any) -> None:
    store = builder.store(value, pointer)
    store.align = LINE
    store.set_metadata("nontemporal", builder.module.add_metadata([ir.Constant(ir.IntType(32), 1)]))


def splat(builder: Any, scalar: Any, vector: Any) -> Any:
    nothing, first = ir.Constant(vector, ir.Undefined), ir.Constant(ir.IntType(32), 0)
    places = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(builder.insert_element(nothing, scalar, first), nothing, places)


@intrinsic
def stream_blend(typing: Any, o: Any, a: Any, b: Any, index: Any, weight: Any, rest: Any) -> Any:
    """``o[i] = weight * a[i] + rest * b[i]`` for one line of elements from ``index``; ``o[index]`` starts a line."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vector, size = vector_of(o.dtype)
        out, own, other = (address(context, builder, kind, array, values[3], vector)
                           for kind, array in zip(signature.args[:3], values[:3], strict=True))
        left = builder.fmul(splat(builder, values[4], vector), _load(builder, own, size))
        right = builder.fmul(splat(builder, values[5], vector), _load(builder, other, size))
        stream_store(builder, builder.fadd(left, right), out)
        return context.get_dummy_value()

    return types.void(o, a, b, types.intp, o.dtype, o.dtype), generate


@intrinsic
def stream_copy(typing: Any, o: Any, a: Any, index: Any) -> Any:
    """``o[i] = a[i]`` for one line of elements from ``index``; ``o[index]`` starts a line."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        vector, size = vector_of(o.dtype)
        out, own = (address(context, builder, kind, array, values[2], vector)
                    for kind, array in zip(signature.args[:2], values[:2], strict=True))
        stream_store(builder, _load(builder, own, size), out)
        return context.get_dummy_value()

    return types.void(o, a, types.intp), generate


@intrinsic
def stream_end(typing: Any) -> Any:
    """Makes streamed stores visible to other threads before anything that follows."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        builder.fence("seq_cst")
        return context.get_dummy_value()

    return types.void(), generate
