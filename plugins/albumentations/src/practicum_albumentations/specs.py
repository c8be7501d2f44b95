"""The shipped facts by class name, read once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from practicum_albumentations.catalogue.shipped import entries


@cache
def specs() -> Mapping[str, Mapping[str, Any]]:
    """Facts of each transform by the name of its class in albumentations, as ``specs()["CLAHE"]["min_size"]``."""
    return {entry["class"]: entry for entry in entries()}
