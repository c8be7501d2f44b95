"""What a wrong plugin is: a technique that breaks one promise, and the check that must say so."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Wrong:
    """One wrong technique.

    Args:
        check: the only check that must fail.
        technique: the class.
        says: words that the failure's reason must hold.
        declared: attributes of its contract class.
        base: contract class, when it is not the kit's own.
    """

    check: str
    technique: Any
    says: str
    declared: Mapping[str, Any] = field(default_factory=dict)
    base: Any = None


def peeked() -> int:
    """A number that follows global random state without moving it."""
    return int(random.getstate()[1][1])
