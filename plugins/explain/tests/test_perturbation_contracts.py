"""The contracts of the perturbation explainers, on every modality: few samples of few parts, in float64."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.model import Model, Predictions
from practicum.testing import ExplainerContract
from practicum.testing.models import lively_model

_IDS = ["a", "b", "c"]


class Graph:
    """What a graph column needs of an object."""

    def __init__(self, x: torch.Tensor, edge_index: torch.Tensor) -> None:
        self.x, self.edge_index = x, edge_index

    def to_dict(self) -> dict[str, Any]:
        return {"x": self.x, "edge_index": self.edge_index}


class Tabular(Model):
    """Scores of records and graphs: what interacts is a field with the next, a node with its neighbours."""

    name: ClassVar[str] = "toy/tabular"
    modalities: ClassVar[frozenset[str]] = frozenset({"record", "graph"})

    def predict(self, batch: Batch) -> Predictions:
        if batch.modality == "record":
            scores = [_of_record(record) for record in batch.to_list()]
        else:
            scores = [_of_graph(graph) for graph in batch.to_list()]
        return Predictions("classification", batch.ids, np.array(scores).reshape(len(batch), 3))


def _of_record(record: dict[str, Any]) -> list[float]:
    age, name, height = record["age"] or 0, record["name"] or "", record["height"] or 0.0
    return [0.1 * age, height * len(name), 0.3 * height + 0.02 * age * len(name)]


def _of_graph(graph: Any) -> list[float]:
    start, end = graph.edge_index
    shared = (graph.x[start] * graph.x[end]).sum(dim=1)
    return [float(graph.x.sum()), float(shared.sum()), float(graph.x[:, 0].max())]


def few(modality: str) -> Batch:
    """Three samples."""
    rng = np.random.default_rng(0)
    data: Any = {
        "image": lambda: torch.from_numpy(rng.uniform(size=(3, 2, 3, 3))),
        "state": lambda: rng.uniform(size=(3, 5)),
        "series": lambda: Series(rng.normal(size=(3, 6, 1)), np.ones((3, 6), dtype=bool)),
        "text": lambda: ["A good film. See it!", "dull", "not so good"],
        "record": lambda: [{"name": "Ada", "age": 36, "height": 1.6}, {"name": "Alan", "age": 41, "height": 1.8},
                           {"name": None, "age": 53, "height": 1.5}],
        "graph": lambda: [Graph(torch.from_numpy(rng.uniform(size=(n, 2))), torch.tensor([[0, 1, 1], [1, 2, 0]]))
                          for n in (3, 4, 3)],
    }[modality]()
    return Batch.of(data, ids=_IDS, modality=modality, targets={"label": [0, 1, 2]})


class PerturbationContract(ExplainerContract):
    samples = {m: few(m) for m in ("image", "state", "series", "text", "record", "graph")}

    def model_for(self, modality: str) -> Any:
        return Tabular() if modality in ("record", "graph") else lively_model(few(modality))


class TestAblation(PerturbationContract):
    technique = "explain/ablation"


class TestOcclusion(PerturbationContract):
    technique = "explain/occlusion"


class TestLime(PerturbationContract):
    technique = "explain/lime"
    config = {"samples": 40}
    skip = {"ignored features get nothing": "a line fitted to a curved score on a draw of coalitions also leans on "
            "parts that were drawn with others by chance; test_lime.py shows that it doesn't on linear scores"}


class TestShapley(PerturbationContract):
    technique = "explain/shapley"


class TestKernelShap(PerturbationContract):
    technique = "explain/kernel-shap"


class TestKernelShapOfDraws(PerturbationContract):
    technique = "explain/kernel-shap"
    config = {"budget": 36}
    skip = {"ignored features get nothing": "drawn coalitions estimate each value with an error, which it says; with "
            "all of them (TestKernelShap) ignored features get nothing"}


class TestPermutationShap(PerturbationContract):
    technique = "explain/permutation-shap"
    config = {"pairs": 3}


class TestPartitionShap(PerturbationContract):
    technique = "explain/partition-shap"
