"""Graph columns: a list of ``torch_geometric.data.Data``, or any object with the same tensor attributes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from practicum.columns.base import ColumnKind, Index, where
from practicum.errors import DataError


class GraphKind(ColumnKind):
    """Graphs: PyG ``Data`` objects, one a sample; Arrow carries their tensors without pickle."""

    modality: ClassVar[str] = "graph"

    def coerce(self, value: Any, *, name: str, ids: Any = None) -> list[Any]:
        graphs = list(value)
        for row, graph in enumerate(graphs):
            index = getattr(graph, "edge_index", None)
            if index is None or not hasattr(graph, "to_dict"):
                raise DataError(f"{where(name, ids, row)}: {type(graph).__name__} is no graph: use "
                                "torch_geometric.data.Data with an edge_index [2, E]")
            if index.ndim != 2 or index.shape[0] != 2:
                raise DataError(f"{where(name, ids, row)}: edge_index has shape {tuple(index.shape)}, not [2, E]")
        return graphs

    def length(self, data: list[Any]) -> int:
        return len(data)

    def take(self, data: list[Any], index: Index) -> list[Any]:
        return [data[int(i)] for i in index]

    def concat(self, parts: Sequence[list[Any]]) -> list[Any]:
        return [g for part in parts for g in part]

    def to_list(self, data: list[Any]) -> list[Any]:
        return list(data)

    def to_arrow(self, data: list[Any]) -> Any:
        import pyarrow as pa

        return pa.array([_dump(g) for g in data], type=pa.large_binary())

    def from_arrow(self, array: Any, meta: dict[str, Any]) -> list[Any]:
        return [_load(raw) for raw in array.to_pylist()]


def _dump(graph: Any) -> bytes:
    head: list[dict[str, Any]] = []
    body: list[bytes] = []
    for key, value in sorted(graph.to_dict().items()):
        if hasattr(value, "numpy"):
            array = np.ascontiguousarray(value.detach().cpu().numpy())
            head.append({"key": key, "dtype": str(array.dtype), "shape": list(array.shape)})
            body.append(array.tobytes())
        elif value is None or isinstance(value, (int, float, str, bool)):
            head.append({"key": key, "value": value})
        else:
            raise DataError(f"graph attribute {key!r} is a {type(value).__name__}; Arrow carries tensors, numbers and "
                            "texts: store it as one of these")
    header = json.dumps(head).encode("utf-8")
    return len(header).to_bytes(8, "little") + header + b"".join(body)


def _load(raw: bytes) -> Any:
    import torch
    from torch_geometric.data import Data

    size = int.from_bytes(raw[:8], "little")
    at = 8 + size
    values: dict[str, Any] = {}
    for item in json.loads(raw[8:at]):
        if "dtype" not in item:
            values[item["key"]] = item["value"]
            continue
        count = int(np.prod(item["shape"], dtype=np.int64))
        array = np.frombuffer(raw, dtype=item["dtype"], count=count, offset=at).reshape(item["shape"])
        at += array.nbytes
        values[item["key"]] = torch.from_numpy(array.copy())
    return Data.from_dict(values)
