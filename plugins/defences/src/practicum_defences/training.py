"""The loop that adversarial trainings share: one optimiser over the base's modules, resumed bit for bit."""

from __future__ import annotations

import hashlib
import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from pydantic import Field

from practicum.atomic import write_atomic
from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import CapabilityError, DataError, RunError, TechniqueFailed
from practicum.keys import Keys
from practicum.keys.contained import contained
from practicum.model import Predictions, require
from practicum_defences.over import OnlyIf, OverModel

if TYPE_CHECKING:
    from practicum.attack import Attack
    from practicum.tracker import Run
    from practicum.transformation import Transformation


@dataclass
class Step:
    """One batch of a training: what a method needs to take its step.

    Args:
        column: the batch's float column.
        label: classes, int64 [N].
        scores: inputs -> scores [N, C] by the modules as they are.
        modules: of the base, in training mode.
        bounds: the box.
        keys: bound to the samples, of this epoch.
        optimizer: over all parameters.
    """

    column: FloatColumn
    label: torch.Tensor
    scores: Any
    modules: Sequence[torch.nn.Module]
    bounds: tuple[float, float] | None
    keys: Keys
    optimizer: torch.optim.Optimizer

    @property
    def x(self) -> torch.Tensor:
        """The clean inputs."""
        return self.column.x

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Evaluation mode inside: running statistics that stay as they are, no dropout."""
        for module in self.modules:
            module.eval()
        try:
            yield
        finally:
            for module in self.modules:
                module.train()

    def start(self, eps: float) -> torch.Tensor:
        """A point drawn uniformly from the L-infinity ball of each sample."""
        drawn = self.keys.child("start").uniform53(self.x[0].numel())
        move = torch.from_numpy(eps * (2.0 * drawn - 1.0)).to(self.x).reshape(self.x.shape)
        return self.x + move

    def update(self, loss: torch.Tensor) -> float:
        """One step of the optimiser down a loss."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        self.optimizer.step()
        return float(loss.detach())


