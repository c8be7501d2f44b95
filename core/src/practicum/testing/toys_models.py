"""Small right models, an attack, an explainer and a data source without torch, for tests of what works on any."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, PrivateAttr

from practicum.atomic import write_atomic
from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.errors import CapabilityError
from practicum.explainer import Explainer, Explanation
from practicum.hooks import hookimpl
from practicum.keys import Keys
from practicum.model import Model, Predictions
from practicum.spec import SourceSpec, TechniqueSpec
from practicum.tracker import Run
from practicum.transformation import Transformation

Floats = npt.NDArray[np.float64]


class KeywordModel(Model):
    """Says 1 where a text holds one of the words, else 0.

    Example:
        >>> KeywordModel(words=("good",)).predict(Batch.of(["good film", "dull film"])).labels
        array([1, 0])
    """

    name: ClassVar[str] = "toy/keyword"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    words: tuple[str, ...] = ("good",)

    def predict(self, batch: Batch) -> Predictions:
        found = np.array([any(w in text for w in self.words) for text in batch.to_list()], dtype=np.float64)
        return Predictions(self.task, batch.ids, np.stack([1.0 - found, found], axis=1))


class SoftmaxRegression(Model):
    """Multinomial logistic regression by plain gradient descent over the whole data, in NumPy.

    Args:
        classes: number of classes.
        epochs: descent steps.
        rate: step size.
    """

    name: ClassVar[str] = "toy/softmax"
    modalities: ClassVar[frozenset[str]] = frozenset({"state", "image"})
    classes: int = Field(default=2, ge=2)
    epochs: int = Field(default=30, ge=1)
    rate: float = Field(default=0.5, gt=0)
    _weight: Any = PrivateAttr(default=None)

    def with_weight(self, weight: npt.ArrayLike) -> Self:
        """The model with given weights, float64 [D + 1, C]; the last row is the bias."""
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {"_weight": np.asarray(weight, dtype=np.float64)})
        return made

    def state_digest(self) -> str:
        return "" if self._weight is None else self._weight.tobytes().hex()

    def predict(self, batch: Batch) -> Predictions:
        if self._weight is None:
            raise CapabilityError(f"{self.name} is not fitted: call fit first")
        return Predictions(self.task, batch.ids, _features(batch) @ self._weight)

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Run | None = None, *,
            augment: Transformation | None = None, adversary: Attack | None = None,
            checkpoint: Path | None = None) -> Model:
        """Fit from zero weights; a checkpoint is written and read again after each epoch."""
        data = Batch.concat(list(batches))
        width = _features(data).shape[1]
        start, weight = 0, np.zeros((width, self.classes))
        if checkpoint is not None and checkpoint.is_file():
            saved = json.loads(checkpoint.read_text("utf-8"))
            start, weight = saved["epoch"], np.array(saved["weight"])
        for epoch in range(start, self.epochs):
            seen = data
            if augment is not None:
                seen = augment.run(data, Keys(keys.seed, epoch, path=(*keys.path, "augment")))
            if adversary is not None:
                now = self.with_weight(weight)
                attacked = adversary.run(now, data, Keys(keys.seed, epoch, path=(*keys.path, "adversary"))).batch
                x = np.concatenate([_features(seen), _features(attacked)])
                label = np.concatenate([data.label, data.label])
            else:
                x, label = _features(seen), data.label
            scores = x @ weight
            shares = np.exp(scores - scores.max(axis=1, keepdims=True))
            shares /= shares.sum(axis=1, keepdims=True)
            loss = -float(np.mean(np.log(shares[np.arange(len(x)), label] + 1e-12)))
            shares[np.arange(len(x)), label] -= 1.0
            weight = weight - self.rate * x.T @ shares / len(x)
            if tracker is not None:
                tracker.log_metrics({"train/loss": loss}, step=epoch)
            if checkpoint is not None:
                write_atomic(checkpoint, json.dumps({"epoch": epoch + 1, "weight": weight.tolist()}))
        return self.with_weight(weight)

    def save(self, directory: Path) -> None:
        write_atomic(directory / "technique.json", json.dumps(self.config()))
        write_atomic(directory / "weight.json", json.dumps(self._weight.tolist()))

    @classmethod
    def load(cls, directory: Path) -> Self:
        config = json.loads((directory / "technique.json").read_text("utf-8"))
        made = cls(**{k: v for k, v in config.items() if k != "use"})
        return made.with_weight(json.loads((directory / "weight.json").read_text("utf-8")))


def _features(batch: Batch) -> Floats:
    data = np.asarray(batch.column(), dtype=np.float64).reshape(len(batch), -1)
    return np.concatenate([data, np.ones((len(data), 1))], axis=1)


class Push(Attack):
    """Moves every feature by ``eps`` in the direction that lowers the true class's margin, found by trying both ways.

    Exact for linear two-class models in L-infinity: the margin drops by eps times the L1 norm of the weight difference.
    """

    name: ClassVar[str] = "toy/push"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "score"
    eps: float = Field(default=0.1, ge=0.0)

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget("linf", self.eps)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on)
        x = np.array(batch.column(column), dtype=np.float64)
        signs = np.zeros_like(x)
        for feature in range(x.shape[1]):
            margins = []
            for way in (-1.0, 1.0):
                tried = x.copy()
                tried[:, feature] += way * self.eps
                scores = np.asarray(model.predict(batch.with_column(column, tried)).values)
                true = scores[np.arange(len(x)), batch.label]
                scores[np.arange(len(x)), batch.label] = -np.inf
                margins.append(true - scores.max(axis=1))
            signs[:, feature] = np.where(margins[0] < margins[1], -1.0, 1.0)
        return batch.with_column(column, x + self.eps * signs)


class LeaveOut(Explainer):
    """How far the class's score falls when a value is set to zero: exact contributions of linear models.

    Example:
        >>> toy = SoftmaxRegression().with_weight([[0.0, 2.0], [0.0, -1.0], [0.0, 0.5]])
        >>> LeaveOut()(toy, np.array([[3.0, 1.0]]), target=1).values
        array([[ 6., -1.]])
    """

    name: ClassVar[str] = "toy/leave-out"
    modalities: ClassVar[frozenset[str]] = frozenset({"state"})
    access: ClassVar[Any] = "score"

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        column, rows = batch.column_name(self.on), np.arange(len(batch))
        x = np.array(batch.column(column), dtype=np.float64)
        full = np.asarray(model.predict(batch).values)[rows, target]
        values = np.zeros_like(x)
        for feature in range(x.shape[1]):
            without = x.copy()
            without[:, feature] = 0.0
            values[:, feature] = full - np.asarray(model.predict(batch.with_column(column, without)).values)[rows,
                                                                                                             target]
        return Explanation(values, target, batch.ids, method=self.name)


def blobs(count: int = 200, spread: float = 1.0, seed: int = 0) -> Batch:
    """Two Gaussian clouds in the plane, around (-1, -1) and (1, 1), with their labels.

    Example:
        >>> blobs(4).label
        array([0, 1, 0, 1])
    """
    ids = Batch.of(np.zeros((count, 2))).ids
    label = np.arange(count) % 2
    noise = Keys(seed, path=("blobs",)).bind(ids).normal(2).astype(np.float64)
    centre = np.where(label == 1, 1.0, -1.0)[:, None]
    return Batch.of(spread * noise + centre, modality="state", targets={"label": label})


@hookimpl
def register_techniques() -> Iterable[TechniqueSpec]:
    """The toys, as a plugin declares its techniques: an entry point to this module makes them known by name."""
    here, toys = "practicum.testing.toys_models", "practicum.testing.toys"
    yield TechniqueSpec("toy/keyword", "model", f"{here}:KeywordModel", ("text",), "Says 1 where a word occurs.")
    yield TechniqueSpec("toy/softmax", "model", f"{here}:SoftmaxRegression", ("state", "image"), "Logistic regression.")
    yield TechniqueSpec("toy/net", "model", "practicum.testing.torch_net:ToyNet", ("state", "image", "series"),
                        "A small network that others train.", requires=("torch",))
    yield TechniqueSpec("toy/push", "attack", f"{here}:Push", ("state",), "Best linear step.", access="score")
    yield TechniqueSpec("toy/leave-out", "explainer", f"{here}:LeaveOut", ("state",), "Zeroes one value at a time.",
                        access="score")
    yield TechniqueSpec("toy/add-noise", "transformation", f"{toys}:AddNoise", ("image", "state"), "Gaussian noise.")
    yield TechniqueSpec("toy/mask-chars", "transformation", f"{toys}:MaskChars", ("text",), "Masks characters.")
    yield TechniqueSpec("toy/reverse", "transformation", f"{toys}:Reverse", ("text",), "Reverses a text.")


@hookimpl
def register_sources() -> Iterable[SourceSpec]:
    """The toy data."""
    yield SourceSpec("toy/blobs", "practicum.testing.toys_models:blobs", "state", "Two Gaussian clouds.",
                     {"count": "samples", "spread": "standard deviation", "seed": "of the draws"})


def install_toys(folder: Path) -> Path:
    """Write the metadata of a distribution that declares the toys: with ``folder`` on ``sys.path`` (or PYTHONPATH) and
    after ``default_registry().refresh()``, they are found by name like any plugin's techniques."""
    home = folder / "practicum_toys-0.1.0.dist-info"
    write_atomic(home / "METADATA", "Metadata-Version: 2.1\nName: practicum-toys\nVersion: 0.1.0\n")
    write_atomic(home / "entry_points.txt", "[practicum.plugins]\ntoy = practicum.testing.toys_models\n")
    return folder
