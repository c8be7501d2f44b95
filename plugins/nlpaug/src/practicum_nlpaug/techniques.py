"""The techniques, one class for each entry of techniques.json, made when first asked for."""

from __future__ import annotations

import json
import types
from importlib.resources import files
from typing import Any, ClassVar

from practicum_nlpaug.fields import FIELDS, field_of
from practicum_nlpaug.wrapped import Wrapped

_ENTRIES = {entry["class"]: entry
            for entry in json.loads(files("practicum_nlpaug").joinpath("techniques.json").read_text("utf-8"))}

__all__ = sorted(_ENTRIES)


def __getattr__(name: str) -> Any:
    if name not in _ENTRIES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    globals()[name] = made = _make(_ENTRIES[name])
    return made


def _make(entry: dict[str, Any]) -> type[Wrapped]:
    fields = {name: field_of(name, rule) for name, rule in entry["fields"].items()}
    space: dict[str, Any] = {
        "__module__": __name__, "__qualname__": entry["class"], "__doc__": _document(entry),
        "__annotations__": {"name": ClassVar[str], "entry": ClassVar[dict[str, Any]],
                            "sweep": ClassVar[dict[str, tuple[float, ...]]],
                            **{name: kind for name, (kind, _) in fields.items()}},
        "name": entry["name"], "entry": entry,
        "sweep": dict.fromkeys(entry["strength"][-1:], (0.1, 0.3, 0.5)),
        **{name: value for name, (_, value) in fields.items()}}
    made: type[Wrapped] = types.new_class(entry["class"], (Wrapped,), exec_body=lambda inner: inner.update(space))
    return made


def _document(entry: dict[str, Any]) -> str:
    required = {"reserved_tokens": '[["quick", "fast"]]', "model_path": '"path/to/files"', "model_type": '"word2vec"'}
    given = ", ".join(f"{n}={required[n]}" for n, rule in entry["fields"].items() if rule["required"])
    lines = [entry["summary"], "",
             f"nlpaug's ``{entry['library']}``, seeded per sample; words and spaces are taken apart and joined again "
             "as that library", "does it. Draws depend on the configuration, so values of a sweep don't share them.",
             "",
             "Args:", *(f"    {n}: {FIELDS[n][2]}." for n in entry["fields"]),
             "    on: the text column, where there is a choice.", ""]
    if entry["needs"]:
        lines += ["Raises:", "    MissingRequirement: what it reads isn't installed; says what to install.", ""]
    lines += ["Example:"]
    if entry["needs"]:
        first = next(n for n in entry["fields"] if n not in required)
        lines += [f"    >>> {entry['class']}({given}).{first} == {entry['fields'][first]['default']!r}", "    True"]
    else:
        lines += [f"    >>> technique, texts = {entry['class']}({given}), [\"The quick brown fox. It jumps high.\"]",
                  "    >>> technique(texts, seed=3) == technique(texts, seed=3)", "    True"]
    return "\n".join(lines) + "\n"
