"""The core's contract on every model of the plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from practicum.testing import ModelContract
from practicum.testing.samples import sample_batch


class TestSmallCNN(ModelContract):
    technique = "models-basic/small-cnn"
    config: ClassVar[dict[str, Any]] = {"channels": (4, 8), "epochs": 2}
    tolerance = 1e-5


class TestTextClassifier(ModelContract):
    technique = "models-basic/text-classifier"
    config: ClassVar[dict[str, Any]] = {"buckets": 512, "dimension": 8, "epochs": 2}
    tolerance = 1e-5


class OnStates(ModelContract):
    """Of the kit's samples, the states."""

    def samples(self) -> Any:
        return {"state": sample_batch("state")}


class TestTorchModule(OnStates):
    technique = "models-basic/torch-module"
    config: ClassVar[dict[str, Any]] = {"module": "torch.nn:Linear", "kwargs": {"in_features": 6, "out_features": 3},
                                        "modality": "state", "epochs": 2}
    tolerance = 1e-5


class TestSklearn(OnStates):
    technique = "models-basic/sklearn"
    config: ClassVar[dict[str, Any]] = {"estimator": "sklearn.linear_model:LogisticRegression", "kwargs": {"C": 10.0}}
    tolerance = 1e-9


def three_scores(states: Any) -> Any:
    """What the callable under contract does."""
    return states[:, :3]


class TestCallable(OnStates):
    technique = "models-basic/callable"
    config: ClassVar[dict[str, Any]] = {"modality": "state", "function": f"{__file__}:three_scores"}


class TestTransformers(ModelContract):
    technique = "models-basic/transformers"
    config: ClassVar[dict[str, Any]] = {"epochs": 1, "lr": 1e-3}
    tolerance = 1e-4
    checkpoint: ClassVar[str] = ""

    @pytest.fixture(autouse=True)
    def _tiny(self, bert: Path) -> None:
        type(self).checkpoint = str(bert)

    def make(self, cls: Any, config: Any) -> Any:
        return cls(**{"checkpoint": self.checkpoint, **config})
