"""Choosing an implementation, finding operations, and the table of ``practicum kernels``."""

import types
from pathlib import Path

import pytest
import torch

from practicum.errors import ConfigError, KernelUnavailable, PluginLoadError, UnknownTechnique
from practicum.kernels import choice, evidence, load_op, report
from practicum.kernels.aot import Compiled
from practicum.kernels.cases import CaseResult, interpret_ops
from practicum.kernels.child import run_child
from practicum.registry import Registry
from practicum.spec import KernelSpec

CPU, GPU = torch.zeros(3), types.SimpleNamespace(device=types.SimpleNamespace(type="cuda"))


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    monkeypatch.delenv(choice.FORCE, raising=False)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)


@pytest.mark.parametrize(("impl", "tensor", "paths", "expected"), [
    ("auto", CPU, {"cpu": ""}, "cpu"), ("auto", CPU, {"cpu": "float32 only"}, "reference"),
    ("auto", CPU, {}, "reference"), ("auto", GPU, {"cpu": ""}, "triton"), ("auto", GPU, {"triton": None}, "reference"),
    ("auto", GPU, {"triton": "no float64"}, "reference"), ("reference", GPU, {}, "reference"),
    ("cpu", CPU, {"cpu": ""}, "cpu"), ("triton", GPU, {}, "triton"),
])
def test_choice(impl, tensor, paths, expected, monkeypatch):
    monkeypatch.setattr(choice, "triton_installed", lambda: True)
    assert choice.choose(impl, tensor, op="toy/x", **paths) == expected


@pytest.mark.parametrize(("impl", "tensor", "paths", "reason"), [
    ("cpu", CPU, {}, "no fused CPU"), ("cpu", CPU, {"cpu": "float32 only"}, "float32 only"),
    ("triton", CPU, {}, "needs a CUDA or ROCm device"), ("triton", GPU, {"triton": None}, "no Triton kernel"),
    ("triton", GPU, {"triton": "no float64"}, "no float64"),
])
def test_a_named_implementation_never_falls_back(impl, tensor, paths, reason, monkeypatch):
    monkeypatch.setattr(choice, "triton_installed", lambda: True)
    with pytest.raises(KernelUnavailable, match=reason):
        choice.choose(impl, tensor, op="toy/x", **paths)


def test_without_triton(monkeypatch):
    monkeypatch.setattr(choice, "triton_installed", lambda: False)
    assert choice.choose("auto", GPU, op="toy/x") == "reference"
    with pytest.raises(KernelUnavailable, match="pip install 'toy"):
        choice.choose("triton", GPU, op="toy/x", install="pip install 'toy[triton]'")
    monkeypatch.setattr("practicum.kernels.child.triton_installed", lambda: False)
    with pytest.raises(KernelUnavailable, match="not installed"):
        interpret_ops(["toy_declared:SCALE"])


def test_the_environment_forces_the_reference_but_not_over_a_name(monkeypatch):
    monkeypatch.setenv(choice.FORCE, "reference")
    assert choice.choose("auto", CPU, op="toy/x", cpu="") == "reference"
    assert choice.choose("cpu", CPU, op="toy/x", cpu="") == "cpu"
    monkeypatch.setenv(choice.FORCE, "fast")
    with pytest.raises(ConfigError, match="'fast'"):
        choice.choose("auto", CPU, op="toy/x")
    with pytest.raises(ConfigError, match="quick"):
        choice.choose("quick", CPU, op="toy/x")


def test_operations_that_cannot_be_found():
    with pytest.raises(UnknownTechnique, match="no kernel 'toy/none'"):
        load_op("toy/none")
    with pytest.raises(PluginLoadError, match="toy_missing"):
        load_op("toy_missing:OP")
    with pytest.raises(PluginLoadError, match="not a practicum"):
        load_op("toy_declared:reference")


@pytest.mark.parametrize(("name", "target"), [("Scale", "a:B"), ("toy/scale", "a.B")])
def test_spec_is_checked(name, target):
    with pytest.raises(ValueError, match=r"kernel name|package"):
        KernelSpec(name=name, target=target)


def registry(*specs):
    made = Registry([], builtin=False)
    made.catalogue.kernels.update({s.name: s for s in specs})
    return made


