"""A batch: stable sample ids, named columns each of one modality, named targets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.columns import column_kind
from practicum.columns.base import same_length
from practicum.edits import EditLog, Step, TextEdits
from practicum.errors import DataError, ModalityError, TargetError
from practicum.keys.idhash import hash_ids
from practicum.targets import BY_EDITS, MixedLabel, SoftLabel, Target, concat_targets, make_target

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Index = npt.NDArray[np.int64]


class Ids(Sequence[Any]):
    """Sample ids with their cached 64-bit hashes. Duplicates are refused: they would draw the same randomness."""

    def __init__(self, values: Any, *, hashes: npt.NDArray[np.uint64] | None = None) -> None:
        self._values = values
        if hashes is not None:
            self.hashes = hashes

    @classmethod
    def of(cls, values: Any, count: int) -> Ids:
        """Ids from the user; ``None`` numbers the samples 0..count-1.

        Raises:
            DataError: an id is missing, of another type than int or str, or occurs twice.
        """
        if isinstance(values, Ids):
            return values
        if values is None:
            return cls(np.arange(count, dtype=np.int64))
        if hasattr(values, "to_pylist"):
            values = values.to_pylist()
        elif hasattr(values, "tolist"):
            values = values.tolist()
        values = list(values)
        if all(type(v) is int for v in values):
            values = np.array(values, dtype=np.int64)
        ids = cls(values)
        ids._refuse_duplicates()
        return ids

    @cached_property
    def hashes(self) -> npt.NDArray[np.uint64]:
        """XXH64 of each id, uint64 [N]."""
        return hash_ids(self._values)

    def _refuse_duplicates(self) -> None:
        values, first, counts = np.unique(self.hashes, return_index=True, return_counts=True)
        if len(values) != len(self.hashes):
            row = int(first[np.argmax(counts > 1)])
            again = int(np.flatnonzero(self.hashes == self.hashes[row])[1])
            raise DataError(f"sample id {self[row]!r} occurs twice (rows {row} and {again}); ids must differ, since "
                            "equal ids draw equal randomness: make them unique or leave them out")

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, row: Any) -> Any:
        value = self._values[row]
        return value.item() if isinstance(value, np.generic) else value

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values.tolist() if isinstance(self._values, np.ndarray) else self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and len(self) == len(other) and bool(np.array_equal(self.hashes, other.hashes))

    def __hash__(self) -> int:
        return hash(self.hashes.tobytes())

    def __repr__(self) -> str:
        shown = ", ".join(repr(v) for v in list(self)[:3])
        return f"Ids([{shown}{', ...' if len(self) > 3 else ''}], n={len(self)})"

    def take(self, index: Index) -> Ids:
        """Ids of rows ``index``, hashes carried over."""
        values = self._values[index] if isinstance(self._values, np.ndarray) else [self._values[int(i)] for i in index]
        return Ids(values, hashes=self.hashes[index])

    def suffixed(self, suffix: str) -> Ids:
        """Ids with a text appended, for several outputs per input."""
        return Ids([f"{v}{suffix}" for v in self])


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its modality and its data in the ecosystem's own form (see :mod:`practicum.columns`)."""

    modality: str
    data: Any


