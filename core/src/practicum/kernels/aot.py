"""Ahead-of-time compilation without a GPU, and what the compiled code says about itself.

One child process compiles every variant of every operation for every target, since Triton can't compile in a process
that interprets, and importing torch and Triton takes seconds.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from practicum.kernels.child import answer_parent, run_child
from practicum.kernels.op import TARGETS, Variant, load_op, resolve

_SASS_INSTRUCTION = re.compile(r"/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9]*)")
_RESOURCES = re.compile(r"Function (\S+):\s+REG:(\d+) STACK:(\d+) SHARED:(\d+) LOCAL:(\d+)")
_AMD_FACT = re.compile(r"\.(vgpr_count|agpr_count|vgpr_spill_count|sgpr_spill_count|group_segment_fixed_size):\s+(\d+)")


@dataclass(frozen=True, slots=True)
class Compiled:
    """One variant of one operation, compiled for one target.

    Args:
        op, variant, target: which.
        compiled: whether a binary came out.
        error: why not, ``""`` when it did.
        registers: per thread (CUDA), vector registers per lane (AMD).
        spill_bytes: registers spilled to memory per thread, read as stack bytes of the binary (CUDA) or as spilled
            registers times four (AMD); 0 is what a kernel should have.
        shared_bytes: static shared memory of the binary, or the dynamic amount the launcher asks for when larger.
        tensor_cores: whether the machine code holds a matrix instruction.
        seconds: compile time; near 0 when Triton's cache had it.
    """

    op: str
    variant: str
    target: str
    compiled: bool
    error: str = ""
    registers: int = 0
    spill_bytes: int = 0
    shared_bytes: int = 0
    tensor_cores: bool = False
    seconds: float = 0.0


def compile_ops(ops: Iterable[str], targets: Iterable[str] = TARGETS) -> list[Compiled]:
    """Compile operations for architectures that need not be present.

    Args:
        ops: registered names, or ``"package.module:OBJECT"`` of their declarations.
        targets: ``"sm_80"``-like names for CUDA, ``"gfx942"``-like names for AMD.

    Raises:
        KernelUnavailable: Triton is not installed, or the child process died.
    """
    rows = run_child("practicum.kernels.aot", {"ops": list(ops), "targets": list(targets)}, interpret=False)
    return [Compiled(**row) for row in rows]


def gpu_target(name: str) -> Any:
    """Triton's description of a target."""
    from triton.backends.compiler import GPUTarget

    if name.startswith("sm_"):
        return GPUTarget("cuda", int(name[3:]), 32)
    return GPUTarget("hip", name, 64)


def compile_variant(op: str, variant: Variant, target: str) -> Compiled:
    """Compile one variant in this process, which must not be one that interprets."""
    import triton
    from triton.compiler import ASTSource

    start = time.perf_counter()
    try:
        kernel = resolve(variant.kernel, owner=op)
        names = list(kernel.arg_names)
        unknown = sorted({*variant.signature, *variant.constexprs, *variant.divisible} - set(names))
        if unknown or len(names) != len(variant.signature) + len(variant.constexprs):
            raise ValueError(f"the variant's arguments {[*variant.signature, *variant.constexprs]} are not those of "
                             f"{variant.kernel}, {names}")
        signature = {n: variant.signature.get(n, "constexpr") for n in names}
        aligned = {(names.index(n),): [["tt.divisibility", 16]] for n in variant.divisible}
        source = ASTSource(kernel, signature, dict(variant.constexprs), aligned)
        made = triton.compile(source, target=gpu_target(target), options={"num_warps": variant.num_warps})
        facts = _cuda_facts(made) if target.startswith("sm_") else _amd_facts(made)
    except Exception as error:  # noqa: BLE001  # a compiler fails in many ways, and each is this row's result
        return Compiled(op, variant.name, target, False, f"{type(error).__name__}: {error}"[-800:])
    return Compiled(op, variant.name, target, True, seconds=round(time.perf_counter() - start, 3), **facts)


def _cuda_facts(made: Any) -> dict[str, Any]:
    import triton

    tools = Path(triton.__file__).parent / "backends" / "nvidia" / "bin"
    with tempfile.TemporaryDirectory(prefix="practicum-cubin-") as folder:
        binary = Path(folder, "kernel.cubin")
        binary.write_bytes(made.asm["cubin"])
        usage = subprocess.run([tools / "cuobjdump", "-res-usage", binary], capture_output=True, text=True, check=True)
        code = subprocess.run([tools / "nvdisasm", "-c", binary], capture_output=True, text=True, check=True)
    found = {name: [int(n) for n in numbers] for name, *numbers in _RESOURCES.findall(usage.stdout)}
    if made.metadata.name not in found:
        raise ValueError(f"cuobjdump reports no resources of {made.metadata.name}: {usage.stdout.strip()!r}")
    registers, stack, shared, local = found[made.metadata.name]
    return {"registers": registers, "spill_bytes": stack + local,
            "shared_bytes": max(shared, _dynamic_shared(made, code.stdout)),
            "tensor_cores": any(i.endswith("MMA") for i in _SASS_INSTRUCTION.findall(code.stdout))}


def _dynamic_shared(made: Any, code: str) -> int:
    """What the launcher asks for; Triton states an amount even for kernels that touch no shared memory."""
    uses = ("LDS", "STS", "LDSM", "UTMALDG", "UTC", "ATOMS")
    touches = any(i.startswith(uses) for i in _SASS_INSTRUCTION.findall(code))
    return int(made.metadata.shared) if touches else 0


def _amd_facts(made: Any) -> dict[str, Any]:
    text = made.asm["amdgcn"]
    facts = {name: int(value) for name, value in _AMD_FACT.findall(text)}
    dynamic = int(made.metadata.shared) if re.search(r"^\s+ds_(?:read|write|load|store)", text, re.MULTILINE) else 0
    return {"registers": facts["vgpr_count"], "shared_bytes": max(facts["group_segment_fixed_size"], dynamic),
            "spill_bytes": 4 * (facts["vgpr_spill_count"] + facts["sgpr_spill_count"]),
            "tensor_cores": re.search(r"^\s+v_(?:mfma|smfmac|wmma)_", text, re.MULTILINE) is not None}


def main(job_path: str, result_path: str) -> None:
    """The child: compile everything the job names."""
    import json

    job = json.loads(Path(job_path).read_text(encoding="utf-8"))
    rows = [asdict(compile_variant(op.name, variant, target))
            for op in map(load_op, job["ops"]) for variant in op.variants for target in job["targets"]]
    answer_parent(rows, result_path)


if __name__ == "__main__":
    main(*sys.argv[1:])
