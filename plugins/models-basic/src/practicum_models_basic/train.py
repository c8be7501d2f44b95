"""One plain training loop for every network of this plugin."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch.nn import functional

from practicum.batch import Batch
from practicum.errors import CapabilityError, DataError, TargetError, TechniqueFailed
from practicum.keys import Keys
from practicum_models_basic import checkpoint as checkpoints
from practicum_models_basic.seeding import contained
from practicum_models_basic.tensors import like_parameters
from practicum_models_basic.weights import digest

if TYPE_CHECKING:
    from practicum.attack import Attack
    from practicum.model import Model
    from practicum.tracker import Run
    from practicum.transformation import Transformation


@dataclass(frozen=True)
class Settings:
    """How to train.

    Args:
        epochs: passes over the data.
        lr: peak learning rate of AdamW.
        batch_size: samples a step.
        weight_decay: of AdamW, decoupled.
        schedule: ``constant``, or ``cosine`` from ``lr`` to zero over all steps.
        adversarial_share: share of each batch that the adversary attacks, when there is one.
    """

    epochs: int
    lr: float
    batch_size: int
    weight_decay: float
    schedule: Literal["constant", "cosine"] = "cosine"
    adversarial_share: float = 0.5


def train(model: Model, module: torch.nn.Module, scores: Callable[[Batch], torch.Tensor], batches: Sequence[Batch],
          keys: Keys, settings: Settings, *, tracker: Run | None = None, augment: Transformation | None = None,
          adversary: Attack | None = None, checkpoint: Path | None = None) -> None:
    """Train ``module`` in place.

    Equal keys, data and settings give bit-equal weights on one machine with one number of threads, in whatever order
    and batches the samples come. Each epoch's shuffle, augmentation and dropout depend on the keys and the epoch
    only, so a training that continues from its checkpoint ends at the same bits as one that was never interrupted.

    Args:
        model: the model that holds ``module``, for the adversary to attack.
        module: what is trained.
        scores: forward pass of a batch in training mode, [N, C] (or [N] or [N, D] for a value target).
        batches: the training data. Targets: ``label`` (classes or a soft label) or one of kind ``value``; a target
            named ``weight`` of kind ``value``, when there, weighs each sample's loss.
        keys: of shuffling, augmentation, attack and dropout.
        settings: how to train.
        tracker, augment, adversary, checkpoint: see :class:`practicum.model.Trainable`.

    Raises:
        DataError: no samples, or a label out of range.
        TargetError: no target to learn.
        TechniqueFailed: the loss became NaN or infinite.
    """
    data = Batch.concat(list(batches)) if batches else None
    if data is None or not len(data):
        raise DataError(f"{model.name} can't be fitted on no samples")
    data = _plain(data)
    if adversary is not None:
        if "label" not in data.targets or data.targets["label"].kind != "label":
            raise CapabilityError(f"{model.name}: training against {adversary.name} needs class labels")
        adversary.check(model, data)
    # One pass over a large embedding table instead of ten; complex parameters have no fused form.
    fused = all(p.is_floating_point() and p.device.type in ("cpu", "cuda") for p in module.parameters())
    optimizer = torch.optim.AdamW(module.parameters(), lr=settings.lr, weight_decay=settings.weight_decay, fused=fused)
    identity, done = "", 0
    if checkpoint is not None:
        identity = _identity(module, data, keys, settings, augment, adversary)
        done = checkpoints.resume(checkpoint, training=identity, module=module, optimizer=optimizer)
    steps = -(-len(data) // settings.batch_size)
    device = like_parameters(module)[1]
    for epoch in range(done, settings.epochs):
        now = Keys(keys.seed, epoch, keys.output, keys.path)
        order = now.child("shuffle").bind(data.ids).order()
        total = weight = 0.0
        with contained(now.child("dropout"), device):
            for step in range(steps):
                rows = order[step * settings.batch_size:(step + 1) * settings.batch_size]
                batch = _harder(data.take(rows), model, now, settings, augment, adversary)
                if not len(batch):
                    continue
                module.train()
                for group in optimizer.param_groups:
                    group["lr"] = _rate(settings, epoch * steps + step, settings.epochs * steps)
                optimizer.zero_grad(set_to_none=True)
                loss = loss_of(scores(batch), batch, model.name)
                loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
                optimizer.step()
                total, weight = total + loss.item() * len(batch), weight + len(batch)
        module.eval()
        mean = total / weight if weight else float("nan")
        if not math.isfinite(mean):
            raise TechniqueFailed(f"{model.name}: the training loss is {mean} in epoch {epoch}; lower lr (now "
                                  f"{settings.lr}), and look for NaN in the data")
        if checkpoint is not None:
            checkpoints.write(checkpoint, training=identity, epoch=epoch + 1, module=module, optimizer=optimizer)
        if tracker is not None:
            tracker.log_metrics({"train/loss": mean}, step=epoch)
    module.eval()


def loss_of(scores: torch.Tensor, batch: Batch, name: str) -> torch.Tensor:
    """Mean loss of a batch: cross entropy of (soft) labels, or squared error of a value target.

    Raises:
        TargetError: the batch has no target to learn.
        DataError: a label is out of range.
        ModelOutputError: scores of another shape than the target needs.
    """
    from practicum.errors import ModelOutputError

    target = batch.targets.get("label") or next((t for n, t in batch.targets.items()
                                                 if t.kind == "value" and n != "weight"), None)
    if target is None or target.kind not in ("label", "soft-label", "value"):
        raise TargetError(f"{name}: there is nothing to learn: give targets={{'label': ...}}, or a target of floats")
    if target.kind == "value":
        if scores.numel() != len(batch):
            raise ModelOutputError(f"{name}: the network returned shape {tuple(scores.shape)} where one value per "
                                   f"sample, [{len(batch)}, 1], is learned")
        wanted = torch.as_tensor(target.data).to(scores)
        losses = (scores.reshape(-1) - wanted) ** 2
    else:
        if scores.ndim != 2:
            raise ModelOutputError(f"{name}: the network returned shape {tuple(scores.shape)}; classification needs "
                                   f"[{len(batch)}, classes]")
        if target.kind == "label":
            check_labels(target.data, scores.shape[1], batch, name)
            losses = functional.cross_entropy(scores, torch.as_tensor(target.data).to(scores.device), reduction="none")
        else:
            check_labels(target.data.mixed().classes.max(axis=1, initial=0), scores.shape[1], batch, name)
            dense = torch.from_numpy(target.data.dense(scores.shape[1])).to(scores)
            losses = functional.cross_entropy(scores, dense, reduction="none")
    weights = batch.targets.get("weight")
    if weights is None or weights.kind != "value":
        return losses.mean()
    w = torch.as_tensor(weights.data).to(losses)
    return (losses * w).sum() / w.sum().clamp(min=torch.finfo(w.dtype).tiny)


def check_labels(label: np.ndarray, classes: int, batch: Batch, name: str) -> None:
    """Raise unless every label is below the number of classes.

    Raises:
        DataError: names the sample.
    """
    if len(label) and int(label.max()) >= classes:
        row = int(np.argmax(label))
        raise DataError(f"{name}: sample {batch.ids[row]!r} has label {int(label[row])}, but the network has {classes} "
                        f"classes (0 to {classes - 1}): fix the label, or the network's last layer")


def _plain(data: Batch) -> Batch:
    """Without the edit log, which would grow with each batch."""
    return Batch(data.ids, data.columns, data.targets)


def _rate(settings: Settings, step: int, steps: int) -> float:
    if settings.schedule == "constant":
        return settings.lr
    return settings.lr * 0.5 * (1.0 + math.cos(math.pi * step / steps))


def _harder(batch: Batch, model: Model, keys: Keys, settings: Settings, augment: Transformation | None,
            adversary: Attack | None) -> Batch:
    """The first rows attacked, the others augmented; rows are shuffled already, so both are random shares."""
    hit = round(settings.adversarial_share * len(batch)) if adversary is not None else 0
    rows = np.arange(len(batch))
    parts = []
    if adversary is not None and hit:
        clean = batch.take(rows[:hit])
        parts.append(adversary.adversarial(model, clean, keys.child("adversary").bind(clean.ids)))
    if hit < len(batch):
        rest = batch.take(rows[hit:]) if hit else batch
        parts.append(rest if augment is None else augment.run(rest, keys.child("augment")))
    return Batch.concat([_plain(p) for p in parts])


def _identity(module: torch.nn.Module, data: Batch, keys: Keys, settings: Settings, augment: Transformation | None,
              adversary: Attack | None) -> str:
    hashes = np.sort(data.ids.hashes)
    parts = [keys.stream, settings, hashes.tobytes(), digest(module)]
    parts += [t.fingerprint() if t is not None else "" for t in (augment, adversary)]
    return hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()