@dataclass(frozen=True)
class Batch:
    """Samples as columns.

    Args:
        ids: one id per sample.
        columns: name -> :class:`Column`.
        targets: name -> :class:`Target`.
        edits: the edit log, or ``None`` when nobody asked for one.

    Example:
        >>> batch = Batch.of(["a text", "another"], ids=["x", "y"], targets={"label": [0, 1]})
        >>> batch.take([1]).to_list(), list(batch.take([1]).ids)
        (['another'], ['y'])
    """

    ids: Ids
    columns: Mapping[str, Column]
    targets: Mapping[str, Target]
    edits: EditLog | None = None

    @classmethod
    def of(cls, data: Any = None, *, ids: Any = None, targets: Mapping[str, Any] | None = None,
           modality: str | None = None, columns: Mapping[str, Any] | None = None) -> Batch:
        """Build a batch from a user's objects.

        Args:
            data: the only column: texts, a tensor or array of images, records, a frame ...
            ids: int or str per sample; numbered from 0 when left out.
            targets: name -> values (ints or texts: a label; floats: a value), :class:`SoftLabel` or :class:`Target`.
            modality: of ``data``, when it can't be told from the type.
            columns: name -> :class:`Column`, or the data alone where its type tells the modality; for several columns.

        Raises:
            DataError: lengths differ, ids repeat, or a sample breaks its column's rules.
        """
        named = dict(columns or {})
        if data is not None:
            modality = modality or guess_modality(data)
            named = {modality: Column(modality, data), **named}
        if not named:
            raise DataError("a batch needs data or columns")
        sized = ids
        built: dict[str, Column] = {}
        for name, value in named.items():
            column = value if isinstance(value, Column) else Column(guess_modality(value), value)
            kind = column_kind(column.modality)
            built[name] = Column(column.modality, kind.coerce(column.data, name=name, ids=sized))
        count = column_kind(next(iter(built.values())).modality).length(next(iter(built.values())).data)
        made = Ids.of(ids, count)
        for name, column in built.items():
            same_length(name, column_kind(column.modality).length(column.data), len(made))
        found = {n: make_target(n, v, count=len(made)) for n, v in (targets or {}).items()}
        return cls(made, built, found)

    def __len__(self) -> int:
        return len(self.ids)

    def column_name(self, on: str | None = None, modalities: Sequence[str] | frozenset[str] = ()) -> str:
        """The column to work on: ``on`` when given, else the only one of the right modality.

        Raises:
            ModalityError: there is no such column, or several to choose from.
        """
        if on is not None:
            if on not in self.columns:
                raise ModalityError(f"there is no column {on!r}; the batch has {', '.join(map(repr, self.columns))}")
            if modalities and self.columns[on].modality not in modalities:
                raise ModalityError(f"column {on!r} is {self.columns[on].modality}, not "
                                    f"{' or '.join(sorted(modalities))}")
            return on
        fitting = [n for n, c in self.columns.items() if not modalities or c.modality in modalities]
        if len(fitting) == 1:
            return fitting[0]
        have = ", ".join(f"{n!r} ({c.modality})" for n, c in self.columns.items())
        if not fitting:
            raise ModalityError(f"no column of modality {' or '.join(sorted(modalities))}; the batch has {have}")
        raise ModalityError(f"several columns fit ({', '.join(map(repr, fitting))}): say which with on=...")

    @property
    def modality(self) -> str:
        """Modality of the only column."""
        return self.columns[self.column_name()].modality

    @property
    def data(self) -> Any:
        """Data of the only column."""
        return self.columns[self.column_name()].data

    def column(self, on: str | None = None) -> Any:
        """Data of column ``on``, or of the only one."""
        return self.columns[self.column_name(on)].data

    def to_list(self, on: str | None = None) -> list[Any]:
        """One Python value per sample."""
        column = self.columns[self.column_name(on)]
        return column_kind(column.modality).to_list(column.data)

    @property
    def label(self) -> npt.NDArray[np.int64]:
        """The class indices of the target named ``label``, int64 [N].

        Raises:
            TargetError: the batch has no such target, or it is not of kind label.
        """
        target = self.targets.get("label")
        if target is None or target.kind != "label":
            raise TargetError("the batch has no class labels: give targets={'label': ...}")
        return np.asarray(target.data)

    def positional(self, column: str) -> dict[str, Target]:
        """Targets that refer to places in ``column``."""
        first = next(iter(self.columns))
        return {n: t for n, t in self.targets.items()
                if t.kind in BY_EDITS | {"boxes", "masks", "keypoints"} and (t.column or first) == column}

    def wants_edits(self, column: str) -> bool:
        """Whether an operation on ``column`` has to report its edits: a log was asked for, or targets move with it."""
        return self.edits is not None or any(t.kind in BY_EDITS for t in self.positional(column).values())

    def take(self, index: Any) -> Batch:
        """Rows ``index`` (integers, or a mask of booleans)."""
        rows = np.asarray(index)
        rows = np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.int64)
        columns = {n: Column(c.modality, column_kind(c.modality).take(c.data, rows)) for n, c in self.columns.items()}
        return Batch(self.ids.take(rows), columns, {n: t.take(rows) for n, t in self.targets.items()}, self.edits)

    def with_column(self, name: str, data: Any, *, edits: TextEdits | None = None, op: str = "",
                    params: Mapping[str, npt.NDArray[Any]] | None = None) -> Batch:
        """The batch with one column replaced; targets that the edits move are moved, and the log grows.

        Args:
            name: an existing column.
            data: its new data, one row per sample.
            edits: what was replaced, for text.
            op: name of the operation in the log.
            params: applied parameters per sample, for the log.
        """
        old = self.columns[name]
        kind = column_kind(old.modality)
        new = kind.coerce(data, name=name, ids=self.ids)
        same_length(name, kind.length(new), len(self))
        targets = dict(self.targets)
        if edits is not None and len(edits):
            moving = {n: t for n, t in self.positional(name).items() if t.kind in BY_EDITS}
            if moving:
                from practicum.remap import remap_target

                before, after = kind.to_list(old.data), kind.to_list(new)
                for n, target in moving.items():
                    targets[n] = remap_target(target, edits, before, after)
        log = self.edits
        if log is not None and (edits is not None or params is not None):
            log = log.plus(Step(op, name, self.ids, edits, params))
        return Batch(self.ids, {**self.columns, name: Column(old.modality, new)}, targets, log)

    def with_targets(self, **targets: Any) -> Batch:
        """The batch with targets added or replaced."""
        made = {n: make_target(n, v, count=len(self)) for n, v in targets.items()}
        return replace(self, targets={**self.targets, **made})

    def recording(self) -> Batch:
        """The batch with an (empty) edit log, so that operations write what they do."""
        return replace(self, edits=EditLog()) if self.edits is None else self

    @staticmethod
    def concat(parts: Sequence[Batch]) -> Batch:
        """Rows of all parts, in order.

        Raises:
            DataError: the parts have different columns or targets, or share an id.
        """
        if len(parts) == 1:
            return parts[0]
        first = parts[0]
        for part in parts[1:]:
            if {n: c.modality for n, c in part.columns.items()} != {n: c.modality for n, c in first.columns.items()}:
                raise DataError("batches with different columns can't be joined")
            if set(part.targets) != set(first.targets):
                raise DataError(f"batches with different targets can't be joined: {sorted(first.targets)} against "
                                f"{sorted(part.targets)}")
        values = [v for p in parts for v in p.ids]
        ids = Ids(values, hashes=np.concatenate([p.ids.hashes for p in parts]))
        ids._refuse_duplicates()
        columns = {n: Column(c.modality, column_kind(c.modality).concat([p.columns[n].data for p in parts]))
                   for n, c in first.columns.items()}
        targets = {n: concat_targets(n, [p.targets[n] for p in parts]) for n in first.targets}
        logs = [p.edits for p in parts if p.edits is not None]
        seen: list[Step] = []
        for log in logs:
            seen += [s for s in log.steps if not any(s is known for known in seen)]
        return Batch(ids, columns, targets, EditLog(tuple(seen)) if logs else None)

    def equals(self, other: Batch) -> bool:
        """Same ids, columns bit for bit, and targets."""
        return (self.ids == other.ids and self.columns.keys() == other.columns.keys()
                and all(c.modality == other.columns[n].modality
                        and column_kind(c.modality).equal(c.data, other.columns[n].data)
                        for n, c in self.columns.items())
                and self.targets.keys() == other.targets.keys()
                and all(_same_target(t, other.targets[n]) for n, t in self.targets.items()))

    def to_arrow(self) -> pa.Table:
        """The batch as an Arrow table: ``id``, one field per column, one per target; facts in the schema's metadata."""
        from practicum.interop import batch_to_arrow

        return batch_to_arrow(self)

    @staticmethod
    def from_arrow(table: pa.Table) -> Batch:
        """Inverse of :meth:`to_arrow`."""
        from practicum.interop import batch_from_arrow

        return batch_from_arrow(table)

    def to_pandas(self) -> pd.DataFrame:
        """A frame with ``id``, the columns and the targets as Python values."""
        import pandas as pd

        frame: dict[str, Any] = {"id": list(self.ids)}
        frame |= {n: self.to_list(n) for n in self.columns}
        for name, target in self.targets.items():
            values = target.data
            if isinstance(values, SoftLabel):
                frame[name] = list(zip(values.a, values.b, values.lam, strict=True))
            elif isinstance(values, MixedLabel):
                frame[name] = [tuple(zip(*row, strict=True)) for row in zip(values.classes.tolist(),
                                                                            values.weights.tolist(), strict=True)]
            else:
                frame[name] = list(values)
        return pd.DataFrame(frame)


