"""Running an operation's kernel against its reference: every dtype and shape, odd layouts, poisoned outputs."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from practicum.kernels.child import answer_parent, run_child
from practicum.kernels.op import KernelOp, Shape, load_op, resolve

LAYOUTS = ("contiguous", "strided", "transposed")


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case of one operation.

    Args:
        dtype, shape, layout: which case.
        failure: what went wrong, ``""`` when the case passed: an exception, another shape or dtype, an error above the
            tolerance, an input written to.
        error: largest ``|kernel - reference| / max(1, |reference|)``; infinite where one is NaN and the other isn't.
        gradient_error: the same for the gradients; 0 when there are none.
        tolerance: the largest error allowed.
        launches: kernels launched by the forward call.
        loaded, stored: bytes the forward call moved, counted from the active lanes.
        fewest: the fewest bytes any implementation has to move.
        outside: accesses outside of the arguments.
    """

    dtype: str
    shape: Shape
    layout: str
    failure: str = ""
    error: float = 0.0
    gradient_error: float = 0.0
    tolerance: float = 0.0
    launches: int = 0
    loaded: int = 0
    stored: int = 0
    fewest: int = 0
    outside: tuple[str, ...] = field(default=())

    @property
    def label(self) -> str:
        """``float32 3x5 contiguous``."""
        return f"{self.dtype} {'x'.join(map(str, self.shape))} {self.layout}"


def interpret_ops(ops: Iterable[str]) -> dict[str, list[CaseResult]]:
    """All cases of operations under Triton's interpreter, in one child process.

    Args:
        ops: registered names, or ``"package.module:OBJECT"`` of their declarations.

    Returns:
        the results of each, by what was asked for.

    Raises:
        KernelUnavailable: Triton is not installed, or the child died.
    """
    return _run(ops, "cpu", interpret=True)


def run_op_on_gpu(op: str) -> list[CaseResult]:
    """All cases of an operation on the CUDA or ROCm device, compiled, in one child process.

    Bytes and accesses outside of the arguments are counted by the interpreter only and read 0 here.

    Raises:
        KernelUnavailable: there is no such device, or the child died.
    """
    import torch

    from practicum.errors import KernelUnavailable

    if not torch.cuda.is_available():
        raise KernelUnavailable(f"kernel {op} can't run on a GPU: torch finds no CUDA or ROCm device")
    return _run([op], "cuda", interpret=False)[op]


def _run(ops: Iterable[str], device: str, *, interpret: bool) -> dict[str, list[CaseResult]]:
    found = run_child("practicum.kernels.cases", {"ops": list(ops), "device": device}, interpret=interpret)
    return {op: [CaseResult(**{**row, "shape": tuple(row["shape"]), "outside": tuple(row["outside"])}) for row in rows]
            for op, rows in found.items()}


def all_cases(op: KernelOp) -> Iterator[tuple[str, Shape, str]]:
    """Every dtype and shape contiguous; the largest shape also in the other layouts."""
    for dtype in op.dtypes:
        for shape in op.shapes:
            yield dtype, shape, "contiguous"
        for layout in LAYOUTS[1:]:
            yield dtype, max(op.shapes, key=math.prod), layout
    if op.shape_for_bytes() not in op.shapes:
        yield op.dtypes[0], op.shape_for_bytes(), "contiguous"


def make_inputs(op: KernelOp, dtype: str, shape: Shape, layout: str, device: str = "cpu") -> Any:
    """Arguments of one case, seeded by its name, laid out in memory as asked."""
    import zlib

    import torch

    generator = torch.Generator().manual_seed(zlib.crc32(f"{op.name} {dtype} {shape}".encode()))
    args, kwargs = resolve(op.inputs, owner=op.name)(shape, getattr(torch, dtype), generator)

    def place(value: Any) -> Any:
        return laid_out(value.to(device), layout) if isinstance(value, torch.Tensor) else value

    return tuple(place(a) for a in args), {k: place(v) for k, v in kwargs.items()}


def laid_out(tensor: Any, layout: str) -> Any:
    """The same values in other memory: gaps of one element along the last axis, or the last two axes swapped."""
    if layout == "contiguous" or tensor.ndim == 0:
        return tensor.contiguous()
    if layout == "transposed" and tensor.ndim > 1:
        return tensor.transpose(-1, -2).contiguous().transpose(-1, -2)
    wide = tensor.new_zeros((*tensor.shape[:-1], 2 * tensor.shape[-1]))
    wide[..., ::2] = tensor
    return wide[..., ::2]


