"""Running a module of this package in a child process: Triton reads its mode when a kernel is decorated."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from practicum.errors import KernelUnavailable
from practicum.kernels.choice import triton_installed

_SECONDS = 900


def run_child(module: str, job: Mapping[str, Any], *, interpret: bool) -> Any:
    """Run ``python -m module JOB RESULT`` and return what it wrote.

    Args:
        module: reads the job (JSON) from the first path and writes its result (JSON) to the second.
        job: plain data.
        interpret: run kernels under Triton's interpreter; off, they are compiled.

    Raises:
        KernelUnavailable: Triton is missing, or the child died; with the end of what it printed.
    """
    if not triton_installed():
        raise KernelUnavailable("kernels can't be checked: Triton is not installed (pip install 'practicum[kernels]')")
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    if interpret:
        environment["TRITON_INTERPRET"] = "1"
    with tempfile.TemporaryDirectory(prefix="practicum-kernels-") as folder:
        asked, answer = Path(folder, "job.json"), Path(folder, "result.json")
        asked.write_text(json.dumps(job), encoding="utf-8")
        try:
            done = subprocess.run([sys.executable, "-m", module, str(asked), str(answer)], env=environment,
                                  capture_output=True, text=True, timeout=_SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise KernelUnavailable(f"checking kernels ({module}) took longer than {_SECONDS} s: declare smaller "
                                    "shapes in the KernelOp") from error
        if done.returncode != 0 or not answer.exists():
            raise KernelUnavailable(f"checking kernels ({module}) failed with exit code {done.returncode}: "
                                    f"{done.stderr.strip()[-1500:]}")
        return json.loads(answer.read_text(encoding="utf-8"))


def answer_parent(result: Any, path: str) -> None:
    """Write a child's result whole or not at all."""
    draft = Path(path + ".part")
    draft.write_text(json.dumps(result), encoding="utf-8")
    os.replace(draft, path)
