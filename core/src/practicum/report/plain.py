"""Records, tables, states and graphs as lines of text, so that their differences can be shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


def lines_of(value: Any, limit: int = 60) -> str:
    """One line a field, row or number, at most ``limit`` lines; anything else by its text.

    Example:
        >>> print(lines_of({"name": "Ada", "age": 36}))
        name: Ada
        age: 36
        >>> print(lines_of(np.array([0.5, 1 / 3])))
        0: 0.5
        1: 0.333333
    """
    if isinstance(value, Mapping):
        lines = [f"{name}: {_short(item)}" for name, item in value.items()]
    elif hasattr(value, "column_names") and hasattr(value, "to_pylist"):
        lines = [" | ".join(value.column_names), *(" | ".join(map(_short, row.values())) for row in value.to_pylist())]
    elif getattr(value, "ndim", 0) == 1:
        lines = [f"{place}: {_short(item)}" for place, item in enumerate(np.asarray(value).tolist())]
    else:
        return str(value)
    return "\n".join([*lines[:limit], "…"] if len(lines) > limit else lines)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
