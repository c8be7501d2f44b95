"""Writing rows of jsonl, csv and parquet files chunk by chunk; what a format can't hold is an error, never lost."""

from __future__ import annotations

import csv
import datetime
import io
import json
import uuid
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from practicum.errors import DataError

Row = dict[str, Any]


class RowWriter(Protocol):
    """Writes chunks of rows."""

    def __call__(self, rows: list[Row]) -> None:
        """Append rows."""
        ...


def open_writer(raw: BinaryIO, path: Path, stack: ExitStack, types: dict[str, Any] | None = None) -> RowWriter:
    """A writer to an open binary file.

    Args:
        raw: the file.
        path: the name it will get; its ending is the format. Named in errors.
        stack: closes the writer, not the file.
        types: pyarrow types that fields of a Parquet file shall have; others follow from the first chunk.

    Raises (when writing):
        DataError: the format can't hold a row; names the field and the rows.
    """
    kind = path.suffix.lower()
    if kind == ".parquet":
        return _ParquetWriter(raw, path, stack, types or {})
    return _CsvWriter(raw, path) if kind == ".csv" else _JsonWriter(raw, path)


class _JsonWriter:
    def __init__(self, raw: BinaryIO, path: Path) -> None:
        self.raw, self.path = raw, path

    def __call__(self, rows: list[Row]) -> None:
        try:
            text = "".join(json.dumps(r, ensure_ascii=False, default=self._plain) + "\n" for r in rows)
            data = text.encode("utf-8")
        except UnicodeEncodeError:  # a lone surrogate in a field that passes through: only an escape can hold it
            data = "".join(json.dumps(r, default=self._plain) + "\n" for r in rows).encode("ascii")
        self.raw.write(data)

    def _plain(self, value: Any) -> str:
        if isinstance(value, (datetime.date, datetime.time, datetime.timedelta, Decimal, uuid.UUID)):
            return str(value)
        raise DataError(f"{self.path}: a {type(value).__name__} can't be written as JSON: write .parquet, or leave "
                        "the field out of the input")


class _CsvWriter:
    def __init__(self, raw: BinaryIO, path: Path) -> None:
        self.raw, self.path, self.done = raw, path, 0
        self.fields: list[str] = []

    def __call__(self, rows: list[Row]) -> None:
        if not rows:
            return
        text = io.StringIO(newline="")
        write = csv.writer(text, lineterminator="\n").writerow
        if not self.fields:
            self.fields = list(dict.fromkeys(name for row in rows for name in row))
            write(self.fields)
        for at, row in enumerate(rows, self.done):
            extra = row.keys() - set(self.fields)
            if extra:
                raise DataError(f"{self.path}: row {at} has the field {min(extra)!r}, which the rows before lack; CSV "
                                "has one set of columns: write .jsonl, or give every row the same fields")
            write([self._plain(row.get(name), name, at) for name in self.fields])
        self.raw.write(text.getvalue().encode("utf-8"))
        self.done += len(rows)

    def _plain(self, value: Any, name: str, at: int) -> Any:
        if isinstance(value, (dict, list)):
            return json.dumps(value, ensure_ascii=True, default=str)
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:
                raise DataError(f"{self.path}: row {at}, field {name!r}: a lone surrogate, which UTF-8 can't hold: "
                                "write .jsonl, or clean the field") from error
        if isinstance(value, bytes):
            raise DataError(f"{self.path}: row {at}, field {name!r}: bytes can't be written as CSV: write .parquet")
        return value


class _ParquetWriter:
    def __init__(self, raw: BinaryIO, path: Path, stack: ExitStack, types: dict[str, Any]) -> None:
        self.raw, self.path, self.types, self.done = raw, path, dict(types), 0
        self.writer: Any = None
        stack.callback(self._close)

    def _close(self) -> None:
        """Without any row, a file of no rows: a technique may drop all of them, and a log may be empty."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self.writer is None:
            self.writer = pq.ParquetWriter(self.raw, pa.schema(list(self.types.items())))
        self.writer.close()

    def __call__(self, rows: list[Row]) -> None:
        if not rows:
            return
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self.writer is None:
            names = list(dict.fromkeys(name for row in rows for name in row))
        else:
            names = self.writer.schema.names
            extra = {name for row in rows for name in row} - set(names)
            if extra:
                raise self._unfit(min(extra), rows, "the rows before lack it")
        arrays = [self._array(name, rows) for name in names]
        table = pa.Table.from_arrays(arrays, names=names)
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.raw, table.schema)
            self.types = {field.name: field.type for field in table.schema}
        self.writer.write_table(table)
        self.done += len(rows)

    def _array(self, name: str, rows: list[Row]) -> Any:
        import pyarrow as pa

        try:
            return pa.array([row.get(name) for row in rows], type=self.types.get(name))
        except (pa.ArrowException, UnicodeEncodeError, OverflowError, TypeError, ValueError) as error:
            raise self._unfit(name, rows, str(error)) from error

    def _unfit(self, name: str, rows: list[Row], reason: str) -> DataError:
        return DataError(f"{self.path}: field {name!r} in rows {self.done} to {self.done + len(rows) - 1} has no place "
                         f"({reason}); a Parquet file has one type for each field: write .jsonl, or give the field one "
                         "type")
