"""Explainers are checked before and after, and explanations slice all rows together."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from practicum import Batch
from practicum.errors import CapabilityError, ModalityError, TechniqueFailed
from practicum.explainer import Explainer, Explanation
from practicum.keys import Keys
from practicum.model import Model, Predictions
from practicum.testing.torch_toys import BagOfWords, TorchToy


class Blind(Model):
    """Predicts, and nothing else."""

    name: ClassVar[str] = "test/blind"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def predict(self, batch: Batch) -> Predictions:
        return Predictions("classification", batch.ids, np.tile([1.0, 0.0], (len(batch), 1)))


MODEL = TorchToy.linear([[0.0, 0.0], [1.0, 1.0]], [0.0, -1.0])  # class 1 where the sum exceeds 1
X = np.array([[0.2, 0.2], [0.9, 0.9], [0.4, 0.4], [0.9, 0.8]])
Y = np.array([0, 1, 0, 0])


class Constant(Explainer):
    """Ones, in the input's shape."""

    name: ClassVar[str] = "test/constant"
    modalities: ClassVar[frozenset[str]] = frozenset({"state", "text"})
    drop: int = 0

    def explain(self, model: Model, batch: Batch, target: Any, keys: Keys) -> Explanation:
        if self.drop < 0:
            raise ZeroDivisionError("oops")
        return Explanation(np.ones((len(batch) - self.drop, 2)), target, batch.ids,
                           base_value=np.arange(len(batch)) / 2, method=self.name)


def test_explanations_of_named_and_predicted_classes() -> None:
    assert Constant()(MODEL, X).target.tolist() == MODEL.predict(Batch.of(X)).labels.tolist()
    assert Constant()(MODEL, X, target=1).target.tolist() == [1] * 4
    assert Constant()(MODEL, X, target=Y).target.tolist() == Y.tolist()
    with pytest.raises(CapabilityError, match="3 targets for 4 samples"):
        Constant()(MODEL, X, target=[0, 1, 0])


def test_explainers_are_checked_before_and_after() -> None:
    with pytest.raises(CapabilityError, match="test/constant needs a model with gradient, but test/blind offers"):
        Constant()(Blind(), X)
    with pytest.raises(CapabilityError, match="needs a model with embedding-gradient, but toy/torch offers gradient"):
        Constant().run(MODEL, Batch.of(["a"]), [0], Keys())
    Constant().run(BagOfWords.of(["a"], [[1.0], [0.0]], [[1.0], [0.0]]), Batch.of(["a"]), [0], Keys())
    with pytest.raises(ModalityError, match="takes state or text, but column 'image' is image"):
        Constant().run(MODEL, Batch.of(np.zeros((1, 1, 2, 2))), [0], Keys())
    with pytest.raises(CapabilityError, match="was given a Linear"):
        Constant().run(torch.nn.Linear(2, 2), Batch.of(X), [0], Keys())  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(TechniqueFailed, match="returned 3 attributions for 4 samples"):
        Constant(drop=1)(MODEL, X)
    with pytest.raises(TechniqueFailed, match="test/constant raised ZeroDivisionError"):
        Constant(drop=-1)(MODEL, X)


def test_slices_of_an_explanation_keep_all_rows_together() -> None:
    out = Constant()(MODEL, X, target=Y, ids=["a", "b", "c", "d"])
    assert len(out) == 4
    for part, ids, base in ((out[1:3], ["b", "c"], [0.5, 1.0]), (out[-1], ["d"], [1.5]), (out[2], ["c"], [1.0])):
        assert list(part.ids) == ids
        assert part.base_value is not None
        assert part.base_value.tolist() == base
        assert len(part.values) == len(part.target) == len(ids)
        assert part.units is None
        assert part.method == "test/constant"
