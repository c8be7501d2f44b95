"""What filters share: one number measured of each text, and the range it must lie in."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field, model_validator

from practicum.batch import Batch
from practicum.errors import ConfigError
from practicum.keys import Keys
from practicum.transformation import Filter

Floats = npt.NDArray[np.float64]

WORD = r"[\p{L}\p{M}\p{N}]+(?:['’\-][\p{L}\p{M}\p{N}]+)*"
"""A word, as an RE2 pattern: letters, marks and digits, with apostrophes and hyphens inside."""


class Measure(Filter):
    """Keeps a text when ``min <= measure <= max``; a bound left out doesn't bind."""

    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    min: float | None = Field(default=None, ge=0.0, description="smallest value kept; none when left out")
    max: float | None = Field(default=None, ge=0.0, description="largest value kept; none when left out")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ConfigError(f"min {self.min:g} is above max {self.max:g}, which no text can meet; swap them")
        return self

    @abstractmethod
    def measure(self, texts: pa.LargeStringArray, batch: Batch, column: str) -> Floats:
        """One number for each text, float64 [N]."""

    def keep(self, batch: Batch, keys: Keys) -> npt.NDArray[np.bool_]:
        column = batch.column_name(self.on, self.modalities)
        measured = self.measure(batch.columns[column].data, batch, column)
        low = -np.inf if self.min is None else self.min
        high = np.inf if self.max is None else self.max
        return (measured >= low) & (measured <= high)


class Presence(Filter):
    """Keeps the texts that have something, or those that don't."""

    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    present: bool = Field(default=True, description="true keeps texts that have it, false those that don't")

    @abstractmethod
    def has(self, texts: pa.LargeStringArray) -> npt.NDArray[np.bool_]:
        """Which texts have it, bool [N]."""

    def keep(self, batch: Batch, keys: Keys) -> npt.NDArray[np.bool_]:
        column = batch.column_name(self.on, self.modalities)
        return np.asarray(self.has(batch.columns[column].data) == self.present, dtype=bool)


def as_numpy(array: Any) -> npt.NDArray[Any]:
    """An Arrow result as a NumPy array."""
    return np.asarray(array.to_numpy(zero_copy_only=False))


def count(texts: pa.LargeStringArray, pattern: str) -> Floats:
    """How often an RE2 pattern is found in each text, float64 [N]."""
    return as_numpy(pc.count_substring_regex(texts, pattern=pattern)).astype(np.float64)


def share(part: Floats, whole: Floats) -> Floats:
    """``part / whole``, 0 where there is nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