def _same_target(a: Target, b: Target) -> bool:
    if (a.kind, a.column, a.classes) != (b.kind, b.column, b.classes) or len(a) != len(b):
        return False
    if isinstance(a.data, MixedLabel) or isinstance(b.data, MixedLabel):
        return type(a.data) is type(b.data) and all(np.array_equal(getattr(a.data, f), getattr(b.data, f))
                                                    for f in ("classes", "weights"))
    if isinstance(a.data, SoftLabel):
        return all(np.array_equal(getattr(a.data, f), getattr(b.data, f)) for f in ("a", "b", "lam"))
    if isinstance(a.data, np.ndarray):
        return bool(np.array_equal(a.data, b.data, equal_nan=a.data.dtype.kind == "f"))
    return all(np.array_equal(np.asarray(x, dtype=object), np.asarray(y, dtype=object))
               for x, y in zip(a.data, b.data, strict=True))


def guess_modality(data: Any) -> str:
    """The modality a user's object most plainly is.

    Raises:
        ModalityError: it can't be told; the message says how to name it.
    """
    first = data[0] if isinstance(data, (list, tuple)) and data else None
    type_name = str(getattr(data, "type", ""))
    if isinstance(first, str) or "string" in type_name:
        return "text"
    if (hasattr(data, "schema") or hasattr(data, "columns") or type_name.startswith("struct")
            or isinstance(first, Mapping)):
        return "record"
    if hasattr(first, "edge_index"):
        return "graph"
    if hasattr(data, "ndim"):
        if data.ndim == 4:
            return "image"
        if data.ndim == 2:
            return "state"
        if getattr(getattr(data, "dtype", None), "kind", "") in "UO" and data.ndim == 1:
            return "text"
    if first is not None and getattr(first, "ndim", 0) in (2, 3):
        return "image"
    if isinstance(data, (list, tuple)) and not data:
        return "text"
    shape = f" of shape {tuple(data.shape)}" if hasattr(data, "shape") else ""
    raise ModalityError(f"can't tell the modality of a {type(data).__name__}{shape}: say it, for example with "
                        "Batch.of(data, modality='series')")
