"""Reading and writing rows of jsonl, csv and parquet files as a stream of bounded chunks."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from practicum.errors import DataError, UsageError

Row = dict[str, Any]
FORMATS = (".jsonl", ".csv", ".parquet")


def file_format(path: Path, role: str) -> str:
    """The format by the file's ending.

    Raises:
        UsageError: another ending.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{role} {str(path)!r} must end in {', '.join(FORMATS)}")
    return path.suffix.lower()


def read_chunks(path: Path, size: int) -> Iterator[list[Row]]:
    """Chunks of at most ``size`` rows; fields as they stand in the file.

    Raises:
        DataError: a row can't be read; names file, line and field.
    """
    kind = file_format(path, "input")
    rows = {".jsonl": _read_jsonl, ".csv": _read_csv, ".parquet": _read_parquet}[kind](path)
    chunk: list[Row] = []
    empty = True
    for row in rows:
        empty = False
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
    if empty:
        raise DataError(f"{path} holds no rows: check that it is the right file")


def count_rows(path: Path) -> int | None:
    """Number of rows where that is cheap to know, for the progress bar."""
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        return int(pq.ParquetFile(path).metadata.num_rows)
    return None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(f"{path}, line {number}: byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8; "
                                f"convert the file, for example with iconv -f latin1 -t utf-8") from error


def _read_jsonl(path: Path) -> Iterator[Row]:
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}, line {number}: no valid JSON ({error.msg} at character {error.pos}); each line "
                            "must be one object") from error
        if not isinstance(row, dict):
            raise DataError(f"{path}, line {number}: a JSON {type(row).__name__} where an object is expected, as "
                            '{"text": "..."}')
        yield row


def _read_csv(path: Path) -> Iterator[Row]:
    reader = csv.reader(line for _, line in _lines(path))
    header = next(reader, None)
    if header is None:
        return
    for fields in reader:
        if len(fields) != len(header):
            raise DataError(f"{path}, line {reader.line_num}: {len(fields)} fields where the header has {len(header)}; "
                            "quote fields that hold commas or line breaks")
        yield dict(zip(header, fields, strict=True))


def _read_parquet(path: Path) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise DataError(f"{path} is no readable Parquet file: {error}") from error
    for batch in file.iter_batches(batch_size=8192):
        yield from batch.to_pylist()


class RowWriter(Protocol):
    """Writes chunks of rows."""

    def __call__(self, rows: list[Row]) -> None:
        """Append rows."""
        ...


def open_writer(raw: BinaryIO, kind: str, stack: ExitStack) -> RowWriter:
    """A writer to an open binary file in a format; flushed, but not closed, with the stack."""
    if kind == ".parquet":
        return _parquet_writer(raw, stack)
    file = io.TextIOWrapper(raw, encoding="utf-8", newline="")
    stack.callback(file.detach)
    if kind == ".jsonl":
        def write_json(rows: list[Row]) -> None:
            file.write("".join(json.dumps(r, ensure_ascii=False, default=str) + "\n" for r in rows))

        return write_json
    state: list[Any] = []

    def write_csv(rows: list[Row]) -> None:
        if not state and rows:
            state.append(csv.DictWriter(file, list(rows[0]), lineterminator="\n"))
            state[0].writeheader()
        for row in rows:
            state[0].writerow(row)

    return write_csv


def _parquet_writer(raw: BinaryIO, stack: ExitStack) -> RowWriter:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writers: list[Any] = []

    def write(rows: list[Row]) -> None:
        if not rows:
            return
        table = pa.Table.from_pylist(rows, schema=writers[0].schema if writers else None)
        if not writers:
            writers.append(stack.enter_context(pq.ParquetWriter(raw, table.schema)))
        writers[0].write_table(table)

    return write


