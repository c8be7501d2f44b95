"""From rows of named fields to a batch, with every bad row named or left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from practicum.batch import Batch, Column
from practicum.data.fields import ColumnPlan, FieldOptions, Plan
from practicum.data.loaded import BadRows, Loaded
from practicum.data.textrows import Row
from practicum.data.values import (
    BadValue,
    family,
    id_value,
    image_value,
    label_value,
    links_value,
    missing,
    number_value,
    plain,
    record_value,
    reference_value,
    text_value,
)
from practicum.errors import DataError
from practicum.targets import Target


class RowReader:
    """Checks rows one after another and keeps the good ones in columns.

    Args:
        plan: which field goes where.
        options: for the NaN policy.
        bad: what happens to a bad row.
        base: the folder that image paths start from.
        textual: whether the file holds texts only (CSV), so that numbers are read from them.
    """

    def __init__(self, plan: Plan, options: FieldOptions, bad: BadRows, *, base: Path, textual: bool = False) -> None:
        self.plan, self.bad, self.textual = plan, bad, textual
        self.ids: list[int | str] = []
        self.labels: list[Any] = []
        self.links: list[list[int | str]] = []
        self.references: list[list[str]] = []
        self.values: list[list[Any]] = [[] for _ in plan.columns]
        self._seen: dict[str, int] = {}
        self._families: dict[str, tuple[str, int]] = {}
        keep_nan = options.nan == "keep"
        checks: dict[str, Callable[[Any], Any]] = {
            "text": text_value, "record": record_value, "state": lambda v: number_value(v, keep_nan=keep_nan),
            "image": lambda v: image_value(v, base)}
        self._checks = [checks[c.modality] for c in plan.columns]

    def add(self, row: Row) -> None:
        """Check one row.

        Raises:
            DataError: it is bad, and bad rows are not skipped.
        """
        place, index, fields = row
        at = ""
        try:
            ident: int | str = index
            if self.plan.id is not None:
                at = self.plan.id
                ident = id_value(self._get(fields, at))
            first = self._seen.get(str(ident))
            if first is not None:
                raise BadValue(f"the id {ident!r} occurs twice, first at {self.bad.unit} {first}",
                               "make ids unique, or name another field with id=...")
            label = None
            if self.plan.label is not None:
                at = self.plan.label
                label = label_value(self._get(fields, at))
                if not self.textual:
                    self._same_family(at, label, place)
            links: list[int | str] = []
            if self.plan.links is not None:
                at = self.plan.links
                links = links_value(self._get(fields, at), textual=self.textual)
            references: list[str] = []
            for at in self.plan.reference:
                references += reference_value(self._get(fields, at))
            made = []
            for column, check in zip(self.plan.columns, self._checks, strict=True):
                values = []
                for at in column.fields:
                    value = check(self._get(fields, at, optional=column.modality == "record"))
                    if column.modality == "record":
                        value = None if self.textual and value == "" else value
                        if not self.textual and value is not None:
                            self._same_family(at, value, place)
                    values.append(value)
                made.append(values[0] if column.modality in ("text", "image") else values)
        except BadValue as error:
            self.bad.add(place, error.reason, field=at, mend=error.mend)
            return
        self._seen[str(ident)] = place
        self.ids.append(ident)
        self.labels.append(label)
        self.links.append(links)
        self.references.append(references)
        for store, value in zip(self.values, made, strict=True):
            store.append(value)

    @staticmethod
    def _get(fields: Mapping[str, Any], name: str, *, optional: bool = False) -> Any:
        if name not in fields and not optional:
            raise BadValue("the field is missing", "give every row this field")
        return plain(fields.get(name))

    def _same_family(self, field: str, value: Any, place: int) -> None:
        now = family(value)
        first, seen = self._families.setdefault(field, (now, place))
        if now != first:
            raise BadValue(f"{now} given, but {self.bad.unit} {seen} has {first} there", "give the field one type")

    def batch(self, classes: Sequence[str] = ()) -> Batch:
        """The batch of the good rows.

        Args:
            classes: names of the class indices, when the file knows them.

        Raises:
            DataError: there is no good row.
        """
        if not self.ids:
            if self.bad.found:
                raise DataError(f"{self.bad.file}: all {len(self.bad.found)} rows are bad; the first: "
                                f"{self.bad.found[0]}: check the options against the file")
            raise DataError(f"{self.bad.file}: there are no rows: check how the file was written")
        columns = {c.name: Column(c.modality, self._column(c, v))
                   for c, v in zip(self.plan.columns, self.values, strict=True)}
        targets = {} if self.plan.label is None else {"label": self._label(classes)}
        if self.plan.links is not None:
            targets["links"] = Target("links", self.links)
        if self.plan.reference:
            targets["reference"] = Target("reference", self.references)
        return Batch.of(ids=self.ids, columns=columns, targets=targets)

    def _column(self, column: ColumnPlan, values: list[Any]) -> Any:
        if column.modality == "state":
            return np.array(values, dtype=np.float32)
        if column.modality == "record":
            import pyarrow as pa

            names = column.fields
            rows = [list(v) for v in zip(*values, strict=True)]
            typed = [number_like(v) for v in rows] if self.textual else rows
            try:
                return pa.StructArray.from_arrays([pa.array(v) for v in typed], names=list(names))
            except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
                raise DataError(f"{self.bad.file}: a field of {', '.join(names)} mixes types inside its lists or "
                                f"objects ({error}); give each one type") from error
        return values

    def _label(self, classes: Sequence[str]) -> Any:
        values = number_like(self.labels) if self.textual else self.labels
        if all(isinstance(v, int) for v in values):
            low = int(np.argmin(values))
            if values[low] < 0:
                raise DataError(f"{self.bad.file}, field {self.plan.label!r}, sample {self.ids[low]!r}: class "
                                f"{values[low]} is negative; classes count from 0, and a value to predict is written "
                                f"with a point ({values[low]}.0)")
            if classes:
                return Target("label", np.array(values, dtype=np.int64), classes=tuple(classes))
        return np.array(values)


def number_like(values: Sequence[Any]) -> list[Any]:
    """Texts as integers where all of them spell integers, as floats where all spell numbers, else as they are.

    Numbers with leading zeros stay texts, since they name things (postal codes).

    Example:
        >>> number_like(["1", "2", None]), number_like(["1", "2.5"]), number_like(["007", "1"])
        ([1, 2, None], [1.0, 2.5], ['007', '1'])
    """
    present = [v.strip() for v in values if not missing(v)]
    digits = [v.lstrip("+-") for v in present]
    if not present or any(d[:1] == "0" and d[1:2].isdigit() for d in digits):
        return list(values)
    if all(d.isascii() and d.isdigit() and len(d) < 19 for d in digits):
        return [None if missing(v) else int(v) for v in values]
    try:
        if any("_" in d or d.lower() in ("nan", "inf", "infinity") for d in digits):
            return list(values)
        return [None if missing(v) else float(v) for v in values]
    except ValueError:
        return list(values)


def from_rows(rows: Iterable[Row], fields: Sequence[str], options: FieldOptions, bad: BadRows, *,
              base: Path | None = None, textual: bool = False, classes: Sequence[str] = ()) -> Loaded:
    """Plan, check, and build.

    Args:
        rows: the rows of the file in order.
        fields: names of all fields.
        options: the user's.
        bad: what happens to bad rows; it may hold some already.
        base: the folder that image paths start from.
        textual: whether all values are texts (CSV).
        classes: names of the class indices, when known.
    """
    plan = options.plan(fields, bad.file)
    reader = RowReader(plan, options, bad, base=base or Path(), textual=textual)
    for row in rows:
        reader.add(row)
    return Loaded(reader.batch(classes), bad.done())
