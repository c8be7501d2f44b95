"""Models and samples of the tests: scores that are sums over words, so that the truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import PrivateAttr

from practicum.batch import Batch
from practicum.keys import Keys
from practicum.model import Model, Predictions

WORDS = tuple(f"w{k}" for k in range(40))


class Additive(Model):
    """Logits (0, s), s the sum of the weights of a text's words plus a bias; notes every text it is asked about."""

    name: ClassVar[str] = "toy/additive"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    bias: float = 0.0
    _weights: Any = PrivateAttr(default=None)
    _asked: Any = PrivateAttr(default=None)

    @classmethod
    def of(cls, weights: Mapping[str, float], bias: float = 0.0) -> Additive:
        made = cls(bias=bias)
        object.__setattr__(made, "__pydantic_private__", {"_weights": dict(weights), "_asked": []})
        return made

    @property
    def asked(self) -> list[list[str]]:
        """The texts of each call."""
        return self._asked

    def score(self, text: str) -> float:
        """The sum."""
        return self.bias + sum(self._weights.get(word, 0.0) for word in text.split())

    def predict(self, batch: Batch) -> Predictions:
        texts = batch.to_list()
        self._asked.append(texts)
        sums = np.array([self.score(text) for text in texts], dtype=np.float64)
        return Predictions(self.task, batch.ids, np.stack([np.zeros(len(sums)), sums], axis=1))


@pytest.fixture
def additive() -> Callable[..., Additive]:
    """Makes additive models."""
    return Additive.of


@pytest.fixture
def draws() -> Callable[[int, int, int], np.ndarray]:
    """Uniform numbers in [0, 1) by seed, rows and columns."""
    def uniform(seed: int, rows: int, columns: int) -> np.ndarray:
        return Keys(seed).bind(Batch.of(np.zeros((rows, 1)), modality="state").ids).uniform53(columns)
    return uniform


@pytest.fixture
def game(draws: Callable[[int, int, int], np.ndarray]) -> tuple[Additive, Batch, dict[str, tuple[str, ...]]]:
    """An additive model, 30 texts of 8 different words that it gives class 1, and three substitutes of each word."""
    values = np.round(2 * draws(1, 1, len(WORDS))[0] - 0.6, 3)
    weights = dict(zip(WORDS, values.tolist(), strict=True))
    entries: dict[str, tuple[str, ...]] = {}
    for at, row in enumerate(np.round(2 * draws(2, len(WORDS), 3) - 1.2, 3).tolist()):
        entries[WORDS[at]] = tuple(f"{WORDS[at]}-{k}" for k in range(3))
        weights |= dict(zip(entries[WORDS[at]], row, strict=True))
    texts = [" ".join(WORDS[k] for k in np.argsort(row)[:8]) for row in draws(3, 60, len(WORDS))]
    model = Additive.of(weights)
    texts = [t for t in texts if model.score(t) > 0.5][:30]
    assert len(texts) == 30
    return model, Batch.of(texts, targets={"label": np.ones(30, dtype=np.int64)}), entries


def least_substitutions(model: Additive, text: str, entries: Mapping[str, tuple[str, ...]]) -> float:
    """The fewest substitutions that turn the score of a text not positive; infinite where none do."""
    gains = sorted((model._weights[w] - min(model._weights[s] for s in entries[w]) for w in text.split()), reverse=True)
    total, margin = 0.0, model.score(text)
    for count, gain in enumerate(gains, 1):
        total += gain
        if total >= margin - 1e-12:
            return count
    return float("inf")


@pytest.fixture
def fewest() -> Callable[[Additive, str, Mapping[str, tuple[str, ...]]], float]:
    """The exact oracle: gains sorted, as many as are needed."""
    return least_substitutions
