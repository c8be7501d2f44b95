"""A model whose accuracy with and without an augmentation is known exactly, for tests of the gain table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field, PrivateAttr

from practicum import Batch, Keys, Model, Predictions
from practicum.attack import Attack
from practicum.data.splits import Splits
from practicum.targets import SoftLabel
from practicum.tracker import Run
from practicum.transformation import Transformation

SEEN: list[tuple[str, tuple[Any, ...], str, bool]] = []
"""Of each fit: its keys, its samples, the kind of its labels, and whether it was augmented."""


class Threshold(Model):
    """Right on a sample of value v where v lies below the mean of its (augmented) training values.

    With ``spread`` the keys add a draw to the threshold: what initial weights do to a network.
    """

    name: ClassVar[str] = "test/threshold"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    spread: float = 0.0
    breaks: tuple[int, ...] = Field(default=(), description="seeds without augmentation on which training fails")
    _threshold: float | None = PrivateAttr(default=None)

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Run | None = None, *,
            augment: Transformation | None = None, adversary: Attack | None = None,
            checkpoint: Path | None = None) -> Model:
        data = Batch.concat(list(batches))
        seen = data if augment is None else augment.run(data, keys.child("augment"))
        SEEN.append((str(keys.stream), tuple(data.ids), seen.targets["label"].kind, augment is not None))
        if augment is None and keys.seed in self.breaks:
            raise RuntimeError("the loss is NaN")
        draw = float(keys.child("init").bind(Batch.of(np.zeros((1, 1))).ids).uniform(1)[0, 0])
        made = self.evolve()
        mean = float(np.mean(np.asarray(seen.column(), dtype=np.float64)))
        object.__setattr__(made, "__pydantic_private__", {"_threshold": mean + self.spread * draw})
        return made

    def predict(self, batch: Batch) -> Predictions:
        right = np.asarray(batch.column(), dtype=np.float64)[:, 0] < self._threshold
        said = np.where(right, batch.label, 1 - batch.label)
        return Predictions("classification", batch.ids, np.eye(2)[said])


class Mixed(Transformation):
    """Soft labels, inputs as they are."""

    name: ClassVar[str] = "test/mixed"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    label_effect: ClassVar[Any] = "mixes"

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        label = batch.label
        return batch.with_targets(label=SoftLabel(label, 1 - label, np.full(len(label), 0.75)))


def ladder(train: int = 60, test: int = 100) -> Splits:
    """Training values 0; test values -0.30, -0.29, ..., 0.69: a threshold t is right on 30 + 100 t of 100."""
    steps = (np.arange(test) - 0.3 * test + 0.5) / test
    return Splits(train=Batch.of(np.zeros((train, 1)), ids=[f"a{k}" for k in range(train)], modality="state",
                                 targets={"label": np.arange(train) % 2}),
                  test=Batch.of(steps[:, None], ids=[f"b{k}" for k in range(test)], modality="state",
                                targets={"label": np.arange(test) % 2}))
