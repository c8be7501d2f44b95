"""Initial weights from keys, and what the training data say about the classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import nn

from practicum.batch import Batch
from practicum.errors import DataError, TargetError
from practicum.keys import Keys
from practicum_models_basic.seeding import generator

Net = TypeVar("Net", bound=nn.Module)


def initialise(net: Net, keys: Keys) -> Net:
    """Fill a network's parameters from ``keys``, in place, without torch's global generator.

    Convolutions and linear layers: He et al. (arXiv:1502.01852) normal weights for ReLU and zero biases; norms: ones
    and zeros; embeddings: normal with deviation ``1 / dimension``.
    """
    source = generator(keys.child("init"))
    with torch.no_grad():
        for layer in net.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=source)
                if layer.bias is not None:
                    layer.bias.zero_()
            elif isinstance(layer, nn.BatchNorm2d):
                layer.reset_running_stats()
                layer.weight.fill_(1.0)
                layer.bias.zero_()
            elif isinstance(layer, (nn.Embedding, nn.EmbeddingBag)):
                layer.weight.normal_(0.0, 1.0 / layer.embedding_dim, generator=source)
    return net


def count_classes(batches: Sequence[Batch], named: Sequence[str], technique: str) -> int:
    """Number of classes: of the names when given, else the largest label plus one, at least 2.

    Raises:
        TargetError: the batches have no class labels.
        DataError: more classes than names.
    """
    names = list(named) or list(class_names(batches))
    largest = -1
    for batch in batches:
        target = batch.targets.get("label")
        if target is None or target.kind not in ("label", "soft-label"):
            raise TargetError(f"{technique} learns class labels: give targets={{'label': ...}}")
        values = [target.data if target.kind == "label" else target.data.mixed().classes]
        largest = max([largest, *(int(v.max()) for v in values if v.size)])
    if names and largest >= len(names):
        raise DataError(f"{technique}: a label is {largest}, but only {len(names)} classes are named: "
                        f"{', '.join(names[:8])}")
    return len(names) or max(largest + 1, 2)


def class_names(batches: Sequence[Batch]) -> tuple[str, ...]:
    """Names of the classes, as the label target gives them; empty when it gives none."""
    target = batches[0].targets.get("label") if batches else None
    return target.classes if target is not None else ()
