"""Plain functions, and which adapter ``practicum.wrap`` picks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import practicum as pm
from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, ModelOutputError, TechniqueFailed
from practicum.model import Differentiable, supports


def test_what_a_function_gets_and_returns() -> None:
    seen: list[Any] = []

    def count(inputs: Any) -> Any:
        seen.append(inputs)
        return [[float(len(inputs)), 0.0]] * len(inputs)

    pm.wrap(count, modality="text").predict(Batch.of(["a", "b"]))
    assert seen.pop() == ["a", "b"]
    pm.wrap(count, modality="image").predict(Batch.of(torch.full((2, 1, 3, 3), 255, dtype=torch.uint8)))
    image = seen.pop()
    assert isinstance(image, torch.Tensor)
    assert float(image.max()) == 1.0
    pm.wrap(count, modality="image", takes="numpy").predict(Batch.of(torch.zeros(2, 1, 3, 3)))
    assert isinstance(seen.pop(), np.ndarray)
    pm.wrap(count, modality="image").predict(Batch.of([np.zeros((2, 3, 1)), np.zeros((3, 3, 1))], modality="image"))
    assert [i.shape for i in seen.pop()] == [(2, 3, 1), (3, 3, 1)]
    pm.wrap(count, modality="record").predict(Batch.of([{"a": 1, "b": "x"}]))
    assert seen.pop()["b"].tolist() == ["x"]
    pm.wrap(count, modality="state", batch_size=2).predict(Batch.of(np.zeros((5, 3))))
    assert [len(s) for s in seen] == [2, 2, 1]


def test_a_function_cannot_change_the_batch() -> None:
    def scribble(x: Any) -> Any:
        x[:] = 9
        return np.zeros((len(x), 2))

    images, states = torch.zeros(2, 1, 2, 2), np.zeros((2, 3))
    pm.wrap(scribble, modality="image").predict(Batch.of(images))
    pm.wrap(scribble, modality="state").predict(Batch.of(states))
    assert not images.any()
    assert not states.any()


@pytest.mark.parametrize(("output", "message"), [
    (lambda x: np.zeros(len(x)), r"returned shape \(3,\) for 3 samples; it must return \[3, classes\]"),
    (lambda x: np.zeros((2, 2)), r"shape \(2, 2\) for 3 samples"),
    (lambda x: [[1], [1, 2], [3]], "no array of numbers"),
    (lambda x: "no", "no array of numbers"),
    (lambda x: np.zeros((len(x), 5)), "5 scores a sample but 2 classes"),
])
def test_wrong_outputs(output: Any, message: str) -> None:
    with pytest.raises(ModelOutputError, match=message):
        pm.wrap(output, modality="text", classes=("a", "b")).predict(Batch.of(["x", "y", "z"]))


def test_a_raising_function_is_named_with_the_sample() -> None:
    def fail(texts: list[str]) -> None:
        raise KeyError("nope")

    with pytest.raises(TechniqueFailed, match=r"raised KeyError on 1 samples \(first id 'q'\)"):
        pm.wrap(fail, modality="text").predict(Batch.of(["x"], ids=["q"]))


def test_facts_of_a_wrapped_function() -> None:
    model = pm.wrap(lambda x: x, modality="state", repeatable=False)
    assert not model.deterministic
    assert not supports(model, "gradient")
    with pytest.raises(ConfigError, match="can't name"):
        model.config()
    other = pm.wrap(lambda x: x + 1, modality="state", repeatable=False)
    assert model.fingerprint() != other.fingerprint()
    assert model.evolve(revision="2").fingerprint() != model.fingerprint()


def test_wrap_finds_the_adapter() -> None:
    class Callable:
        def __call__(self, x: Any) -> Any:
            return x

    class Net(torch.nn.Linear):
        pass

    found = {
        "models-basic/torch-module": pm.wrap(Net(2, 2), modality="state"),
        "models-basic/sklearn": pm.wrap(LogisticRegression()),
        "models-basic/callable": pm.wrap(Callable(), modality="state"),
    }
    assert {name: model.name for name, model in found.items()} == {name: name for name in found}
    assert isinstance(found["models-basic/torch-module"], Differentiable)
    already = found["models-basic/callable"]
    assert pm.wrap(already) is already
    with pytest.raises(CapabilityError, match="Net is a class"):
        pm.wrap(Net)
    with pytest.raises(CapabilityError, match=r"can wrap a builtins\.int"):
        pm.wrap(3)
