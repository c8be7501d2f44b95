"""Parquet files."""

from __future__ import annotations

from typing import Any

from practicum.data.fields import FieldOptions
from practicum.data.loaded import BadRows, Loaded
from practicum.data.paths import existing
from practicum.data.rowfiles import open_parquet, parquet_rows
from practicum.data.rows import from_rows


def read_parquet(path: str, *, on_error: str = "error", **options: Any) -> Loaded:
    """Rows of a Parquet file.

    Args:
        path: the file.
        on_error: ``error`` or ``skip``.
        **options: see :class:`practicum.data.fields.FieldOptions`.

    Raises:
        DataError: file, row and field of what is wrong.
    """
    chosen = FieldOptions(**options)
    file = existing(path)
    bad = BadRows(str(path), on_error, unit="row")
    with open_parquet(file) as source:
        fields = list(source.schema_arrow.names)
        used = chosen.plan(fields, str(path)).used
        rows = parquet_rows(file, source, [f for f in fields if f in used])
        return from_rows(((i + 1, i, row) for i, row in enumerate(rows)), fields, chosen, bad, base=file.parent)
