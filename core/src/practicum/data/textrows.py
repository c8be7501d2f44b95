"""Rows of CSV and JSON-lines text, one after another, each with its line; bad ones are named."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from practicum.data.loaded import BadRows
from practicum.errors import DataError

Row = tuple[int, int, Mapping[str, Any]]
"""Place in the file (counted from 1), index of the row (from 0, bad rows counted), field -> value."""

UNDECODED = re.compile("[\udc80-\udcff]")
"""What stands for bytes that are not UTF-8 in text decoded with ``surrogateescape``."""


@contextmanager
def csv_rows(lines: Iterable[str], bad: BadRows, *, delimiter: str = ",") -> Iterator[tuple[list[str], Iterator[Row]]]:
    """The header, and the rows below it, of CSV (RFC 4180). Blank lines are passed over; quoted fields may hold line
    breaks.

    Args:
        lines: with their line ends.
        bad: what happens to a bad row.
        delimiter: one character.

    Raises:
        DataError: the header is malformed or names a field twice.
    """
    # The csv module refuses fields of more than 131,072 characters by a limit of the whole process.
    limit = csv.field_size_limit(2**31 - 1)
    try:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        header = _header(reader, bad)
        yield header, _csv_rows(reader, header, bad)
    finally:
        csv.field_size_limit(limit)


def _header(reader: Any, bad: BadRows) -> list[str]:
    try:
        header: list[str] = next((row for row in reader if row), [])
    except csv.Error as error:
        raise DataError(f"{bad.file}, line {reader.line_num}: the header is malformed ({error}): mend its "
                        "quotes") from error
    twice = sorted({f for f in header if header.count(f) > 1})
    if twice:
        raise DataError(f"{bad.file}, line {reader.line_num}: the header names the field {twice[0]!r} twice, and one "
                        "of the two would be lost: rename one")
    if any(UNDECODED.search(f) for f in header):
        raise DataError(f"{bad.file}, line {reader.line_num}: the header is not UTF-8: convert the file, or pass its "
                        "encoding, as encoding='latin-1'")
    return header


def _csv_rows(reader: Any, header: list[str], bad: BadRows) -> Iterator[Row]:
    index = -1
    while True:
        line = reader.line_num + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            index += 1
            unclosed = "unexpected end" in str(error)
            bad.add(line, "a quote is opened and never closed" if unclosed else f"malformed row ({error})",
                    mend="close it, or double the quotes inside a field")
            continue
        if not values:
            continue
        index += 1
        if len(values) != len(header):
            bad.add(line, f"the row has {len(values)} fields but the header has {len(header)}",
                    mend="quote fields that hold the delimiter")
        elif any(UNDECODED.search(v) for v in values if not v.isascii()):
            field = next(f for f, v in zip(header, values, strict=True) if UNDECODED.search(v))
            bad.add(line, "not UTF-8", field=field)
        else:
            yield line, index, dict(zip(header, values, strict=True))


def json_rows(lines: Iterable[str], bad: BadRows) -> Iterator[Row]:
    """The rows of text with one JSON object a line; blank lines are passed over.

    Example:
        >>> list(json_rows(['{"a": 1}', "", '{"a": 2}'], BadRows("a.jsonl")))
        [(1, 0, {'a': 1}), (3, 1, {'a': 2})]
    """
    index = -1
    for line, content in enumerate(lines, start=1):
        if not content.strip():
            continue
        index += 1
        if not content.isascii() and UNDECODED.search(content):
            bad.add(line, "not UTF-8")
            continue
        try:
            row = json.loads(content)
        except (ValueError, RecursionError) as error:
            where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
            bad.add(line, f"malformed JSON ({getattr(error, 'msg', error)}{where})", mend="write one object a line")
            continue
        if not isinstance(row, dict):
            bad.add(line, f"a {type(row).__name__} where a JSON object is expected", mend="write one object a line")
            continue
        yield line, index, row
