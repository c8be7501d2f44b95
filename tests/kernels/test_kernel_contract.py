"""The kernel contract passes a right kernel, and each wrong one fails the check it breaks."""

from pathlib import Path

import pytest

from practicum.kernels import load_op, triton_installed
from practicum.kernels.aot import compile_ops
from practicum.kernels.cases import interpret_ops
from practicum.testing.kernels import KernelContract

needs_triton = pytest.mark.skipif(not triton_installed(), reason="Triton is not installed")

WRONG = [
    ("WRONG_MASK", "test_stays_inside_its_arguments", "loads 1 elements outside"),
    ("SHORT_MASK", "test_right_on_every_dtype_and_shape", "off by"),
    ("NO_UPCAST", "test_right_on_every_dtype_and_shape", "bfloat16"),
    ("WRONG_GRADIENT", "test_right_on_every_dtype_and_shape", "gradient"),
    ("READS_TWICE", "test_moves_few_bytes", "are enough"),
    ("LAUNCHES_TWICE", "test_launches_as_often_as_declared", "2 launches, 1 allowed"),
    ("WRITES_INPUT", "test_right_on_every_dtype_and_shape", "wrote to an input"),
    ("ASSUMES_CONTIGUOUS", "test_right_on_non_contiguous_inputs", "off by"),
]


@pytest.fixture(autouse=True)
def toys(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@pytest.fixture(scope="module")
def results():
    """The cases of all toys, interpreted in one child process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).parent))
        return interpret_ops(["toy_declared:SCALE", *(f"toy_declared:{name}" for name, *_ in WRONG)])


class TestRightKernel(KernelContract):
    op = "toy_declared:SCALE"


def contract(name):
    return type("Wrong", (KernelContract,), {"op": f"toy_declared:{name}"})()


@needs_triton
@pytest.mark.parametrize(("name", "check", "message"), WRONG)
def test_wrong_kernel_is_caught(name, check, message, results, monkeypatch):
    monkeypatch.setattr("practicum.testing.kernels.interpreted", results.__getitem__)
    with pytest.raises(AssertionError, match=message):
        getattr(contract(name), check)()


@needs_triton
def test_bytes_are_counted_from_active_lanes(results):
    rows = {(r.dtype, r.shape): r for r in results["toy_declared:SCALE"] if r.layout == "contiguous"}
    row = rows["float32", (7, 33)]  # 231 elements in blocks of 64: 25 lanes of the last block are masked off
    assert (row.loaded, row.stored, row.launches, row.fewest) == (4 * 231, 4 * 231, 1, 8 * 231)
    assert rows["float16", (7, 33)].loaded == 2 * 231
    assert rows["float32", (0, 5)].launches == 0


@needs_triton
def test_a_variant_that_does_not_fit_its_kernel_is_a_failed_row():
    rows = compile_ops(["toy_declared:BAD_SIGNATURE"], ["sm_90"])
    assert [(r.compiled, r.op) for r in rows] == [(False, "toy/scale")]
    assert "arguments" in rows[0].error


@needs_triton
def test_compiled_facts_are_read_from_the_binary():
    rows = compile_ops(["toy_declared:SCALE", "toy_declared:MATMUL"], ["sm_80", "sm_90", "sm_100", "gfx942"])
    by_name = {(r.op, r.target): r for r in rows if r.variant in ("float32", "dot")}
    assert all(r.compiled for r in rows), [r.error for r in rows if not r.compiled]
    for target in ("sm_80", "sm_90", "sm_100", "gfx942"):
        assert 4 <= by_name["toy/scale", target].registers <= 64
        assert not by_name["toy/scale", target].tensor_cores
        assert by_name["toy/scale", target].spill_bytes == 0
        assert by_name["toy/matmul", target].tensor_cores
        assert by_name["toy/matmul", target].shared_bytes > 0


def test_declaring_imports_no_triton():
    assert load_op("toy_declared:SCALE").name == "toy/scale"
