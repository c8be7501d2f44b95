"""Small right techniques for tests and doctests of the core and of plugins that need another technique."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from practicum.batch import Batch
from practicum.keys import Keys, SampleRng
from practicum.transformation import Transformation


class Reverse(Transformation):
    """Reverses a text.

    Example:
        >>> Reverse()(["abc"])
        ['cba']
    """

    name: ClassVar[str] = "toy/reverse"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    writes_edits: ClassVar[bool] = True

    def apply_one(self, value: Any, rng: SampleRng) -> Any:
        return value[::-1]


class MaskChars(Transformation):
    """Replaces characters by ``_`` with probability ``rate``.

    Example:
        >>> MaskChars(rate=1.0)(["abc"])
        ['___']
    """

    name: ClassVar[str] = "toy/mask-chars"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    writes_edits: ClassVar[bool] = True
    rate: float = Field(default=0.3, ge=0.0, le=1.0)

    def apply_one(self, value: Any, rng: SampleRng) -> Any:
        return "".join("_" if u < self.rate else c for c, u in zip(value, rng.uniform(len(value)), strict=True))


class AddNoise(Transformation):
    """Adds Gaussian noise to float images or states, drawn per sample.

    Args:
        std: standard deviation, in the input's units.

    Raises:
        DataError: the values are integers, or images of differing sizes.

    Example:
        >>> import torch
        >>> AddNoise(std=0.5)(torch.zeros(1, 2), 7).shape
        torch.Size([1, 2])
    """

    name: ClassVar[str] = "toy/add-noise"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state"})
    std: float = Field(default=0.1, ge=0.0)

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        import torch

        from practicum.columns.floats import FloatColumn

        column = FloatColumn.of(batch, self.on, by=self.name)
        noise = torch.from_numpy(keys.normal(column.x[0].numel())).reshape(column.x.shape).to(column.x.dtype)
        return column.restored(column.x + self.std * noise)
