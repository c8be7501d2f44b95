"""Models that break one promise each; the right ones are a fixed linear model and a nearest class mean."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import PrivateAttr
from wrong import Wrong, peeked
from wrong_transformations import DOC

from practicum.batch import Batch
from practicum.keys import Keys
from practicum.model import Model, Predictions
from practicum.technique import Technique
from practicum.testing import ModelContract, sample_batch
from practicum.testing.models import lively_model
from practicum.testing.torch_toys import BagOfWords, TorchToy

Array = npt.NDArray[np.float64]


class Linear(Model):
    """Fixed weights."""

    name: ClassVar[str] = "wrong/linear"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    bias: float = 0.0

    def numbers(self, batch: Batch) -> Array:
        return np.asarray(batch.data, dtype=np.float64)

    def predict(self, batch: Batch) -> Predictions:
        x = self.numbers(batch)
        weight = np.cos(np.arange(3 * x.shape[1]).reshape(x.shape[1], 3))
        return Predictions(self.task, batch.ids, x @ weight + self.bias * np.arange(3))

    def save(self, directory: Path) -> None:
        directory.mkdir()
        (directory / "technique.json").write_text(json.dumps(self.config()))

    @classmethod
    def load(cls, directory: Path) -> Self:
        config = json.loads((directory / "technique.json").read_text())
        return cls(bias=config["bias"])


class WrongNames(Linear):
    def predict(self, batch: Batch) -> Predictions:
        out = super().predict(batch)
        return Predictions(out.task, out.ids, out.values, ("only", "two"))


class FollowsGlobalState(Linear):
    def predict(self, batch: Batch) -> Predictions:
        out = super().predict(batch)
        return Predictions(out.task, out.ids, out.values + peeked() % 100)


class FollowsOrder(Linear):
    def predict(self, batch: Batch) -> Predictions:
        out, ids = super().predict(batch), list(batch.ids)
        return Predictions(out.task, out.ids, -out.values if ids and ids[0] > ids[-1] else out.values)


class CentresBatch(Linear):
    def numbers(self, batch: Batch) -> Array:
        x = super().numbers(batch)
        return x - x.mean(axis=0) if len(x) else x


class NeedsSamples(Linear):
    def numbers(self, batch: Batch) -> Array:
        x = super().numbers(batch)
        assert x[0] is not None
        return x


class ForgetsBias(Linear):
    @classmethod
    def load(cls, directory: Path) -> Self:
        return cls()


class WritesIntoInput(Linear):
    def numbers(self, batch: Batch) -> Array:
        batch.data[:, 0] = 0.5
        return super().numbers(batch)


class MovesGlobalState(Linear):
    def numbers(self, batch: Batch) -> Array:
        random.random()
        return super().numbers(batch)


class Means(Linear):
    """The nearest class mean."""

    _means: Any = PrivateAttr(default=None)

    def labels(self, batch: Batch) -> npt.NDArray[np.int64]:
        return batch.label

    def jitter(self) -> float:
        return 0.0

    def state_digest(self) -> str:
        return "" if self._means is None else hashlib.blake2b(self._means.tobytes()).hexdigest()

    def fitted(self, means: Array) -> Self:
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {"_means": means})
        return made

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Any = None) -> Self:
        x, label = self.numbers(batches[0]), self.labels(batches[0])
        return self.fitted(np.stack([x[label == c].mean(axis=0) for c in range(int(label.max()) + 1)]) + self.jitter())

    def predict(self, batch: Batch) -> Predictions:
        x = self.numbers(batch)
        return Predictions(self.task, batch.ids, -((x[:, None] - self._means[None]) ** 2).sum(axis=2))

    def save(self, directory: Path) -> None:
        super().save(directory)
        np.save(directory / "means.npy", self._means)

    @classmethod
    def load(cls, directory: Path) -> Self:
        return super().load(directory).fitted(np.load(directory / "means.npy"))


class FitsItself(Means):
    def fitted(self, means: Array) -> Self:
        object.__setattr__(self, "__pydantic_private__", {"_means": means})
        return self


class JittersGlobally(Means):
    def jitter(self) -> float:
        return random.random()


class MakesUpLabels(Means):
    def labels(self, batch: Batch) -> npt.NDArray[np.int64]:
        return batch.label if "label" in batch.targets else np.zeros(len(batch), dtype=np.int64)


class WithNet(ModelContract):
    """A contract for toys around the kit's network."""

    technique = TorchToy

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        toy: Any = cls
        return toy.of(lively_model(sample_batch("state")).modules()[0], **config)


class CutsGradient(TorchToy):
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def logits(self, batch: Batch) -> torch.Tensor:
        return super().logits(batch).detach() + 0.0 * torch.as_tensor(batch.data).sum()


class LeavesEvaluationMode(TorchToy):
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})

    def predict(self, batch: Batch) -> Predictions:
        out = super().predict(batch)
        self.modules()[0].eval()
        return out


class WithWords(ModelContract):
    """A contract for bags of words."""

    technique = BagOfWords

    def make(self, cls: type[Technique], config: Mapping[str, Any]) -> Technique:
        toy: Any = cls
        words = [f"w{i}" for i in range(4)]
        fields = dict(config)
        vocabulary = fields.pop("vocabulary", words)
        if fields:
            return toy(**config)
        table = np.sin(np.arange(10.0)).reshape(5, 2)
        return toy.of(vocabulary, table, np.cos(np.arange(6.0)).reshape(3, 2))


class SeesMasked(BagOfWords):
    def logits_from(self, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        out = super().logits_from(embeddings, mask)
        return out + 1e-4 * embeddings.sum(dim=(1, 2))[:, None]


class SeesMaskedApart(SeesMasked):
    def predict(self, batch: Batch) -> Predictions:
        with torch.no_grad():
            _, ids, mask = self.units(batch)
            values = BagOfWords.logits_from(self, self.embed(ids), mask).numpy()
        return Predictions(self.task, batch.ids, values)


FIELDS = {"skip": {**DOC["skip"], "schema describes the fields": "wrong plugins describe nothing"}}


def case(check: str, technique: Any, says: str, **declared: Any) -> Wrong:
    return Wrong(check, technique, says, {**FIELDS, **declared})


def toy(check: str, technique: Any, says: str, base: Any) -> Wrong:
    return Wrong(check, technique, says, DOC, base)


WRONG = [
    case("predictions fit the batch", WrongNames, "class names"),
    case("same input same output", FollowsGlobalState, "training mode"),
    case("order doesn't matter", FollowsOrder, "another order"),
    case("batch size doesn't matter", CentresBatch, "statistics of the batch"),
    case("empty batch", NeedsSamples, "raised"),
    case("save and load", ForgetsBias, "not equal", config={"bias": 1.0}),
    case("input not mutated", WritesIntoInput, "changed in place"),
    case("global RNG state kept", MovesGlobalState, "generator of random"),
    case("fit returns a fitted copy", FitsItself, "return a new one"),
    case("fit is deterministic", JittersGlobally, "generator of random"),
    case("bad labels refused", MakesUpLabels, "without labels went on"),
    toy("gradient is true", CutsGradient, "finite differences", WithNet),
    toy("model untouched", LeavesEvaluationMode, "the mode of module", WithNet),
    toy("embeddings are true", SeesMaskedApart, "masked units", WithWords),
]
