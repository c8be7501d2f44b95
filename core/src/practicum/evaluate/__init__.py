"""Where a model breaks, why, and what fixes it: stress, harden, and their results."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from practicum.evaluate.bootstrap import paired_bootstrap
    from practicum.evaluate.examples import explain_worst
    from practicum.evaluate.hardening import Hardened, harden, harden_with_details
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
    from practicum.evaluate.stressing import Progress, stress

_HOME = {
    "stress": "stressing", "Progress": "stressing", "harden": "hardening", "harden_with_details": "hardening",
    "Hardened": "hardening", "Report": "report", "Estimate": "result", "Perturbation": "result", "Cell": "result",
    "Row": "result", "CleanRow": "result", "Gain": "result", "Examples": "result", "Hardening": "result",
    "Meta": "result", "Metric": "metrics", "metric": "metrics", "METRICS": "metrics", "paired_bootstrap": "bootstrap",
    "explain_worst": "examples",
}

__all__ = [
    "METRICS", "Cell", "CleanRow", "Estimate", "Examples", "Gain", "Hardened", "Hardening", "Meta", "Metric",
    "Perturbation", "Progress", "Report", "Row", "explain_worst", "harden", "harden_with_details", "metric",
    "paired_bootstrap", "stress",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum.evaluate' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"practicum.evaluate.{_HOME[name]}"), name)
    globals()[name] = value
    return value
