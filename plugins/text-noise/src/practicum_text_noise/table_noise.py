"""The base of the techniques that work from a table."""

from __future__ import annotations

from abc import abstractmethod
from functools import cache
from typing import Any, ClassVar

import numpy as np

from practicum_text_noise import table_kernel
from practicum_text_noise.noise import Kernel, Noise, Pool
from practicum_text_noise.table_kernel import ANY, REPLACE
from practicum_text_noise.tables import Table
from practicum_text_noise.unicode_classes import char_classes
from practicum_text_noise.writing import FIELDS


@cache
def table_operation(op: int, by_word: bool = False, before: int = ANY, after: int = ANY, times: int = 1) -> Kernel:
    """A table operation in the form :func:`practicum_text_noise.noise.run` calls.

    Args:
        op: what is done to an eligible unit, from :mod:`practicum_text_noise.table_kernel`.
        by_word: whether the characters of a word share one draw.
        before, after: masks of the classes that may stand beside an eligible unit.
        times: most copies made by ``REPEAT``.
    """
    def call(limit: np.uint32, stream: np.uint64, hashes: Any, offsets: Any, data: Any, pool: Table, room: int,
             *outputs: Any) -> None:
        scratch = (np.empty(room, np.uint32), np.empty(room, np.uint32), np.empty(room, np.int32),
                   np.arange(room, dtype=np.int32), np.empty(room, np.int32),
                   np.empty(FIELDS * room * pool.edits, np.int32), np.empty(room, np.int32), np.empty(room, np.int32))
        table_kernel.table_noise(op, by_word, before, after, times, pool.most, pool.only_whole, limit, stream, hashes,
                                 offsets, data, char_classes(), pool.index, pool.slots, pool.options, pool.data,
                                 pool.sequences, scratch, *outputs)
    return call


class TableNoise(Noise):
    """Noise that a table describes; the default replaces each eligible unit by one of its options.

    Args:
        rate: probability in 0..1 that an eligible unit is edited; 0 changes nothing. Draws don't depend on it.
    """

    operation: ClassVar[Kernel] = table_operation(REPLACE)

    @abstractmethod
    def _table(self) -> Table:
        """The eligible units and what they become; made once for each configuration."""

    def _kernel(self) -> tuple[Kernel, Pool]:
        return type(self).operation, self._table()
