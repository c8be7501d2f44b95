"""Checking one value of a row. Each check returns the value in its form, or raises :class:`BadValue`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_INT64 = range(-(2**63), 2**63)


class BadValue(Exception):
    """A value can't be used; the row's reader adds file, line and field."""

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.reason, self.mend = reason, mend


def plain(value: Any) -> Any:
    """A NumPy scalar as a Python value; everything else as it is."""
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def missing(value: Any) -> bool:
    """Whether a value stands for none: ``None``, NaN, or pandas' NA."""
    return value is None or (isinstance(value, float) and math.isnan(value)) or type(value).__name__ in ("NAType",
                                                                                                         "NaTType")


def refuse_surrogates(text: str) -> None:
    """Raise unless UTF-8 can hold the text."""
    if text.isascii():
        return
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadValue(f"lone surrogate U+{ord(text[error.start]):04X} at character {error.start}, which UTF-8 can't "
                       "hold", "remove it") from None


def text_value(value: Any) -> str:
    """A text."""
    if missing(value):
        raise BadValue("the text is missing", "fill it with ''")
    if not isinstance(value, str):
        raise BadValue(f"{_type(value)} given where a text is expected", "choose another field, or quote the value")
    refuse_surrogates(value)
    return value


def id_value(value: Any) -> int | str:
    """A sample id."""
    if missing(value) or value == "":
        raise BadValue("the id is missing", "give every row an id, or name another field with id=...")
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise BadValue(f"{_type(value)} given where an id is expected: ids are integers or texts",
                       "name another field with id=...")
    if isinstance(value, str):
        refuse_surrogates(value)
    elif value not in _INT64:
        raise BadValue(f"the id {value} doesn't fit 64 bits", "write it as a text")
    return value


def label_value(value: Any) -> int | float | str:
    """A class index, a value, or a class name."""
    if missing(value) or value == "":
        raise BadValue("the label is missing", "label it")
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, (int, float, str)):
        raise BadValue(f"{_type(value)} given where a label is expected: a class index, a class name or a number",
                       "name another field with label=...")
    if isinstance(value, str):
        refuse_surrogates(value)
    elif isinstance(value, int) and value not in _INT64:
        raise BadValue(f"the label {value} doesn't fit 64 bits", "write it as a text")
    elif isinstance(value, float) and math.isinf(value):
        raise BadValue(f"the label is {value}", "give a finite number")
    return value


def links_value(value: Any, *, textual: bool = False) -> list[int | str]:
    """The ids that a sample is linked to: a list, perhaps empty, or one id. In a file of texts a list is written as
    JSON, and nothing stands for the empty list."""
    if textual and isinstance(value, str):
        value = _json_list(value) if value.lstrip().startswith("[") else [value] if value else []
    if missing(value):
        raise BadValue("the links are missing", "write [] where there are none")
    if isinstance(value, (int, str)):
        value = [value]
    if not isinstance(value, (list, tuple)):
        raise BadValue(f"{_type(value)} given where links are expected: a list of ids",
                       "name another field with links=...")
    return [id_value(plain(v)) for v in value]


def _json_list(text: str) -> Any:
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadValue(f"{text[:40]!r} is no JSON list ({error})", 'write it as ["a", "b"]') from None


def reference_value(value: Any) -> list[str]:
    """The right answers of a sample: a text, or a list of texts that isn't empty."""
    if missing(value):
        raise BadValue("the reference is missing", "write the right answer, which may be ''")
    if isinstance(value, (list, tuple)) and not value:
        raise BadValue("the list of references is empty", "give at least one, which may be ''")
    found = value if isinstance(value, (list, tuple)) else [value]
    for text in found:
        if not isinstance(text, str):
            raise BadValue(f"{_type(text)} given where a reference is expected: a text, or a list of texts",
                           "name another field with reference=...")
        refuse_surrogates(text)
    return list(found)


def number_value(value: Any, *, keep_nan: bool) -> float:
    """A number of a state column; texts that spell one count."""
    if missing(value) or (isinstance(value, str) and not value.strip()):
        if keep_nan:
            return math.nan
        raise BadValue("the number is missing", "fill it, or keep it as NaN with nan='keep'")
    if isinstance(value, (bool, int, float, str)):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise BadValue(f"{str(value)[:40]!r} is no number", "leave the field out with columns=...") from None
        if math.isfinite(number) or keep_nan:
            return number
        raise BadValue(f"the number is {number}", "fill it, or keep it with nan='keep'")
    raise BadValue(f"{_type(value)} given where a number is expected", "leave the field out with columns=...")


def record_value(value: Any) -> Any:
    """Any value of a record; its texts must fit UTF-8 and its integers 64 bits."""
    if missing(value):
        return None
    if isinstance(value, str):
        refuse_surrogates(value)
    elif isinstance(value, int) and value not in _INT64:
        raise BadValue(f"{value} doesn't fit 64 bits", "write it as a text")
    elif isinstance(value, Mapping):
        return {str(k): record_value(v) for k, v in value.items()}
    elif isinstance(value, (list, tuple)):
        return [record_value(v) for v in value]
    return value


def image_value(value: Any, base: Path) -> Any:
    """The image at a path, as an array [H, W, C]."""
    from practicum.data.images import open_image

    if hasattr(value, "convert"):  # a decoded Pillow image
        return open_image(value)
    return open_image(base / text_value(value))


def family(value: Any) -> str:
    """The type a field's values must share, in words."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    return "a text" if isinstance(value, str) else _type(value)


def _type(value: Any) -> str:
    names = {"int": "an integer", "float": "a number", "bool": "true or false", "str": "a text", "list": "a list",
             "dict": "an object"}
    return names.get(type(value).__name__, f"a {type(value).__name__}")
