"""Keeps the texts that name someone."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from practicum.batch import Batch
from practicum.keys import Keys
from practicum.transformation import Filter
from practicum_gendered_name_swap.names import named


class NamesSomeone(Filter):
    """Keeps the texts that hold a name which ``gendered-name-swap/gendered-name-swap`` would swap.

    Run it before the swap, so that a comparison is made on texts that the swap can change.

    Args:
        least: how many different names a text must hold, from 0, which keeps every text.

    Example:
        >>> from practicum import Batch
        >>> NamesSomeone()(Batch.of(["Mary slept.", "It rained."])).to_list()
        ['Mary slept.']
    """

    name: ClassVar[str] = "gendered-name-swap/names-someone"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    least: int = Field(default=1, ge=0, description="different names a text must hold")

    def keep(self, batch: Batch, keys: Keys) -> Any:
        texts = batch.to_list(batch.column_name(self.on, self.modalities))
        return np.array([len({name for _, name in named(text)}) >= self.least for text in texts], dtype=bool)
