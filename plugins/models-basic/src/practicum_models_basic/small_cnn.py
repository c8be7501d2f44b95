"""A small convolutional classifier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self

import torch
from pydantic import Field, PrivateAttr, field_validator
from torch import nn

from practicum.batch import Batch
from practicum.errors import ConfigError
from practicum.keys import Keys
from practicum_models_basic.initial import class_names, count_classes, initialise
from practicum_models_basic.own_network import OwnNetwork
from practicum_models_basic.tensors import column_tensors, like_parameters


class SmallCNN(OwnNetwork):
    """Convolutions of 3x3 with batch norm, halving the size after each, then a linear layer over a 2x2 average pool.

    Takes images [N, C, H, W] of any size from 1x1, in [0, 1] or uint8; C and the number of classes come from the data
    it is fitted on. ``fit`` starts from fresh weights drawn from its keys, or from the present ones with
    ``warm_start``. Initial weights follow He et al., arXiv:1502.01852.

    Raises:
        UsageError: asked to predict before ``fit`` or ``load``.
        DataError: a label out of range, or images of differing channels.

    Example:
        >>> import practicum as pm
        >>> dark, light = torch.zeros(8, 1, 4, 4), torch.ones(8, 1, 4, 4)
        >>> data = pm.Batch.of(torch.cat([dark, light]), targets={"label": [0] * 8 + [1] * 8})
        >>> fitted = SmallCNN(channels=(4,), epochs=5, lr=0.05).fit([data], pm.Keys(0))
        >>> fitted.predict(data).labels.tolist() == data.label.tolist()
        True
    """

    name: ClassVar[str] = "models-basic/small-cnn"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    bounds: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    channels: tuple[int, ...] = Field(default=(32, 64), min_length=1, description="filters of each convolution")
    lr: float = Field(default=4e-3, gt=0, description="peak learning rate of AdamW")
    warm_start: bool = Field(default=False, description="fit goes on from the present weights")
    _shape: tuple[int, int] = PrivateAttr(default=(0, 0))

    @field_validator("channels")
    @classmethod
    def _positive(cls, channels: tuple[int, ...]) -> tuple[int, ...]:
        if min(channels) < 1:
            raise ConfigError(f"channels {channels}: each convolution needs at least one filter")
        return channels

    def forward(self, batch: Batch) -> torch.Tensor:
        column = batch.column_name(self.on, self.modalities)
        net = self.network
        parts = column_tensors(batch, column, self.bounds, *like_parameters(net))
        for x in parts:
            if x.shape[1] != self._shape[0]:
                raise ConfigError(f"{self.name} was fitted on images of {self._shape[0]} channels; these have "
                                  f"{x.shape[1]}: convert them to the same form")
        return torch.cat([net(x) for x in parts]) if len(parts) != 1 else net(parts[0])

    def trainee(self, batches: Sequence[Batch], keys: Keys) -> Self:
        if self.warm_start and self._module is not None:
            return self.copied()
        column = batches[0].column_name(self.on, self.modalities) if batches else ""
        first = batches[0].columns[column].data if batches else []
        if not len(first):
            return self.with_network(1, 1, keys)
        channels = first[0].shape[-1] if isinstance(first, list) else first.shape[1]
        named = class_names(batches) if not self.classes else self.classes
        made = self.with_network(channels, count_classes(batches, self.classes, self.name), keys)
        return made if named == self.classes else made.evolve(classes=named)

    def with_network(self, channels: int, classes: int, keys: Keys) -> Self:
        """A copy with fresh weights drawn from ``keys``."""
        with torch.device("meta"):
            net = _network(channels, self.channels, classes)
        net = initialise(net.to_empty(device="cpu"), keys)
        made = self.with_module(net if self.device is None else net.to(self.device))
        made._shape = (channels, classes)
        return made

    def for_weights(self, tensors: Mapping[str, torch.Tensor]) -> Self | None:
        if "0.weight" not in tensors or "head.weight" not in tensors:
            return None
        return self.with_network(tensors["0.weight"].shape[1], tensors["head.weight"].shape[0], Keys())


def _network(inputs: int, channels: Sequence[int], classes: int) -> nn.Sequential:
    net = nn.Sequential()
    for number, filters in enumerate(channels):
        net.add_module(f"{4 * number}", nn.Conv2d(inputs, filters, 3, padding=1, bias=False))
        net.add_module(f"{4 * number + 1}", nn.BatchNorm2d(filters))
        net.add_module(f"{4 * number + 2}", nn.ReLU())
        net.add_module(f"{4 * number + 3}", nn.MaxPool2d(2, ceil_mode=True))
        inputs = filters
    net.add_module("pool", nn.AdaptiveAvgPool2d(2))
    net.add_module("flat", nn.Flatten())
    net.add_module("head", nn.Linear(4 * inputs, classes))
    return net
