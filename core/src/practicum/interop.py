"""Bridges to Arrow, Hugging Face ``datasets`` and torch's DataLoader."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from practicum.batch import Batch, Column, Ids, guess_modality
from practicum.columns import column_kind
from practicum.errors import DataError
from practicum.targets import MixedLabel, SoftLabel, Target

if TYPE_CHECKING:
    import pyarrow as pa

    from practicum.transformation import Transformation

_META = b"practicum"


def batch_to_arrow(batch: Batch) -> pa.Table:
    """See :meth:`practicum.Batch.to_arrow`."""
    import pyarrow as pa

    ids = list(batch.ids)
    plain_ints = all(isinstance(i, int) for i in ids)
    arrays: list[Any] = [pa.array(ids if plain_ints else [str(i) for i in ids],
                                  type=pa.int64() if plain_ints else pa.large_string())]
    names = ["id"]
    facts: dict[str, Any] = {"columns": {}, "targets": {}}
    for name, column in batch.columns.items():
        kind = column_kind(column.modality)
        arrays.append(kind.to_arrow(column.data))
        names.append(f"column:{name}")
        facts["columns"][name] = {"modality": column.modality, "meta": kind.arrow_meta(column.data)}
    for name, target in batch.targets.items():
        arrays.append(_target_array(target))
        names.append(f"target:{name}")
        shapes = [list(np.shape(v)) for v in target.data] if target.kind in ("boxes", "masks", "keypoints") else None
        dtype = str(np.asarray(target.data[0]).dtype) if shapes else None
        facts["targets"][name] = {"kind": target.kind, "column": target.column, "classes": list(target.classes),
                                  "shapes": shapes, "dtype": dtype}
    table = pa.Table.from_arrays(arrays, names=names)
    return table.replace_schema_metadata({_META: json.dumps(facts).encode("utf-8")})


def _target_array(target: Target) -> Any:
    import pyarrow as pa

    if isinstance(target.data, SoftLabel):
        return pa.StructArray.from_arrays([pa.array(getattr(target.data, f)) for f in ("a", "b", "lam")],
                                          names=["a", "b", "lam"])
    if isinstance(target.data, MixedLabel):
        return pa.StructArray.from_arrays([pa.array(list(getattr(target.data, f)), type=pa.list_(t)) for f, t in
                                           (("classes", pa.int64()), ("weights", pa.float64()))],
                                          names=["classes", "weights"])
    if isinstance(target.data, np.ndarray):
        return pa.array(target.data)
    if target.kind in ("boxes", "masks", "keypoints"):
        return pa.array([np.ascontiguousarray(v).tobytes() for v in target.data], type=pa.large_binary())
    return pa.array([json.dumps(v) for v in target.data], type=pa.large_string())


def batch_from_arrow(table: pa.Table) -> Batch:
    """See :meth:`practicum.Batch.from_arrow`.

    Raises:
        DataError: the table was not written by ``Batch.to_arrow``.
    """
    metadata = table.schema.metadata or {}
    if _META not in metadata:
        raise DataError("this Arrow table was not written by Batch.to_arrow (its schema lacks the 'practicum' facts): "
                        "build a batch with Batch.of(table['column'], ids=...)")
    facts = json.loads(metadata[_META])
    columns = {n: Column(f["modality"], column_kind(f["modality"]).from_arrow(
        table[f"column:{n}"].combine_chunks(), f["meta"])) for n, f in facts["columns"].items()}
    targets = {n: _target_from(table[f"target:{n}"].combine_chunks(), f) for n, f in facts["targets"].items()}
    return Batch(Ids.of(table["id"], table.num_rows), columns, targets)


def _target_from(array: Any, fact: Mapping[str, Any]) -> Target:
    kind = fact["kind"]
    data: Any
    if kind == "soft-label" and array.type.get_field_index("classes") >= 0:
        classes, weights = array.field("classes").to_pylist(), array.field("weights").to_pylist()
        data = MixedLabel(np.array(classes, np.int64).reshape(len(classes), -1 if classes else 1),
                          np.array(weights, np.float64).reshape(len(weights), -1 if weights else 1))
    elif kind == "soft-label":
        data = SoftLabel(*(array.field(f).to_numpy(zero_copy_only=False) for f in ("a", "b", "lam")))
    elif kind in ("label", "value"):
        data = array.to_numpy(zero_copy_only=False)
    elif kind in ("boxes", "masks", "keypoints"):
        data = [np.frombuffer(b, fact["dtype"]).reshape(s).copy() for b, s in zip(array.to_pylist(), fact["shapes"],
                                                                                  strict=True)]
    else:
        data = [json.loads(v) for v in array.to_pylist()]
        if kind == "spans":
            data = [[tuple(s) for s in spans] for spans in data]
        elif kind == "answer":
            data = [None if a is None else tuple(a) for a in data]
        elif kind in ("links", "reference"):
            data = [tuple(v) for v in data]
    return Target(kind, data, fact["column"], tuple(fact["classes"]))


@dataclass(frozen=True, slots=True)
class MapFunction:
    """A technique as a function for ``datasets.Dataset.map(fn, batched=True, with_indices=True)``; picklable.

    Indices (or an id column) are required: two batches without ids would draw the same randomness.
    """

    technique: Transformation
    column: str
    seed: int = 0
    epoch: int = 0
    ids: str | None = None

    def __call__(self, examples: Mapping[str, list[Any]], indices: Sequence[int] | None = None) -> dict[str, list[Any]]:
        """Transform ``examples[column]``; other columns pass through."""
        if self.column not in examples:
            raise DataError(f"the dataset has no column {self.column!r}; it has {', '.join(examples)}")
        ids = examples[self.ids] if self.ids is not None else indices
        if ids is None:
            raise DataError(f"{self.technique.name} needs each sample's index to draw its randomness: call "
                            "dataset.map(fn, batched=True, with_indices=True), or name a column of ids")
        out = self.technique(examples[self.column], self.seed, epoch=self.epoch, ids=list(ids))
        return {**examples, self.column: out}


class IndexedDataset:
    """A map-style dataset that yields ``(index, sample)``; see :func:`indexed`."""

    def __init__(self, dataset: Any, ids: Sequence[Any] | None = None) -> None:
        if ids is not None and len(ids) != len(dataset):
            raise DataError(f"{len(ids)} ids for a dataset of {len(dataset)} samples")
        self.dataset, self.ids = dataset, ids

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return (index if self.ids is None else self.ids[index]), self.dataset[index]


def indexed(dataset: Any, ids: Sequence[Any] | None = None) -> IndexedDataset:
    """A dataset whose samples carry their id, for ``technique.collate()`` in a DataLoader.

    Args:
        dataset: map-style, with ``__len__`` and ``__getitem__``.
        ids: one id per sample; the index when left out.

    Example:
        >>> indexed(["a", "b"])[1]
        (1, 'b')
    """
    return IndexedDataset(dataset, ids)


@dataclass
class Collate:
    """A ``collate_fn`` that transforms the inputs of ``(id, (input, target))`` samples and then collates.

    Set ``epoch`` before each epoch for new draws; with worker processes, make the loader anew or let ``epoch`` be a
    ``multiprocessing.Value``-like object with a ``value``.
    """

    technique: Transformation
    base: Callable[[list[Any]], Any] | None = None
    seed: int = 0
    epoch: Any = 0
    modality: str | None = None

    def __call__(self, samples: list[Any]) -> Any:
        """``samples`` come from :func:`indexed`; a sample is an input, or a tuple whose first item is the input."""
        if not samples or not isinstance(samples[0], tuple) or len(samples[0]) != 2:
            raise DataError("collate needs (id, sample) pairs: wrap the dataset with practicum.indexed(dataset)")
        ids, items = [i for i, _ in samples], [s for _, s in samples]
        tupled = isinstance(items[0], (tuple, list))
        inputs = [item[0] for item in items] if tupled else items
        modality = self.modality or (next(iter(self.technique.modalities)) if len(self.technique.modalities) == 1
                                     else guess_modality(inputs))
        tensors = modality == "image" and hasattr(inputs[0], "detach")
        data: Any = inputs
        if tensors:
            import torch

            data = torch.stack(inputs)
        labels = [item[1] for item in items] if tupled and self.technique.label_effect == "mixes" else None
        batch = Batch.of(data, ids=ids, modality=modality, targets={"label": labels} if labels is not None else None)
        epoch = int(getattr(self.epoch, "value", self.epoch))
        out = self.technique(batch, self.seed, epoch=epoch)
        values = list(out.data) if tensors else out.to_list()
        if labels is not None:
            soft = out.targets["label"].softened().data
            shares: Any = (list(zip(soft.classes, soft.weights, strict=True)) if isinstance(soft, MixedLabel) else
                           [(int(a), int(b), float(lam)) for a, b, lam in zip(soft.a, soft.b, soft.lam, strict=True)])
            items = [(v, share, *item[2:]) for v, share, item in zip(values, shares, items, strict=True)]
        elif tupled:
            items = [(v, *item[1:]) for v, item in zip(values, items, strict=True)]
        else:
            items = values
        if self.base is not None:
            return self.base(items)
        from torch.utils.data import default_collate

        return default_collate(items)
