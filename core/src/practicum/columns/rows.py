"""Record columns (one row of named fields a sample) and table columns (a whole table a sample), both pyarrow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa

from practicum.columns.base import ColumnKind, Index, where
from practicum.errors import DataError


class RecordKind(ColumnKind):
    """Records: a ``pyarrow.StructArray``; taken from dicts, a ``pyarrow.Table`` or a pandas frame."""

    modality: ClassVar[str] = "record"

    def coerce(self, value: Any, *, name: str, ids: Any = None) -> pa.StructArray:
        if isinstance(value, pa.StructArray):
            return value
        if isinstance(value, pa.ChunkedArray):
            return self.coerce(value.combine_chunks(), name=name, ids=ids)
        if hasattr(value, "to_dict") and hasattr(value, "columns"):
            value = pa.Table.from_pandas(value, preserve_index=False)
        if isinstance(value, pa.RecordBatch):
            value = pa.Table.from_batches([value])
        if isinstance(value, pa.Table):
            return value.to_struct_array().combine_chunks() if value.num_rows else _empty_struct(value.schema)
        rows = list(value)
        for row, record in enumerate(rows):
            if not isinstance(record, Mapping):
                raise DataError(f"{where(name, ids, row)}: {type(record).__name__} given where a record (a mapping of "
                                "field to value) is expected")
        fields = list(dict.fromkeys(key for record in rows for key in record))
        try:
            columns = [pa.array([r.get(f) for r in rows]) for f in fields]
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise DataError(f"column {name!r}: a field mixes types ({error}); give each field one type") from error
        except (UnicodeEncodeError, OverflowError) as error:
            raise self._explain(rows, name, ids) from error
        if not fields:
            return pa.array([{} for _ in rows], type=pa.struct([]))
        return pa.StructArray.from_arrays(columns, names=fields)

    @staticmethod
    def _explain(rows: list[Mapping[str, Any]], name: str, ids: Any) -> DataError:
        for row, record in enumerate(rows):
            for field, value in record.items():
                at = f"{where(name, ids, row)}, field {field!r}"
                try:
                    pa.array([value])
                except UnicodeEncodeError:
                    return DataError(f"{at}: a text holds a lone surrogate, which UTF-8 can't hold; clean it, for "
                                     "example with text.encode('utf-8', 'replace').decode()")
                except OverflowError:
                    return DataError(f"{at}: an integer doesn't fit 64 bits; give it as a text or a float")
        return DataError(f"column {name!r} could not be read as records")

    def length(self, data: pa.StructArray) -> int:
        return len(data)

    def take(self, data: pa.StructArray, index: Index) -> pa.StructArray:
        return data.take(pa.array(index))

    def concat(self, parts: Sequence[pa.StructArray]) -> pa.StructArray:
        if len({p.type for p in parts}) > 1:
            raise DataError("records with different fields can't be joined: bring them to one schema")
        return pa.concat_arrays(list(parts))

    def to_list(self, data: pa.StructArray) -> list[Any]:
        return list(data.to_pylist())

    def to_arrow(self, data: pa.StructArray) -> pa.StructArray:
        return data

    def from_arrow(self, array: Any, meta: dict[str, Any]) -> pa.StructArray:
        return self.coerce(array, name="record")


def _empty_struct(schema: pa.Schema) -> pa.StructArray:
    return pa.array([], type=pa.struct(list(schema)))


class TableKind(ColumnKind):
    """Tables: a list of ``pyarrow.Table``, one a sample."""

    modality: ClassVar[str] = "table"

    def coerce(self, value: Any, *, name: str, ids: Any = None) -> list[pa.Table]:
        tables: list[pa.Table] = []
        for row, item in enumerate(value):
            if isinstance(item, pa.Table):
                tables.append(item)
            elif hasattr(item, "to_dict") and hasattr(item, "columns"):
                tables.append(pa.Table.from_pandas(item, preserve_index=False))
            elif isinstance(item, Mapping):
                tables.append(pa.table(dict(item)))
            else:
                raise DataError(f"{where(name, ids, row)}: {type(item).__name__} given where a table is expected: use "
                                "a pyarrow.Table, a pandas frame, or a mapping of column name to values")
        return tables

    def length(self, data: list[pa.Table]) -> int:
        return len(data)

    def take(self, data: list[pa.Table], index: Index) -> list[pa.Table]:
        return [data[int(i)] for i in index]

    def concat(self, parts: Sequence[list[pa.Table]]) -> list[pa.Table]:
        return [t for part in parts for t in part]

    def to_list(self, data: list[pa.Table]) -> list[Any]:
        return list(data)

    def to_arrow(self, data: list[pa.Table]) -> pa.Array:
        return pa.array([_ipc(t) for t in data], type=pa.large_binary())

    def from_arrow(self, array: Any, meta: dict[str, Any]) -> list[pa.Table]:
        return [pa.ipc.open_stream(raw).read_all() for raw in array.to_pylist()]


def _ipc(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())
