"""CSV, JSON lines and Parquet: what is read, and what is said about rows that can't be."""

from __future__ import annotations

import csv
import json
import random
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from practicum.data import SkippedRows, load_data, load_report
from practicum.errors import DataError, UsageError

TEXTS = ["plain", "with, comma", 'with "quotes"', "with\nline break", "grüße 漢字 🙂", "", "  spaces  "]


def write(path: Path, content: bytes | str) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return str(path)


def fails(source: str, *expected: str, error: type[Exception] = DataError, **options: Any) -> None:
    with pytest.raises(error) as caught:
        load_data(source, **options)
    message = str(caught.value)
    for part in expected:
        assert part in message, message
    assert "\n" not in message, "errors are one paragraph"


def test_csv_reads_what_the_csv_module_wrote(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "body", "label"], *([f"s{i}", t, i % 2] for i, t in enumerate(TEXTS))])
    batch = load_data("csv", path=str(path), text="body")
    assert batch.to_list() == TEXTS
    assert list(batch.ids) == [f"s{i}" for i in range(len(TEXTS))]
    assert batch.label.tolist() == [i % 2 for i in range(len(TEXTS))]


def test_the_same_rows_in_three_formats_are_the_same_samples(tmp_path: Path) -> None:
    rows = [{"id": i, "text": t, "label": ["no", "yes"][i % 2]} for i, t in enumerate(TEXTS)]
    with (tmp_path / "a.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["id", "text", "label"])
        writer.writeheader()
        writer.writerows(rows)
    write(tmp_path / "a.jsonl", "\n".join(json.dumps(r) for r in rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    loaded = [load_data(kind, path=str(tmp_path / f"a.{kind}")) for kind in ("csv", "jsonl", "parquet")]
    for batch in [*loaded, load_data(rows), load_data(pa.Table.from_pylist(rows))]:
        assert batch.equals(loaded[0])
        assert batch.targets["label"].classes == ("no", "yes")


def test_records_keep_their_types(tmp_path: Path) -> None:
    path = write(tmp_path / "r.csv", "age,zip,height,name,label\n41,01234,1.5,Ann,0\n,99999,2,,1\n")
    batch = load_data("csv", path=path)
    assert batch.modality == "record"
    assert batch.to_list() == [{"age": 41, "zip": "01234", "height": 1.5, "name": "Ann"},
                               {"age": None, "zip": "99999", "height": 2.0, "name": None}]


def test_columns_options_and_state(tmp_path: Path) -> None:
    path = write(tmp_path / "q.csv", "q,ctx,a,b,y\nwho?,Ann did,1,2.5,0.5\nwhat?,it,3,-4,1.5\n")
    batch = load_data("csv", path=path, columns={"question": "q", "facts": ["a", "b"]}, label="y", modality="state")
    assert batch.columns["question"].modality == "text"
    np.testing.assert_array_equal(batch.column("facts"), np.array([[1, 2.5], [3, -4]], np.float32))
    assert batch.targets["label"].kind == "value"
    assert batch.targets["label"].data.tolist() == [0.5, 1.5]


def test_skipping_counts_lists_and_keeps_row_numbers(tmp_path: Path) -> None:
    lines = ['{"text": "a"}', '{"text": 3}', "not json", "", '{"text": "b"}', '["text"]', '{"other": 1}']
    path = write(tmp_path / "s.jsonl", "\n".join(lines))
    with pytest.warns(SkippedRows, match="4 bad rows were left out") as caught:
        batch = load_data("jsonl", path=path, on_error="skip")
    assert batch.to_list() == ["a", "b"]
    assert list(batch.ids) == [0, 3], "an id is the row's index in the file, whatever was left out before it"
    skipped = load_report("jsonl", path=path, on_error="skip").skipped
    assert caught[0].message.skipped == skipped  # type: ignore[union-attr]  # a SkippedRows
    assert [(s.place, s.field) for s in skipped] == [(2, "text"), (3, ""), (6, ""), (7, "text")]
    assert all(s.file == path for s in skipped)


def test_a_clean_file_warns_of_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "c.jsonl", '{"text": "a"}\n')
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load_data("jsonl", path=path, on_error="skip")


@pytest.mark.parametrize(("line", "place", "field", "said"), [
    ('{"id": 1, "text": null, "label": 0}', 2, "text", "missing"),
    ('{"id": 1, "text": 7, "label": 0}', 2, "text", "an integer given where a text is expected"),
    ('{"id": 1, "text": "\\ud800x", "label": 0}', 2, "text", "lone surrogate U+D800 at character 0"),
    ('{"id": 0, "text": "b", "label": 0}', 2, "id", "occurs twice, first at line 1"),
    ('{"id": "0", "text": "b", "label": 0}', 2, "id", "occurs twice"),
    ('{"id": 1.5, "text": "b", "label": 0}', 2, "id", "ids are integers or texts"),
    ('{"id": true, "text": "b", "label": 0}', 2, "id", "ids are integers or texts"),
    ('{"id": 1, "text": "b"}', 2, "label", "missing"),
    ('{"id": 1, "text": "b", "label": null}', 2, "label", "missing"),
    ('{"id": 1, "text": "b", "label": NaN}', 2, "label", "missing"),
    ('{"id": 1, "text": "b", "label": [1]}', 2, "label", "a list given where a label is expected"),
    ('{"id": 1, "text": "b", "label": "cat"}', 2, "label", "a text given, but line 1 has a number there"),
    ('{"id": 99999999999999999999, "text": "b", "label": 0}', 2, "id", "64 bits"),
    ('{"id": 1, "text": "b", "label": 0', 2, "", "malformed JSON"),
    ('"just a text"', 2, "", "a JSON object is expected"),
    ("[" * 100_000, 2, "", "malformed JSON"),
])
def test_every_bad_json_row_is_named_or_left_out(tmp_path: Path, line: str, place: int, field: str, said: str) -> None:
    path = write(tmp_path / "b.jsonl", '{"id": 0, "text": "a", "label": 0}\n' + line + "\n")
    fails("jsonl", path, f"line {place}", said, *([repr(field)] if field else []), "on_error='skip'", path=path)
    loaded = load_report("jsonl", path=path, on_error="skip")
    assert loaded.data.to_list() == ["a"]
    assert [(s.place, s.field) for s in loaded.skipped] == [(place, field)]
    assert said in loaded.skipped[0].reason


@pytest.mark.parametrize(("body", "place", "said"), [
    ("0,a,0\n1,b\n", 3, "2 fields but the header has 3"),
    ("0,a,0\n1,b,0,x\n", 3, "4 fields but the header has 3"),
    ('0,a,0\n1,"b"x,0\n', 3, "malformed row"),
    ('0,a,0\n1,"b,0\n2,c,1\n', 3, "never closed"),
    ('0,"two\nlines",0\n1,,\n', 4, "the label is missing"),
])
def test_bad_csv_rows(tmp_path: Path, body: str, place: int, said: str) -> None:
    path = write(tmp_path / "b.csv", "id,text,label\n" + body)
    fails("csv", path, f"line {place}", said, path=path)
    loaded = load_report("csv", path=path, on_error="skip")
    assert [s.place for s in loaded.skipped] == [place]
    assert len(loaded.data) == 1


def test_long_fields_are_read_and_the_csv_module_is_left_as_it_was(tmp_path: Path) -> None:
    limit = csv.field_size_limit()
    text = "x" * (limit + 1)
    assert load_data("csv", path=write(tmp_path / "l.csv", f"text\n{text}\n")).to_list() == [text]
    assert csv.field_size_limit() == limit


def test_not_utf8_names_byte_and_line(tmp_path: Path) -> None:
    raw = b"text\nfine\ncaf\xe9\nlast\n"
    path = write(tmp_path / "latin.csv", raw)
    fails("csv", path, "line 3", "0xe9", f"offset {raw.index(0xe9)}", "encoding='latin-1'", path=path)
    assert load_data("csv", path=path, encoding="latin-1").to_list() == ["fine", "café", "last"]
    loaded = load_report("csv", path=path, on_error="skip")
    assert loaded.data.to_list() == ["fine", "last"]
    assert [(s.place, s.field) for s in loaded.skipped] == [(3, "text")]
    lines = write(tmp_path / "l.jsonl", b'{"text": "a"}\n{"text": "\xff"}\n{"text": "c"}')
    fails("jsonl", "line 2", "0xff", path=lines)
    loaded = load_report("jsonl", path=lines, on_error="skip")
    assert (loaded.data.to_list(), list(loaded.data.ids)) == (["a", "c"], [0, 2])


def test_marks_and_other_encodings(tmp_path: Path) -> None:
    marked = write(tmp_path / "bom.csv", b"\xef\xbb\xbftext\nab\n")
    assert load_data("csv", path=marked).to_list() == ["ab"]
    broken = b"\xef\xbb\xbftext\na\xff\n"
    fails("csv", f"offset {broken.index(0xff)}", "line 2", path=write(tmp_path / "bom2.csv", broken))
    wide = write(tmp_path / "wide.csv", "text\nab\n".encode("utf-16"))
    fails("csv", "encoding='utf-16'", path=wide)
    assert load_data("csv", path=wide, encoding="utf-16").to_list() == ["ab"]
    fails("csv", "no-such", error=UsageError, path=wide, encoding="no-such")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet", "npz"])
def test_empty_missing_and_folder(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / f"data.{kind}", b"")
    fails(kind, path, "empty", path=path)
    fails(kind, "no such file", f"did you mean {path}", path=str(tmp_path / f"dat.{kind}"))
    fails(kind, "a file is expected, but this is a folder", path=str(tmp_path))
    fails(kind, "missing a required argument: 'path'", error=UsageError)


def test_files_without_rows(tmp_path: Path) -> None:
    fails("csv", "no rows", path=write(tmp_path / "h.csv", "text,label\n"))
    fails("csv", "empty", path=write(tmp_path / "w.csv", " \n\n"))
    fails("jsonl", "all 2 rows are bad", path=write(tmp_path / "n.jsonl", "x\ny\n"), on_error="skip")


def test_missing_field_suggests_the_closest(tmp_path: Path) -> None:
    path = write(tmp_path / "f.csv", "body,class\na,0\n")
    fails("csv", path, "no field 'boddy'", "did you mean 'body'", path=path, text="boddy")
    fails("csv", "no field 'clas'", "did you mean 'class'", path=path, text="body", label="clas")
    fails("csv", "no field 'zzz'", "it has 'body', 'class'", path=path, id="zzz")
    fails("csv", "several fields may hold the text", error=UsageError, path=path, modality="text")
    fails("csv", "names the field 'a' twice", path=write(tmp_path / "d.csv", "a,a\n1,2\n"))


def test_nan_policy(tmp_path: Path) -> None:
    path = write(tmp_path / "n.csv", "a,b,label\n1,2,0\nnan,4,1\n5,,0\n6,x,1\n")
    fails("csv", "line 3", "'a'", "nan='keep'", path=path, modality="state")
    loaded = load_report("csv", path=path, modality="state", on_error="skip")
    assert [(s.place, s.field) for s in loaded.skipped] == [(3, "a"), (4, "b"), (5, "b")]
    kept = load_report("csv", path=path, modality="state", nan="keep", on_error="skip")
    np.testing.assert_array_equal(kept.data.data, np.array([[1, 2], [np.nan, 4], [5, np.nan]], np.float32))


def test_negative_class_says_how_to_write_a_value(tmp_path: Path) -> None:
    fails("csv", "class -1 is negative", "-1.0", path=write(tmp_path / "c.csv", "text,label\na,-1\n"))
    assert load_data("csv", path=write(tmp_path / "v.csv", "text,label\na,-1.0\n")).targets["label"].kind == "value"


def test_parquet_damage_and_types(tmp_path: Path) -> None:
    fails("parquet", "not a readable Parquet file", path=write(tmp_path / "x.parquet", b"PAR1 nothing here PAR1"))
    path = str(tmp_path / "t.parquet")
    pq.write_table(pa.table({"text": ["a", None, "c"], "unused": [1.0, 2.0, 3.0], "label": [0, 1, 1]}), path)
    fails("parquet", "row 2", "'text'", "missing", path=path)
    assert load_data("parquet", path=path, on_error="error", columns={"n": ["unused"]}).to_list()[2] == {"unused": 3.0}


def test_a_folder_of_random_rows_survives_the_trip(tmp_path: Path) -> None:
    rng = random.Random(3)
    alphabet = 'ab,"\n\r;é漢🙂\t \'\\'
    texts = ["".join(rng.choices(alphabet, k=rng.randrange(12))) for _ in range(300)]
    path = tmp_path / "f.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "text"], *([i, t] for i, t in enumerate(texts))])
    assert load_data("csv", path=str(path)).to_list() == texts
    lines = write(tmp_path / "f.jsonl", "\n".join(json.dumps({"text": t}, ensure_ascii=False) for t in texts))
    assert load_data("jsonl", path=lines).to_list() == texts


def test_links_and_references_in_every_format(tmp_path: Path) -> None:
    rows = [{"text": "a", "owner": ["r1", "r2"], "answer": ["x", "y"], "label": 0},
            {"text": "b", "owner": [], "answer": [""], "label": 1}]
    write(tmp_path / "a.jsonl", "\n".join(json.dumps(r) for r in rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    sources: list[tuple[Any, dict[str, Any]]] = [
        (rows, {}), ("jsonl", {"path": str(tmp_path / "a.jsonl")}), ("parquet", {"path": str(tmp_path / "a.parquet")})]
    for source, options in sources:
        batch = load_data(source, links="owner", reference="answer", label="label", **options)
        assert {n: (t.kind, list(t.data)) for n, t in batch.targets.items() if n != "label"} == {
            "links": ("links", [("r1", "r2"), ()]), "reference": ("reference", [("x", "y"), ("",)])}
        assert batch.label.tolist() == [0, 1]
    csv_path = write(tmp_path / "a.csv", 'text,owner,one,two\na,"[""r1"", 7]",x,"[not, a list]"\nb,,,z\nc,r3,u,v\n')
    batch = load_data("csv", path=csv_path, links="owner", reference=["one", "two"])
    assert batch.targets["links"].data == [("r1", 7), (), ("r3",)]
    assert batch.targets["reference"].data == [("x", "[not, a list]"), ("", "z"), ("u", "v")]
    plain = load_data("csv", path=csv_path, links="owner", reference="one", modality="record")
    assert plain.to_list()[0] == {"text": "a", "two": "[not, a list]"}, "targets are not part of the record"


def test_links_of_a_file_are_measured(tmp_path: Path) -> None:
    from practicum import Predictions
    from practicum.evaluate import METRICS

    path = write(tmp_path / "l.jsonl", '{"text": "a", "to": [1, "b"]}\n{"text": "c", "to": 3}\n{"text": "d", "to": []}')
    batch = load_data("jsonl", path=path, links="to")
    said = Predictions("links", batch.ids, [(0, "1", 1.0), (0, "x", 1.0), (1, 3, 1.0)])
    assert METRICS["link-f1"].score(said, batch).tolist() == [0.5, 1.0, 1.0]


@pytest.mark.parametrize(("row", "field", "said"), [
    ('{"text": "a", "to": null, "ref": "x"}', "to", "the links are missing; write []"),
    ('{"text": "a", "ref": "x"}', "to", "the field is missing"),
    ('{"text": "a", "to": {"r": 1}, "ref": "x"}', "to", "an object given where links are expected"),
    ('{"text": "a", "to": [1, 2.5], "ref": "x"}', "to", "ids are integers or texts"),
    ('{"text": "a", "to": ["\\ud800"], "ref": "x"}', "to", "lone surrogate"),
    ('{"text": "a", "to": [], "ref": 3}', "ref", "an integer given where a reference is expected"),
    ('{"text": "a", "to": [], "ref": []}', "ref", "the list of references is empty"),
    ('{"text": "a", "to": [], "ref": ["x", null]}', "ref", "where a reference is expected"),
    ('{"text": "a", "to": [], "ref": null}', "ref", "the reference is missing"),
])
def test_bad_links_and_references_are_named_or_left_out(tmp_path: Path, row: str, field: str, said: str) -> None:
    path = write(tmp_path / "b.jsonl", '{"text": "fine", "to": ["r"], "ref": "x"}\n' + row + "\n")
    options: dict[str, Any] = {"path": path, "links": "to", "reference": "ref"}
    fails("jsonl", "line 2", repr(field), said, **options)
    loaded = load_report("jsonl", on_error="skip", **options)
    assert loaded.data.targets["links"].data == [("r",)]
    assert [(s.place, s.field) for s in loaded.skipped] == [(2, field)]


def test_options_of_links_and_references(tmp_path: Path) -> None:
    path = write(tmp_path / "o.csv", 'text,to,ref\na,"[1",x\n')
    fails("csv", "no field 'two'; did you mean 'to'", path=path, links="two")
    fails("csv", "no field 'reff'", path=path, reference=["ref", "reff"])
    fails("csv", "is no JSON list", path=path, links="to")
    fails("csv", "links=3", error=UsageError, path=path, links=3)
    fails("csv", "reference=[]", error=UsageError, path=path, reference=[])


def test_lines_end_in_csv_as_the_csv_module_writes_them(tmp_path: Path) -> None:
    """Carriage returns alone, in pairs and inside quotes; a file without an end of its last line."""
    assert load_data("csv", path=write(tmp_path / "m.csv", b"text,n\ra,1\rb,2")).to_list() == ["a", "b"]
    batch = load_data("csv", path=write(tmp_path / "w.csv", b'text\r\n"two\rlines"\r\nb\r\n'))
    assert batch.to_list() == ["two\rlines", "b"]


def test_rows_come_as_a_stream(tmp_path: Path) -> None:
    """The first rows are there before a bad one further down is met, in every format that has lines."""
    from practicum.data.rowfiles import read_chunks

    for name, good, bad in (("a.jsonl", '{"text": "a"}\n', '{"text": \n'), ("a.csv", "a\n", "a,b\n")):
        header = "text\n" if name.endswith("csv") else ""
        chunks = read_chunks(Path(write(tmp_path / name, header + good * 5 + bad)), 2)
        assert [next(chunks), next(chunks)] == [[{"text": "a"}] * 2] * 2
        with pytest.raises(DataError, match=r"line [67]"):
            next(chunks)
