"""Where a model breaks, why, and what fixes it: stress, harden, and their results."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from practicum.evaluate.bootstrap import crossed_bootstrap, paired_bootstrap
    from practicum.evaluate.examples import explain_worst
    from practicum.evaluate.gain_table import Effect, GainRow, GainTable
    from practicum.evaluate.gaining import GainProgress, gain
    from practicum.evaluate.hardening import Hardened, harden, harden_with_details
    from practicum.evaluate.links import PooledLinks, pooled_link_table, pooled_links
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
    "explain_worst": "examples", "crossed_bootstrap": "bootstrap", "Effect": "gain_table", "GainRow": "gain_table",
    "GainTable": "gain_table", "GainProgress": "gaining",
    "gain": "gaining", "PooledLinks": "links", "pooled_links": "links", "pooled_link_table": "links",
}

__all__ = [
    "METRICS", "Cell", "CleanRow", "Effect", "Estimate", "Examples", "Gain", "GainProgress", "GainRow", "GainTable",
    "Hardened", "Hardening", "Meta", "Metric", "Perturbation", "PooledLinks", "Progress", "Report", "Row",
    "crossed_bootstrap", "explain_worst", "gain", "harden", "harden_with_details", "metric", "paired_bootstrap",
    "pooled_link_table", "pooled_links", "stress",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum.evaluate' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"practicum.evaluate.{_HOME[name]}"), name)
    globals()[name] = value
    return value
