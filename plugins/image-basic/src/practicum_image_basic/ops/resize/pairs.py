"""Pairs of neighbouring bytes, read from scattered places and weighed, sixteen at a time, for numba.

A loop in numba isn't made into vector instructions here, since the compiler can't know that the scattered reads and the
writes never meet.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

LANES = 16

_WORDS = ir.VectorType(ir.IntType(32), LANES)
_FLOATS = ir.VectorType(ir.FloatType(), LANES)
_ADDRESSES = ir.VectorType(ir.IntType(64), LANES)
_POINTERS = ir.VectorType(ir.IntType(32).as_pointer(), LANES)
_FLAGS = ir.VectorType(ir.IntType(1), LANES)
_GATHER = f"llvm.masked.gather.v{LANES}i32.v{LANES}p0"


def _load(builder: Any, data: Any, at: Any, vector: ir.VectorType) -> Any:
    value = builder.load(builder.bitcast(builder.gep(data, [at]), vector.as_pointer()))
    value.align = 4
    return value


def _gathered(builder: Any, data: Any, start: Any, places: Any) -> Any:
    """The four bytes from each place on, as one number, the first byte lowest."""
    first = builder.ptrtoint(builder.gep(data, [start]), ir.IntType(64))
    nothing, zeros = ir.Constant(_ADDRESSES, ir.Undefined), ir.Constant(_WORDS, [0] * LANES)
    base = builder.shuffle_vector(builder.insert_element(nothing, first, ir.Constant(ir.IntType(32), 0)), nothing,
                                  zeros)
    pointers = builder.inttoptr(builder.add(base, builder.zext(places, _ADDRESSES)), _POINTERS)
    kind = ir.FunctionType(_WORDS, [_POINTERS, ir.IntType(32), _FLAGS, _WORDS])
    gather = builder.module.globals.get(_GATHER) or ir.Function(builder.module, kind, _GATHER)
    return builder.call(gather, [pointers, ir.Constant(ir.IntType(32), 1), ir.Constant(_FLAGS, [1] * LANES),
                                 ir.Constant(_WORDS, ir.Undefined)])


@intrinsic
def blend_pairs(typing: Any, out: Any, to: Any, x: Any, start: Any, places: Any, weights: Any, line: Any,
                j: Any) -> Any:
    """``out[to + i] = weights[i] * x[start + places[i]] + weights[line + i] * x[start + places[i] + 1]`` for
    ``LANES`` values of i from j on; x is uint8, and the two bytes after each pair are read, too."""
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        target, source, at, shares = (context.make_array(signature.args[k])(context, builder, values[k]).data
                                      for k in (0, 2, 4, 5))
        words = _gathered(builder, source, values[3], _load(builder, at, values[7], _WORDS))
        byte, up = (ir.Constant(_WORDS, [k] * LANES) for k in (255, 8))
        pair = [builder.sitofp(builder.and_(w, byte), _FLOATS) for w in (words, builder.lshr(words, up))]
        left, right = (_load(builder, shares, k, _FLOATS) for k in (values[7], builder.add(values[6], values[7])))
        blend = builder.fadd(builder.fmul(left, pair[0]), builder.fmul(right, pair[1]))
        place = builder.gep(target, [builder.add(values[1], values[7])])
        store = builder.store(blend, builder.bitcast(place, _FLOATS.as_pointer()))
        store.align = 4
        return context.get_dummy_value()

    return types.void(out, types.intp, x, types.intp, places, weights, types.intp, types.intp), generate
