"""Randomised smoothing, with certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.floats import FLOAT_MODALITIES, FloatColumn
from practicum.compose import Pipeline
from practicum.errors import CapabilityError, ConfigError
from practicum.keys import Keys
from practicum.model import Predictions
from practicum.transformation import Transformation
from practicum_defences.over import OnlyIf, OverModel, attached

if TYPE_CHECKING:
    import torch

    from practicum.attack import Attack
    from practicum.tracker import Run

ABSTAINS = -1
ROWS = 1024
"""Noisy copies that the base sees at once, where there are fewer samples than that."""


@dataclass(frozen=True)
class Certificates:
    """What randomised smoothing proves of each sample.

    Args:
        ids: of the samples.
        labels: the smoothed class, or -1 where it abstains, int64 [N].
        radius: L2 distance within which the class provably stays, with probability ``1 - alpha``; 0 where it abstains.
        p: lower bound of the class's probability under noise, float64 [N].
        sigma, alpha: of the noise, and of each certificate's failure.
    """

    ids: Any
    labels: npt.NDArray[np.int64]
    radius: npt.NDArray[np.float64]
    p: npt.NDArray[np.float64]
    sigma: float
    alpha: float

    def certified_accuracy(self, label: npt.ArrayLike, radii: Sequence[float]) -> npt.NDArray[np.float64]:
        """Share of the samples that are right and certified at each radius, float64 [K]; radius 0 is the accuracy."""
        right = self.labels == np.asarray(label)
        return np.array([float(np.mean(right & (self.radius >= r))) for r in radii])


class _Noise(Transformation):
    """Adds Gaussian noise of one standard deviation to a float column, without clipping: what a base that is to be
    smoothed learns from."""

    name: ClassVar[str] = "defences/noise"
    modalities: ClassVar[frozenset[str]] = FLOAT_MODALITIES

    sigma: float = Field(default=0.25, gt=0.0, description="standard deviation")

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = FloatColumn.of(batch, self.on, by=RandomisedSmoothing.name)
        return column.restored(column.x + gaussian(column, self.sigma, keys))


def gaussian(column: FloatColumn, sigma: float, keys: Keys) -> torch.Tensor:
    """Noise of the column's shape, drawn for each sample from ``keys``, which are bound to the samples; zero where
    nothing was observed."""
    import torch

    if not len(column.x):
        return torch.zeros_like(column.x)
    drawn = torch.from_numpy(sigma * keys.normal(int(np.prod(column.x.shape[1:])))).to(column.x)
    noise = drawn.reshape(column.x.shape)
    return noise if column.free is None else torch.where(column.free, noise, torch.zeros_like(noise))


class RandomisedSmoothing(OverModel):
    """The class that a base model gives most often under Gaussian noise, with a proven L2 radius.

    Follows Cohen, Rosenfeld and Kolter, "Certified Adversarial Robustness via Randomized Smoothing",
    arXiv:1902.02918: :meth:`certify` is their CERTIFY, with hard votes, separate draws for choosing the class and for
    bounding its probability, and the Clopper-Pearson bound. It differs in two ways: a sample always gets the same noise
    (drawn from its id and ``seed``), so that predictions repeat; and where the base gives logits, ``predict`` and
    ``logits`` average softmax probabilities over the noise in place of votes, which attacks can follow (Salman et al.,
    arXiv:1906.04584). Certificates are those of the vote over fresh draws: where a sample is nearly a tie, its
    certified class can differ from the predicted one.

    Args:
        sigma: standard deviation of the noise, in the input's units: more proves larger radii of fewer samples.
        draws: noisy copies of each sample in ``predict`` and ``logits``.
        seed: of the noise.

    Raises:
        CapabilityError: the base is no classifier.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = RandomisedSmoothing(base=TorchToy.linear([[3.0, 4.0], [-3.0, -4.0]]), sigma=0.5)
        >>> found = model.certify(Batch.of(np.array([[0.3, 0.4]])), n=2000)
        >>> int(found.labels[0]), bool(0.4 < found.radius[0] <= 0.5)  # the boundary is 0.5 away
        (0, True)
    """

    name: ClassVar[str] = "defences/randomised-smoothing"

    sigma: float = Field(default=0.25, gt=0.0, description="standard deviation of the noise")
    draws: int = Field(default=16, ge=1, le=100_000, description="noisy copies of each sample in predict")
    seed: int = Field(default=0, ge=0, description="seed of the noise")

    def _keys(self, use: str, draw: int, batch: Batch) -> Keys:
        return Keys(self.seed, path=("randomised-smoothing", use, str(draw))).bind(batch.ids)

    def predict(self, batch: Batch) -> Predictions:
        """Log of the mean probability under noise where the base gives logits, else shares of the votes."""
        if hasattr(self.base, "logits"):
            import torch

            with torch.no_grad():
                values = self.logits(batch).cpu().numpy()
            return Predictions("classification", batch.ids, np.asarray(values), self._classes())
        counts = self._votes(batch, "predict", self.draws)
        return Predictions("classification", batch.ids, counts / self.draws, self._classes())

    def _classes(self) -> tuple[str, ...]:
        found: tuple[str, ...] = getattr(self.base, "classes", ())
        return found

    @OnlyIf
    def logits(self, batch: Batch) -> torch.Tensor:
        """Log of the mean softmax probability under the noise, [N, C]; differentiable."""
        import torch

        base: Any = self.base
        name = batch.column_name(self.on, self.modalities)
        given = attached(batch, name)
        column = FloatColumn.of(batch, name, by=self.name)
        parts = []
        for block, rows, noise in self._noise(column, "predict", self.draws):
            copies = column.take(rows)
            scores = base.logits(copies.with_values(given[torch.from_numpy(rows).to(given.device)] + noise))
            parts.append(scores.log_softmax(dim=1).reshape(block, len(batch), scores.shape[1]))
        return torch.cat(parts).logsumexp(dim=0) - float(np.log(self.draws))

    def _noise(self, column: FloatColumn, use: str, draws: int) -> Iterator[tuple[int, Any, torch.Tensor]]:
        """How many draws, rows (each sample's once for every draw) and their noise; several draws at a time where
        samples are few."""
        import torch

        count = len(column.x)
        together = max(1, ROWS // max(count, 1))
        for first in range(0, draws, together):
            block = range(first, min(first + together, draws))
            drawn = [gaussian(column, self.sigma, self._keys(use, draw, column.batch)) for draw in block]
            yield len(block), np.tile(np.arange(count), len(block)), torch.cat(drawn)

    def _votes(self, batch: Batch, use: str, draws: int) -> npt.NDArray[np.float64]:
        """How often each class wins, float64 [N, C]."""
        column = FloatColumn.of(batch, self.on, by=self.name)
        counts: Any = None
        for block, rows, noise in self._noise(column, use, draws):
            copies = column.take(rows)
            made = self.base.predict(copies.restored(copies.x + noise))
            if made.task != "classification":
                raise CapabilityError(f"{self.name} smooths classifiers, but {self.base.name} does {made.task}")
            classes = np.asarray(made.values).shape[1]
            won = np.eye(classes)[made.labels].reshape(block, len(batch), classes).sum(axis=0)
            counts = won if counts is None else counts + won
        return np.asarray(counts)

    def certify(self, batch: Batch, *, n0: int = 100, n: int = 1000, alpha: float = 0.001) -> Certificates:
        """Classes with the L2 radius within which they provably stay: of the classifier that votes over all noise.

        Each sample costs ``n0 + n`` predictions of the base. No radius can exceed ``sigma * Phi^-1(alpha^(1/n))``, what
        ``n`` wins out of ``n`` prove.

        Args:
            batch: the samples.
            n0: draws to choose each class.
            n: draws to bound its probability from below.
            alpha: probability with which a certificate may be wrong.

        Returns:
            radius ``sigma * Phi^-1(p)``, where p is the Clopper-Pearson lower bound; where it isn't above one half the
            class is -1 and the radius 0.

        Raises:
            ConfigError: ``n0`` or ``n`` below one, or ``alpha`` not between 0 and 1.
            CapabilityError: the base is no classifier.
        """
        from scipy.stats import beta, norm

        if min(n0, n) < 1 or not 0.0 < alpha < 1.0:
            raise ConfigError(f"{self.name}: certify needs at least one draw to choose (n0, now {n0}) and to bound (n, "
                              f"now {n}), and alpha (now {alpha}) between 0 and 1")

        if not len(batch):
            return Certificates(batch.ids, np.zeros(0, np.int64), np.zeros(0), np.zeros(0), self.sigma, alpha)
        chosen = self._votes(batch, "choose", n0).argmax(axis=1)
        wins = self._votes(batch, "bound", n)[np.arange(len(batch)), chosen]
        lower = np.where(wins > 0, beta.ppf(alpha, np.maximum(wins, 1e-9), n - wins + 1), 0.0)
        sure = lower > 0.5
        radius = np.where(sure, self.sigma * norm.ppf(np.where(sure, lower, 0.5)), 0.0)
        return Certificates(batch.ids, np.where(sure, chosen, ABSTAINS).astype(np.int64), radius, lower, self.sigma,
                            alpha)

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Run | None = None, *,
            augment: Transformation | None = None, adversary: Attack | None = None,
            checkpoint: Path | None = None) -> Self:
        """The same over a base fitted on noisy inputs, after other augmentation."""
        base: Any = self.base
        noise: Transformation = _Noise(sigma=self.sigma, on=self.on)
        both = noise if augment is None else Pipeline([augment, noise])
        return self.over(base.fit(batches, keys, tracker, augment=both, adversary=adversary, checkpoint=checkpoint))
