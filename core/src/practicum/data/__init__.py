"""Data sources: files, arrays, the hub, objects in memory. See :func:`load_data`."""

from practicum.data.load import load_data, load_report
from practicum.data.loaded import Loaded, Skipped, SkippedRows

__all__ = ["Loaded", "Skipped", "SkippedRows", "load_data", "load_report"]
