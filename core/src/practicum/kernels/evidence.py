"""Write down that a kernel's cases passed on a real device: ``python -m practicum.kernels.evidence NAME``."""

from __future__ import annotations

import datetime
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from practicum.errors import ContractViolation, PracticumError
from practicum.kernels.cases import run_op_on_gpu
from practicum.kernels.report import EVIDENCE
from practicum.registry import default_registry


def write_evidence(name: str) -> Path:
    """Run every case on the GPU and, when all are right, write device, date and versions beside the declaration.

    Raises:
        KernelUnavailable: there is no CUDA or ROCm device.
        ContractViolation: a case is wrong; nothing is written.
    """
    import torch

    target = default_registry().catalogue.kernels[name].target
    cases = run_op_on_gpu(target)
    bad = [c for c in cases if c.failure]
    if bad:
        raise ContractViolation(f"kernel {name}: {len(bad)} of {len(cases)} cases are wrong on the GPU, first "
                                f"{bad[0].label}: {bad[0].failure}; nothing was written")
    found = find_spec(target.split(":", 1)[0])
    if found is None or found.origin is None:
        raise ContractViolation(f"kernel {name}: the module of {target} has no file to write {EVIDENCE} beside")
    path = Path(found.origin).with_name(EVIDENCE)
    draft = path.with_suffix(".part")
    draft.write_text(json.dumps({"op": name, "date": datetime.date.today().isoformat(), "cases": len(cases),
                                 "device": torch.cuda.get_device_name(), "torch": torch.__version__,
                                 "worst_error": max(c.error for c in cases)}, indent=1), encoding="utf-8")
    os.replace(draft, path)
    return path


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{write_evidence(sys.argv[1])}\n")
    except PracticumError as error:
        sys.exit(str(error))
