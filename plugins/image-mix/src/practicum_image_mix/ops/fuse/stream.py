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
def stream_scaled(typing: Any, o: Any, a: Any, index: Any, scale: Any, shift: Any) -> Any:
    """``o[i] = a[i] * scale + shift`` for one line of float32 elements from ``index``; ``o[index]`` starts a line."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        own = _bytes_as_floats(context, builder, signature.args[1], values[1], values[2])
        scaled = builder.fadd(builder.fmul(own, splat(builder, values[3], _FLOATS)), splat(builder, values[4], _FLOATS))
        stream_store(builder, scaled, address(context, builder, signature.args[0], values[0], values[2], _FLOATS))
        return context.get_dummy_value()

    return types.void(o, a, types.intp, types.float32, types.float32), generate


@intrinsic
def stream_mixed(typing: Any, o: Any, a: Any, b: Any, index: Any, weight: Any, rest: Any, scale: Any,
                 shift: Any) -> Any:
    """``o[i] = (weight * a[i] + rest * b[i]) * scale + shift`` for one line, as :func:`stream_scaled`."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        own, other = (_bytes_as_floats(context, builder, signature.args[k], values[k], values[3]) for k in (1, 2))
        left, right, times, plus = (splat(builder, value, _FLOATS) for value in values[4:])
        blend = builder.fadd(builder.fmul(left, own), builder.fmul(right, other))
        stream_store(builder, builder.fadd(builder.fmul(blend, times), plus),
                     address(context, builder, signature.args[0], values[0], values[3], _FLOATS))
        return context.get_dummy_value()

    return types.void(o, a, b, types.intp, types.float32, types.float32, types.float32, types.float32), generate
