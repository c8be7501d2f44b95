"""Texts as they can be shown: HTML forbids some characters, and some reorder the line they stand in."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from markupsafe import Markup

T = TypeVar("T")

_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def shown_text(text: str) -> str:
    """Control characters, direction overrides and lone surrogates written as their code points.

    Example:
        >>> shown_text("a" + chr(0) + "b")
        'a⟨U+0000⟩b'
    """
    return _HIDDEN.sub(lambda match: f"⟨U+{ord(match.group()):04X}⟩", text)


def shown(value: T) -> T:
    """A copy of dataclasses, tuples and dictionaries with :func:`shown_text` applied to every text inside."""
    made: Any = value
    if isinstance(value, str):
        made = shown_text(value)
        return type(value)(made) if isinstance(value, Markup) else made
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: shown(getattr(value, f.name)) for f in fields(value)})
    if isinstance(value, tuple):
        made = tuple(shown(v) for v in value)
    elif isinstance(value, dict):
        made = {shown(k): shown(v) for k, v in value.items()}
    return made  # type: ignore[no-any-return]  # the same shape as the value
