"""Field types from the shipped JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal

from pydantic import Field

_PLAIN: dict[str, Any] = {"integer": int, "number": float, "boolean": bool, "string": str, "null": None}
_MAPPING: Any = dict
_BOUNDS = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}


def annotation(schema: Mapping[str, Any]) -> Any:
    """The Python type that validates as a JSON schema does; arrays become tuples, so that techniques stay hashable.

    Raises:
        ValueError: the schema is of a form that the generator never writes.

    Example:
        >>> annotation({"anyOf": [{"type": "integer"}, {"type": "array", "prefixItems": [{"type": "integer"}] * 2}]})
        int | tuple[int, int]
    """
    if "anyOf" in schema:
        return reduce(or_, [annotation(option) for option in schema["anyOf"]])
    literal: Any = Literal
    if "enum" in schema:
        return literal[tuple(schema["enum"])]
    if "const" in schema:
        return literal[schema["const"]]
    kind = schema.get("type")
    if kind == "array":
        fixed: Any = tuple
        if "prefixItems" in schema:
            return fixed[tuple(annotation(item) for item in schema["prefixItems"])]
        return fixed[annotation(schema.get("items", {})), ...]
    if kind == "object":
        values, mapping = schema.get("additionalProperties"), _MAPPING
        return mapping[str, annotation(values) if isinstance(values, Mapping) else Any]
    if kind is None:
        return Any
    if kind not in _PLAIN:
        raise ValueError(f"no Python type for the JSON schema {schema}")
    bounds = {_BOUNDS[k]: v for k, v in schema.items() if k in _BOUNDS}
    return Annotated[_PLAIN[kind], Field(**bounds)] if bounds else _PLAIN[kind]


def wording(schema: Mapping[str, Any]) -> str:
    """A schema in words, for field descriptions and the card.

    Example:
        >>> wording({"type": "number", "minimum": 0, "maximum": 1})
        'number 0..1'
    """
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(wording(option) for option in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join(str(v) for v in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    kind = schema.get("type")
    if kind == "array":
        if "prefixItems" in schema:
            return f"{len(schema['prefixItems'])} values ({wording(schema['prefixItems'][0])})"
        return f"list of {wording(schema.get('items', {}))}"
    if kind is None:
        return "any value"
    name = {"object": "mapping", "null": "none", "string": "text"}.get(kind, kind)
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    bounds = [f"{low}..{high}"] if low is not None and high is not None else [
        f"{sign} {bound}" for sign, bound in ((">=", low), ("<=", high), (">", above), ("<", below))
        if bound is not None]
    return " ".join([name, *bounds])
