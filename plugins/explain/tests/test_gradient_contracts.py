"""The contracts of the gradient explainers, on every modality they take: few samples of few numbers, in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum import Batch
from practicum.columns.arrays import Series
from practicum.testing import ExplainerContract

_IDS = ["a", "b", "c"]


def few(modality: str) -> Batch:
    """Three samples."""
    rng = np.random.default_rng(0)
    data: Any = {
        "image": lambda: torch.from_numpy(rng.uniform(size=(3, 2, 4, 4))),
        "state": lambda: rng.uniform(size=(3, 5)),
        "series": lambda: Series(rng.normal(size=(3, 6, 1)), np.ones((3, 6), dtype=bool)),
        "text": lambda: ["A good film. See it!", "dull", "not so good"],
    }[modality]()
    return Batch.of(data, ids=_IDS, modality=modality, targets={"label": [0, 1, 2]})


class GradientContract(ExplainerContract):
    samples = {m: few(m) for m in ("image", "state", "series", "text")}


class TestIntegratedGradients(GradientContract):
    technique = "explain/integrated-gradients"
