"""Transformations that fail on odd values."""

from __future__ import annotations

from typing import Any, ClassVar

import pyarrow as pa
from wrong import Wrong
from wrong_declarations import Plain
from wrong_transformations import DOC, Images

from practicum.batch import Batch
from practicum.columns.arrays import Series
from practicum.keys import Keys, SampleRng
from practicum.transformation import Transformation


class AsciiOnly(Plain):
    def apply_one(self, value: str, rng: SampleRng) -> str:
        return value.encode("ascii").decode("ascii") + "!"


class FirstLetter(Plain):
    def apply_one(self, value: str, rng: SampleRng) -> str:
        return value + value[0]


class SecondRow(Images):
    def change(self, data: Any) -> Any:
        out = data.clone()
        out[:, :, 1] = 0
        return out


class AlwaysFloat(Images):
    def change(self, data: Any) -> Any:
        return data.float() * 0.5


class OneSizeOnly(Images):
    def apply(self, batch: Batch, keys: Keys) -> Batch:
        return batch.with_column("image", self.change(batch.column("image")))


class UpperNames(Transformation):
    name: ClassVar[str] = "wrong/records"
    modalities: ClassVar[frozenset[str]] = frozenset({"record"})

    def apply_one(self, value: dict[str, Any], rng: SampleRng) -> dict[str, Any]:
        return {k: v.upper() if k == "name" else v for k, v in value.items()}


class FirstColumn(Transformation):
    name: ClassVar[str] = "wrong/tables"
    modalities: ClassVar[frozenset[str]] = frozenset({"table"})

    def apply_one(self, value: pa.Table, rng: SampleRng) -> pa.Table:
        return value.rename_columns([value.column_names[0] + "!", *value.column_names[1:]])


class SecondStep(Transformation):
    name: ClassVar[str] = "wrong/series"
    modalities: ClassVar[frozenset[str]] = frozenset({"series"})

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        data = batch.column("series")
        out = data.values.copy()
        out[:, 1] = 0.0
        return batch.with_column("series", Series(out, data.mask))


class FirstEdge(Transformation):
    name: ClassVar[str] = "wrong/graphs"
    modalities: ClassVar[frozenset[str]] = frozenset({"graph"})

    def apply_one(self, value: Any, rng: SampleRng) -> Any:
        out = value.clone()
        out.edge_index = value.edge_index.clone()
        out.edge_index[:, 0] = out.edge_index[:, 0].flip(0)
        return out


WRONG = [
    Wrong("non-ASCII text", AsciiOnly, "UnicodeEncodeError", DOC),
    Wrong("empty and tiny text", FirstLetter, "IndexError", DOC),
    Wrong("one-pixel images", SecondRow, "IndexError", DOC),
    Wrong("uint8 and float images", AlwaysFloat, "cast back", DOC),
    Wrong("images of different sizes", OneSizeOnly, "AttributeError", DOC),
    Wrong("missing values", UpperNames, "AttributeError", DOC),
    Wrong("no rows and no fields", FirstColumn, "IndexError", DOC),
    Wrong("shortest series", SecondStep, "IndexError", DOC),
    Wrong("smallest graph", FirstEdge, "IndexError", DOC),
]
