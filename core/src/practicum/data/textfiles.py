"""CSV and JSON-lines files, read with the line of every row."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from practicum.data.fields import FieldOptions
from practicum.data.loaded import BadRows, Loaded
from practicum.data.paths import existing, read_bytes
from practicum.data.rows import Row, from_rows
from practicum.errors import DataError, UsageError

_UNDECODED = re.compile("[\udc80-\udcff]")
_BOMS = ((b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
         (b"\xfe\xff", "utf-16"))


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
    text = _decode(file, encoding, bad)
    with _long_fields():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        header = _header(reader, bad)
        return from_rows(_csv_rows(reader, header, bad), header, chosen, bad, base=file.parent, textual=True)


def _header(reader: Any, bad: BadRows) -> list[str]:
    try:
        header: list[str] = next((row for row in reader if row), [])
    except csv.Error as error:
        raise DataError(f"{bad.file}, line {reader.line_num}: the header is malformed ({error}): mend its "
                        "quotes") from error
    twice = sorted({f for f in header if header.count(f) > 1})
    if twice:
        raise DataError(f"{bad.file}, line {reader.line_num}: the header names the field {twice[0]!r} twice: rename "
                        "one")
    if any(_UNDECODED.search(f) for f in header):
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
        elif any(_UNDECODED.search(v) for v in values if not v.isascii()):
            field = next(f for f, v in zip(header, values, strict=True) if _UNDECODED.search(v))
            bad.add(line, "not UTF-8", field=field)
        else:
            yield line, index, dict(zip(header, values, strict=True))


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
    rows = list(_json_rows(_decode(file, encoding, bad), bad))
    fields = list(dict.fromkeys(f for _, _, row in rows for f in row))
    if not fields and bad.found:
        raise DataError(f"{path}: all {len(bad.found)} rows are bad; the first: {bad.found[0]}: is this a JSON-lines "
                        "file?")
    return from_rows(rows, fields, chosen, bad, base=file.parent)


def _json_rows(text: str, bad: BadRows) -> Iterator[Row]:
    index = -1
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        index += 1
        if not content.isascii() and _UNDECODED.search(content):
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


def _decode(file: Path, encoding: str, bad: BadRows) -> str:
    raw = read_bytes(file)
    utf8 = encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")
    try:
        return raw.decode("utf-8-sig" if utf8 else encoding)
    except LookupError as error:
        raise UsageError(f"encoding={encoding!r} is not known: utf-8, latin-1 and cp1252 are common") from error
    except UnicodeDecodeError as error:
        marked = next((name for mark, name in _BOMS if raw.startswith(mark)), None)
        if bad.on_error == "error" or not utf8 or marked:
            # The utf-8-sig codec counts from after the mark.
            offset = error.start + (3 if utf8 and raw.startswith(b"\xef\xbb\xbf") else 0)
            line = raw.count(b"\n", 0, offset) + 1
            guess = marked or ("latin-1" if utf8 else "utf-8")
            raise DataError(f"{bad.file}, line {line}: the byte 0x{raw[offset]:02x} at offset {offset} is not "
                            f"{'UTF-8' if utf8 else encoding}: convert the file, or pass its encoding, perhaps "
                            f"encoding={guess!r}" + ("" if marked or not utf8 else ", or leave such rows out with "
                                                     "on_error='skip'")) from error
        return raw.decode("utf-8-sig", errors="surrogateescape")


@contextmanager
def _long_fields() -> Iterator[None]:
    # The csv module refuses fields of more than 131,072 characters by a limit of the whole process.
    limit = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(limit)
