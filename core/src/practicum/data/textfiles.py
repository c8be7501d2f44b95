"""CSV and JSON-lines files, read with the line of every row."""

from __future__ import annotations

from typing import Any

from practicum.data.fields import FieldOptions
from practicum.data.loaded import BadRows, Loaded
from practicum.data.paths import existing
from practicum.data.rowfiles import text_lines
from practicum.data.rows import from_rows
from practicum.data.textrows import csv_rows, json_rows
from practicum.errors import DataError, UsageError


def read_csv(path: str, *, encoding: str = "utf-8", delimiter: str = ",", on_error: str = "error",
             **options: Any) -> Loaded:
    """A CSV file (RFC 4180) with a header. Blank lines are passed over; quoted fields may hold line breaks.

    Args:
        path: the file.
        encoding: of the file.
        delimiter: one character.
        on_error: ``error`` or ``skip``.
        **options: see :class:`practicum.data.fields.FieldOptions`.

    Raises:
        DataError: file, line and field of what is wrong.
    """
    if not (isinstance(delimiter, str) and len(delimiter) == 1):
        raise UsageError(f"delimiter={delimiter!r}: give one character, as ';' or '\\t'")
    chosen = FieldOptions(**options)
    file = existing(path)
    bad = BadRows(str(path), on_error)
    lines = text_lines(file, bad, encoding=encoding, returns=True)
    with csv_rows(lines, bad, delimiter=delimiter) as (header, rows):
        return from_rows(rows, header, chosen, bad, base=file.parent, textual=True)


def read_jsonl(path: str, *, encoding: str = "utf-8", on_error: str = "error", **options: Any) -> Loaded:
    """A file with one JSON object a line; blank lines are passed over.

    Args:
        path: the file.
        encoding: of the file.
        on_error: ``error`` or ``skip``.
        **options: see :class:`practicum.data.fields.FieldOptions`.

    Raises:
        DataError: file, line and field of what is wrong.
    """
    chosen = FieldOptions(**options)
    file = existing(path)
    bad = BadRows(str(path), on_error)
    rows = list(json_rows(text_lines(file, bad, encoding=encoding), bad))
    fields = list(dict.fromkeys(f for _, _, row in rows for f in row))
    if not fields and bad.found:
        raise DataError(f"{path}: all {len(bad.found)} rows are bad; the first: {bad.found[0]}: is this a JSON-lines "
                        "file?")
    return from_rows(rows, fields, chosen, bad, base=file.parent)
