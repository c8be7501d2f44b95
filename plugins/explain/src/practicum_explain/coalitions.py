"""Sets of players: all of them, those of one size, and their scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import comb

import numpy as np
import numpy.typing as npt

from practicum.errors import UsageError
from practicum.keys import Keys
from practicum.masking import Game

Present = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_MOST = 1 << 27
"""Places of players in coalitions that are held at once."""


def all_coalitions(count: int, start: int = 0, stop: int | None = None) -> Present:
    """Coalitions ``start .. stop - 1`` of ``count`` players, bool [., count]; player i is bit i of the number.

    Example:
        >>> all_coalitions(2).astype(int).tolist()
        [[0, 0], [1, 0], [0, 1], [1, 1]]
    """
    numbers = np.arange(start, 1 << count if stop is None else stop, dtype=np.int64)
    return np.asarray((numbers[:, None] >> np.arange(count)) & 1, dtype=bool)


def of_size(count: int, size: int) -> Present:
    """Every coalition of ``size`` out of ``count`` players, bool [C(count, size), count]."""
    out = np.zeros((comb(count, size), count), dtype=bool)
    members = np.fromiter((i for c in combinations(range(count), size) for i in c), dtype=np.int64,
                          count=len(out) * size)
    out[np.repeat(np.arange(len(out)), size), members] = True
    return out


def asked(game: Game, rows: Sequence[int], coalitions: Sequence[Present]) -> list[Floats]:
    """The scores of several lists of coalitions, each of one sample, asked together.

    Args:
        game: the game.
        rows: the sample of each list.
        coalitions: bool [S, d] each, d at most the game's width.
    """
    if not coalitions:
        return []
    sizes = [len(present) for present in coalitions]
    whole = np.zeros((sum(sizes), game.width), dtype=bool)
    ends = np.cumsum(sizes)
    for present, end in zip(coalitions, ends.tolist(), strict=True):
        whole[end - len(present):end, :present.shape[1]] = present
    return np.split(game(np.repeat(np.asarray(rows, dtype=np.int64), sizes), whole), ends[:-1])


def in_groups(game: Game, each: int) -> Iterator[range]:
    """The samples in groups whose coalitions, ``each`` a sample, fit in memory together."""
    count = max(1, _MOST // max(each * game.width, 1))
    return (range(start, min(start + count, len(game))) for start in range(0, len(game), count))


def of_sample(keys: Keys, row: int) -> Keys:
    """The keys of one of the samples that ``keys`` are bound to, for draws of a number of its own."""
    if keys.ids is None:
        raise UsageError("these keys are bound to no samples: call keys.bind(batch.ids) first")
    return keys.bind(keys.ids.take(np.array([row])))
