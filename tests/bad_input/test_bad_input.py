"""Bad input at the command line: one paragraph that says what, where and the mend; the exit code; nothing lost."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from shared_bad_input import RECIPE, ROWS, child, one_paragraph, snapshot, written

import practicum as pm
from practicum.cli import run
from practicum.errors import ConfigError, DataError, ModelOutputError, TechniqueFailed, UnknownTechnique


def apply_fails(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, *words: str) -> None:
    before = snapshot(here)
    assert run(["apply", *arguments]) == code
    one_paragraph(capsys.readouterr().err, *words)
    assert snapshot(here) == before


PLAIN = ["char-swap", "in.jsonl", "out.jsonl"]


@pytest.mark.parametrize(("arguments", "words"), [
    (["char-swop", "in.jsonl", "out.jsonl"], ["'char-swop'", "did you mean text-noise/char-swap"]),
    ([*PLAIN, "--set", "raet=0.1"], ["text-noise/char-swap", "'raet'", "did you mean 'rate'"]),
    ([*PLAIN, "--set", "rate=[1]"], ["'rate'", "[1]", "number"]),
    ([*PLAIN, "--set", "rate=1.5"], ["'rate'", "1.5", "less than or equal to 1"]),
    ([*PLAIN, "--set", "rate=.nan"], ["'rate'", "nan"]),
    ([*PLAIN, "--set", "rate"], ["--set", "FIELD=VALUE"]),
    ([*PLAIN, "--set", "rate=[0.1"], ["--set rate", "YAML"]),
    ([*PLAIN, "--seed", "many"], ["--seed", "integer", "practicum apply --help"]),
    ([*PLAIN, "--workers", "0"], ["--workers", "greater than or equal to 1"]),
    (["pgd", "in.jsonl", "out.jsonl"], ["gradient-attacks/pgd is an attack", "apply takes transformations"]),
    (["image-basic/gaussian-noise", "in.jsonl", "out.jsonl"], ["takes image", "Batch.to_arrow"]),
    (["char-swap", "absent.jsonl", "out.jsonl"], ["no file 'absent.jsonl'"]),
    (["char-swap", "in.jsonl", "out.txt"], ["'out.txt'", ".jsonl, .csv, .parquet"]),
    (["char-swap", "in.jsonl", "no/such/out.jsonl"], ["no/such", "create it first"]),
    (["char-swap", "in.jsonl", "in.jsonl/out.jsonl"], ["'in.jsonl'", "folder"]),
    ([*PLAIN, "--log", "out.jsonl"], ["'out.jsonl'", "name another"]),
    ([*PLAIN, "--log", "in.jsonl"], ["would overwrite the input"]),
    ([*PLAIN[:2]], ["Missing argument 'OUT'"]),
])
def test_bad_usage(here: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: list[str]) -> None:
    apply_fails(here, capsys, arguments, 2, *words)


@pytest.mark.parametrize(("name", "content", "words"), [
    ("a.jsonl", b"", ["a.jsonl", "no rows"]),
    ("a.csv", b"text\n", ["a.csv", "no rows"]),
    ("a.parquet", b"", ["a.parquet", "the file is empty"]),
    ("a.parquet", b"PAR1 and then rubbish PAR1", ["a.parquet", "not a readable Parquet file", "ending"]),
    ("a.jsonl", b'{"text": "fine"}\n{"text": "caf\xe9"}\n', ["a.jsonl, line 2", "0xe9", "iconv"]),
    ("a.csv", b"text\ncaf\xe9\n", ["a.csv, line 2", "not UTF-8"]),
    ("a.jsonl", b'{"text": "fine"}\n{"text": "\\ud800x"}\n', ["a.jsonl, rows 0 to 1", "sample 1", "U+D800", "clean"]),
    ("a.jsonl", b'{"text": "a", "id": "\\udfff"}\n', ["row 0", "id", "lone surrogate"]),
    ("a.jsonl", b'{"text": "a", "id": "7"}\n{"text": "b", "id": 7}\n', ["row 1", "id 7 occurs twice", "unique"]),
    ("a.jsonl", b'{"text": "a", "id": 1}\n{"text": "b"}\n', ["row 1", "id 1 occurs twice"]),
    ("a.jsonl", b'{"text": "a", "id": 1.5}\n', ["row 0", "id 1.5 is a float", "convert"]),
    ("a.jsonl", b'{"text": "a", "id": true}\n', ["row 0", "id True is a bool"]),
    ("a.jsonl", b'{"text": null}\n', ["row 0", "'text'", "NoneType"]),
    ("a.jsonl", b'{"text": NaN}\n', ["row 0", "'text'", "float", "--text-field"]),
    ("a.jsonl", b'{"txt": "a"}\n', ["row 0", "did you mean 'txt'"]),
    ("a.jsonl", b'{"body": "a", "x": 1}\n', ["row 0", "it has 'body', 'x'", "--text-field"]),
    ("a.jsonl", b'{"text": "a"}\n["text"]\n', ["line 2", "list", "object is expected"]),
    ("a.jsonl", b'{"text": "a"\n', ["line 1", "malformed JSON"]),
    ("a.jsonl", b"[" * 100_000 + b"\n", ["line 1", "malformed JSON"]),
    ("a.jsonl", b'{"text": ' + b"1" * 5000 + b"}\n", ["line 1", "malformed JSON"]),
    ("a.csv", b"text,text\na,b\n", ["line 1", "'text' twice", "rename"]),
    ("a.csv", b"text\na,b\n", ["line 2", "2 fields but the header has 1", "quote"]),
    ("a.csv", b'text\n"a\n', ["a.csv, line 2", "never closed", "close it, or double"]),
])
def test_bad_data(here: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, words: list[str]) -> None:
    Path(name).write_bytes(content)
    apply_fails(here, capsys, ["char-swap", name, "out.jsonl"], 1, *words)


def test_what_the_output_format_can_not_hold_is_refused_not_dropped(here: Path,
                                                                    capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"text": "a", "x": 1}, {"text": "b", "x": "one"}, {"text": "c", "y": 2}]
    Path("a.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    apply_fails(here, capsys, ["char-swap", "a.jsonl", "o.parquet"], 1, "o.parquet", "'x'", "rows 0 to 2", ".jsonl")
    apply_fails(here, capsys, ["char-swap", "a.jsonl", "o.csv", "--batch-size", "2"], 1, "row 2", "'y'", ".jsonl")
    Path("b.jsonl").write_text("".join(json.dumps(r) + "\n" for r in (rows[0], rows[2])))
    apply_fails(here, capsys, ["char-swap", "b.jsonl", "o.parquet", "--batch-size", "1"], 1, "'y'", "rows 1 to 1")
    assert run(["apply", "char-swap", "b.jsonl", "o.parquet"]) == 0
    import pyarrow.parquet as pq

    assert pq.read_table("o.parquet").to_pylist() == [{"text": "a", "x": 1, "y": None},
                                                      {"text": "c", "x": None, "y": 2}]
    capsys.readouterr()
    Path("s.jsonl").write_text('{"text": "a", "x": "\\ud800"}\n')
    apply_fails(here, capsys, ["char-swap", "s.jsonl", "o.csv"], 1, "row 0", "'x'", "lone surrogate")
    assert run(["apply", "char-swap", "s.jsonl", "s2.jsonl"]) == 0
    assert json.loads(Path("s2.jsonl").read_text()) == {"text": "a", "x": "\ud800"}


def test_a_parquet_file_keeps_the_types_of_what_passes_through(here: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"text": pa.array(["ab cd", "ef gh"], pa.large_string()), "small": pa.array([1, None], pa.int8()),
                      "when": pa.array([1, 2], pa.timestamp("ns", "UTC")), "empty": pa.array([None, None], pa.string()),
                      "kind": pa.array(["x", "y"]).dictionary_encode(), "raw": pa.array([b"\xff", b""])})
    pq.write_table(table, "a.parquet")
    assert run(["apply", "char-swap", "a.parquet", "b.parquet", "--set", "rate=0", "--batch-size", "1"]) == 0
    before, after = pq.read_table("a.parquet"), pq.read_table("b.parquet")
    assert after.schema.equals(before.schema)
    assert after.to_pylist() == before.to_pylist()
    assert run(["apply", "char-swap", "a.parquet", "b.jsonl"]) == 1
    assert run(["apply", "char-swap", "a.parquet", "b.csv"]) == 1
    assert not Path("b.jsonl").exists()
    assert not Path("b.csv").exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_plugin_that_raises(plugins: Path, here: Path, capfd: pytest.CaptureFixture[str], workers: str) -> None:
    capsys: Any = capfd
    apply_fails(here, capsys, ["faulty/raises", "in.jsonl", "out.jsonl", "--workers", workers], 1,
                "in.jsonl, rows 0 to 1", "faulty/raises raised RuntimeError", "batch of 2 samples", "first id 0",
                "first line of the library second paragraph")
    apply_fails(here, capsys, ["raises-on-one", "in.jsonl", "out.jsonl", "--workers", workers], 1,
                "faulty/raises-on-one raised IndexError on sample 1")
    assert not [c for c in multiprocessing.active_children() if c.is_alive()]





@pytest.mark.skipif(sys.platform == "win32", reason="the limit is a POSIX one")
@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet"])
def test_a_full_disk_leaves_the_old_output(here: Path, ending: str) -> None:
    """A limit on the size of files makes write() fail in the middle, as a full disk does."""
    rng = np.random.default_rng(0)
    words = ["".join(chr(97 + c) for c in rng.integers(0, 26, 200)) for _ in range(3000)]
    Path("big.jsonl").write_text("".join(json.dumps({"text": w}) + "\n" for w in words))
    target = Path(f"out.{ending}")
    target.write_text("precious\n")
    before = snapshot(here)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    done = child("apply", "char-swap", "big.jsonl", str(target), "--batch-size", "500", before=limit)
    assert done.returncode == 1, done.stderr
    one_paragraph(done.stderr, f"out.{ending} could not be written", "untouched", "ulimit -f")
    assert snapshot(here) == before


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a folder that nobody can write to")
def test_an_unwritable_folder(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["apply", "char-swap", "in.jsonl", "/proc/out.jsonl"]) == 1
    one_paragraph(capsys.readouterr().err, "/proc/out.jsonl could not be written", "and try again")
    if os.geteuid() == 0:
        return  # nothing is read-only to the superuser
    Path("closed").mkdir()
    Path("closed").chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert run(["apply", "char-swap", "in.jsonl", "closed/out.jsonl"]) == 1
    one_paragraph(capsys.readouterr().err, "closed/out.jsonl could not be written", "rights")





@pytest.mark.parametrize(("rows", "header", "changes", "code", "words"), [
    (None, "a,b,y", {"model": {"use": "toy/sofmax"}}, 2, ["r.yaml, line", "model", "did you mean toy/softmax"]),
    (None, "a,b,y", {"model": {"use": "toy/softmax", "epoch": 2}}, 2, ["model", "did you mean 'epochs'"]),
    (None, "a,b,y", {"sresst": []}, 2, ["unknown key 'sresst'", "did you mean 'stress'"]),
    (None, "a,b,y", {"seeds": "three"}, 2, ["seeds", "three"]),
    (None, "a,b,y", {"stress": [{"use": "toy/add-noise", "sweep": {"std": [-1]}}]}, 2, ["stress.0", "'std'", "-1"]),
    (None, "a,b,y", {"data": {**RECIPE["data"], "path": "absent.csv"}}, 1, ["absent.csv", "no such file"]),
    (None, "a,b,label", {}, 1, ["d.csv", "'y'", "label"]),
    ([*ROWS, ["nan", 1.0, 0]], "a,b,y", {}, 1, ["d.csv", "18", "nan"]),
    (None, "a,b,y", {"model": {"use": "toy/softmax", "fit": False}}, 2, ["toy/softmax is not fitted", "call fit"]),
    ([*ROWS, [1.0, 1.0, -1]], "a,b,y", {}, 1, ["d.csv", "'y'", "-1 is negative"]),
    ([*ROWS, [1.0, 0]], "a,b,y", {}, 1, ["d.csv", "18", "2 fields"]),
    (None, "a,b,y", {"model": {"use": "faulty/too-few"}}, 1,
     ["returned 3 predictions for 4 samples", "one row per sample"]),
    (None, "a,b,y", {"model": {"use": "faulty/one-column"}}, 1, ["shape (4,)", "needs [N, classes]"]),
])
def test_recipes_and_their_data(plugins: Path, here: Path, capsys: pytest.CaptureFixture[str],
                                rows: list[list[Any]] | None, header: str, changes: dict[str, Any], code: int,
                                words: list[str]) -> None:
    recipe = written(rows, header, **changes)
    before = snapshot(here)
    found = run(["run", recipe, "--out", "r"])
    message = capsys.readouterr().err
    assert found == code, message
    one_paragraph(message, *words)
    after = snapshot(here)
    assert {k: v for k, v in after.items() if not k.startswith("r/")} == before
    assert not [name for name in after if name.endswith(".tmp")]
    assert not Path("r/results").exists()


def test_a_label_that_the_model_does_not_know(plugins: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = written()
    assert run(["run", recipe, "--out", "first"]) == 0
    capsys.readouterr()
    recipe = written([*ROWS, *([0.5, 0.5, 7] for _ in range(16))], model={"load": "first/models/fitted"})
    assert run(["run", recipe, "--out", "r"]) == 1
    one_paragraph(capsys.readouterr().err, "label 7", "knows 2 classes")


def test_a_technique_that_raises_is_counted_and_can_fail_the_gate(plugins: Path, here: Path,
                                                                  capsys: pytest.CaptureFixture[str]) -> None:
    recipe = written(stress=["faulty/raises", {"use": "toy/add-noise", "std": 0.5}])
    assert run(["run", recipe, "--out", "a"]) == 0
    assert run(["run", recipe, "--out", "b", "--fail-under", "failed=0"]) == 1
    assert "FAILED: failed=0: raises" in capsys.readouterr().err
    from practicum.run import load_run

    rows = {r.perturbation.config["use"]: r for r in load_run("a").select(split="test")}
    assert rows["faulty/raises"].failed == rows["faulty/raises"].n
    assert rows["toy/add-noise"].failed == 0


def test_a_run_directory_that_can_not_be_made(plugins: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = written()
    before = snapshot(here)
    assert run(["run", recipe, "--out", "d.csv/r"]) == 1
    one_paragraph(capsys.readouterr().err, "d.csv", "file")
    assert snapshot(here) == before


@pytest.mark.skipif(sys.platform == "win32", reason="the limit is a POSIX one")
def test_a_disk_that_fills_up_during_a_run(plugins: Path, here: Path) -> None:
    recipe = written([[0.1 * i, 1.0, i % 2] for i in range(2000)])
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))"
    done = child("run", recipe, "--out", "r", before=limit)
    assert done.returncode == 1, done.stderr
    one_paragraph(done.stderr, "could not be written", "and try again")
    assert not list(Path("r").rglob("*.tmp"))
    again = child("run", recipe, "--out", "r", "--resume")
    assert again.returncode == 0, again.stderr


def test_in_python_the_same_errors_have_types() -> None:
    texts = ["a text", "another"]
    with pytest.raises(UnknownTechnique, match="did you mean"):
        pm.get("char-swop")
    for fields in ({"raet": 0.1}, {"rate": "high"}, {"rate": 2}, {"rate": float("nan")}):
        with pytest.raises(ConfigError, match="char-swap"):
            pm.get("char-swap", **fields)
    with pytest.raises(DataError, match=r"'7'.*twice|twice.*'7'|duplicate|7"):
        pm.Batch.of(texts, ids=[7, "7"])
    with pytest.raises(DataError, match="surrogate"):
        pm.Batch.of(["fine", "\ud800"], ids=["x", "y"])


def test_ragged_images_where_they_do_not_fit() -> None:
    torch = pytest.importorskip("torch")
    images = [np.zeros((4, 4, 3), np.float32), np.zeros((5, 4, 3), np.float32)]
    batch = pm.Batch.of(images, ids=["a", "b"], modality="image", targets={"label": [0, 1]})
    with pytest.raises(DataError, match="size"):
        pm.get("mixup")(batch)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(48, 2))
    with pytest.raises(TechniqueFailed, match=r"torch-module: the module raised RuntimeError .*\(1, 3, 5, 4\)"):
        pm.wrap(net, modality="image", bounds=(0, 1)).predict(batch)
    assert len(pm.get("image-basic/gaussian-noise")(batch)) == 2


def test_a_model_of_the_wrong_shape_and_data_with_nan() -> None:
    torch = pytest.importorskip("torch")
    model = pm.wrap(lambda x: np.zeros((len(x) + 1, 2)), modality="state")
    batch = pm.Batch.of(np.zeros((3, 2)), modality="state", targets={"label": [0, 1, 0]})
    with pytest.raises(ModelOutputError, match="3"):
        model.predict(batch)
    nan = pm.Batch.of(np.array([[0.0, 1.0], [np.nan, 1.0]]), ids=["a", "b"], modality="state",
                      targets={"label": [0, 1]})
    attacked = pm.get("fgsm", eps=0.1)(pm.wrap(torch.nn.Linear(2, 2), modality="state"), nan).batch.data
    assert np.abs(np.asarray(attacked[0]) - [0.0, 1.0]).max() == pytest.approx(0.1, abs=1e-6)
    assert np.array_equal(attacked[1], [np.nan, 1.0], equal_nan=True), "a sample with NaN is left alone"