SCALE = KernelSpec("toy/scale", "toy_declared:SCALE")


def compiled(target="sm_90", **changes):
    return Compiled(**{"op": "toy/scale", "variant": "float32", "target": target, "compiled": True, "registers": 20,
                       **changes})


def test_rows(monkeypatch):
    right = CaseResult("float32", (7, 33), "contiguous", launches=1, loaded=924, stored=924, fewest=1848)
    wrong = CaseResult("float16", (3, 5), "strided", failure="the output is off by 3")
    monkeypatch.setattr(report, "compile_ops", lambda ops: [
        compiled(), compiled(variant="float16", registers=31, spill_bytes=8),
        compiled("gfx942", compiled=False, error="no such intrinsic")])
    monkeypatch.setattr(report, "interpret_ops", lambda ops: {"toy_declared:SCALE": [right, wrong]})
    good, bad = report.kernel_rows(registry=registry(SCALE))
    assert (good.target, good.compiled, good.registers, good.spill_bytes) == ("sm_90", "yes", 31, 8)
    assert (good.moved, good.fewest, good.ratio, good.correct, good.gpu) == (1848, 1848, 1.0, "1/2", report.NEVER)
    assert "float16 3x5 strided: the output is off" in good.problem
    assert (bad.target, bad.compiled) == ("gfx942", "no")
    assert "no such intrinsic" in bad.problem
    text = report.kernel_text([good, bad])
    assert "1848 = 1.000 x fewest" in text
    assert text.count("never run on a GPU") == 2
    assert "toy/scale for gfx942: float32: no such intrinsic" in text


def test_a_broken_declaration_or_a_missing_triton_is_a_row(monkeypatch):
    def missing(ops):
        raise KernelUnavailable("Triton is not installed")

    monkeypatch.setattr(report, "compile_ops", missing)
    monkeypatch.setattr(report, "interpret_ops", missing)
    broken = KernelSpec("toy/broken", "toy_missing:OP")
    rows = {r.op: r for r in report.kernel_rows(registry=registry(SCALE, broken))}
    assert "toy_missing" in rows["toy/broken"].problem
    assert rows["toy/scale"].compiled == "not tried"
    assert "not installed" in rows["toy/scale"].problem
    assert report.kernel_rows(registry=registry()) == []
    assert "No installed plugin" in report.kernel_text([])
    assert "not tried" in report.kernel_text(list(rows.values()))


def test_only_declared_facts_when_nothing_is_run():
    (row,) = report.kernel_rows(registry=registry(SCALE), aot=False, interpret=False)
    assert (row.compiled, row.correct, row.moved, row.gpu, row.problem) == ("not tried", "", 0, report.NEVER, "")


def test_evidence_is_read_and_only_written_when_all_is_right(tmp_path, monkeypatch):
    (tmp_path / "toy_evident.py").write_text("from toy_declared import SCALE as OP\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(evidence, "default_registry", lambda: registry(KernelSpec("toy/scale", "toy_evident:OP")))
    right, wrong = CaseResult("float32", (1,), "contiguous"), CaseResult("float16", (1,), "contiguous", failure="off")
    monkeypatch.setattr(evidence, "run_op_on_gpu", lambda target: [right, wrong])
    with pytest.raises(AssertionError, match="1 of 2 cases"):
        evidence.write_evidence("toy/scale")
    assert report.gpu_evidence("toy_evident:OP") == report.NEVER
    monkeypatch.setattr(evidence, "run_op_on_gpu", lambda target: [right])
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "Toy 9000")
    assert evidence.write_evidence("toy/scale") == tmp_path / report.EVIDENCE
    assert report.gpu_evidence("toy_evident:OP").startswith("1 cases right on Toy 9000, 20")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu_is_said_so():
    from practicum.kernels.cases import run_op_on_gpu

    with pytest.raises(KernelUnavailable, match="no CUDA or ROCm device"):
        run_op_on_gpu("toy_declared:SCALE")


@pytest.mark.skipif(not choice.triton_installed(), reason="Triton is not installed")
def test_a_child_that_dies_says_why():
    with pytest.raises(KernelUnavailable, match="KeyError"):
        run_child("practicum.kernels.aot", {"nonsense": 1}, interpret=False)
