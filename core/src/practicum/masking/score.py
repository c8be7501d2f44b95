"""What is explained: one number for each sample, the score of a class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from practicum.errors import CapabilityError, ModelOutputError
from practicum.guard import untouched
from practicum.model import Differentiable, Embeddable, Model

if TYPE_CHECKING:
    import torch

    from practicum.batch import Batch

Floats = npt.NDArray[np.float64]
Output = Literal["auto", "logit", "probability", "log-odds"]

_SMALLEST = 1e-12
"""Nearest to 0 and 1 that a probability is taken for log-odds."""


class Scorer:
    """Asks a model for the score of one class of each sample.

    Args:
        model: the model.
        modality: of the column explained.
        output: ``auto`` is the class's logit where the model gives logits (it is differentiable, or over embeddings for
            text) and else the score that ``predict`` gives; ``logit``, ``probability`` (softmax over the classes) and
            ``log-odds`` (of that probability) say which. Of a model without logits the last two take the scores of
            ``predict``, which must be probabilities.
        by: who asks, for messages.

    Raises:
        CapabilityError: logits are asked of a model that gives none.
    """

    def __init__(self, model: Model, modality: str, output: Output = "auto", by: str = "game") -> None:
        self.model, self.output, self.by = model, output, by
        self.embedded = modality == "text" and isinstance(model, Embeddable)
        self.logits = self.embedded or (modality != "text" and isinstance(model, Differentiable))
        if output == "logit" and not self.logits:
            raise CapabilityError(f"{by}: {model.name} gives no logits of {modality} inputs; leave output out to "
                                  "explain the score that predict gives, or wrap a torch module")

    def of(self, batch: Batch, target: npt.NDArray[np.int64]) -> Floats:
        """The scores of classes ``target`` [R] for the batch's rows, float64 [R]."""
        if not len(batch):
            return np.zeros(0)
        asked: Any = self.model
        if not self.logits:
            return self._of_predictions(batch, target)
        import torch

        with untouched(asked.modules()), torch.no_grad():
            if self.embedded:
                _, ids, mask = asked.units(batch)
                return self.of_logits(asked.logits_from(asked.embed(ids), mask), target)
            return self.of_logits(asked.logits(batch), target)

    def of_logits(self, logits: torch.Tensor, target: npt.NDArray[np.int64]) -> Floats:
        """The same from logits [R, C]."""
        import torch

        self._fits(tuple(logits.shape), target)
        values = logits.double()
        index = torch.as_tensor(target, device=values.device)[:, None]
        own = values.gather(1, index)[:, 0]
        if self.output == "probability":
            own = torch.softmax(values, dim=1).gather(1, index)[:, 0]
        elif self.output == "log-odds":
            own = own - values.scatter(1, index, float("-inf")).logsumexp(dim=1)
        return np.asarray(own.cpu().numpy())

    def _of_predictions(self, batch: Batch, target: npt.NDArray[np.int64]) -> Floats:
        predictions = self.model.predict(batch)
        if predictions.task not in ("classification", "regression"):
            raise CapabilityError(f"{self.by} explains scores of classes, or numbers; {self.model.name} predicts "
                                  f"{predictions.task}")
        values = np.asarray(predictions.values, dtype=np.float64)
        values = values[:, None] if values.ndim == 1 else values
        self._fits(values.shape, target)
        own: Floats = values[np.arange(len(target)), target]
        if self.output in ("probability", "log-odds"):
            if values.min() < 0 or not np.allclose(values.sum(axis=1), 1.0, atol=1e-4):
                raise CapabilityError(f"{self.by}: output {self.output!r} was asked for, but the scores of "
                                      f"{self.model.name} are no probabilities: leave output out")
            if self.output == "log-odds":
                own = np.clip(own, _SMALLEST, 1 - _SMALLEST)
                own = np.log(own) - np.log1p(-own)
        return own

    def _fits(self, shape: tuple[int, ...], target: npt.NDArray[np.int64]) -> None:
        if len(shape) != 2 or shape[0] != len(target):
            raise ModelOutputError(f"{self.by}: {self.model.name} returned scores of shape {shape} for {len(target)} "
                                   f"samples; it must return [{len(target)}, classes]")
        if len(target) and not 0 <= int(target.min()) <= int(target.max()) < shape[1]:
            wrong = int(target[(target < 0) | (target >= shape[1])][0])
            raise CapabilityError(f"{self.by} was asked for class {wrong}, but {self.model.name} knows {shape[1]} "
                                  f"classes (0 to {shape[1] - 1})")