def difference(got: Any, want: Any) -> float:
    """Largest ``|got - want| / max(1, |want|)`` of two tensors; equal infinities and NaN at equal places count 0."""
    import torch

    a, b = got.detach().cpu().double(), want.detach().cpu().double()
    same = (a == b) | (a.isnan() & b.isnan())
    error = torch.where(same, torch.zeros_like(a), (a - b).abs() / b.abs().clamp(min=1.0))
    return float(torch.nan_to_num(error, nan=math.inf, posinf=math.inf).max()) if error.numel() else 0.0


def as_tuple(value: Any) -> tuple[Any, ...]:
    """What an operation returns, as a tuple of tensors."""
    return value if isinstance(value, tuple) else (value,)


def compare(got: tuple[Any, ...], want: tuple[Any, ...]) -> tuple[float, str]:
    """The largest difference of the outputs, and what doesn't even fit."""
    if len(got) != len(want):
        return math.inf, f"the kernel returns {len(got)} tensors, the reference {len(want)}"
    for place, (a, b) in enumerate(zip(got, want, strict=True)):
        if a.shape != b.shape or a.dtype != b.dtype:
            return math.inf, (f"output {place} is {a.dtype} {tuple(a.shape)}, the reference's is {b.dtype} "
                              f"{tuple(b.shape)}")
    return max((difference(a, b) for a, b in zip(got, want, strict=True)), default=0.0), ""


def run_case(op: KernelOp, dtype: str, shape: Shape, layout: str, device: str) -> CaseResult:
    """Run one case in this process; ``device`` is ``"cpu"`` in a process that interprets."""
    import torch

    from practicum.kernels.watch import Traffic, watching

    launch, reference = resolve(op.launch, owner=op.name), resolve(op.reference, owner=op.name)
    args, kwargs = make_inputs(op, dtype, shape, layout, device)
    leaves = [args[place].requires_grad_() for place in op.gradients]
    before = [a.detach().clone() for a in args if isinstance(a, torch.Tensor)]
    want = as_tuple(reference(*args, **kwargs))
    with watching() if device == "cpu" else nullcontext(Traffic()) as traffic:
        got = as_tuple(launch(*args, **kwargs))
        facts: dict[str, Any] = {"launches": traffic.launches, "loaded": traffic.loaded, "stored": traffic.stored}
        error, failure = compare(got, want)
        gradient_error = 0.0
        if leaves and not failure and want[0].numel():
            gradient_error, failure = _compare_gradients(leaves, got, want)
        outside = tuple(traffic.outside)
    tolerance = op.tolerance_for(dtype)
    after = [a for a in args if isinstance(a, torch.Tensor)]
    if any(difference(a, b) > 0 for a, b in zip(after, before, strict=True)):
        failure = "the launch wrote to an input"
    if not failure and max(error, gradient_error) > tolerance:
        which = "the output" if error > tolerance else "a gradient"
        failure = f"{which} is off by {max(error, gradient_error):.3g}, more than {tolerance:.3g}"
    fewest = int(resolve(op.fewest_bytes, owner=op.name)(*args, **kwargs))
    return CaseResult(dtype, shape, layout, failure, error, gradient_error, tolerance, fewest=fewest, outside=outside,
                      **facts)


def _compare_gradients(leaves: list[Any], got: tuple[Any, ...], want: tuple[Any, ...]) -> tuple[float, str]:
    import torch

    if not all(o.requires_grad for o, w in zip(got, want, strict=True) if w.requires_grad):
        return math.inf, "the launch returns no gradient"
    up = [torch.linspace(-1, 1, w.numel(), device=w.device).reshape(w.shape).to(w.dtype) for w in want
          if w.requires_grad]
    mine = torch.autograd.grad([o for o in got if o.requires_grad], leaves, up)
    theirs = torch.autograd.grad([w for w in want if w.requires_grad], leaves, up)
    return compare(tuple(mine), tuple(theirs))


def run_all(op: KernelOp, device: str) -> list[CaseResult]:
    """Every case, each failure a result. Fresh memory holds NaN (integers: their maximum), so that an element the
    kernel never wrote can't look right by luck."""
    import torch

    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = True  # type: ignore[attr-defined]  # a property of the module
    rows = []
    for dtype, shape, layout in all_cases(op):
        try:
            rows.append(run_case(op, dtype, shape, layout, device))
        except Exception as error:  # noqa: BLE001  # whatever a kernel raises is the result of its case
            rows.append(CaseResult(dtype, shape, layout, f"{type(error).__name__}: {error}"[-800:], math.inf))
    return rows


def main(job_path: str, result_path: str) -> None:
    """The child: run the cases of the operations the job names."""
    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    answer_parent({op: [asdict(row) for row in run_all(load_op(op), job["device"])] for op in job["ops"]}, result_path)


if __name__ == "__main__":
    main(*sys.argv[1:])
