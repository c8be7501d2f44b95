"""Explainers that break one promise each; the right one is gradient times input."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from wrong import Wrong, peeked
from wrong_transformations import DOC

from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model

Array = npt.NDArray[np.float64]


class Product(Explainer):
    """Gradient times input."""

    name: ClassVar[str] = "wrong/product"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "gradient"

    def combine(self, x: Array, gradient: Array) -> Array:
        return x * gradient

    def wrap(self, values: Array, target: npt.NDArray[np.int64], batch: Batch) -> Explanation:
        return Explanation(values, target, batch.ids, method=self.name)

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        part: Any = model
        with untouched(part.modules()):
            column = FloatColumn.of(batch, self.on, by=self.name)
            x = column.x.requires_grad_(True)
            chosen = part.logits(column.with_values(x)).gather(1, torch.as_tensor(target)[:, None]).sum()
            gradient = torch.autograd.grad(chosen, x)[0]
        return self.wrap(self.combine(x.detach().numpy(), gradient.numpy()), target, batch)


class FollowsGlobalState(Product):
    def combine(self, x: Array, gradient: Array) -> Array:
        return x * gradient * (1 + peeked() % 100)


class OtherClass(Product):
    def wrap(self, values: Array, target: npt.NDArray[np.int64], batch: Batch) -> Explanation:
        return Explanation(values, target + 1, batch.ids, method=self.name)


class CountsSamples(Product):
    def combine(self, x: Array, gradient: Array) -> Array:
        return x * gradient / len(x)


class AddsConstant(Product):
    def combine(self, x: Array, gradient: Array) -> Array:
        return x * gradient + 0.1


class InputOnly(Product):
    def combine(self, x: Array, gradient: Array) -> Array:
        return np.asarray(x * (gradient != 0))


class DoesNotAddUp(Product):
    def wrap(self, values: Array, target: npt.NDArray[np.int64], batch: Batch) -> Explanation:
        return Explanation(values, target, batch.ids, base_value=np.zeros(len(batch)), method=self.name)


class NeedsSamples(Product):
    def combine(self, x: Array, gradient: Array) -> Array:
        assert x[0] is not None
        return x * gradient


class LeavesEvaluationMode(Product):
    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        out = super().explain(model, batch, target, keys)
        part: Any = model
        part.modules()[0].eval()
        return out


class RoundsToSingle(Product):
    def combine(self, x: Array, gradient: Array) -> Array:
        return np.asarray(x * gradient, dtype=np.float32)


class WritesOtherTexts(Explainer):
    """How much the score falls when a word is written over."""

    name: ClassVar[str] = "wrong/written-over"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    access: ClassVar[Any] = "score"

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        name = batch.column_name(self.on)
        units = [text.split() for text in batch.to_list(name)]
        values = [np.zeros(len(words)) for words in units]

        def scores(texts: list[str]) -> Array:
            made = np.asarray(model.predict(batch.with_column(name, texts)).values, dtype=np.float64)
            return np.asarray(made[np.arange(len(made)), target])

        if len(batch):
            full = scores([" ".join(words) for words in units])
            for at in range(max(map(len, units))):
                fall = full - scores([" ".join([*w[:at], "[UNK]", *w[at + 1:]]) for w in units])
                for row, words in enumerate(units):
                    if at < len(words):
                        values[row][at] = fall[row]
        return Explanation(values, target, batch.ids, units=units, method=self.name)


def case(check: str, technique: Any, says: str) -> Wrong:
    return Wrong(check, technique, says, DOC)


WRONG = [
    case("same key same output", FollowsGlobalState, "other attributions"),
    case("attributions fit the units", OtherClass, "other classes"),
    case("batch equals singles", CountsSamples, "alone sample"),
    case("ignored features get nothing", AddsConstant, "without influence"),
    case("follows the weights", InputOnly, "same maps"),
    case("adds up to the score", DoesNotAddUp, "attributions sum to"),
    case("precision of the input kept", RoundsToSingle, "float32"),
    case("units reach the model unchanged", WritesOtherTexts, "which no sample has"),
    case("empty batch", NeedsSamples, "raised"),
    case("model untouched", LeavesEvaluationMode, "the mode of module"),
]
