"""Which fields of a row become which columns, label and id."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from practicum.errors import DataError, UsageError


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """One column of the batch: its name, modality, and the fields it is made of."""

    name: str
    modality: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All columns, and the fields of label, links, references and id."""

    columns: tuple[ColumnPlan, ...]
    label: str | None
    id: str | None
    links: str | None = None
    reference: tuple[str, ...] = ()

    @property
    def used(self) -> frozenset[str]:
        """Every field that is read."""
        single = (f for f in (self.label, self.id, self.links) if f is not None)
        return frozenset((*single, *self.reference, *(f for c in self.columns for f in c.fields)))


@dataclass(frozen=True, slots=True)
class FieldOptions:
    """What the user says about fields; see :data:`practicum.data.catalogue.SOURCES` for the meaning of each.

    Raises:
        UsageError: a value of the wrong type.
    """

    text: str | None = None
    image: str | None = None
    columns: Mapping[str, str | Sequence[str]] | None = None
    label: str | None = None
    links: str | None = None
    reference: str | Sequence[str] | None = None
    id: str | None = None
    modality: str | None = None
    nan: str = "error"

    def __post_init__(self) -> None:
        for name in ("text", "image", "label", "links", "id"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, str):
                raise UsageError(f"{name}={value!r}: give the name of a field")
        if not (self.reference is None or isinstance(self.reference, str) or _names(self.reference)):
            raise UsageError(f"reference={self.reference!r}: give the name of a field, or a list of names")
        if self.columns is not None and not (isinstance(self.columns, Mapping) and self.columns and all(
                isinstance(k, str) and (isinstance(v, str) or _names(v)) for k, v in self.columns.items())):
            raise UsageError(f"columns={self.columns!r}: write column name -> field, or column name -> list of fields")
        if self.modality not in (None, "text", "record", "state"):
            raise UsageError(f"modality={self.modality!r}: rows of a file become text, record or state columns; for "
                             "images name the field of their paths with image=...")
        if self.nan not in ("error", "keep"):
            raise UsageError(f"nan={self.nan!r} is neither 'error' nor 'keep'")

    def plan(self, fields: Sequence[str], file: str) -> Plan:
        """The columns for a file with these fields.

        Raises:
            DataError: a named field is not there; the message has the closest name.
            UsageError: it can't be told which field holds the text.
        """
        ident = self.id or ("id" if "id" in fields else None)
        label = self.label or ("label" if "label" in fields else None)
        named: dict[str, str | Sequence[str]] = dict(self.columns or {})
        if self.text:
            named = {"text": self.text, **named}
        found = [self._column(name, what) for name, what in named.items()]
        if self.image:
            found.append(ColumnPlan("image", "image", (self.image,)))
        reference = (self.reference,) if isinstance(self.reference, str) else tuple(self.reference or ())
        plan = Plan(tuple(found), label, ident, self.links, reference)
        for field in (*(f for c in found for f in c.fields), *(f for f in (ident, label, self.links) if f), *reference):
            if field not in fields:
                close = difflib.get_close_matches(field, fields, n=1)
                hint = f"did you mean {close[0]!r}?" if close else f"it has {', '.join(map(repr, fields))}"
                raise DataError(f"{file}: there is no field {field!r}; {hint}")
        rest = tuple(f for f in fields if f not in plan.used)
        return plan if found else replace(plan, columns=(self._whole(rest, file),))

    def _column(self, name: str, what: str | Sequence[str]) -> ColumnPlan:
        if isinstance(what, str):
            return ColumnPlan(name, "text", (what,))
        return ColumnPlan(name, self.modality if self.modality in ("record", "state") else "record", tuple(what))

    def _whole(self, rest: tuple[str, ...], file: str) -> ColumnPlan:
        if not rest:
            raise DataError(f"{file}: besides label and id there is no field to learn from")
        if self.modality in ("record", "state"):
            return ColumnPlan(self.modality, self.modality, rest)
        if "text" in rest:
            return ColumnPlan("text", "text", ("text",))
        if self.modality == "text":
            if len(rest) > 1:
                raise UsageError(f"{file}: several fields may hold the text ({', '.join(map(repr, rest))}): say which "
                                 "with text=...")
            return ColumnPlan("text", "text", rest)
        return ColumnPlan("record", "record", rest)


def _names(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(f, str) for f in value)
