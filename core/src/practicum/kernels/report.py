"""The table of ``practicum kernels``: what each kernel compiles to and moves, and where it has ever run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from practicum.errors import PracticumError
from practicum.kernels.aot import Compiled, compile_ops
from practicum.kernels.cases import CaseResult, interpret_ops
from practicum.kernels.op import TARGETS, KernelOp, load_op
from practicum.registry import Registry, default_registry

EVIDENCE = "gpu_evidence.json"
NEVER = "never run on a GPU"


@dataclass(frozen=True, slots=True)
class KernelRow:
    """One operation compiled for one target.

    Args:
        op, target: which; ``target`` is empty when nothing was compiled.
        compiled: ``"yes"``, ``"no"`` or ``"not tried"``.
        registers, spill_bytes, shared_bytes: the largest of the variants.
        tensor_cores: whether a variant uses them.
        correct: cases right under the interpreter, as ``"17/17"``; empty when not tried.
        moved, fewest: bytes moved in the byte case, and the fewest any implementation has to move; 0 when not tried.
        ratio: ``moved / fewest``; 0 when not tried.
        gpu: when and on what the kernel ran, or ``"never run on a GPU"``.
        problem: why a part failed, else empty.
    """

    op: str
    target: str
    compiled: str
    registers: int = 0
    spill_bytes: int = 0
    shared_bytes: int = 0
    tensor_cores: bool = False
    correct: str = ""
    moved: int = 0
    fewest: int = 0
    ratio: float = 0.0
    gpu: str = NEVER
    problem: str = ""


def kernel_rows(*, aot: bool = True, interpret: bool = True, registry: Registry | None = None) -> list[KernelRow]:
    """One row for each installed operation and target. A kernel that fails is a row saying so, never an exception.

    Args:
        aot: compile ahead of time (one child process for all operations).
        interpret: run the cases under the interpreter (one child process for all operations).
        registry: where to look; the installed plugins when left out.
    """
    specs = (registry or default_registry()).catalogue.kernels
    rows: list[KernelRow] = []
    loaded: dict[str, KernelOp] = {}
    for name, spec in sorted(specs.items()):
        try:
            loaded[name] = load_op(spec.target)
        except PracticumError as error:
            rows.append(KernelRow(name, "", "not tried", problem=str(error)))
    compiled, why = _compiled([specs[n].target for n in loaded]) if aot and loaded else ([], "")
    cases, doubt = _interpreted([specs[n].target for n in loaded]) if interpret and loaded else ({}, "")
    for name, op in loaded.items():
        counts = _counted(op, cases[specs[name].target]) if specs[name].target in cases else {"problem": doubt}
        gpu = gpu_evidence(specs[name].target)
        mine = [c for c in compiled if c.op == op.name]
        if not mine:
            rows.append(KernelRow(name, "", "not tried", gpu=gpu, **{**counts, "problem": why or counts["problem"]}))
        rows += [_row(name, target, [c for c in mine if c.target == target], gpu, counts)
                 for target in TARGETS if any(c.target == target for c in mine)]
    return rows


def _compiled(targets: list[str]) -> tuple[list[Compiled], str]:
    try:
        return compile_ops(targets), ""
    except PracticumError as error:
        return [], str(error)


def _interpreted(targets: list[str]) -> tuple[dict[str, list[CaseResult]], str]:
    try:
        return interpret_ops(targets), ""
    except PracticumError as error:
        return {}, str(error)


def _counted(op: KernelOp, cases: list[CaseResult]) -> dict[str, Any]:
    bad = [c for c in cases if c.failure or c.outside]
    counted = byte_case(op, cases)
    moved = counted.loaded + counted.stored
    return {"correct": f"{len(cases) - len(bad)}/{len(cases)}", "moved": moved, "fewest": counted.fewest,
            "ratio": round(moved / counted.fewest, 4) if counted.fewest else 0.0,
            "problem": f"{bad[0].label}: {bad[0].failure or bad[0].outside[0]}" if bad else ""}


def byte_case(op: KernelOp, cases: list[CaseResult]) -> CaseResult:
    """The contiguous case whose bytes are reported."""
    return next(c for c in cases if c.shape == op.shape_for_bytes() and c.layout == "contiguous"
                and c.dtype == op.dtypes[0])


def _row(name: str, target: str, variants: list[Compiled], gpu: str, counts: dict[str, Any]) -> KernelRow:
    failed = [c for c in variants if not c.compiled]
    problem = f"{failed[0].variant}: {failed[0].error}" if failed else counts["problem"]
    return KernelRow(name, target, "no" if failed else "yes", max(c.registers for c in variants),
                     max(c.spill_bytes for c in variants), max(c.shared_bytes for c in variants),
                     any(c.tensor_cores for c in variants), gpu=gpu, **{**counts, "problem": problem})


def gpu_evidence(target: str) -> str:
    """When and on what device a kernel's cases passed, from ``gpu_evidence.json`` beside its declaration.

    The file is written by ``python -m practicum.kernels.evidence NAME`` on a machine with a device.
    """
    found = find_spec(target.split(":", 1)[0])
    path = Path(found.origin).with_name(EVIDENCE) if found and found.origin else None
    if path is None or not path.exists():
        return NEVER
    facts = json.loads(path.read_text(encoding="utf-8"))
    return f"{facts['cases']} cases right on {facts['device']}, {facts['date']}"


def kernel_text(rows: Sequence[KernelRow]) -> str:
    """The rows as a table in plain text, with what failed and what the columns mean below it."""
    if not rows:
        return "No installed plugin declares a kernel."
    head = ("kernel", "target", "compiled", "registers", "spilled B", "shared B", "tensor cores", "right", "bytes",
            "GPU")
    lines = [head, *((r.op, r.target or "-", r.compiled, *_facts(r), r.correct or "-",
                      f"{r.moved} = {r.ratio:.3f} x fewest" if r.fewest else "-", r.gpu) for r in rows)]
    widths = [max(len(line[k]) for line in lines) for k in range(len(head))]
    table = ["  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines]
    problems = dict.fromkeys(f"{r.op}{' for ' + r.target if r.target else ''}: {r.problem}" for r in rows if r.problem)
    return "\n".join([*table, *problems, "", "Compiled without a GPU; right: cases equal to the reference under "
                      "Triton's interpreter; bytes: counted there from active lanes."])


def _facts(row: KernelRow) -> tuple[str, str, str, str]:
    if row.compiled != "yes":
        return "-", "-", "-", "-"
    return (str(row.registers), str(row.spill_bytes), str(row.shared_bytes), "yes" if row.tensor_cores else "no")
