"""The generated table of wrapped transforms, read without importing albumentations."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def entries() -> list[dict[str, Any]]:
    """Facts of each transform, in the order of names; written by ``python -m practicum_albumentations.generate``."""
    text = files("practicum_albumentations.catalogue").joinpath("specs.json").read_text("utf-8")
    found: list[dict[str, Any]] = json.loads(text)["transforms"]
    return found
