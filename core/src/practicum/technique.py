"""The base of all six kinds: one frozen pydantic model whose fields are its configuration."""

from __future__ import annotations

import hashlib
import json
from abc import ABC
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError, WithJsonSchema

from practicum.errors import ConfigError, ModalityError
from practicum.spec import API_LEVEL


class Technique(BaseModel, ABC):
    """A configured technique. Frozen: to change a field, make another with :meth:`evolve`.

    Class-level facts are ClassVars; weights and other fitted state live in private attributes and are summed up
    by :meth:`state_digest`, so equality, hash and fingerprint never compare tensors.

    A subclass sets ``name`` to its registered name and declares its fields; unknown fields, wrong types and values
    out of range are a :class:`ConfigError` naming technique and field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=(), arbitrary_types_allowed=True,
                              validate_default=True, allow_inf_nan=False)

    kind: ClassVar[str] = ""
    name: ClassVar[str] = ""
    modalities: ClassVar[frozenset[str]] = frozenset()
    version: ClassVar[str] = "1"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {}
    """The field that sets the strength and values worth trying, weakest first, as ``{"rate": (0.05, 0.1, 0.2)}``."""

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise _explain(type(self), error) from None

    def config(self) -> dict[str, Any]:
        """The technique as plain data, ``{"use": "plugin/technique", field: value, ...}``; inverse of :func:`build`.

        Raises:
            ConfigError: the technique wraps an object that plain data can't name.
        """
        live, mend = self.unnamed()
        if live:
            raise ConfigError(f"{self.name} wraps a live {live}, which a configuration can't name: {mend}")
        return {"use": self.name, **self.model_dump(mode="json")}

    def unnamed(self) -> tuple[str, str]:
        """What the technique wraps that plain data can't name, and how to name it; empty texts for nothing."""
        return "", ""

    @property
    def label(self) -> str:
        """The short name, for tables and axes."""
        return self.name.rsplit("/", 1)[-1]

    def state_digest(self) -> str:
        """A digest of the fitted state, ``""`` when there is none. Kinds with private weights override it."""
        return ""

    def fingerprint(self) -> str:
        """16 hex digits over name, version, API level, configuration and state: the key of caches and of resume."""
        fields = {"use": self.name, **self.model_dump(mode="json")}  # config() refuses wrapped objects
        facts = [self.name, self.version, API_LEVEL, fields, self.state_digest()]
        return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8).hexdigest()

    def evolve(self, **changes: Any) -> Self:
        """A copy with fields changed and validated again; private state is kept."""
        fields = {name: getattr(self, name) for name in type(self).model_fields} | changes
        made = type(self)(**fields)
        object.__setattr__(made, "__pydantic_private__", self.__pydantic_private__)
        return made

    def __eq__(self, other: object) -> bool:
        return (type(self) is type(other) and isinstance(other, Technique)
                and all(getattr(self, f) == getattr(other, f) for f in type(self).model_fields)
                and self.state_digest() == other.state_digest())

    def __hash__(self) -> int:
        return hash((type(self), json.dumps(self.model_dump(mode="json"), sort_keys=True), self.state_digest()))

    def __str__(self) -> str:
        fields = ", ".join(f"{k}={getattr(self, k)!r}" for k in type(self).model_fields)
        return f"{self.name or type(self).__name__}({fields})"

    @classmethod
    def schema_json(cls, **kwargs: Any) -> str:
        """The JSON schema of the configuration."""
        return json.dumps(cls.model_json_schema(), indent=2, **kwargs)

    def require_modality(self, modality: str, where: str = "") -> None:
        """Raise unless the technique takes ``modality``.

        Raises:
            ModalityError: names both sides and what would fit.
        """
        if self.modalities and modality not in self.modalities:
            raise ModalityError(f"{self.name} takes {' or '.join(sorted(self.modalities))}, but {where or 'the data'} "
                                f"is {modality}: choose another technique (practicum list --kind {self.kind} "
                                f"--modality {modality}) or another column with on=...")


def _explain(cls: type[Technique], error: ValidationError) -> ConfigError:
    """One paragraph instead of pydantic's listing."""
    import difflib

    name, fields, parts = cls.name or cls.__name__, list(cls.model_fields), []
    for item in error.errors():
        inner = item.get("ctx", {}).get("error")
        field = ".".join(str(p) for p in item["loc"]) or "configuration"
        if isinstance(inner, ConfigError):
            parts.append(str(inner))
        elif item["type"] == "extra_forbidden":
            close = difflib.get_close_matches(field, fields, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(fields) or 'no fields'}"
            parts.append(f"unknown field {field!r}; {hint}")
        elif item["type"] == "model_type" and isinstance(item["input"], Technique):
            part, wanted = item["input"], str(item["ctx"]["class_name"]).lower()
            beside = ": give it to practicum.stress beside the pipeline instead" if part.kind == "attack" else ""
            parts.append(f"field {field!r}: {part.name} is of kind {part.kind}, where a {wanted} is expected{beside}")
        elif item["type"] == "missing":
            parts.append(f"field {field!r} is missing")
        else:
            shown = repr(item["input"])
            parts.append(f"field {field!r}: {item['msg']}, got {shown if len(shown) < 80 else shown[:77] + '...'}")
    return ConfigError(f"{name}: {'; '.join(parts)}")


T = TypeVar("T", bound=Technique)


def build(config: Mapping[str, Any] | Technique | str) -> Technique:
    """A technique from its configuration; plugin classes are found by name.

    Args:
        config: ``{"use": "plugin/technique", field: value, ...}``, a bare name, or a technique (returned as it is).

    Raises:
        UnknownTechnique: no such technique.
        ConfigError: a field is wrong, or ``use`` is missing.

    Example:
        >>> build({"use": "core/pipeline", "steps": []}).config()
        {'use': 'core/pipeline', 'on': None, 'steps': []}
    """
    if isinstance(config, Technique):
        return config
    if isinstance(config, str):
        config = {"use": config}
    if not isinstance(config, Mapping) or not isinstance(config.get("use"), str):
        raise ConfigError(f"a technique is written {{use: plugin/technique, field: value}}, got {config!r}")
    from practicum.registry import default_registry

    fields = {k: v for k, v in config.items() if k != "use"}
    return default_registry().get(config["use"], **fields)


def _validate(value: Any) -> Any:
    return build(value) if isinstance(value, (Mapping, str)) else value


def _dump(value: Technique) -> dict[str, Any]:
    return value.config()


Nested = Annotated[T, BeforeValidator(_validate), PlainSerializer(_dump, return_type=dict[str, Any]),
                   WithJsonSchema({"type": "object", "required": ["use"], "properties": {"use": {"type": "string"}}})]
"""A field that holds another technique: accepts it or its configuration, dumps its configuration."""
