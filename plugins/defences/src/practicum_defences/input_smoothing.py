"""Input smoothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from pydantic import Field, field_validator

from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import ConfigError, DataError
from practicum.keys import Keys
from practicum.model import Predictions
from practicum.technique import Nested
from practicum.transformation import Transformation
from practicum_defences.over import OnlyIf, OverModel, attached

if TYPE_CHECKING:
    import torch

    from practicum.attack import Attack
    from practicum.tracker import Run


class InputSmoothing(OverModel):
    """A model that looks at its inputs through a transformation: fewer bits, a blur, noise drawn anew.

    Follows Xu, Evans and Qi, "Feature Squeezing: Detecting Adversarial Examples in Deep Neural Networks",
    arXiv:1704.01155, with any label-preserving transformation in place of their three squeezers, and the squeezed
    prediction itself in place of a detector. Most transformations have no useful gradient, which makes such a defence
    look stronger than it is; attacks are therefore given the gradient that passes straight through the transformation
    (backward pass differentiable approximation, Athalye, Carlini and Wagner, arXiv:1802.00420). What is left is still
    an upper bound: confirm it with a black-box attack.

    Args:
        smooth: the transformation, or its configuration.
        draws: how often it is drawn for each sample; scores are averaged. Each sample always gets the same draws.
        seed: of the draws.

    Raises:
        ConfigError: the transformation changes labels, drops samples, or looks at other samples.
        DataError: the gradient is asked for, and the transformation changes the inputs' shape.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> from practicum.testing.toys import AddNoise
        >>> model = InputSmoothing(base=TorchToy.linear([[1.0], [-1.0]]), smooth=AddNoise(std=1e-6), draws=2)
        >>> model.predict(Batch.of(np.array([[2.0], [-1.0]]))).labels
        array([0, 1])
    """

    name: ClassVar[str] = "defences/input-smoothing"

    smooth: Nested[Transformation] = Field(description="the transformation inputs are seen through")
    draws: int = Field(default=1, ge=1, le=1000, description="draws for each sample, scores averaged")
    seed: int = Field(default=0, ge=0, description="seed of the draws")

    @field_validator("smooth")
    @classmethod
    def _of_one_sample(cls, smooth: Transformation) -> Transformation:
        if smooth.label_effect != "preserves" or smooth.scope != "sample" or smooth.filters:
            raise ConfigError(f"{smooth.name} can't smooth inputs: it must preserve labels, keep all samples, and "
                              f"depend on the sample alone (label effect {smooth.label_effect}, scope {smooth.scope})")
        return smooth

    def unnamed(self) -> tuple[str, str]:
        found = self.base.unnamed()
        return found if found[0] else self.smooth.unnamed()

    def _smoothed(self, batch: Batch, draw: int) -> Batch:
        plain = Batch(batch.ids, batch.columns, {})
        return self.smooth.run(plain, Keys(self.seed, path=("input-smoothing", f"draw-{draw}")))

    def predict(self, batch: Batch) -> Predictions:
        """The base's scores of smoothed inputs, averaged over the draws."""
        made = [self.base.predict(self._smoothed(batch, draw)) for draw in range(self.draws)]
        return replace(made[0], values=np.mean([np.asarray(m.values) for m in made], axis=0))

    @OnlyIf
    def logits(self, batch: Batch) -> torch.Tensor:
        """The base's logits of smoothed inputs, averaged; the gradient passes straight through the smoothing."""

        base: Any = self.base
        name = batch.column_name(self.on, self.modalities)
        given = attached(batch, name)
        column = FloatColumn.of(batch, name, by=self.name)
        total: Any = 0.0
        for draw in range(self.draws):
            seen = FloatColumn.of(self._smoothed(column.restored(column.x), draw), name, by=self.name).x
            if seen.shape != column.x.shape:
                raise DataError(f"{self.name}: {self.smooth.name} makes {tuple(seen.shape[1:])} of samples of shape "
                                f"{tuple(column.x.shape[1:])}, so no gradient can pass straight through it: predict, "
                                "and attack with scores only (gradient-attacks/square), or keep the shape")
            total = total + base.logits(column.with_values(given + (seen - given).detach()))
        out: torch.Tensor = total / self.draws
        return out

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Run | None = None, *,
            augment: Transformation | None = None, adversary: Attack | None = None,
            checkpoint: Path | None = None) -> Self:
        """The same over a fitted base, which learns from inputs as they are (augment it with the transformation to have
        it learn from smoothed ones)."""
        base: Any = self.base
        return self.over(base.fit(batches, keys, tracker, augment=augment, adversary=adversary, checkpoint=checkpoint))
