"""`practicum apply`: the same output per id whatever the batch size, order or workers; whole output or none."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from practicum.cli import run

TEXTS = ["The quick brown fox", "jumps over a lazy dog", "naïve café résumé", "数据 增强", "emoji 🎉 party", "", "x"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    rows = [{"id": f"row-{i}", "text": TEXTS[i % len(TEXTS)] + f" {i}", "label": i % 3, "x": 1.5} for i in range(300)]
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    return path


def read(path: Path) -> dict[str, dict[str, object]]:
    return {r["id"]: r for r in map(json.loads, path.read_text("utf-8").splitlines())}


def apply(source: Path, target: Path, *options: str, name: str = "char-swap") -> int:
    return run(["apply", name, str(source), str(target), "--seed", "3", "--set", "rate=0.5", *options])


def test_output_does_not_depend_on_batch_size_order_or_workers(source: Path, tmp_path: Path) -> None:
    outputs = {}
    for tag, options in {"1": ["--batch-size", "1"], "7": ["--batch-size", "7"], "all": [],
                         "two": ["--workers", "2", "--batch-size", "50"]}.items():
        assert apply(source, tmp_path / f"{tag}.jsonl", *options) == 0
        outputs[tag] = read(tmp_path / f"{tag}.jsonl")
    lines = source.read_text("utf-8").splitlines()
    random.Random(0).shuffle(lines)
    shuffled = tmp_path / "shuffled.jsonl"
    shuffled.write_text("\n".join(lines), encoding="utf-8")
    assert apply(shuffled, tmp_path / "s.jsonl") == 0
    outputs["shuffled"] = read(tmp_path / "s.jsonl")
    assert all(o == outputs["all"] for o in outputs.values())
    changed = sum(a["text"] != b["text"] for a, b in zip(outputs["all"].values(), read(source).values(), strict=True))
    assert changed > 200


def test_other_fields_and_row_order_pass_through(source: Path, tmp_path: Path) -> None:
    assert apply(source, tmp_path / "o.jsonl") == 0
    before, after = ([json.loads(line) for line in p.read_text("utf-8").splitlines()]
                     for p in (source, tmp_path / "o.jsonl"))
    assert [{k: v for k, v in r.items() if k != "text"} for r in before] == [
        {k: v for k, v in r.items() if k != "text"} for r in after]


def test_formats_agree_and_indices_are_ids(tmp_path: Path) -> None:
    jsonl, csv = tmp_path / "a.jsonl", tmp_path / "a.csv"
    jsonl.write_text("".join(json.dumps({"text": t}) + "\n" for t in TEXTS if t), encoding="utf-8")
    csv.write_text("text\n" + "".join(f"{t}\n" for t in TEXTS if t), encoding="utf-8")
    for source, ending in ((jsonl, "jsonl"), (csv, "parquet")):
        assert apply(source, tmp_path / f"o.{ending}") == 0
    from_csv = pq.read_table(tmp_path / "o.parquet")["text"].to_pylist()
    assert from_csv == [json.loads(line)["text"] for line in (tmp_path / "o.jsonl").read_text("utf-8").splitlines()]


def test_edit_log_replays_to_the_output(source: Path, tmp_path: Path) -> None:
    import practicum as pm

    assert apply(source, tmp_path / "o.jsonl", "--log", str(tmp_path / "log.parquet"), "--batch-size", "64") == 0
    table = pq.read_table(tmp_path / "log.parquet").drop_columns(["output"])
    rows = read(source)
    batch = pm.Batch.of([r["text"] for r in rows.values()], ids=list(rows))
    assert pm.replay(batch, pm.EditLog.from_table(table)).to_list() == [
        r["text"] for r in read(tmp_path / "o.jsonl").values()]


def test_several_outputs_differ_and_carry_their_number(source: Path, tmp_path: Path) -> None:
    assert apply(source, tmp_path / "o.jsonl", "--outputs", "2") == 0
    out = read(tmp_path / "o.jsonl")
    assert len(out) == 600
    assert sum(out[f"row-{i}#0"]["text"] != out[f"row-{i}#1"]["text"] for i in range(300)) > 200


@pytest.mark.parametrize(("content", "options", "code", "said"), [
    ('{"text": "a"}\n{"text": 3}\n', [], 1, ["row 1", "'text'", "int"]),
    ('{"text": "a"}\n{"text": \n', [], 1, ["line 2", "JSON"]),
    ('{"txt": "a"}\n', [], 1, ["'text'", "did you mean 'txt'", "--text-field"]),
    ('{"text": "a", "id": 1}\n{"text": "b", "id": "1"}\n', [], 1, ["'1'", "twice"]),
    ('{"text": "\\ud800"}\n', [], 1, ["surrogate"]),
    ("", [], 1, ["no rows"]),
    ('{"text": "a"}\n', ["--set", "rat=0.1"], 2, ["did you mean 'rate'"]),
    ('{"text": "a"}\n', ["--set", "rate=7"], 2, ["rate", "7"]),
    ('{"text": "a"}\n', ["--set", "rate=high"], 2, ["rate", "high"]),
])
def test_bad_input_says_where_and_leaves_the_output_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str],
                                                          content: str, options: list[str], code: int,
                                                          said: list[str]) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(content, encoding="utf-8")
    target.write_text("precious\n")
    assert run(["apply", "char-swap", str(source), str(target), *options]) == code
    message = capsys.readouterr().err
    assert all(s in message for s in said), message
    assert "Traceback" not in message
    assert target.read_text() == "precious\n"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_not_utf8_names_the_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "in.csv"
    source.write_bytes("text\nfine\ncaf\xe9\n".encode("latin1"))
    assert apply(source, tmp_path / "o.csv") == 1
    assert "line 3" in capsys.readouterr().err


@pytest.mark.parametrize(("arguments", "said"), [
    (["apply", "char-swop", "a.jsonl", "b.jsonl"], "no file"),
    (["apply"], "Missing argument"),
    (["list", "--kind", "nothing"], "not one of"),
    (["info", "char-swop"], "char-swap"),
])
def test_bad_usage_exits_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2
    assert said in capsys.readouterr().err


def test_killed_in_the_middle_leaves_no_half_written_output(tmp_path: Path) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    row = json.dumps({"text": "a text of some length to be changed by the technique " * 4})
    source.write_text((row + "\n") * 60_000)
    child = subprocess.Popen([sys.executable, "-c", "import sys; from practicum.cli import main; main()", "apply",
                              "char-swap", str(source), str(target), "--batch-size", "16"], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        partial = [p for p in tmp_path.iterdir() if p not in (source, target) and p.stat().st_size > 0]
        if partial:
            break
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.returncode == -signal.SIGKILL, "the job ended before it could be killed: make the input longer"
    assert not target.exists()


def test_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -c 'import sys; from practicum.cli import main; main()' list | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "BrokenPipe" not in done.stderr


def test_stored_batches_of_images(tmp_path: Path) -> None:
    """The file's answer is the technique's own, whatever the batch size; outputs are numbered."""
    import numpy as np

    import practicum as pm

    images = np.random.default_rng(0).random((6, 1, 4, 4), dtype=np.float32)
    batch = pm.Batch.of(images, ids=list("abcdef"), modality="image", targets={"label": [0, 1] * 3})
    source = tmp_path / "in.parquet"
    pq.write_table(batch.to_arrow(), source)
    expected = pm.get("image-basic/gaussian-noise", std=0.2)(batch, seed=5).data.numpy()
    for size in ("1", "4", "100"):
        target = tmp_path / f"o{size}.parquet"
        assert run(["apply", "image-basic/gaussian-noise", str(source), str(target), "--set", "std=0.2", "--seed", "5",
                    "--batch-size", size]) == 0
        out = pm.Batch.from_arrow(pq.read_table(target))
        np.testing.assert_array_equal(out.data.numpy(), expected)
        assert out.label.tolist() == [0, 1] * 3
    assert run(["apply", "image-basic/gaussian-noise", str(source), str(target), "--outputs", "2"]) == 0
    assert sorted(pm.Batch.from_arrow(pq.read_table(target)).ids) == [f"{c}#{k}" for c in "abcdef" for k in (0, 1)]
    assert run(["apply", "image-basic/gaussian-noise", str(source), str(tmp_path / "o.jsonl")]) == 2
    assert run(["apply", "image-basic/gaussian-noise", str(source), str(target), "--workers", "2"]) == 2
