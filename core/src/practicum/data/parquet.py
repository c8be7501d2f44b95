"""Parquet files."""

from __future__ import annotations

from typing import Any

from practicum.data.fields import FieldOptions
from practicum.data.loaded import BadRows, Loaded
from practicum.data.paths import existing
from practicum.data.rows import from_rows
from practicum.errors import DataError


def read_parquet(path: str, *, on_error: str = "error", **options: Any) -> Loaded:
    """Rows of a Parquet file.

    Args:
        path: the file.
        on_error: ``error`` or ``skip``.
        **options: see :class:`practicum.data.fields.FieldOptions`.

    Raises:
        DataError: file, row and field of what is wrong.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    chosen = FieldOptions(**options)
    file = existing(path)
    if file.stat().st_size == 0:
        raise DataError(f"{path}: the file is empty: check how it was written")
    bad = BadRows(str(path), on_error, unit="row")
    try:
        with pq.ParquetFile(file) as source:
            fields = list(source.schema_arrow.names)
            plan = chosen.plan(fields, str(path))
            used = [f for f in fields if f in {plan.id, plan.label, *(f for c in plan.columns for f in c.fields)}]
            rows = source.read(columns=used).to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path}: not a readable Parquet file ({error}): check how it was written") from error
    return from_rows(((i + 1, i, row) for i, row in enumerate(rows)), fields, chosen, bad, base=file.parent)
