"""Practicum: every deep-learning technique a plugin that can be installed, composed, measured and attacked on its own.

Names load on first use, so ``import practicum`` costs a few milliseconds and no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from practicum._version import __version__

_HOME = {
    "Attack": "attack", "AttackResult": "attack", "Budget": "attack", "Note": "attack", "Perturbed": "attack",
    "Batch": "batch", "Column": "batch",
    "Combinator": "compose", "Pipeline": "compose", "OneOf": "compose", "SomeOf": "compose", "Sometimes": "compose",
    "RandomOrder": "compose", "EditLog": "edits", "TextEdits": "edits", "replay": "edits",
    "Environment": "environment", "Explainer": "explainer", "Explanation": "explanation", "Keys": "keys",
    "Model": "model", "Predictions": "model", "PracticumError": "errors", "Registry": "registry",
    "MixedLabel": "targets", "SoftLabel": "targets", "Target": "targets",
    "Technique": "technique", "build": "technique",
    "Tracker": "tracker", "Run": "tracker", "Transformation": "transformation", "Filter": "transformation",
    "get": "api", "wrap": "api", "load": "api", "techniques": "api", "indexed": "interop", "load_data": "data",
    "stress": "evaluate", "harden": "evaluate", "Report": "evaluate",
}

__all__ = [
    "Attack",
    "AttackResult",
    "Batch",
    "Budget",
    "Column",
    "Combinator",
    "EditLog",
    "Environment",
    "Explainer",
    "Explanation",
    "Filter",
    "Keys",
    "MixedLabel",
    "Model",
    "Note",
    "OneOf",
    "Perturbed",
    "Pipeline",
    "PracticumError",
    "Predictions",
    "RandomOrder",
    "Registry",
    "Report",
    "Run",
    "SoftLabel",
    "SomeOf",
    "Sometimes",
    "Target",
    "Technique",
    "TextEdits",
    "Tracker",
    "Transformation",
    "__version__",
    "build",
    "get",
    "harden",
    "indexed",
    "load",
    "load_data",
    "replay",
    "stress",
    "techniques",
    "wrap",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"practicum.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from practicum.api import get, load, techniques, wrap
    from practicum.attack import Attack, AttackResult, Budget, Note, Perturbed
    from practicum.batch import Batch, Column
    from practicum.compose import Combinator, OneOf, Pipeline, RandomOrder, SomeOf, Sometimes
    from practicum.data import load_data
    from practicum.edits import EditLog, TextEdits, replay
    from practicum.environment import Environment
    from practicum.errors import PracticumError
    from practicum.evaluate import Report, harden, stress
    from practicum.explainer import Explainer
    from practicum.explanation import Explanation
    from practicum.interop import indexed
    from practicum.keys import Keys
    from practicum.model import Model, Predictions
    from practicum.registry import Registry
    from practicum.targets import MixedLabel, SoftLabel, Target
    from practicum.technique import Technique, build
    from practicum.tracker import Run, Tracker
    from practicum.transformation import Filter, Transformation