class AdversarialTraining(OverModel):
    """A classifier trained against perturbations of L-infinity size ``eps``. After ``fit`` it predicts as its base.

    ``fit`` starts from fresh weights that the base draws, whatever the base's own training fields are.

    Args:
        base: a model that can be trained step by step (those of models-basic with a torch module can).
        eps: largest change of a value in training, in the input's units.
        epochs: passes over the data.
        lr: peak learning rate of AdamW, falling to zero along a cosine.
        batch_size: samples a step.
        weight_decay: of AdamW, decoupled.
    """

    own_adversary: ClassVar[bool] = True

    eps: float = Field(default=8 / 255, gt=0.0, description="largest change of a value in training")
    epochs: int = Field(default=10, ge=1, description="passes over the training data")
    lr: float = Field(default=4e-3, gt=0.0, description="peak learning rate of AdamW")
    batch_size: int = Field(default=64, ge=1, description="samples in a training step")
    weight_decay: float = Field(default=1e-2, ge=0.0, description="decoupled weight decay of AdamW")

    @abstractmethod
    def learn(self, step: Step) -> float:
        """Take the optimiser's step on one batch; the loss."""

    @OnlyIf
    def logits(self, batch: Batch) -> torch.Tensor:
        """The base's."""
        base: Any = self.base
        out: torch.Tensor = base.logits(batch)
        return out

    def predict(self, batch: Batch) -> Predictions:
        """The base's."""
        return self.base.predict(batch)

    @OnlyIf
    def trainee(self, batches: Sequence[Batch], keys: Keys) -> Self:
        """The same over a fresh trainee of the base."""
        base: Any = self.base
        return self.over(base.trainee(batches, keys))

    @OnlyIf
    def forward(self, batch: Batch) -> torch.Tensor:
        """The base's."""
        base: Any = self.base
        out: torch.Tensor = base.forward(batch)
        return out

    def fit(self, batches: Sequence[Batch], keys: Keys, tracker: Run | None = None, *,
            augment: Transformation | None = None, adversary: Attack | None = None,
            checkpoint: Path | None = None) -> Self:
        """A trained copy; see :class:`practicum.model.Trainable`.

        Args:
            batches, keys, tracker, augment, checkpoint: as there.
            adversary: refused: the method brings its own.

        Raises:
            CapabilityError: the base can't be trained step by step, an adversary is given, or augmentation mixes
                labels.
            DataError: no samples, or inputs that are no floats of one size.
            TargetError: no class labels.
            TechniqueFailed: the loss became NaN or infinite.
            RunError: the checkpoint belongs to another training.
        """
        require(self.base, "stepwise-training", self.name)
        if adversary is not None:
            raise CapabilityError(f"{self.name} trains against perturbations of its own and takes no adversary "
                                  f"({adversary.name}): leave it out, or fit the base with it instead")
        data = Batch.concat(list(batches)) if batches else None
        if data is None or not len(data):
            raise DataError(f"{self.name} can't be fitted on no samples")
        data = Batch(data.ids, data.columns, data.targets)
        keys = keys.child(self.name)
        made = self.trainee([data], keys.child("weights"))
        parameters = [p for m in made.modules() for p in m.parameters()]
        optimizer = torch.optim.AdamW(parameters, lr=self.lr, weight_decay=self.weight_decay)
        identity = self._identity(made, data, keys, augment)
        done = 0 if checkpoint is None else _resume(checkpoint, identity, made, optimizer, self.name)
        steps = -(-len(data) // self.batch_size)
        for epoch in range(done, self.epochs):
            now = Keys(keys.seed, epoch, keys.output, keys.path)
            order = now.child("shuffle").bind(data.ids).order()
            total, seen = 0.0, 0
            with contained() as seed, torch.enable_grad():
                seed(now.child("dropout").stream)
                for at in range(steps):
                    rows = order[at * self.batch_size:(at + 1) * self.batch_size]
                    part = data.take(rows)
                    part = part if augment is None else _augmented(part, augment, now.child("augment"), self.name)
                    if not len(part):  # all filtered out
                        continue
                    for group in optimizer.param_groups:
                        group["lr"] = self.lr * 0.5 * (1 + math.cos(math.pi * (epoch * steps + at) / (
                            self.epochs * steps)))
                    total, seen = total + made._learn(part, now, optimizer) * len(part), seen + len(part)
            mean = total / seen if seen else math.nan
            if not math.isfinite(mean):
                raise TechniqueFailed(f"{self.name}: the training loss is {mean} in epoch {epoch}; lower lr (now "
                                      f"{self.lr}), and look for NaN in the data")
            if checkpoint is not None:
                _write(checkpoint, identity, epoch + 1, made, optimizer)
            if tracker is not None:
                tracker.log_metrics({"train/loss": mean}, step=epoch)
        for module in made.modules():
            module.eval()
        return made

    def _learn(self, batch: Batch, keys: Keys, optimizer: torch.optim.Optimizer) -> float:
        modules = self.modules()
        for module in modules:
            module.train()
        column = FloatColumn.of(batch, self.on, by=self.name)
        label = torch.as_tensor(batch.label, device=column.x.device)

        def scores(x: torch.Tensor) -> torch.Tensor:
            return self.forward(column.with_values(x))

        return self.learn(Step(column, label, scores, modules, self.bounds, keys.bind(batch.ids), optimizer))

    def _identity(self, made: OverModel, data: Batch, keys: Keys, augment: Transformation | None) -> str:
        parts = [self.name, self.model_dump(mode="json"), made.state_digest(), keys.stream,
                 np.sort(data.ids.hashes).tobytes(), augment.fingerprint() if augment is not None else ""]
        return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()


def _augmented(part: Batch, augment: Transformation, keys: Keys, name: str) -> Batch:
    made = augment.run(part, keys)
    if made.targets["label"].kind != "label":
        raise CapabilityError(f"{name} learns class labels, but {augment.name} makes targets of kind "
                              f"{made.targets['label'].kind!r}: leave it out, or keep to techniques that preserve "
                              "labels")
    return made


def _write(path: Path, identity: str, epoch: int, made: OverModel, optimizer: torch.optim.Optimizer) -> None:
    state = {"training": identity, "epoch": epoch, "modules": [m.state_dict() for m in made.modules()],
             "optimizer": optimizer.state_dict()}
    write_atomic(path, lambda file: torch.save(state, file))


def _resume(path: Path, identity: str, made: OverModel, optimizer: torch.optim.Optimizer, name: str) -> int:
    if not path.is_file():
        return 0
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
        epoch, other = int(saved["epoch"]), saved["training"]
    except Exception as error:
        raise RunError(f"{name}: the checkpoint {path} can't be read ({type(error).__name__}: {error}); delete it to "
                       "train from the start") from error
    if other != identity:
        raise RunError(f"{name}: the checkpoint {path} belongs to a training with another configuration, data or "
                       "seed; delete it, or give another checkpoint path")
    for module, weights in zip(made.modules(), saved["modules"], strict=True):
        module.load_state_dict(weights)
    optimizer.load_state_dict(saved["optimizer"])
    return epoch
