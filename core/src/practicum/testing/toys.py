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
    """Adds Gaussian noise to float images or states, drawn per sample."""

    name: ClassVar[str] = "toy/add-noise"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state"})
    std: float = Field(default=0.1, ge=0.0)

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        import torch

        column = batch.column_name(self.on, self.modalities)
        data = torch.as_tensor(batch.column(column))
        noise = torch.from_numpy(keys.normal(data[0].numel())).reshape(data.shape).to(data.dtype)
        return batch.with_column(column, data + self.std * noise)
