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

_PARTS = 4
"""Parts that a piece is divided into. A kink costs as many gradients as with 2, and fewer are spent on pieces that are
divided later."""


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

    def divided(self, ends: Floats, inner: Floats) -> _Pieces:
        """Each piece as ``_PARTS`` ones, with the scores [R, _PARTS - 1] at the ``ends`` between them."""
        places = np.concatenate([self.a[:, None], ends, self.b[:, None]], axis=1)
        scores = np.concatenate([self.low[:, None], inner, self.high[:, None]], axis=1)
        return _Pieces(np.repeat(self.rows, _PARTS), places[:, :-1].reshape(-1), places[:, 1:].reshape(-1),
                       scores[:, :-1].reshape(-1), scores[:, 1:].reshape(-1))

    def ends(self) -> Floats:
        """Places between the parts of each piece, [R, _PARTS - 1]."""
        share = np.arange(1, _PARTS) / _PARTS
        return np.asarray(self.a[:, None] + (self.b - self.a)[:, None] * share)


class Integrator:
    """Gauss-Legendre nodes on pieces that are divided where they don't account for the score.

    The score is known at both ends of a piece, so what its nodes fail to account for is known too, exactly. The pieces
    that account worst are divided until neither what is missing in sum, nor the root of the sum of the squares of what
    each piece misses (the size to expect of the sum, so that errors which happen to cancel don't pass), is more than
    ``tolerance`` times the distance that the score moves along the line, up and down, from piece to piece. A kink is
    closed in on step by step.

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
        found, sums = self._measured(now)
        missing = sums - (now.high - now.low)
        spent = np.zeros(len(self.leaf), dtype=np.int64)
        spent[rows] = self.nodes
        while len(split := self._split(now, missing, spent)):
            kept = np.setdiff1d(np.arange(len(now)), split)
            old = now.take(split)
            ends = old.ends()
            inner = self._score(np.repeat(old.rows, _PARTS - 1), ends.reshape(-1)).reshape(ends.shape)
            parts = old.divided(ends, inner)
            np.add.at(spent, parts.rows, self.nodes)
            more, sums = self._measured(parts)
            found = torch.cat([found[torch.as_tensor(kept, device=found.device)], more])
            missing = np.concatenate([missing[kept], sums - (parts.high - parts.low)])
            now = now.take(kept).with_(parts)
        values.index_add_(0, torch.as_tensor(now.rows, device=values.device), found)
        np.add.at(pieces, now.rows, 1)

    def _split(self, now: _Pieces, missing: Floats, spent: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Pieces to divide: of samples that miss too much the worst ones, as many as leave a quarter of what is allowed
        to the others, but only a fourth of those that can be afforded, so that the worst of their parts come first."""
        noise = 64 * float(np.finfo(self._kind).eps) * np.maximum(np.abs(now.low), np.abs(now.high))
        chosen: list[int] = []
        for row in np.unique(now.rows):
            mine = np.flatnonzero(now.rows == row)
            square = missing[mine] ** 2
            allowed = self.tolerance * float(np.abs(now.high - now.low)[mine].sum())
            if max(abs(float(missing[mine].sum())), float(np.sqrt(square.sum()))) <= allowed:
                continue
            order = np.argsort(square, kind="stable")
            worst = mine[order[np.cumsum(square[order]) > (allowed / 4) ** 2]]
            worst = worst[np.abs(missing[worst]) > noise[worst]]
            affordable = max(0, int(self.most - spent[row]) // (_PARTS * self.nodes))
            count = min(len(worst), affordable, max(1, affordable // 4))
            chosen += worst[len(worst) - count:].tolist()
        return np.array(sorted(chosen), dtype=np.int64)

    def _measured(self, now: _Pieces) -> tuple[torch.Tensor, Floats]:
        """Attributions of each piece, and their sums."""
        import torch

        found, sums = [], []
        for part in in_chunks(len(now), max(1, self.batch_size // self.nodes)):
            rows, width = now.rows[part], (now.b - now.a)[part]
            t = now.a[part][:, None] + width[:, None] * self._place
            repeated = np.repeat(rows, self.nodes)
            gradient = self.leaf.gradient(self._point(repeated, t.reshape(-1)), repeated)[1].double()
            share = torch.as_tensor(width[:, None] * self._weight, device=gradient.device).reshape(-1)
            weighed = share.reshape(-1, *[1] * (gradient.ndim - 1)) * gradient
            moves = weighed.reshape(len(rows), self.nodes, *gradient.shape[1:]).sum(dim=1) * self._reach(rows).double()
            found.append(moves)
            sums.append(moves.flatten(1).sum(dim=1).cpu().numpy())
        return torch.cat(found), np.concatenate(sums)

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
