"""Hierarchies of players: halves of halves, down to one player each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from practicum.masking import Game, Grid, Pixels

_CLOSING = "\"')]”’»"
_ENDS = (".", "!", "?", "。", "！", "？")

Tree = int | tuple["Tree", "Tree"]
"""A player, or two halves."""


def halves(players: Sequence[int]) -> Tree:
    """Players in order, halved.

    Example:
        >>> halves([0, 1, 2])
        (0, (1, 2))
    """
    if len(players) == 1:
        return players[0]
    middle = len(players) // 2
    return halves(players[:middle]), halves(players[middle:])


def sentences(units: Sequence[str], first: int = 0) -> Tree:
    """Words in order, halved where a sentence ends nearest to the middle, else in the middle.

    Example:
        >>> sentences(["Yes.", "We", "do."])
        (0, (1, 2))
    """
    if len(units) == 1:
        return first
    ends = [k for k in range(1, len(units)) if units[k - 1].rstrip(_CLOSING).endswith(_ENDS)]
    middle = min(ends, key=lambda k: abs(2 * k - len(units))) if ends else len(units) // 2
    return sentences(units[:middle], first), sentences(units[middle:], first + middle)


def plane(game: Game) -> Tree | None:
    """Patches or pixels of an image, halved along the longer side; ``None`` where players aren't laid out so."""
    height, width = game.batch.column(game.board.name).shape[2:]
    if isinstance(game.players, Grid):
        height, width = min(height, game.players.rows), min(width, game.players.columns)
    elif not isinstance(game.players, Pixels):
        return None
    if not height * width:
        return None
    return _halved(np.arange(height * width).reshape(height, width))


def _halved(block: npt.NDArray[np.int64]) -> Tree:
    if block.size == 1:
        return int(block[0, 0])
    axis = int(block.shape[1] > block.shape[0])
    one, other = np.array_split(block, 2, axis=axis)
    return _halved(one), _halved(other)
