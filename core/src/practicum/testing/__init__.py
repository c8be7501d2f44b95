"""Contracts that plugin authors run against their techniques, with samples and toys to run them on.

Three lines in a test file check a technique::

    from practicum.testing import TransformationContract

    class TestCharSwap(TransformationContract):
        technique = "text-noise/char-swap"

:func:`check` does the same without pytest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {
    "AttackContract": "kinds", "EnvironmentContract": "kinds", "ExplainerContract": "kinds", "ModelContract": "kinds",
    "TrackerContract": "tracking", "TransformationContract": "kinds", "CheckResult": "result", "catalogue": "contract",
    "check": "contract", "check_name_or_path": "targets", "sample_batch": "samples", "speed": "timing",
}

__all__ = [
    "AttackContract",
    "CheckResult",
    "EnvironmentContract",
    "ExplainerContract",
    "ModelContract",
    "TrackerContract",
    "TransformationContract",
    "catalogue",
    "check",
    "check_name_or_path",
    "sample_batch",
    "speed",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum.testing' has no attribute {name!r}")
    return getattr(importlib.import_module(f"practicum.testing.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from practicum.testing.contract import catalogue, check
    from practicum.testing.kinds import (
        AttackContract,
        EnvironmentContract,
        ExplainerContract,
        ModelContract,
        TransformationContract,
    )
    from practicum.testing.result import CheckResult
    from practicum.testing.samples import sample_batch
    from practicum.testing.targets import check_name_or_path
    from practicum.testing.timing import speed
    from practicum.testing.tracking import TrackerContract
