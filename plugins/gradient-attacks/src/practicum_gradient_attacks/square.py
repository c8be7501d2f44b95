"""Square attack: random squares, kept where they help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.black_box import Asked, BallAttack, projected_rows
from practicum_gradient_attacks.values import Floats, Rows

_HALVINGS = (10, 50, 200, 500, 1000, 2000, 4000, 6000, 8000)
"""Queries of 10,000 after which the share of the values that a square covers is halved."""


class Square(BallAttack):
    """Change a square at a random place to a corner of the ball, and keep it where the margin grows.

    Follows Andriushchenko, Croce, Flammarion and Hein, "Square Attack: a query-efficient black-box adversarial attack
    via random search", arXiv:1912.00049: vertical stripes (L-infinity) or a grid of bumps (L2) to start with, then
    squares whose size falls by its schedule, scaled to the number of queries. What differs: the loss is the margin of
    the criterion (of logits, or of the logarithms of probabilities); the first query asks about the clean input;
    squares lie where each sample draws them, not at one place for the batch; a square that would change nothing is
    flipped instead of asked about in vain; in L2 the square that gives up its length gives up a drawn share of it, so
    that the search goes on where whole moves no longer help, and squares may shrink to a single value. In a series a
    "square" is a run of time steps, in a state a run of values.

    Args:
        norm: how the change is measured: ``linf`` its largest value, ``l2`` its length.
        eps: largest change in that norm, in the input's units (8/255 for images in [0, 1]).
        share: share of the places that the first squares cover.

    Raises:
        DataError: the column isn't float32 or float64 of one size, or a label is no class of the model.
        ModelOutputError: the scores are not [N, C] with C >= 2.

    Example:
        >>> import numpy as np
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0]])
        >>> result = Square(eps=0.25, queries=200)(model, np.array([[0.9, 0.1, 0.1], [0.9, -0.9, 0.1]]), [0, 0])
        >>> result.adversarial.round(2).tolist()
        [[0.65, 0.35, -0.15], [0.65, -0.65, -0.15]]
        >>> result.success, bool((result.queries <= 200).all())
        (array([ True, False]), True)
    """

    name: ClassVar[str] = "gradient-attacks/square"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.01, 0.03, 0.1)}

    norm: Literal["linf", "l2"] = Field(default="linf", description="norm of the change")
    share: float = Field(default=0.8, gt=0.0, le=1.0, description="share of the places that the first squares cover")

    def search(self, asked: Asked, keys: Keys) -> Floats:
        first = asked.clean()
        rows = np.flatnonzero(~first.won)
        now, margin = asked.x.copy(), first.margin.copy()
        squares = _Corners(asked) if self.norm == "linf" else _Bumps(asked)
        turn, bound = 0, keys.bind(asked.values.ids.take(rows))
        while len(rows := asked.affordable(rows)):
            if len(bound) != len(rows):
                bound = keys.bind(asked.values.ids.take(rows))
            drawn = bound.child(f"square-{turn}")
            candidate = (squares.move(rows, now[rows], self._side(turn, asked), drawn) if turn
                         else squares.start(rows, drawn))
            answer = asked.ask(rows, candidate)
            # The start is taken as it is: squares improve on it, whatever it is worth itself.
            kept = (answer.margin > margin[rows]) | answer.won if turn else np.ones(len(rows), dtype=bool)
            now[rows[kept]], margin[rows[kept]] = candidate[kept], answer.margin[kept]
            rows = rows[~answer.won]
            turn += 1
        no_better = ~(margin > first.margin)
        now[no_better] = asked.x[no_better]
        return now

    def _side(self, turn: int, asked: Asked) -> int:
        """Side of the squares of a turn."""
        _, height, width = asked.values.planes(asked.x[:1]).shape[1:]
        done = turn / max(self.queries, 1) * 10_000
        share = self.share / 2 ** sum(done > at for at in _HALVINGS)
        side = round(share * width) if height == 1 else round(float(np.sqrt(share * height * width)))
        return int(np.clip(side, 1, max(width if height == 1 else min(height, width), 1)))


class _Corners:
    """Squares in L-infinity: every channel goes to one end of ball and box."""

    def __init__(self, asked: Asked) -> None:
        self._values = asked.values
        every = np.arange(len(asked.x))
        wide = np.where(np.isfinite(asked.x), asked.reach, 0.0)
        self._low, self._high = (projected_rows(asked, every, asked.x.astype(np.float64) + way * wide, "linf")
                                 for way in (-1.0, 1.0))

    def _ends(self, rows: Rows, up: npt.NDArray[np.bool_]) -> Floats:
        low, high = self._values.planes(self._low[rows]), self._values.planes(self._high[rows])
        return np.where(up, high, low)

    def start(self, rows: Rows, keys: Keys) -> Floats:
        """Vertical stripes: each column of each channel at one end."""
        _, channels, _, width = self._values.planes(self._values.x[:1]).shape
        up = keys.uniform(channels * width).reshape(len(rows), channels, 1, width) < 0.5
        return self._values.flat(self._ends(rows, up))

    def move(self, rows: Rows, now: Floats, side: int, keys: Keys) -> Floats:
        """The rows with one square at an end."""
        planes = self._values.planes(now)
        channels = planes.shape[1]
        draws = keys.uniform(2 + channels)
        inside = _window(planes, side, draws[:, :2])
        up = (draws[:, 2:] < 0.5)[:, :, None, None]
        made = np.where(inside, self._ends(rows, up), planes)
        same = (made == planes).all(axis=(1, 2, 3))
        if same.any():
            made[same] = np.where(inside[same], self._ends(rows[same], ~up[same]), planes[same])
        return self._values.flat(made)


class _Bumps:
    """Squares in L2: one square takes length from another, and gets a bump in a random direction."""

    def __init__(self, asked: Asked) -> None:
        self._asked, self._values = asked, asked.values

    def _placed(self, rows: Rows, change: Floats) -> Floats:
        """Inputs changed along ``change`` (planes) as far as ball and box let them."""
        import torch

        from practicum_gradient_attacks.geometry import steepest

        flat = self._values.flat(change)
        if self._values.free is not None:
            flat = flat * self._values.free[rows]
        centre = torch.from_numpy(self._asked.x[rows])
        way, radius = torch.from_numpy(flat), self._asked.radius(rows)
        made: Floats = steepest(centre, way, centre, "l2", radius, self._asked.bounds).numpy()
        return made

    def start(self, rows: Rows, keys: Keys) -> Floats:
        """A grid of 5 by 5 bumps with random signs for each channel."""
        _, channels, height, width = self._values.planes(self._values.x[:1]).shape
        down, across = max(1, height // 5), max(1, width // 5)
        count = (height // down, width // across)
        signs = np.where(keys.uniform(channels * count[0] * count[1]) < 0.5, -1.0, 1.0)
        signs = signs.reshape(len(rows), channels, *count)
        tile = _bump(down, across)
        change = np.zeros((len(rows), channels, height, width))
        tall, wide = count[0] * down, count[1] * across
        top, left = (height - tall) // 2, (width - wide) // 2
        change[:, :, top:top + tall, left:left + wide] = np.kron(signs, tile[None, None])
        return self._placed(rows, change)

    def move(self, rows: Rows, now: Floats, side: int, keys: Keys) -> Floats:
        """The rows with length moved from one square to another."""
        clean = self._asked.x[rows].astype(np.float64)
        change = self._values.planes(np.nan_to_num(now.astype(np.float64) - clean))
        channels = change.shape[1]
        draws = keys.uniform(6 + channels)
        to, off = _window(change, side, draws[:, 0:2]), _window(change, side, draws[:, 2:4])
        signs = np.where(draws[:, 6:] < 0.5, -1.0, 1.0)
        total = (change**2).sum(axis=(1, 2, 3))
        given = draws[:, 5].astype(np.float64)[:, None, None, None]
        left = np.where(off & ~to, change * np.sqrt(1.0 - given), change)
        spare = np.maximum(self._asked.reach[rows, 0] ** 2 - total, 0.0) + total - (left**2).sum(axis=(1, 2, 3))
        old = np.where(to, change, 0.0)
        length = np.sqrt((old**2).sum(axis=(2, 3), keepdims=True))
        shape = _bumps_at(to, side, draws[:, 4] < 0.5) * signs[:, :, None, None]
        aim = shape + old / np.where(length > 0, length, 1.0)
        norm = np.sqrt((aim**2).sum(axis=(2, 3), keepdims=True))
        reach = np.sqrt(spare[:, None, None, None] / channels + length**2)
        made = np.where(to, aim / np.where(norm > 0, norm, 1.0) * reach, left)
        return self._placed(rows, made)


def _window(planes: Floats, side: int, draws: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """A square at a drawn place for each sample, bool [K, 1, H, W]."""
    height, width = planes.shape[2:]
    tall = min(side, height)
    top = np.minimum((draws[:, 0] * (height - tall + 1)).astype(np.int64), height - tall)[:, None]
    left = np.minimum((draws[:, 1] * (width - side + 1)).astype(np.int64), width - side)[:, None]
    down, across = np.arange(height)[None], np.arange(width)[None]
    rows, columns = (down >= top) & (down < top + tall), (across >= left) & (across < left + side)
    return np.asarray((rows[:, :, None] & columns[:, None, :])[:, None])


def _bumps_at(to: npt.NDArray[np.bool_], side: int, turned: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """A bump in each sample's square, [K, 1, H, W]; where ``turned``, along the other axis."""
    tall = min(side, to.shape[2])
    tile = _bump(tall, side)
    across = tile.T if tall == side else tile
    made = np.zeros(to.shape)
    made[to] = np.where(turned[:, None], across.reshape(1, -1), tile.reshape(1, -1)).reshape(-1)
    return made


def _bump(height: int, width: int) -> npt.NDArray[np.float64]:
    """Two opposite pyramids side by side, of length 1 together; where there is only one value, that value."""
    if width == 1 and height == 1:
        return np.ones((1, 1))
    half = max(width // 2, 1)
    made = np.concatenate([_pyramid(height, half), -_pyramid(height, width - half)], axis=1)
    return np.asarray(made / np.linalg.norm(made))


def _pyramid(height: int, width: int) -> npt.NDArray[np.float64]:
    """Sums of rectangles around the middle, the k-th of weight 1 / k**2."""
    made = np.zeros((height, width))
    if not made.size:
        return made
    middle = (height // 2, width // 2)
    for k in range(max(height, width) // 2 + 1):
        top, left = max(middle[0] - k, 0), max(middle[1] - k, 0)
        made[top:middle[0] + k + 1, left:middle[1] + k + 1] += 1.0 / (k + 1) ** 2
    return made
