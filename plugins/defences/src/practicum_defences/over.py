"""Models over models: what all defences forward to the model they protect."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import MethodType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from pydantic import ConfigDict, Field

import practicum
from practicum.atomic import write_atomic
from practicum.columns.arrays import Series
from practicum.columns.floats import FLOAT_MODALITIES
from practicum.model import Model
from practicum.technique import Nested

if TYPE_CHECKING:
    import torch

    from practicum.batch import Batch


class OnlyIf:
    """A method that a model over another one has where the base has one of that name: capabilities are forwarded, not
    claimed."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        name = self.function.__name__
        if not hasattr(instance.base, name):
            raise AttributeError(f"{instance.base.name}, under {instance.name}, has no {name}")
        return MethodType(self.function, instance)


def attached(batch: Batch, column: str) -> torch.Tensor:
    """A float column as the tensor it holds, with the gradients that are attached to it."""
    import torch

    data: Any = batch.columns[column].data
    return torch.as_tensor(data.values if isinstance(data, Series) else data)


class OverModel(Model):
    """A model over another one.

    Args:
        base: the model protected, or its configuration.
    """

    modalities: ClassVar[frozenset[str]] = FLOAT_MODALITIES

    model_config = ConfigDict(ignored_types=(OnlyIf,))

    base: Nested[Model] = Field(description="the model protected")

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The box of the base's inputs."""
        found: tuple[float, float] | None = getattr(self.base, "bounds", None)
        return found

    @property
    def on(self) -> str | None:
        """The column that the base reads."""
        found: str | None = getattr(self.base, "on", None)
        return found

    @OnlyIf
    def modules(self) -> Sequence[torch.nn.Module]:
        """The base's torch modules."""
        base: Any = self.base
        made: Sequence[torch.nn.Module] = base.modules()
        return made

    def unnamed(self) -> tuple[str, str]:
        return self.base.unnamed()

    def state_digest(self) -> str:
        return self.base.state_digest()

    def over(self, base: Any) -> Self:
        """The same defence of another model."""
        made: Self = self.evolve(base=base)
        return made

    def save(self, directory: Path) -> None:
        """The base in a folder of its own, then the configuration.

        Raises:
            CapabilityError: the base can't be saved.
        """
        home = directory / "base"
        home.mkdir(parents=True, exist_ok=True)
        self.base.save(home)
        write_atomic(directory / "technique.json", json.dumps(self.config(), indent=2, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, directory: Path) -> Self:
        config = json.loads((directory / "technique.json").read_text("utf-8"))
        fields = {n: v for n, v in config.items() if n not in ("use", "base")}
        return cls(base=practicum.load(directory / "base"), **fields)
