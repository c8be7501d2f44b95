"""Wrong in what they declare, whatever they do."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict, Field, PrivateAttr, field_serializer
from wrong import Wrong

from practicum.keys import SampleRng
from practicum.testing.toys import Reverse
from practicum.transformation import Transformation


class Plain(Transformation):
    """Adds an exclamation mark.

    Example:
        >>> Plain()(["a"])
        ['a!']
    """

    name: ClassVar[str] = "wrong/plain"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    def apply_one(self, value: str, rng: SampleRng) -> str:
        return value + "!"


class Disagrees(Plain):
    """Its spec says that it takes records too.

    Example:
        >>> Disagrees()(["a"])
        ['a!']
    """

    name: ClassVar[str] = "wrong-spec/disagrees"


class Heavy(Plain):
    """Its declaration module imports scipy.

    Example:
        >>> Heavy()(["a"])
        ['a!']
    """

    name: ClassVar[str] = "wrong-heavy/heavy"


class WrongExample(Plain):
    """Shows what it does not print.

    Example:
        >>> WrongExample()(["a"])
        ['a?']
    """


class NoExample(Plain):
    """Shows nothing."""


class Undescribed(Plain):
    """Says nothing of a field.

    Example:
        >>> Undescribed()(["a"])
        ['a!']
    """

    xyz: float = 1.0


class Rounds(Plain):
    """Loses a part of its configuration on the way.

    Args:
        rate: a share.

    Example:
        >>> Rounds()(["a"])
        ['a!']
    """

    rate: float = 0.25

    @field_serializer("rate")
    def _short(self, value: float) -> float:
        return round(value, 1)


class TakesAnything(Plain):
    """Ignores misspelled fields.

    Example:
        >>> TakesAnything()(["a"])
        ['a!']
    """

    model_config = ConfigDict(extra="ignore")


class HoldsFunction(Plain):
    """Can't go to a worker.

    Example:
        >>> HoldsFunction()(["a"])
        ['a!']
    """

    _how: Any = PrivateAttr(default_factory=lambda: lambda text: text)


class Melted(Plain):
    """Can be changed in place.

    Args:
        mark: a number.

    Example:
        >>> Melted()(["a"])
        ['a!']
    """

    model_config = ConfigDict(frozen=False)
    mark: int = Field(default=1)


WRONG = [
    Wrong("loads", Reverse, "no check of kind", {"skip": {"no such check": "because"}}),
    Wrong("loads", NoExample, "gives no reason", {"skip": {"docstring has a summary and a running example": " "}}),
    Wrong("spec equals class", "wrong-spec/disagrees", "disagree on modalities"),
    Wrong("declaration is light", "wrong-heavy/heavy", "imports scipy"),
    Wrong("docstring has a summary and a running example", WrongExample, "example fails"),
    Wrong("docstring has a summary and a running example", NoExample, "no example"),
    Wrong("schema describes the fields", Undescribed, "'xyz' is described nowhere"),
    Wrong("configuration round trip", Rounds, "differs"),
    Wrong("unknown field rejected", TakesAnything, "accepted without a word"),
    Wrong("pickles", HoldsFunction, "pickle"),
    Wrong("frozen, equal and hashable", Melted, "can be assigned"),
]
