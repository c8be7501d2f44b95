"""The table of times chooses, and never changes a result."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from practicum_image_basic.forms import SHIPPED, TABLE, opencv_installed, pick
from practicum_image_basic.measure import main, measure, works, write

from practicum.errors import ConfigError, KernelUnavailable


def table(path: Path, *rows: tuple[str, int, int, dict[str, float]]) -> str:
    write(path, {"machine": "a test", "rows": [
        {"op": op, "dtype": "uint8", "side": side, "threads": threads, "microseconds": times}
        for op, side, threads, times in rows]})
    return str(path)


def images(side: int, dtype: torch.dtype = torch.uint8) -> torch.Tensor:
    return torch.zeros(2, 3, side, side, dtype=dtype)


def test_the_fastest_form_for_size_and_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    threads = torch.get_num_threads()
    monkeypatch.setenv(TABLE, table(
        tmp_path / "a.json", ("x", 32, threads, {"cpu": 2.0, "reference": 1.0}),
        ("x", 224, threads, {"cpu": 1.0, "reference": 2.0}), ("x", 32, threads + 7, {"cpu": 0.1, "reference": 9.0})))
    assert [pick("x", images(side), ("cpu", "reference")) for side in (1, 40, 64, 120, 500)] == [
        "reference", "reference", "reference", "cpu", "cpu"]  # the middle, on a scale of ratios, is about 85
    assert pick("x", images(32, torch.float32), ("cpu", "reference")) == "cpu"  # nothing was measured: the first
    assert pick("y", images(32), ("reference", "cpu")) == "reference"
    assert pick("x", images(32), ("cpu", "reference"), "cpu") == "cpu"
    monkeypatch.setenv("PRACTICUM_KERNELS", "reference")
    assert pick("x", images(224), ("cpu", "reference")) == "reference"


def test_forms_that_cannot_run_are_not_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TABLE, table(tmp_path / "b.json", ("x", 32, 1, {"cpu": 2.0, "reference": 3.0, "opencv": 1.0})))
    forms = ("cpu", "reference", "opencv")
    monkeypatch.setattr("practicum_image_basic.forms.opencv_installed", lambda: True)
    assert pick("x", images(32), forms) == "opencv"
    monkeypatch.setattr("practicum_image_basic.forms.opencv_installed", lambda: False)
    assert pick("x", images(32), forms) == "cpu"
    with pytest.raises(KernelUnavailable, match=r"OpenCV is not installed \(pip install"):
        pick("x", images(32), forms, "opencv")
    away = torch.zeros(1, 3, 4, 4, device="meta")
    assert pick("x", away, forms) == "reference"
    with pytest.raises(KernelUnavailable, match="the images are on meta"):
        pick("x", away, forms, "opencv")
    with pytest.raises(ConfigError, match="'opencv' is not one of"):
        pick("x", images(32), ("cpu", "reference"), "opencv")


def test_a_broken_table_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("absent", None), ("text", "no json"), ("rows", '{"rows": [{"op": "x"}]}')):
        path = tmp_path / name
        if text is not None:
            path.write_text(text, "utf-8")
        monkeypatch.setenv(TABLE, str(path))
        with pytest.raises(ConfigError, match=rf"the table of forms .*{name} can't be read"):
            pick("x", images(8), ("cpu", "reference"))


def test_the_shipped_table_holds_every_operation_and_the_measured_forms() -> None:
    rows = json.loads(SHIPPED.read_text("utf-8"))["rows"]
    held = {(r["op"], r["dtype"]): set(r["microseconds"]) for r in rows}
    assert held == {(op, dtype): set(forms) for op, dtype, forms, _ in works(2, 8)}
    assert all(t > 0 for r in rows for t in r["microseconds"].values())


def test_measuring_writes_a_table_that_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = measure(sides=(8,), threads=(1,), seconds=0.0)
    write(tmp_path / "mine.json", made)
    monkeypatch.setenv(TABLE, str(tmp_path / "mine.json"))
    for row in made["rows"]:
        forms = tuple(row["microseconds"])
        dtype = getattr(torch, row["dtype"])
        assert pick(row["op"], images(8, dtype), forms) == min(row["microseconds"], key=row["microseconds"].get)
    assert main([]) == 2


def test_every_form_gives_the_same_result() -> None:
    x = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (3, 3, 21, 21), dtype=np.uint8))
    for op, dtype, forms, work in works(3, 21):
        data = x if dtype == "uint8" else x.to(torch.float32) / 255.0
        first = work(data, "reference")
        for form in forms:
            if form == "opencv" and not opencv_installed():
                continue
            other = work(data, form)
            if isinstance(first, torch.Tensor):
                assert torch.equal(first, other) if dtype == "uint8" else torch.allclose(first, other, atol=1e-6), op
            else:
                assert np.array_equal(first, other), op
