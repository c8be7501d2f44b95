"""Reading rows of jsonl, csv and parquet files as a stream of bounded chunks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from practicum.data.loaded import BadRows
from practicum.data.textrows import csv_rows, json_rows
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
    """Number of rows where that is cheap to know, for the progress bar.

    Raises:
        DataError: the file is no Parquet file though its name says so.
    """
    if path.suffix.lower() == ".parquet":
        return int(_open_parquet(path).metadata.num_rows)
    return None


def parquet_schema(path: Path) -> Any:
    """The schema of a Parquet file, ``None`` for other formats: what passes through keeps its types."""
    return _open_parquet(path).schema_arrow if path.suffix.lower() == ".parquet" else None


def _lines(path: Path) -> Iterator[str]:
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            try:
                yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise DataError(f"{path}, line {number}: byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8; "
                                f"convert the file, for example with iconv -f latin1 -t utf-8") from error


def _read_jsonl(path: Path) -> Iterator[Row]:
    for _, _, row in json_rows(_lines(path), BadRows(str(path), skippable=False)):
        yield dict(row)


def _read_csv(path: Path) -> Iterator[Row]:
    with csv_rows(_lines(path), BadRows(str(path), skippable=False)) as (_, rows):
        for _, _, row in rows:
            yield dict(row)


def _read_parquet(path: Path) -> Iterator[Row]:
    file = _open_parquet(path)
    try:
        for batch in file.iter_batches(batch_size=8192):
            yield from batch.to_pylist()
    except OSError as error:  # what damaged pages are reported as
        raise _damaged(path, error) from error


def _open_parquet(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path} is no readable Parquet file ({error}): write it anew, or give the file the ending of "
                     "what it holds")
