"""Captum's and Foolbox's calling forms, both ways: names load on first use."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

_HOME = {"as_captum": "captum_form", "from_captum": "captum_explainer", "as_foolbox": "foolbox_form",
         "from_foolbox": "foolbox_attack"}

__all__ = ["as_captum", "as_foolbox", "from_captum", "from_foolbox"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'practicum_interop' has no attribute {name!r}")
    return getattr(importlib.import_module(f"practicum_interop.{_HOME[name]}"), name)


if TYPE_CHECKING:
    from practicum_interop.captum_explainer import from_captum
    from practicum_interop.captum_form import as_captum
    from practicum_interop.foolbox_attack import from_foolbox
    from practicum_interop.foolbox_form import as_foolbox
