"""CSV, JSON-lines and Parquet files as streams of rows: what the data sources and ``practicum apply`` read with."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from practicum.data.loaded import BadRows
from practicum.data.paths import read_bytes
from practicum.data.textrows import csv_rows, json_rows
from practicum.errors import DataError, UsageError

FORMATS = (".jsonl", ".csv", ".parquet")

_BOMS = ((b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
         (b"\xfe\xff", "utf-16"))
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def text_lines(file: Path, bad: BadRows, *, encoding: str = "utf-8", returns: bool = False) -> Iterator[str]:
    """The lines of a text file with their ends. UTF-8 is read line by line, other encodings whole.

    Args:
        file: the file.
        bad: what happens to bytes that are no text: an error, or they stand as lone surrogates in their line, for the
            reader of rows to find. Bytes that are not in another encoding than UTF-8 are always an error.
        encoding: of the file; a byte order mark of UTF-8 is passed over.
        returns: whether a carriage return alone ends a line, too, as in CSV.

    Raises:
        DataError: the file is empty, can't be read, or isn't in the encoding; names line, byte and offset.
        UsageError: the encoding isn't known.
    """
    if encoding.lower().replace("_", "-") not in ("utf-8", "utf8", "utf-8-sig"):
        yield from io.StringIO(_decoded(file, encoding, bad), newline="" if returns else "\n")
        return
    empty, offset = True, 0
    try:
        with file.open("rb") as raw:
            for number, line in enumerate(raw, 1):
                text = _utf8(line, bad, number, offset)
                offset += len(line)
                empty = empty and not line.strip()
                if returns and "\r" in text[:-2]:
                    yield from _LINE.findall(text)
                else:
                    yield text
    except OSError as error:
        raise DataError(f"{bad.file}: could not be read ({error.strerror}): check its rights") from error
    if empty:
        raise DataError(f"{bad.file}: the file is empty, there are no rows: check how it was written")


def _utf8(line: bytes, bad: BadRows, number: int, before: int) -> str:
    codec = "utf-8-sig" if number == 1 else "utf-8"
    try:
        return line.decode(codec)
    except UnicodeDecodeError as error:
        marked = next((name for mark, name in _BOMS if line.startswith(mark)), "") if number == 1 else ""
        if bad.on_error == "skip" and not marked:
            return line.decode(codec, errors="surrogateescape")
        # The utf-8-sig codec counts from after the mark.
        at = error.start + (3 if number == 1 and line.startswith(b"\xef\xbb\xbf") else 0)
        raise _undecodable(bad, number, line[at], before + at, "utf-8", marked) from error


def _decoded(file: Path, encoding: str, bad: BadRows) -> str:
    raw = read_bytes(file)
    try:
        return raw.decode(encoding)
    except LookupError as error:
        raise UsageError(f"encoding={encoding!r} is not known: utf-8, latin-1 and cp1252 are common") from error
    except UnicodeDecodeError as error:
        marked = next((name for mark, name in _BOMS if raw.startswith(mark)), "")
        line = raw.count(b"\n", 0, error.start) + 1
        raise _undecodable(bad, line, raw[error.start], error.start, encoding, marked) from error


def _undecodable(bad: BadRows, line: int, byte: int, offset: int, encoding: str, marked: str) -> DataError:
    utf8 = encoding == "utf-8"
    guess = marked or ("latin-1" if utf8 else "utf-8")
    mend = f"convert the file, for example with iconv -f {guess} -t utf-8"
    if bad.skippable:
        mend = f"convert the file, or pass its encoding, perhaps encoding={guess!r}"
        mend += ", or leave such rows out with on_error='skip'" if utf8 and not marked else ""
    return DataError(f"{bad.file}, line {line}: the byte 0x{byte:02x} at offset {offset} is not "
                     f"{'UTF-8' if utf8 else encoding}: {mend}")


def open_parquet(path: Path) -> Any:
    """A Parquet file, its schema read.

    Raises:
        DataError: it is empty, or no Parquet file though its name says so.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if path.stat().st_size == 0:
            raise DataError(f"{path}: the file is empty: check how it was written")
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise _damaged(path, error) from error


def parquet_rows(path: Path, file: Any, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of an open Parquet file, of some columns or all, read in pieces.

    Raises:
        DataError: a page is damaged.
    """
    import pyarrow as pa

    try:
        for batch in file.iter_batches(batch_size=8192, columns=columns):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:  # damaged pages are reported as either
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> DataError:
    return DataError(f"{path}: not a readable Parquet file ({error}): write it anew, or give the file the ending of "
                     "what it holds")


def file_format(path: Path, role: str) -> str:
    """The format by the file's ending.

    Raises:
        UsageError: another ending.
    """
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{role} {str(path)!r} must end in {', '.join(FORMATS)}")
    return path.suffix.lower()


def file_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Every row, fields as they stand in the file; the format is told by its ending. A bad row is an error.

    Raises:
        DataError: a row can't be read; names file, line and field.
    """
    kind, bad = file_format(path, "input"), BadRows(str(path), skippable=False)
    if kind == ".parquet":
        yield from parquet_rows(path, open_parquet(path))
    elif kind == ".csv":
        with csv_rows(text_lines(path, bad, returns=True), bad) as (_, rows):
            yield from (dict(row) for _, _, row in rows)
    else:
        yield from (dict(row) for _, _, row in json_rows(text_lines(path, bad), bad))


def read_chunks(path: Path, size: int) -> Iterator[list[dict[str, Any]]]:
    """Chunks of at most ``size`` rows; see :func:`file_rows`.

    Raises:
        DataError: a row can't be read, or there is none.
    """
    chunk: list[dict[str, Any]] = []
    empty = True
    for row in file_rows(path):
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
    """Number of rows where that is cheap to know, for the progress bar; ``None`` for other formats than Parquet."""
    return int(open_parquet(path).metadata.num_rows) if path.suffix.lower() == ".parquet" else None


def parquet_schema(path: Path) -> Any:
    """The schema of a Parquet file, ``None`` for other formats: what passes through keeps its types."""
    return open_parquet(path).schema_arrow if path.suffix.lower() == ".parquet" else None
