"""Where a model breaks, why, and what fixes it: stress, harden, and their results."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "stress": "stress", "harden": "harden", "harden_with_details": "harden", "Hardened": "harden", "Report": "report",
    "Estimate": "result", "Perturbation": "result", "Cell": "result", "Row": "result", "CleanRow": "result",
    "Gain": "result", "Examples": "result", "Hardening": "result", "Meta": "result", "Metric": "metrics",
    "metric": "metrics", "METRICS": "metrics", "paired_bootstrap": "bootstrap", "explain_worst": "explain",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum.evaluate' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"practicum.evaluate.{_HOME[name]}"), name)
    globals()[name] = value
    return value


if TYPE_CHECKING:
    from practicum.evaluate.bootstrap import paired_bootstrap
    from practicum.evaluate.explain import explain_worst
    from practicum.evaluate.harden import Hardened, harden, harden_with_details
    from practicum.evaluate.metrics import METRICS, Metric, metric
    from practicum.evaluate.report import Report
    from practicum.evaluate.result import (
        Cell,
        CleanRow,
        Estimate,
        Examples,
        Gain,
        Hardening,
        Meta,
        Perturbation,
        Row,
    )
    from practicum.evaluate.stress import stress
