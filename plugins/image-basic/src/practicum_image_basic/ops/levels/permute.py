"""A table of 256 bytes held in four vector registers, for processors that permute bytes across two of them.

AVX-512 VBMI's ``vpermi2b`` picks 64 bytes out of 128 at once: two of them and a choice by the top bit look up 64
values, which is about ten times as fast as one load for each value. The result is the same.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import config
from numba.core.errors import TypingError
from numba.extending import intrinsic

WIDTH = 64
"""Values looked up at once."""


def wide_permutes() -> bool:
    """Whether the processor that code is compiled for has them; numba's own settings go before the machine's."""
    if config.CPU_NAME is not None or config.CPU_FEATURES is not None:
        return "+avx512vbmi" in (config.CPU_FEATURES or "").split(",")
    return bool(llvm.get_host_cpu_features().get("avx512vbmi", False))


_BYTES = ir.VectorType(ir.IntType(8), WIDTH)
_PERMUTE = "llvm.x86.avx512.vpermi2var.qi.512"


def _load(builder: Any, base: Any, offset: Any) -> Any:
    value = builder.load(builder.bitcast(builder.gep(base, [offset]), _BYTES.as_pointer()))
    value.align = 1
    return value


def _look_up_64(typing: Any, out: Any, x: Any, table: Any, count: Any) -> Any:
    """``out[i] = table[x[i]]`` for ``i`` below ``count``, a multiple of 64; all are contiguous uint8."""
    if any(kind.layout != "C" or kind.dtype != types.uint8 for kind in (out, x, table)):
        raise TypingError("look_up_64 takes contiguous uint8 arrays")

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        target, source, entries = (context.make_array(kind)(context, builder, value).data
                                   for kind, value in zip(signature.args[:3], values[:3], strict=True))
        word = values[3].type
        parts = [_load(builder, entries, ir.Constant(word, k * WIDTH)) for k in range(4)]
        kind = ir.FunctionType(_BYTES, [_BYTES] * 3)
        permute = builder.module.globals.get(_PERMUTE) or ir.Function(builder.module, kind, _PERMUTE)
        low = ir.Constant(_BYTES, [0] * WIDTH)
        entry = builder.block
        check, body, after = (builder.append_basic_block(name) for name in ("check", "body", "after"))
        builder.branch(check)
        builder.position_at_end(check)
        at = builder.phi(word)
        at.add_incoming(ir.Constant(word, 0), entry)
        builder.cbranch(builder.icmp_signed("<", at, values[3]), body, after)
        builder.position_at_end(body)
        index = _load(builder, source, at)
        dark = builder.call(permute, [parts[0], index, parts[1]])
        light = builder.call(permute, [parts[2], index, parts[3]])
        found = builder.select(builder.icmp_signed("<", index, low), light, dark)
        store = builder.store(found, builder.bitcast(builder.gep(target, [at]), _BYTES.as_pointer()))
        store.align = 1
        at.add_incoming(builder.add(at, ir.Constant(word, WIDTH)), body)
        builder.branch(check)
        builder.position_at_end(after)
        return context.get_dummy_value()

    return types.void(out, x, table, types.intp), generate


look_up_64: Any = intrinsic(_look_up_64)
