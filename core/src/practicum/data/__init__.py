"""Data sources: files, arrays, the hub, objects in memory. See :func:`load_data`, and :func:`split` for its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from practicum.data.load import load_data, load_report
from practicum.data.loaded import Loaded, Skipped, SkippedRows

if TYPE_CHECKING:
    from practicum.data.splits import Splits, split

__all__ = ["Loaded", "Skipped", "SkippedRows", "Splits", "load_data", "load_report", "split"]


def __getattr__(name: str) -> Any:
    # Listing the sources must stay quick, so NumPy waits until somebody splits.
    if name not in ("Splits", "split"):
        raise AttributeError(f"module 'practicum.data' has no attribute {name!r}")
    from practicum.data import splits

    return getattr(splits, name)
