"""The contract of a kernel operation, provable without a GPU.

Three lines in a plugin's tests::

    from practicum.testing.kernels import KernelContract

    class TestMix(KernelContract):
        op = "image-mix/mix"
"""

from __future__ import annotations

import inspect
import os
from functools import cache
from typing import Any, ClassVar

import pytest

from practicum.kernels import TARGETS, KernelOp, choose, load_op, resolve, triton_installed
from practicum.kernels.aot import Compiled, compile_ops
from practicum.kernels.cases import (
    LAYOUTS,
    CaseResult,
    all_cases,
    as_tuple,
    compare,
    interpret_ops,
    make_inputs,
    run_op_on_gpu,
)
from practicum.kernels.report import byte_case

_NO_TRITON = "Triton is not installed: pip install 'practicum[kernels]'"


@cache
def interpreted(op: str) -> tuple[CaseResult, ...]:
    """The cases of an operation under the interpreter, run once in this process."""
    return tuple(interpret_ops([op])[op])


@cache
def compiled(op: str) -> tuple[Compiled, ...]:
    """The variants of an operation for all targets, compiled once in this process."""
    return tuple(compile_ops([op]))


class KernelContract:
    """What every kernel operation has to keep.

    ClassVars:
        op: registered name, or ``"package.module:OBJECT"`` of a :class:`practicum.kernels.KernelOp`.
    """

    op: ClassVar[str] = ""

    @property
    def declared(self) -> KernelOp:
        """The operation under test."""
        assert self.op, "set op = 'plugin/operation' on the class"
        return load_op(self.op)

    def cases(self) -> tuple[CaseResult, ...]:
        """The interpreter's results; skips, with the reason, without Triton."""
        if not triton_installed():
            pytest.skip(_NO_TRITON)
        return interpreted(self.op)

    def test_declaration_covers_what_goes_wrong(self) -> None:
        """Odd sizes, no elements, half precision, a variant for each dtype; kernel and reference take the same."""
        op = self.declared
        assert any(all(n % 2 for n in s) for s in op.shapes), f"{op.name}: no shape in {op.shapes} is odd throughout"
        assert any(0 in s for s in op.shapes), f"{op.name}: no shape in {op.shapes} is empty"
        assert {"float16", "bfloat16"} <= set(op.dtypes), f"{op.name}: half precision is missing in {op.dtypes}"
        assert op.variants, f"{op.name} declares no variant to compile"
        takes = [list(inspect.signature(resolve(f, owner=op.name)).parameters) for f in self._functions(op)]
        assert all(t == takes[0] for t in takes), f"{op.name}: reference, launch and cpu differ in arguments: {takes}"

    @staticmethod
    def _functions(op: KernelOp) -> list[str]:
        return [op.reference, *([op.launch] if triton_installed() else []), *([op.cpu] if op.cpu else [])]

    def test_right_on_every_dtype_and_shape(self) -> None:
        """Forward and backward equal the reference under the interpreter, outputs poisoned with NaN beforehand."""
        _refuse([f"{c.label}: {c.failure}" for c in self.cases() if c.failure and c.layout == "contiguous"])

    def test_right_on_non_contiguous_inputs(self) -> None:
        """Views with gaps and with swapped axes give the same result."""
        cases = [c for c in self.cases() if c.layout in LAYOUTS[1:]]
        assert cases
        _refuse([f"{c.label}: {c.failure}" for c in cases if c.failure])

    def test_stays_inside_its_arguments(self) -> None:
        """No active lane of a load or store lies outside of the tensors passed."""
        _refuse([f"{c.label}: {line}" for c in self.cases() for line in c.outside])

    def test_launches_as_often_as_declared(self) -> None:
        """The forward call launches at most ``launches`` kernels, and at least one for inputs with elements."""
        op = self.declared
        ran = [c for c in self.cases() if 0 not in c.shape and not c.failure]
        _refuse([f"{c.label}: {c.launches} launches, {op.launches} allowed" for c in ran if c.launches > op.launches])
        _refuse([f"{c.label}: nothing was launched, so nothing was tested" for c in ran if not c.launches])

    def test_moves_few_bytes(self) -> None:
        """Bytes counted from the active lanes stay under ``byte_limit`` times the fewest possible."""
        op = self.declared
        case = byte_case(op, list(self.cases()))
        moved = case.loaded + case.stored
        assert case.fewest > 0, f"{op.name}: fewest_bytes gives {case.fewest} for {case.label}"
        assert moved >= case.fewest, (f"{op.name}: {moved} bytes moved are fewer than the {case.fewest} that "
                                      "fewest_bytes calls the fewest: correct the formula")
        assert moved <= op.byte_limit * case.fewest, (f"{op.name} {case.label}: {moved} bytes moved, {case.fewest} are "
                                                      f"enough; {op.byte_limit} times as many are allowed")

    @pytest.mark.parametrize("target", TARGETS)
    def test_compiles(self, target: str) -> None:
        """Every variant compiles ahead of time, spills nothing, and uses tensor cores where it says so."""
        if not triton_installed():
            pytest.skip(_NO_TRITON)
        rows = [c for c in compiled(self.op) if c.target == target]
        assert len(rows) == len(self.declared.variants)
        _refuse([f"{c.variant} for {target}: {c.error}" for c in rows if not c.compiled])
        _refuse([f"{c.variant} for {target} spills {c.spill_bytes} bytes a thread" for c in rows if c.spill_bytes])
        wanted = {v.name for v in self.declared.variants if v.tensor_cores}
        _refuse([f"{c.variant} for {target} uses no tensor cores" for c in rows
                 if c.variant in wanted and not c.tensor_cores])

    def test_cpu_equals_reference(self) -> None:
        """The fused CPU implementation, where there is one, on every case it takes."""
        op = self.declared
        if not op.cpu:
            pytest.skip(f"{op.name} has no fused CPU implementation")
        reference, cpu = resolve(op.reference, owner=op.name), resolve(op.cpu, owner=op.name)
        wrong = []
        for dtype, shape, layout in all_cases(op):
            if dtype not in op.cpu_dtypes:
                continue
            args, kwargs = make_inputs(op, dtype, shape, layout)
            error, failure = compare(as_tuple(cpu(*args, **kwargs)), as_tuple(reference(*args, **kwargs)))
            if failure or error > op.tolerance_for(dtype):
                wrong.append(f"{dtype} {shape} {layout}: {failure or f'off by {error:.3g}'}")
        _refuse(wrong)

    def test_choice_is_never_silent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An implementation asked for by name that can't run raises; PRACTICUM_KERNELS=reference is obeyed."""
        from practicum.errors import KernelUnavailable

        op = self.declared
        args, kwargs = make_inputs(op, op.dtypes[0], op.shapes[0], "contiguous")
        tensor: Any = next(v for v in (*args, *kwargs.values()) if hasattr(v, "device"))
        monkeypatch.delenv("TRITON_INTERPRET", raising=False)
        with pytest.raises(KernelUnavailable):
            choose("triton", tensor, op=op.name, install=op.install)
        monkeypatch.setenv("PRACTICUM_KERNELS", "reference")
        assert choose("auto", tensor, op=op.name, cpu="") == "reference"

    @pytest.mark.gpu
    def test_right_on_a_gpu(self) -> None:
        """The same cases, compiled, on the CUDA or ROCm device."""
        import torch

        if not torch.cuda.is_available() or os.environ.get("TRITON_INTERPRET") == "1":
            pytest.skip("no CUDA or ROCm device: the kernel was checked under the interpreter only")
        _refuse([f"{c.label}: {c.failure}" for c in run_op_on_gpu(self.op) if c.failure])


def _refuse(problems: list[str]) -> None:
    if problems:
        raise AssertionError(f"{len(problems)} problems, first: " + "; ".join(problems[:4]))
