"""Tables for the table kernel: which characters or sequences are eligible, and what each may become."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum_text_noise.noise import Pool
from practicum_text_noise.table_kernel import BUCKETS
from practicum_text_noise.unicode_classes import COVERED, WORD, char_classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Pool):
    """What :func:`practicum_text_noise.table_kernel.table_noise` reads; made by :func:`build_table`.

    Args:
        index: slot of each code point, uint16 [COVERED + 1]; 0 is not eligible.
        slots: first option of each slot, int32.
        options: first byte of each option, int32.
        sequences: keys of more than one character, as the kernel takes them.
        most: the largest number of options of any slot.
        only_whole: whether all that is eligible are sequences that must be whole words.
    """

    index: npt.NDArray[np.uint16]
    slots: npt.NDArray[np.int32]
    options: npt.NDArray[np.int32]
    sequences: tuple[npt.NDArray[Any], ...]
    most: int
    only_whole: bool


def build_table(options: Mapping[str, Sequence[str]], *, classes: Mapping[int, Sequence[str]] | None = None,
                whole: Collection[str] = (), edits: int = 1) -> Table:
    """A table from what each key may become.

    Args:
        options: key (a character or a sequence) -> what it may become, each equally likely; an empty sequence of
            options makes the key not eligible.
        classes: the same for all characters of a class (see :mod:`practicum_text_noise.unicode_classes`) that are no
            key themselves.
        whole: sequences that count only where no character of a word stands beside them.
        edits: the most edits that one character can get.

    Example:
        >>> table = build_table({"a": ["4", "@"], "rn": ["m"]})
        >>> int(table.index[ord("a")]), int(table.index[ord("r")]), table.most
        (1, 0, 2)
    """
    slots: dict[tuple[str, ...], int] = {(): 0}
    index = np.zeros(COVERED + 1, np.uint16)

    def slot(new: Sequence[str]) -> int:
        return slots.setdefault(tuple(new), len(slots))

    for kind, new in (classes or {}).items():
        index[:COVERED][char_classes() == kind] = slot(new)
        if kind == WORD:
            index[COVERED] = slot(new)
    keys = [key for key in options if len(key) > 1]
    for key in options.keys() - set(keys):
        index[ord(key)] = slot(options[key])
    sequences = _sequences(keys, {key: slot(options[key]) for key in keys}, whole)
    texts = [text.encode() for new in slots for text in new]
    index.flags.writeable = False
    return Table(data=np.frombuffer(b"".join(texts) + bytes(64), np.uint8), sizes=np.zeros(0, np.int64),
                 longest=max(map(len, texts), default=0), edits=edits, index=index,
                 slots=_bounds(len(new) for new in slots), options=_bounds(map(len, texts)), sequences=sequences,
                 most=max(map(len, slots)), only_whole=bool(keys) and not index.any() and set(keys) <= set(whole))


@lru_cache(maxsize=32)
def repeat_table(kind: int, times: int) -> Table:
    """The table of ``REPEAT`` for the characters of a class, each copied up to ``times`` times.

    The one option stands for the character itself, which isn't known here; it is as long as any can be.
    """
    return build_table({}, classes={kind: ["\U00010000"]}, edits=times)


def _bounds(sizes: Any) -> npt.NDArray[np.int32]:
    return np.array([0, *accumulate(sizes)], np.int32)


def _sequences(keys: list[str], slot: Mapping[str, int], whole: Collection[str]) -> tuple[npt.NDArray[Any], ...]:
    groups: dict[int, list[str]] = {}
    for key in sorted(keys, key=lambda k: (-len(k), k)):
        first, second = key.encode()[:2]
        groups.setdefault((33 * first + second) % BUCKETS, []).append(key)
    starts = np.zeros(BUCKETS, np.uint16)
    for group, bucket in enumerate(groups, 1):
        starts[bucket] = group
    inner = np.zeros(COVERED + 1 if keys else 1, np.uint8)
    inner[[min(ord(c), COVERED) for key in keys for c in key[1:]]] = 1
    ordered = [key for group in groups.values() for key in group]
    encoded = [key.encode() for key in ordered]
    return (starts, _bounds([0, *map(len, groups.values())]), _bounds(map(len, encoded)),
            np.frombuffer(b"".join(encoded) + bytes(64), np.uint8), np.array([len(k) for k in ordered], np.int32),
            np.array([slot[k] for k in ordered], np.int32), np.array([k in whole for k in ordered], np.uint8), inner)
