"""Techniques and models that fail on purpose, for tests."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from practicum import Batch, Budget, Keys, Model, Predictions
from practicum.attack import Attack
from practicum.explainer import Explainer, Explanation
from practicum.transformation import Filter, Transformation


class Shift(Transformation):
    """Adds a constant; fails on samples whose first feature is above ``limit``."""

    name: ClassVar[str] = "test/shift"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    by: float = 1.0
    limit: float = 1e9

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        x = np.asarray(batch.column(), dtype=np.float64)
        if (x[:, 0] > self.limit).any():
            raise ValueError("too large")
        return batch.with_column("state", x + self.by)


class Negate(Shift):
    """Changes the label along with the input."""

    name: ClassVar[str] = "test/negate"
    label_effect: ClassVar[Any] = "changes"

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        x = np.asarray(batch.column(), dtype=np.float64)
        return batch.with_column("state", -x).with_targets(label=1 - batch.label)


class DropHalf(Filter):
    name: ClassVar[str] = "test/drop-half"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def keep(self, batch: Batch, keys: Keys) -> Any:
        return np.arange(len(batch)) % 2 == 0


class Overreach(Attack):
    """Moves by twice its budget, for the core to notice."""

    name: ClassVar[str] = "test/overreach"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "score"
    eps: float = 0.5

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("linf", self.eps)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        return batch.with_column("state", np.asarray(batch.column(), dtype=np.float64) + 2 * self.eps)


class GradientOnly(Overreach):
    name: ClassVar[str] = "test/gradient-only"
    access: ClassVar[Any] = "gradient"


class Sign(Model):
    """Class 1 where the first feature is positive; raises or gives NaN where it is above its limits."""

    name: ClassVar[str] = "test/sign"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    raises_above: float = 1e9
    nan_above: float = 1e9

    def predict(self, batch: Batch) -> Predictions:
        x = np.asarray(batch.column(), dtype=np.float64)[:, 0]
        if (x > self.raises_above).any():
            raise RuntimeError("model broke")
        scores = np.stack([-x, x], axis=1)
        scores[x > self.nan_above] = np.nan
        return Predictions("classification", batch.ids, scores)


class Mean(Model):
    """Regression: the mean of the features."""

    name: ClassVar[str] = "test/mean"
    task: ClassVar[Any] = "regression"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def predict(self, batch: Batch) -> Predictions:
        return Predictions("regression", batch.ids, np.asarray(batch.column(), dtype=np.float64).mean(axis=1))


class Occupied(Explainer):
    """Attributes the input to itself."""

    name: ClassVar[str] = "test/itself"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "score"

    def explain(self, model: Model, batch: Batch, target: Any, keys: Keys) -> Explanation:
        return Explanation(np.asarray(batch.column(), dtype=np.float64), target, batch.ids,
                           base_value=np.zeros(len(batch)), method=self.name)


def line(count: int = 40, **targets: Any) -> Batch:
    """Points from -2 to 2 on a line, class 1 where positive."""
    x = np.linspace(-2, 2, count)
    targets = targets or {"label": (x > 0).astype(int)}
    points = np.stack([x, 0 * x], axis=1)
    return Batch.of(points, ids=[f"p{k}" for k in range(count)], targets=targets, modality="state")
