"""Graphs as boards: players are nodes."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from practicum.batch import Batch
from practicum.errors import DataError
from practicum.masking.absent import Filled
from practicum.masking.board import InputBoard, Present, Rows, by_unit
from practicum.masking.score import Floats


class GraphBoard(InputBoard):
    """A graph's nodes: the features ``x`` [n, F] of absent ones are replaced, all edges stay."""

    def __init__(self, batch: Batch, name: str, absent: Filled, by: str) -> None:
        super().__init__(batch, name)
        self._graphs = batch.columns[name].data
        for sample, graph in zip(batch.ids, self._graphs, strict=True):
            if getattr(graph, "x", None) is None or graph.x.ndim != 2:
                raise DataError(f"{by}: the graph of sample {sample!r} has no node features x [n, F], so its nodes "
                                "can't be absent: give each node features")
        self.counts = np.array([len(g.x) for g in self._graphs], dtype=np.int64)
        self.units = [[str(k) for k in range(count)] for count in self.counts]
        self._base = [absent.fill(g.x, None, "graph").clone() for g in self._graphs]
        self.cost = 64 + max((g.x.numel() * g.x.element_size() for g in self._graphs), default=0)

    def masked(self, rows: Rows, present: Present) -> Any:
        import torch

        made = []
        for row, seen in zip(rows.tolist(), present, strict=True):
            graph = copy.copy(self._graphs[row])
            keep = torch.from_numpy(seen[:len(graph.x)].copy()).to(graph.x.device)
            graph.x = torch.where(keep[:, None], graph.x, self._base[row])
            made.append(graph)
        return made

    def spread(self, values: Floats) -> list[Floats]:
        return by_unit(values, self.counts)
