"""What all torch models of this plugin share: training fields, prediction in chunks, guarded gradients."""

from __future__ import annotations

import copy
import json
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import Field, PrivateAttr

from practicum.atomic import write_atomic
from practicum.batch import Batch
from practicum.errors import ModelOutputError, UsageError
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model, Predictions
from practicum_models_basic.tensors import scores_of
from practicum_models_basic.train import Settings, train
from practicum_models_basic.weights import digest

if TYPE_CHECKING:
    from practicum.attack import Attack
    from practicum.tracker import Run
    from practicum.transformation import Transformation


class TorchModel(Model):
    """A model over one torch module. Subclasses say how a batch is scored, and how a module for training is made.

    Looking at the model (``predict``, ``logits``) happens in evaluation mode and leaves modes, buffers, gradients and
    random generators as they were.
    """

    modalities: ClassVar[frozenset[str]] = frozenset()

    on: str | None = Field(default=None, description="the column to read, where there is a choice")
    classes: tuple[str, ...] = Field(default=(), description="class names, in the order of the scores")
    batch_size: int = Field(default=256, ge=1, description="samples predicted at a time; no effect on the result "
                                                           "beyond rounding")
    device: str | None = Field(default=None, description="torch device; where the weights are when left out")
    epochs: int = Field(default=8, ge=1, description="passes over the training data")
    lr: float = Field(default=1e-3, gt=0, description="peak learning rate of AdamW")
    batch_size_train: int = Field(default=64, ge=1, description="samples in a training step")
    weight_decay: float = Field(default=1e-2, ge=0, description="decoupled weight decay of AdamW")
    schedule: Literal["constant", "cosine"] = Field(default="cosine", description="learning rate over the steps")
    adversarial_share: float = Field(default=0.5, gt=0, le=1, description="share of each training batch that an "
                                                                          "adversary attacks, when fit is given one")
    _module: torch.nn.Module | None = PrivateAttr(default=None)

    @abstractmethod
    def forward(self, batch: Batch) -> torch.Tensor:
        """Scores of a batch by the module as it is (its mode included), before checks."""

    @abstractmethod
    def trainee(self, batches: Sequence[Batch], keys: Keys) -> Self:
        """A copy with a module of its own, ready to be trained on the data."""

    @property
    def network(self) -> torch.nn.Module:
        """The torch module.

        Raises:
            UsageError: the model was neither fitted nor loaded.
        """
        if self._module is None:
            raise UsageError(f"{self.name} has no weights yet: call fit(batches, keys), or practicum.load a saved one")
        return self._module

    def modules(self) -> Sequence[torch.nn.Module]:
        """The torch module, for the core to guard."""
        return [self.network]

    def logits(self, batch: Batch) -> torch.Tensor:
        """Scores before any softmax, [N, C], differentiable in the batch's float column.

        Raises:
            ModelOutputError: the module returned another shape.
        """
        with untouched(self.modules()):
            return self._checked(self.forward(batch), len(batch))

    def predict(self, batch: Batch) -> Predictions:
        """Scores float [N, C] (values [N] or [N, D] for regression), computed ``batch_size`` samples at a time.

        Raises:
            ModelOutputError: the module returned another shape.
        """
        parts = []
        with untouched(self.modules()), torch.no_grad():
            for start in range(0, max(len(batch), 1), self.batch_size):
                part = batch if len(batch) <= self.batch_size else batch.take(
                    np.arange(start, min(start + self.batch_size, len(batch))))
                if len(part):
                    scores = self._checked(self.forward(part), len(part))
                    scores = scores.float() if scores.dtype in (torch.bfloat16, torch.float16) else scores
                    parts.append(scores.cpu().numpy())
        shapes = {p.shape[1:] for p in parts}
        if len(shapes) > 1:
            raise ModelOutputError(f"{self.name}: the module returned rows of differing shapes {sorted(shapes)}; each "
                                   "sample needs the same number of scores")
        empty = np.zeros((0, max(len(self.classes), 1)), np.float32)
        return Predictions(self.task, batch.ids, np.concatenate(parts) if parts else empty, self.classes)

    def _checked(self, output: Any, count: int) -> torch.Tensor:
        scores = scores_of(output, count, self.name)
        if self.task == "classification":
            if scores.ndim != 2:
                raise ModelOutputError(f"{self.name}: the module returned shape {tuple(scores.shape)}; classification "
                                       f"needs [{count}, classes]")
            if self.classes and scores.shape[1] != len(self.classes):
                raise ModelOutputError(f"{self.name}: the module returned {scores.shape[1]} scores a sample but "
                                       f"{len(self.classes)} classes are named: {', '.join(self.classes[:8])}")
        return scores

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Run | None = None, *,
            augment: Transformation | None = None, adversary: Attack | None = None,
            checkpoint: Path | None = None) -> Self:
        """A trained copy; see :class:`practicum.model.Trainable` and :func:`practicum_models_basic.train.train`.

        Raises:
            DataError: no samples, or a label out of range.
            TargetError: the batches have no target to learn.
            RunError: the checkpoint belongs to another training.
        """
        keys = keys.child(self.name)
        made = self.trainee(batches, keys)
        settings = Settings(self.epochs, self.lr, self.batch_size_train, self.weight_decay, self.schedule,
                            self.adversarial_share)
        module = made.network
        for parameter in module.parameters():
            parameter.grad = None

        def scores(batch: Batch) -> torch.Tensor:
            return scores_of(made.forward(batch), len(batch), made.name)

        train(made, module, scores, batches, keys, settings, tracker=tracker, augment=augment, adversary=adversary,
              checkpoint=checkpoint)
        return made

    def with_module(self, module: torch.nn.Module) -> Self:
        """A copy around another module."""
        made = self.evolve()
        object.__setattr__(made, "__pydantic_private__", {**(self.__pydantic_private__ or {}), "_module": module})
        return made

    def copied(self) -> Self:
        """A copy with its own copy of the module."""
        module = self.network
        with torch.no_grad():
            return self.with_module(copy.deepcopy(module))

    def state_digest(self) -> str:
        return "" if self._module is None else digest(self._module)


def write_config(directory: Path, config: dict[str, Any]) -> None:
    """Write ``technique.json``, the file :func:`practicum.load` looks for, last and whole."""
    write_atomic(directory / "technique.json", json.dumps(config, indent=2, ensure_ascii=False) + "\n")


def read_config(directory: Path) -> dict[str, Any]:
    """The fields in ``technique.json``."""
    config: dict[str, Any] = json.loads((directory / "technique.json").read_text("utf-8"))
    config.pop("use", None)
    return config
