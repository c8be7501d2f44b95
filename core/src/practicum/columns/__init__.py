"""Column kinds, one per modality, found by name."""

from __future__ import annotations

from functools import cache

from practicum.columns.base import ColumnKind
from practicum.errors import ModalityError
from practicum.spec import MODALITIES


@cache
def column_kind(modality: str) -> ColumnKind:
    """The operations of one modality's columns; imported on first use.

    Raises:
        ModalityError: no such modality.

    Example:
        >>> column_kind("text").to_list(column_kind("text").coerce(["a"], name="x"))
        ['a']
    """
    if modality == "text":
        from practicum.columns.text import TextKind
        return TextKind()
    if modality == "image":
        from practicum.columns.image import ImageKind
        return ImageKind()
    if modality in ("record", "table"):
        from practicum.columns.rows import RecordKind, TableKind
        return RecordKind() if modality == "record" else TableKind()
    if modality in ("series", "state"):
        from practicum.columns.arrays import SeriesKind, StateKind
        return SeriesKind() if modality == "series" else StateKind()
    if modality == "graph":
        from practicum.columns.graph import GraphKind
        return GraphKind()
    raise ModalityError(f"unknown modality {modality!r}; known: {', '.join(MODALITIES)}")


__all__ = ["ColumnKind", "column_kind"]
