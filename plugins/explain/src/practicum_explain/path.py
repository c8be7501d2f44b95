"""The integral of a gradient along the straight line from a baseline, in pieces as fine as each sample needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from practicum_explain.leaf import Leaf, Rows, in_chunks

if TYPE_CHECKING:
    import torch

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Path:
    """What was found along the lines from baselines to samples.

    Args:
        values: attributions, float64 of the samples' shape.
        start, end: scores at baseline and sample, float64 [N].
        gap: what attributions and ``start`` lack to ``end``, float64 [N].
        pieces: pieces of each line, int64 [N].
    """

    values: torch.Tensor
    start: Floats
    end: Floats
    gap: Floats
    pieces: npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Pieces:
    """Pieces ``[a, b]`` of the lines of samples ``rows``, with the scores at both ends."""

    rows: Rows
    a: Floats
    b: Floats
    low: Floats
    high: Floats

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, index: npt.NDArray[np.int64]) -> _Pieces:
        return _Pieces(self.rows[index], self.a[index], self.b[index], self.low[index], self.high[index])

    def with_(self, more: _Pieces) -> _Pieces:
        both = zip(vars(self).values(), vars(more).values(), strict=True)
        return _Pieces(*(np.concatenate(pair) for pair in both))

    def halved(self, middle: Floats) -> _Pieces:
        centre = (self.a + self.b) / 2
        return _Pieces(np.repeat(self.rows, 2), _between(self.a, centre), _between(centre, self.b),
                       _between(self.low, middle), _between(middle, self.high))


def _between(first: Floats, second: Floats) -> Floats:
    return np.stack([first, second], axis=1).reshape(-1)


class Integrator:
    """Gauss-Legendre nodes on pieces that are halved where they don't account for the score.

    The score is known at both ends of a piece, so what its nodes fail to account for is known too, exactly. The pieces
    that account worst are halved until neither what is missing in sum, nor the root of the sum of the squares of what
    each piece misses (the size to expect of the sum, so that errors which happen to cancel don't pass), is more than
    ``tolerance`` times the distance that the score moves along the line. A kink is closed in on by halving.

    Args:
        leaf: the samples.
        base: their baselines, of ``leaf.x``'s shape.
        nodes: of a piece; exact where the score is a polynomial of degree ``2 nodes`` along the line.
        tolerance: see above.
        most: gradients spent on a sample, at most (at least ``nodes`` are).
        batch_size: inputs differentiated at once.
    """

    def __init__(self, leaf: Leaf, base: torch.Tensor, *, nodes: int, tolerance: float, most: int,
                 batch_size: int) -> None:
        import torch

        self.leaf, self.nodes, self.tolerance, self.most, self.batch_size = leaf, nodes, tolerance, most, batch_size
        gap = leaf.x - base
        self.reach = gap if leaf.free is None else torch.where(leaf.free, gap, 0.0)
        place, weight = np.polynomial.legendre.leggauss(nodes)
        self._place: Floats = (place + 1) / 2
        self._weight: Floats = weight / 2

    def __call__(self) -> Path:
        """Integrate all samples."""
        import torch

        count = len(self.leaf)
        values = torch.zeros_like(self.leaf.x, dtype=torch.float64)
        start, end, gap = np.zeros(count), np.zeros(count), np.zeros(count)
        pieces = np.zeros(count, dtype=np.int64)
        for part in in_chunks(count, max(1, self.batch_size // (4 * self.nodes))):
            rows = np.arange(part.start, part.stop, dtype=np.int64)
            start[part], end[part] = self._score(rows, 0.0), self._score(rows, 1.0)
            self._integrate(rows, start[part], end[part], values, pieces)
        total = values.flatten(1).sum(dim=1).cpu().numpy() if count else np.zeros(0)
        gap = np.abs(start + total - end)
        return Path(values, start, end, gap, pieces)

    def _integrate(self, rows: Rows, start: Floats, end: Floats, values: torch.Tensor,
                   pieces: npt.NDArray[np.int64]) -> None:
        import torch

        now = _Pieces(rows, np.zeros(len(rows)), np.ones(len(rows)), start, end)
        found, sums, sizes = self._measured(now)
        missing = sums - (now.high - now.low)
        allowed = np.zeros(len(self.leaf))
        allowed[rows] = self.tolerance * np.maximum(np.abs(end - start), sizes)
        spent = np.zeros(len(self.leaf), dtype=np.int64)
        spent[rows] = self.nodes
        while len(split := self._split(now, missing, allowed, spent)):
            kept = np.setdiff1d(np.arange(len(now)), split)
            old = now.take(split)
            halves = old.halved(self._score(old.rows, (old.a + old.b) / 2))
            np.add.at(spent, halves.rows, self.nodes)
            more, sums, _ = self._measured(halves)
            found = torch.cat([found[torch.as_tensor(kept, device=found.device)], more])
            missing = np.concatenate([missing[kept], sums - (halves.high - halves.low)])
            now = now.take(kept).with_(halves)
        values.index_add_(0, torch.as_tensor(now.rows, device=values.device), found)
        np.add.at(pieces, now.rows, 1)

    def _split(self, now: _Pieces, missing: Floats, allowed: Floats, spent: npt.NDArray[np.int64]) -> npt.NDArray[
            np.int64]:
        """Pieces to halve: of samples that miss too much the worst ones, as many as leave a quarter of what is allowed
        to the others, but only a fourth of those that can be afforded, so that the worst of the halves come first."""
        noise = 64 * float(np.finfo(self._kind).eps) * np.maximum(np.abs(now.low), np.abs(now.high))
        chosen: list[int] = []
        for row in np.unique(now.rows):
            mine = np.flatnonzero(now.rows == row)
            square = missing[mine] ** 2
            if max(abs(float(missing[mine].sum())), float(np.sqrt(square.sum()))) <= allowed[row]:
                continue
            order = np.argsort(square, kind="stable")
            worst = mine[order[np.cumsum(square[order]) > (allowed[row] / 4) ** 2]]
            worst = worst[np.abs(missing[worst]) > noise[worst]]
            affordable = max(0, int(self.most - spent[row]) // (2 * self.nodes))
            count = min(len(worst), affordable, max(1, affordable // 4))
            chosen += worst[len(worst) - count:].tolist()
        return np.array(sorted(chosen), dtype=np.int64)

    def _measured(self, now: _Pieces) -> tuple[torch.Tensor, Floats, Floats]:
        """Attributions of each piece, their sums, and the sums of their sizes over its nodes."""
        import torch

        found, sums, sizes = [], [], []
        for part in in_chunks(len(now), max(1, self.batch_size // self.nodes)):
            rows, width = now.rows[part], (now.b - now.a)[part]
            t = now.a[part][:, None] + width[:, None] * self._place
            repeated = np.repeat(rows, self.nodes)
            gradient = self.leaf.gradient(self._point(repeated, t.reshape(-1)), repeated)[1].double()
            share = torch.as_tensor(width[:, None] * self._weight, device=gradient.device)
            moves = gradient * self._reach(repeated).double()
            weighed = share.reshape(-1, *[1] * (moves.ndim - 1)) * moves
            weighed = weighed.reshape(len(rows), self.nodes, *moves.shape[1:])
            by_node = weighed.flatten(2).sum(dim=2)
            found.append(weighed.sum(dim=1))
            sums.append(by_node.sum(dim=1).cpu().numpy())
            sizes.append(by_node.abs().sum(dim=1).cpu().numpy())
        return torch.cat(found), np.concatenate(sums), np.concatenate(sizes)

    def _score(self, rows: Rows, t: Floats | float) -> Floats:
        t = np.broadcast_to(t, rows.shape)
        parts = [self.leaf.score_at(self._point(rows[part], t[part]), rows[part])
                 for part in in_chunks(len(rows), self.batch_size)]
        return np.concatenate(parts)

    def _point(self, rows: Rows, t: Floats) -> torch.Tensor:
        import torch

        back = torch.as_tensor(1 - t).to(self.leaf.x).reshape(-1, *[1] * (self.leaf.x.ndim - 1))
        return self.leaf.at(rows) - back * self._reach(rows)

    def _reach(self, rows: Rows) -> torch.Tensor:
        import torch

        return self.reach[torch.as_tensor(rows, device=self.reach.device)]

    @property
    def _kind(self) -> type[np.floating]:
        return np.float32 if self.leaf.x.element_size() == 4 else np.float64
