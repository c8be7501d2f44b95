"""Objects in memory: batches, lists, arrays, tensors, frames, tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from practicum.batch import Batch
from practicum.data.fields import FieldOptions
from practicum.data.loaded import BadRows, Loaded
from practicum.data.rows import from_rows
from practicum.errors import UsageError


def take_object(data: Any, *, label: Any = None, id: Any = None, modality: str | None = None, on_error: str = "error",
                **options: Any) -> Loaded:
    """A batch from an object.

    Args:
        data: a :class:`Batch` (returned as it is), a list of texts, images or records, an array or tensor, a pandas
            frame, or a pyarrow table.
        label: one value per sample; for records, frames and tables the name of a field.
        id: one id per sample; for records, frames and tables the name of a field.
        modality: when the type doesn't tell.
        on_error: ``error`` or ``skip``, for records, frames and tables.
        **options: ``text``, ``columns``, ``links``, ``reference``, ``nan``, for records, frames and tables.

    Raises:
        UsageError: an option that doesn't fit the object.
        DataError: a bad sample.
    """
    from practicum.data.splits import Splits

    if isinstance(data, (Batch, Splits)):
        named = {"label": label, "id": id, "modality": modality, **options}
        given = [n for n, v in named.items() if v is not None]
        if given:
            raise UsageError(f"{given[0]}=... has no meaning for a {type(data).__name__}, which holds its ids and "
                             "targets already: use batch.with_targets(...)")
        return Loaded(data)
    rows = _rows(data)
    if rows is None:
        if options:
            raise UsageError(f"{next(iter(options))}=... is for records, frames and tables, not for a "
                             f"{type(data).__name__}")
        targets = None if label is None else {"label": label}
        return Loaded(Batch.of(data, ids=id, targets=targets, modality=modality))
    unknown = [o for o in options if o not in ("text", "image", "columns", "links", "reference", "nan")]
    if unknown:
        raise UsageError(f"there is no option {unknown[0]!r}; records take text, image, columns, label, links, "
                         "reference, id, modality, nan, on_error")
    chosen = FieldOptions(label=label, id=id, modality=modality, **options)
    fields = [str(f) for f in data.columns] if not rows and hasattr(data, "iloc") else list(
        dict.fromkeys(f for row in rows for f in row))
    bad = BadRows("memory", on_error, unit="row")
    return from_rows(((i + 1, i, row) for i, row in enumerate(rows)), fields, chosen, bad)


def _rows(data: Any) -> list[Mapping[str, Any]] | None:
    if hasattr(data, "to_dict") and hasattr(data, "columns") and hasattr(data, "iloc"):
        return [{str(k): v for k, v in row.items()} for row in data.to_dict("records")]
    if hasattr(data, "to_pylist") and hasattr(data, "schema"):
        return list(data.to_pylist())
    if isinstance(data, (list, tuple)) and data and all(isinstance(r, Mapping) for r in data):
        return [{str(k): v for k, v in row.items()} for row in data]
    return None
