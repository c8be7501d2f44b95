"""The base of the noise techniques: hands a packed column to a compiled kernel and gathers what it wrote."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.text import buffers, pack
from practicum.edits import TextEdits
from practicum.errors import DataError
from practicum.keys import Keys
from practicum.transformation import Transformation
from practicum_text_noise import char_kernel, word_kernel
from practicum_text_noise.packed import SLACK, frozen
from practicum_text_noise.unicode_classes import SPACE, char_classes
from practicum_text_noise.writing import BYTES, EDIT_BYTES, EDITS, FIELDS, ROW

Bytes = npt.NDArray[np.uint8]
Kernel = Callable[..., None]

_LONGEST = 2**31 - 65
_USUAL = 8  # bytes to expect of a new piece; few are longer
_SPARE = 64  # kernels round positions up to full vectors


@dataclass(frozen=True, slots=True)
class Pool:
    """New characters for the kernels.

    Args:
        data: their bytes in slots of equal width, uint8, padded by 64.
        sizes: bytes used in each slot, int64.
        longest: the most bytes that one edit can add.
        edits: the most edits that one character can get.
    """

    data: Bytes
    sizes: npt.NDArray[np.int64]
    longest: int = 0
    edits: int = 1


class Noise(Transformation):
    """Edits each eligible unit of a text with probability ``rate``, independently of every other text.

    Args:
        rate: probability in 0..1 that an eligible unit is edited; 0 changes nothing. Draws don't depend on it.
    """

    modalities: ClassVar[frozenset[str]] = frozenset({"text"})
    writes_edits: ClassVar[bool] = True
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"rate": (0.05, 0.1, 0.2)}

    rate: float = Field(default=0.1, ge=0.0, le=1.0, description="probability that an eligible unit is edited")

    @abstractmethod
    def _kernel(self) -> tuple[Kernel, Pool]:
        """The compiled operation and the characters it brings in."""

    def apply(self, batch: Batch, keys: Keys) -> Batch:
        column = batch.column_name(self.on, self.modalities)
        log = batch.wants_edits(column)
        texts = batch.columns[column].data
        lengths = np.diff(buffers(texts)[0])
        if lengths.max(initial=0) > _LONGEST:
            raise DataError(f"{self.name}: column {column!r}, sample {batch.ids[int(lengths.argmax())]!r}: the text "
                            f"has {lengths.max()} bytes, more than the {_LONGEST} that fit 32-bit positions: split it")
        data, edits = run(*self._kernel(), self.rate, keys, texts, log)
        return batch.with_column(column, data, edits=edits, op=" > ".join(keys.path))


@cache
def no_pool() -> Pool:
    """The pool of operations that bring in no new characters."""
    return Pool(np.zeros(64, np.uint8), np.zeros(1, np.int64))


@cache
def _byte_kinds() -> Bytes:
    """What each byte of UTF-8 says about whitespace, uint8 [256]."""
    kinds = np.zeros(256, np.uint8)
    spaces = np.flatnonzero(char_classes() == SPACE)
    kinds[spaces[spaces < 128]] = word_kernel.BLANK
    kinds[[chr(int(c)).encode()[0] for c in spaces[spaces >= 128]]] = word_kernel.ASK
    kinds.flags.writeable = False
    return kinds


def char_operation(op: int) -> Kernel:
    """A character operation in the form :func:`run` calls."""
    def call(limit: np.uint32, stream: np.uint64, hashes: Any, offsets: Any, data: Any, pool: Pool, room: int,
             *outputs: Any) -> None:
        scratch = (np.empty(room, np.uint32), np.empty(room, np.uint32), np.empty(room, np.int32),
                   np.arange(room, dtype=np.int32), np.empty(room, np.int32), np.empty(FIELDS * room, np.int32))
        char_kernel.char_noise(op, limit, stream, hashes, offsets, data, char_classes(), pool.data, pool.sizes, scratch,
                               *outputs)
    return call


def word_operation(op: int) -> Kernel:
    """A word operation in the form :func:`run` calls."""
    def call(limit: np.uint32, stream: np.uint64, hashes: Any, offsets: Any, data: Any, pool: Pool, room: int,
             *outputs: Any) -> None:
        scratch = (np.empty(room, np.uint32), *(np.empty(room, np.int32) for _ in range(4)),
                   np.empty(FIELDS * room, np.int32))
        word_kernel.word_noise(op, limit, stream, hashes, offsets, data, char_classes(), _byte_kinds(), pool.data,
                               scratch, *outputs)
    return call


def run(kernel: Kernel, pool: Pool, rate: float, keys: Keys, column: pa.LargeStringArray, log: bool,
        ) -> tuple[pa.LargeStringArray, TextEdits | None]:
    """Apply a kernel to a packed column.

    Args:
        kernel: from :func:`char_operation` or :func:`word_operation`.
        pool: new characters.
        rate: probability of an edit; used to 2**-32.
        keys: bound to the column's samples.
        column: N texts.
        log: whether to report the edits.

    Returns:
        the new column and, with ``log``, its edits.
    """
    threshold = round(rate * 2**32)
    if threshold == 0:
        return column, _gather(_log_buffers(0, 0), 0, 0) if log else None
    offsets, data = (frozen(a) for a in buffers(column))
    identities = frozen(np.ascontiguousarray(keys.hashes))
    longest, total = int(np.diff(offsets).max(initial=0)), int(offsets[-1] - offsets[0])
    cursor, out_offsets = np.zeros(4, np.int64), np.zeros(len(column) + 1, np.int64)
    out_room, edit_room, text_room = _estimate(total, longest, rate, pool)
    out = np.empty(out_room, np.uint8)
    logged = _log_buffers(edit_room, text_room) if log else _log_buffers(-1, 0)
    done, factor = -1, 1
    while True:
        kernel(np.uint32(threshold - 1), np.uint64(keys.stream), identities, offsets, data, pool,
               -(-longest // 32) * 32 + _SPARE, cursor, out, out_offsets, logged)
        if cursor[ROW] == len(column):
            break
        # A pool that says too little of what its edits add costs more rounds, but no endless loop.
        done, factor = int(cursor[ROW]), 2 * factor if cursor[ROW] == done else 1
        more = factor * (longest * (1 + pool.longest * pool.edits) + SLACK)
        more_edits = factor * longest * pool.edits
        out = _enlarged(out, int(cursor[BYTES]), more)
        if log:
            edits = int(cursor[EDITS])
            logged = (*(_enlarged(a, edits, more_edits) for a in logged[:4]),
                      _enlarged(logged[4], edits + 1, more_edits),
                      _enlarged(logged[5], int(cursor[EDIT_BYTES]), more))
    made = pack(out_offsets, out[:cursor[BYTES]])
    return made, _gather(logged, int(cursor[EDITS]), int(cursor[EDIT_BYTES])) if log else None


def _estimate(total: int, longest: int, rate: float, pool: Pool) -> tuple[int, int, int]:
    """Bytes of output, edits, and bytes of replacements to make room for; a kernel stops where that is too little."""
    edits, size = int(total * rate * 1.02) * pool.edits, min(pool.longest, _USUAL)
    return total + edits * size + longest + 4096, edits + 1024, edits * max(size, 2) + longest + 4096


def _log_buffers(edits: int, replaced: int) -> tuple[npt.NDArray[Any], ...]:
    """Room for edits, in one block: the larger an allocation, the fewer page faults it costs."""
    count, starts = max(edits, 0), 8 * (edits + 1)
    block = np.empty(starts + 16 * count + replaced, np.uint8)
    offsets, numbers = block[:starts].view(np.int64), block[starts:starts + 16 * count].view(np.int32)
    offsets[:1] = 0
    return *(numbers[k * count:(k + 1) * count] for k in range(4)), offsets, block[starts + 16 * count:]


def _enlarged(array: npt.NDArray[Any], used: int, more: int) -> npt.NDArray[Any]:
    """A copy with room for ``more`` items, and for half as many again as are used."""
    if len(array) - used >= more:
        return array
    out = np.empty(used + more + used // 2, array.dtype)
    out[:used] = array[:used]
    return out


def _gather(log: tuple[npt.NDArray[Any], ...], edits: int, replaced: int) -> TextEdits:
    row, start, stop, source, offsets, data = log
    moved = source[:edits]
    return TextEdits(row[:edits], start[:edits], stop[:edits], pack(offsets[:edits + 1], data[:replaced]),
                     moved if edits and int(moved.max()) >= 0 else None)
