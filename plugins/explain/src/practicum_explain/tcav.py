"""TCAV: how a class's score reacts to a concept that examples show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.errors import DataError
from practicum.explainer import Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_explain.activations import activations
from practicum_explain.directions import discriminant, told_apart
from practicum_explain.examples import FromExamples, unnamed
from practicum_explain.leaf import Leaf

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ConceptScore:
    """How a concept bears on a class, see :meth:`Tcav.score`.

    Args:
        concept: its name.
        score: share of the samples whose score grows with the concept, the mean over the splits.
        scores, chance: that share under each split's direction, and under each direction between random halves of the
            counterexamples, float64 [splits].
        p_value: that both have the same mean, by Welch's two-sided t-test. With several concepts, compare it with the
            level over their number.
        accuracy: share of examples a direction had not seen that it puts on their own side, the mean over the splits:
            near 0.5 the layer doesn't know the concept.
    """

    concept: str
    score: float
    scores: Floats
    chance: Floats
    p_value: float
    accuracy: float


@dataclass(frozen=True)
class _Found:
    """Directions [splits, P] toward a concept, the accuracy of each, and directions of chance."""

    toward: Floats
    accuracy: Floats
    chance: Floats


class Tcav(FromExamples):
    """How the logit of a sample's class changes when a layer's activations move toward a concept.

    Follows Kim et al., "Interpretability Beyond Feature Attribution: Quantitative Testing with Concept Activation
    Vectors (TCAV)", arXiv:1711.11279. A concept is given by examples; a concept activation vector is the direction that
    tells their activations from those of counterexamples, and the sensitivity is the derivative of the logit along it.
    Differs: the direction is Fisher's discriminant with a shrunk covariance, solved exactly, and each of ``splits``
    vectors is drawn from halves of both sets and tested on the other halves.

    :meth:`fit` is given the examples: class 0 of their ``label`` are counterexamples (random inputs), every other
    class is a concept. The units of an explanation are the concepts: ``values[i][j]`` is the sensitivity of sample
    ``i`` to concept ``j``, the mean over the splits, per unit of length of the vector. ``error`` is the standard error
    over the splits of a sample's least certain value, and ``figures["accuracy"]`` that of the worst concept.
    :meth:`score` gives the paper's score of a class and its significance.

    Args:
        examples, most: as a data source, see :class:`~practicum_explain.examples.FromExamples`.
        layer: name of the module whose output is looked at; when left out, what goes into the last linear layer.
        splits: random halves drawn.
        shrinkage: share of the identity in the covariance.
        batch_size: samples asked at once.

    Raises:
        CapabilityError: the model gives no gradient, has no such layer, or there are no examples.
        DataError: the column is not float32 or float64 of one size, or counterexamples or a concept have fewer than 4
            examples.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> cloud = np.random.default_rng(0).normal(size=(40, 2))
        >>> shown = Batch.of(cloud + np.repeat([[0.0, 0.0], [0.0, 9.0]], 20, axis=0),
        ...                  targets={"label": np.repeat([0, 1], 20)})
        >>> out = Tcav().fit(model, shown, Keys(0))(model, cloud[:1], target=0)
        >>> out.units[0], bool(out.values[0][0] < -1.9)
        (['concept 1'], True)
    """

    name: ClassVar[str] = "explain/tcav"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"
    what: ClassVar[str] = "examples of concepts (label 1 and up) and counterexamples (label 0)"

    layer: str | None = Field(default=None, description="name of the layer looked at; when left out, what goes into "
                              "the last linear layer")
    splits: int = Field(default=20, ge=2, description="random halves of the examples")
    shrinkage: float = Field(default=0.1, gt=0.0, le=1.0, description="share of the identity in the covariance")
    batch_size: int = Field(default=64, ge=1, description="samples asked at once")

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """For each sample its sensitivity to every concept, float64 [concepts]."""
        found = self._directions(model, keys)
        slopes = self._slopes(model, batch, target)
        names = list(found)
        values, errors = np.zeros((len(batch), len(names))), np.zeros((len(batch), len(names)))
        for column, name in enumerate(names):
            each = slopes @ found[name].toward.T if len(batch) else np.zeros((0, self.splits))
            values[:, column] = each.mean(axis=1)
            errors[:, column] = each.std(axis=1, ddof=1) / np.sqrt(self.splits)
        worst = min(float(f.accuracy.mean()) for f in found.values())
        return Explanation(list(values), target, batch.ids, units=[list(names) for _ in range(len(batch))],
                           error=errors.max(axis=1), method=self.name,
                           figures={"accuracy": np.full(len(batch), worst)})

    def score(self, model: Model, batch: Batch, target: int, *, seed: int = 0) -> list[ConceptScore]:
        """The TCAV score of a class for each concept, against chance.

        Args:
            model: the model.
            batch: samples of the class.
            target: the class.
            seed: of the splits.

        Raises:
            CapabilityError, DataError: as of the explainer; there are no samples.
        """
        self.check(model, batch)
        if not len(batch):
            raise DataError(f"{self.name} was asked for a class's score without samples of it: give some")
        keys = Keys(seed).child(self.name).bind(batch.ids)
        slopes = self._slopes(model, batch, np.full(len(batch), target, dtype=np.int64))
        out = []
        for name, found in self._directions(model, keys).items():
            scores, chance = ((slopes @ d.T > 0).mean(axis=0) for d in (found.toward, found.chance))
            out.append(ConceptScore(name, float(scores.mean()), scores, chance, _welch(scores, chance),
                                    float(found.accuracy.mean())))
        return out

    def _slopes(self, model: Any, batch: Batch, target: npt.NDArray[np.int64]) -> Floats:
        """The gradient of each sample's logit at the layer [N, P]."""
        with untouched(model.modules()):
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            return activations(leaf, self.layer, self.batch_size, gradients=True)[1]

    def _directions(self, model: Any, keys: Keys) -> dict[str, _Found]:
        held = self.held()
        label = np.asarray(held.label)
        shown = unnamed(held)
        with untouched(model.modules()):
            leaf = Leaf.of(model, shown, np.zeros(len(held), dtype=np.int64), on=self.on, by=self.name,
                           modalities=self.modalities)
            points = activations(leaf, self.layer, self.batch_size, gradients=False)[0]
        groups = {int(c): np.flatnonzero(label == c) for c in np.unique(label)}
        if len(groups) < 2 or 0 not in groups or min(map(len, groups.values())) < 4:
            counts = ", ".join(f"{len(rows)} of class {c}" for c, rows in groups.items())
            raise DataError(f"{self.name} needs at least 4 counterexamples (class 0) and 4 examples of each concept "
                            f"(class 1 and up), and has {counts}: give more")
        names = held.targets["label"].classes
        out = {}
        for concept in sorted(set(groups) - {0}):
            made = [self._split(points, groups[concept], groups[0], held, keys.child(f"split-{k}"))
                    for k in range(self.splits)]
            toward, accuracy, chance = (np.array(part) for part in zip(*made, strict=True))
            out[names[concept] if names else f"concept {concept}"] = _Found(toward, accuracy, chance)
        return out

    def _split(self, points: Floats, shows: npt.NDArray[np.int64], others: npt.NDArray[np.int64], held: Batch,
               keys: Keys) -> tuple[Floats, float, Floats]:
        """A direction from random halves, its accuracy on the other halves, and one of chance."""
        positive, unseen_positive = self._halves(points, shows, held, keys)
        negative, unseen_negative = self._halves(points, others, held, keys)
        direction = discriminant(positive, negative, self.shrinkage)
        threshold = float((positive.mean(axis=0) + negative.mean(axis=0)) @ direction / 2)
        accuracy = told_apart(direction, unseen_positive, unseen_negative, threshold)
        first, second = self._halves(points, others, held, keys.child("chance"))
        return direction, accuracy, discriminant(first, second, self.shrinkage)

    def _halves(self, points: Floats, rows: npt.NDArray[np.int64], held: Batch, keys: Keys) -> tuple[Floats, Floats]:
        order = rows[keys.bind(held.ids.take(rows)).order()]
        half = (len(order) + 1) // 2
        return points[np.sort(order[:half])], points[np.sort(order[half:])]


def _welch(first: Floats, second: Floats) -> float:
    """p-value of Welch's two-sided t-test that two samples have one mean."""
    from scipy.special import stdtr

    a, b = (float(s.var(ddof=1)) / len(s) for s in (first, second))
    apart = abs(float(first.mean() - second.mean()))
    if a + b == 0:
        return float(apart == 0)
    freedom = (a + b) ** 2 / (a**2 / (len(first) - 1) + b**2 / (len(second) - 1))
    return float(2 * stdtr(freedom, -apart / np.sqrt(a + b)))
