"""Models over a network that this plugin builds itself: their weights tell the network's shape."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import torch

from practicum.errors import RunError
from practicum_models_basic.torch_model import TorchModel, read_config, write_config
from practicum_models_basic.weights import load_weights, put_weights, save_weights


class OwnNetwork(TorchModel):
    """A torch model that is saved as its fields and weights, and built again from them."""

    @abstractmethod
    def for_weights(self, tensors: Mapping[str, torch.Tensor]) -> Self | None:
        """A copy whose network has the shape of these weights; ``None`` where they belong to another network."""

    def save(self, directory: Path) -> None:
        """Write weights.safetensors and technique.json."""
        directory = Path(directory)
        save_weights(self.network.state_dict(), directory / "weights.safetensors")
        write_config(directory, self.config())

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Read back :meth:`save`.

        Raises:
            ConfigError: the weights don't fit the configuration.
            RunError: the directory holds weights of something else.
        """
        directory = Path(directory)
        tensors = load_weights(directory / "weights.safetensors", technique=cls.name)
        made = cls(**read_config(directory)).for_weights(tensors)
        if made is None:
            raise RunError(f"{directory} holds weights of another network than {cls.name}: load it with practicum.load")
        put_weights(made.network, tensors, source=str(directory), technique=cls.name)
        return made
