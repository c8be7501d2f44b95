"""Bytes to floats past the caches, for numba; see :mod:`practicum_image_mix.ops.mix.stream`."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from practicum_image_mix.ops.mix.stream import LINE, address, splat, stream_store

PER_LINE = LINE // 4
_FLOATS = ir.VectorType(ir.FloatType(), PER_LINE)
_BYTES = ir.VectorType(ir.IntType(8), PER_LINE)
_INTEGERS = ir.VectorType(ir.IntType(32), PER_LINE)


def _bytes_as_floats(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    value = builder.load(address(context, builder, kind, array, index, _BYTES))
    value.align = 1
    # Through int32: an unsigned conversion would cost several instructions before AVX-512.
    return builder.sitofp(builder.zext(value, _INTEGERS), _FLOATS)


@intrinsic
def stream_scaled(typing: Any, o: Any, out: Any, x: Any, own: Any, scale: Any, shift: Any) -> Any:
    """``o[out + i] = x[own + i] * scale + shift`` for one line of float32 elements; ``o[out]`` starts a line."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        a = _bytes_as_floats(context, builder, signature.args[2], values[2], values[3])
        scaled = builder.fadd(builder.fmul(a, splat(builder, values[4], _FLOATS)), splat(builder, values[5], _FLOATS))
        stream_store(builder, scaled, address(context, builder, signature.args[0], values[0], values[1], _FLOATS))
        return context.get_dummy_value()

    return types.void(o, types.intp, x, types.intp, types.float32, types.float32), generate


@intrinsic
def stream_mixed(typing: Any, o: Any, out: Any, x: Any, own: Any, other: Any, weight: Any, rest: Any, scale: Any,
                 shift: Any) -> Any:
    """``o[out + i] = (weight * x[own + i] + rest * x[other + i]) * scale + shift``, as :func:`stream_scaled`."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        a, b = (_bytes_as_floats(context, builder, signature.args[2], values[2], values[k]) for k in (3, 4))
        left, right, times, plus = (splat(builder, value, _FLOATS) for value in values[5:])
        blend = builder.fadd(builder.fmul(left, a), builder.fmul(right, b))
        stream_store(builder, builder.fadd(builder.fmul(blend, times), plus),
                     address(context, builder, signature.args[0], values[0], values[1], _FLOATS))
        return context.get_dummy_value()

    return types.void(o, types.intp, x, types.intp, types.intp, types.float32, types.float32, types.float32,
                      types.float32), generate


@intrinsic
def stream_shared(typing: Any, o: Any, out: Any, x: Any, own: Any, other: Any, shares: Any, weight: Any, rest: Any,
                  scale: Any, shift: Any) -> Any:
    """``o[out + i] = (shares[weight + i] * x[own + i] + shares[rest + i] * x[other + i]) * scale + shift``, as
    :func:`stream_scaled`: every element has its own weights."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        a, b = (_bytes_as_floats(context, builder, signature.args[2], values[2], values[k]) for k in (3, 4))
        left, right = (builder.load(address(context, builder, signature.args[5], values[5], values[k], _FLOATS))
                       for k in (6, 7))
        left.align = right.align = 4
        times, plus = (splat(builder, value, _FLOATS) for value in values[8:])
        blend = builder.fadd(builder.fmul(left, a), builder.fmul(right, b))
        stream_store(builder, builder.fadd(builder.fmul(blend, times), plus),
                     address(context, builder, signature.args[0], values[0], values[1], _FLOATS))
        return context.get_dummy_value()

    return types.void(o, types.intp, x, types.intp, types.intp, shares, types.intp, types.intp, types.float32,
                      types.float32), generate


@intrinsic
def stream_line(typing: Any, o: Any, out: Any, values: Any, index: Any) -> Any:
    """``o[out + i] = values[index + i]`` for one line of float32 elements, as :func:`stream_scaled`."""
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        value = builder.load(address(context, builder, signature.args[2], given[2], given[3], _FLOATS))
        value.align = 4
        stream_store(builder, value, address(context, builder, signature.args[0], given[0], given[1], _FLOATS))
        return context.get_dummy_value()

    return types.void(o, types.intp, values, types.intp), generate
