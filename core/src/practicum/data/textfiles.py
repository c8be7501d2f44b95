"""CSV and JSON-lines files, read with the line of every row."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from practicum.data.fields import FieldOptions
from practicum.data.loaded import BadRows, Loaded
from practicum.data.paths import existing, read_bytes
from practicum.data.rows import from_rows
from practicum.data.textrows import csv_rows, json_rows
from practicum.errors import DataError, UsageError

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
    with csv_rows(io.StringIO(text, newline=""), bad, delimiter=delimiter) as (header, rows):
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
    rows = list(json_rows(_decode(file, encoding, bad).split("\n"), bad))
    fields = list(dict.fromkeys(f for _, _, row in rows for f in row))
    if not fields and bad.found:
        raise DataError(f"{path}: all {len(bad.found)} rows are bad; the first: {bad.found[0]}: is this a JSON-lines "
                        "file?")
    return from_rows(rows, fields, chosen, bad, base=file.parent)


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
