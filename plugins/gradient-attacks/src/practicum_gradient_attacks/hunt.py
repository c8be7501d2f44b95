"""One batch under a minimal-norm attack: margins and slopes, the nearest winning point so far, and the rows left."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from practicum.criterion import Misclassified
from practicum_gradient_attacks.crossing import crossing, length
from practicum_gradient_attacks.geometry import placed, rooms
from practicum_gradient_attacks.objective import Objective

if TYPE_CHECKING:
    import torch

_SLACK = 16.0
"""Units in the last place of the largest logit by which a point must win: less could be undone by a batch of another
shape."""

_ROUNDING = 1.0 + 1e-9
"""Distances are sums, which others may add up in another order."""


@dataclass
class Record:
    """The nearest winning points of all rows, shared by every part of a batch.

    Args:
        best: [N, D].
        far: their distances, float64 [N]; infinite where there is none yet.
        slack: by how much a point must win for it to count, as of the latest point, float64 [N].
    """

    best: torch.Tensor
    far: torch.Tensor
    slack: torch.Tensor


@dataclass(frozen=True)
class Plane:
    """A linearised boundary for each row.

    Args:
        gap: how much the winning side is missed by at the input, float64 [N].
        slope: its gradient, float64 [N, D].
        change: the shortest step from the input onto the plane within the box, float64 [N, D].
        reached: whether the box lets that step be made, bool [N].
    """

    gap: torch.Tensor
    slope: torch.Tensor
    change: torch.Tensor
    reached: torch.Tensor

    def take(self, rows: torch.Tensor) -> Plane:
        """Some rows."""
        return Plane(self.gap[rows], self.slope[rows], self.change[rows], self.reached[rows])

    def where(self, mine: torch.Tensor, other: Plane) -> Plane:
        """These rows where ``mine`` (bool [N]), else those of another."""
        import torch

        wide = mine[:, None]
        return Plane(torch.where(mine, self.gap, other.gap), torch.where(wide, self.slope, other.slope),
                     torch.where(wide, self.change, other.change), torch.where(mine, self.reached, other.reached))


def shortfall(gained: torch.Tensor, need: torch.Tensor, distance: torch.Tensor) -> torch.Tensor:
    """How good a step onto a plane is, float64 [n], less being better: its distance where it gets there, and beyond any
    distance, by the share of ``need`` that is missing, where the box doesn't let it."""
    import torch

    share = (gained / torch.where(need > 0, need, 1.0)).clamp(0.0, 1.0)
    return torch.where(gained >= need * (1 - 1e-9), distance, 1e200 * (2.0 - share))


class Hunt(Objective):
    """Some rows of a batch, and where they have been.

    Points are flat, [n, D] in the inputs' dtype. Each evaluated point that wins and is nearer than the best so far is
    kept in the record, which all parts taken from the batch share.

    Args:
        objective: what is climbed: the criterion's margin.
        norm: how distance is measured.
        record: of the whole batch.
        rows: which of its rows these are, int64 [n].
        first: the linearised boundary seen from the inputs.
    """

    def __init__(self, objective: Objective, norm: str, record: Record, rows: torch.Tensor,
                 first: Plane | None = None) -> None:
        super().__init__(objective.by, objective.model, objective.column, objective.criterion, objective.facts,
                         radius=objective.radius, bounds=objective.bounds)
        self.norm, self.record, self.rows, self._first = norm, record, rows, first
        self.centre = self.x.flatten(1)

    @classmethod
    def begin(cls, objective: Objective, norm: str) -> Hunt:
        """All rows of an objective, nothing found."""
        import torch

        count, device = len(objective.x), objective.x.device
        zeros = torch.zeros(count, dtype=torch.float64, device=device)
        record = Record(objective.x.flatten(1).clone(), zeros + float("inf"), zeros)
        return cls(objective, norm, record, torch.arange(count, device=device))

    def take(self, rows: torch.Tensor) -> Hunt:
        """Some of these rows (int64 [k]); the record stays shared."""
        if len(rows) == len(self.rows):
            return self
        return Hunt(super().take(rows), self.norm, self.record, self.rows[rows],
                    None if self._first is None else self._first.take(rows))

    def result(self) -> torch.Tensor:
        """The nearest winning points within the radius, and the inputs where there is none; [n, ...]."""
        import torch

        if isinstance(self.radius, float) or self.radius.ndim == 1:
            near = torch.isfinite(self.far) & (self.far <= self.radius * _ROUNDING)
        else:
            near = torch.isfinite(self.far) & (self.change(self.best).abs() <= self.radius * _ROUNDING).all(dim=1)
        return torch.where(near[:, None], self.best, self.centre).reshape(self.x.shape)

    @property
    def best(self) -> torch.Tensor:
        """The nearest winning points of these rows, [n, D]; meaningless where :attr:`far` is infinite."""
        return self.record.best[self.rows]

    @property
    def far(self) -> torch.Tensor:
        """Their distances, float64 [n]."""
        return self.record.far[self.rows]

    @property
    def slack(self) -> torch.Tensor:
        """By how much a point must win for it to count, as of the latest point, float64 [n]."""
        return self.record.slack[self.rows]

    @property
    def first(self) -> Plane:
        """The linearised boundary seen from the inputs."""
        if self._first is None:
            raise AssertionError("compare() comes first")
        return self._first

    def unit(self, norm: str) -> torch.Tensor:
        """The distance of that boundary, float64 [n]: what steps are measured by, so that the inputs' and the logits'
        units don't matter. Where there is no slope, the size of the box, or 1."""
        import torch

        size = length(self.first.change, norm)
        fallback = 1.0 if self.bounds is None else self.bounds[1] - self.bounds[0]
        return torch.where(size > 0, size, fallback)

    def point(self, change: torch.Tensor) -> torch.Tensor:
        """The inputs moved by ``change`` (float64 [n, D]), in their own dtype and inside the box."""
        import torch

        way = torch.nan_to_num(change, nan=0.0)
        room = self.room(way)
        return placed(self.centre, torch.copysign(torch.minimum(way.abs(), room), way))

    def change(self, x: torch.Tensor) -> torch.Tensor:
        """How far ``x`` is from the inputs, float64 [n, D]."""
        import torch

        return torch.nan_to_num(x.double() - self.centre.double(), nan=0.0)

    def room(self, way: torch.Tensor, x: torch.Tensor | None = None) -> torch.Tensor:
        """How far each value can go from ``x`` (the inputs) the way that ``way``'s sign says, float64 [n, D]."""
        import torch

        room = rooms(way, self.centre if x is None else x, self.centre, self.bounds).double()
        return room if self.free is None else torch.where(self.free, room, 0.0)

    def look(self, x: torch.Tensor) -> torch.Tensor:
        """By how much ``x`` wins, float64 [n]: positive where it surely does."""
        import torch

        with torch.no_grad():
            lead = self._lead(self._logits(x.reshape(self.x.shape)))
        self._keep(x, lead)
        return lead

    def lead_and_slope(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """By how much ``x`` wins [n], and the gradient of that [n, D], float64."""
        leaf = x.detach().reshape(self.x.shape).requires_grad_(True)
        logits = self._connected(leaf)
        lead = self._lead(logits.detach())
        self._keep(x, lead)
        margin = self.criterion.margin(logits, self.facts)
        return lead, self._slope(margin, leaf).flatten(1).double()

    def faces(self, x: torch.Tensor, most: int) -> tuple[torch.Tensor, Iterator[torch.Tensor]]:
        """By how much each of ``most`` other classes is ahead at ``x`` [n, K], and the gradients of that, K of [n, D].

        The gradients are computed one after the other as they are asked for, so that they needn't all be held. A
        criterion other than ``misclassified`` is one face, its margin.
        """
        if most == 1 or not isinstance(self.criterion, Misclassified):
            lead, slope = self.lead_and_slope(x)
            return lead[:, None], iter([slope])
        leaf = x.detach().reshape(self.x.shape).requires_grad_(True)
        logits = self._connected(leaf)
        self._keep(x, self._lead(logits.detach()))
        others = logits.detach().scatter(1, self.label[:, None], float("-inf"))
        rivals = others.topk(min(most, logits.shape[1] - 1), dim=1).indices
        ahead = logits.gather(1, rivals) - logits.gather(1, self.label[:, None])
        slopes = (self._slope(gap, leaf, keep=True).flatten(1).double() for gap in ahead.unbind(dim=1))
        return ahead.detach().double() - self._slack(logits.detach())[:, None], slopes

    def compare(self, rivals: int) -> None:
        """Linearise at the inputs, and remember the plane that is nearest within the box."""
        values, slopes = self.faces(self.centre, rivals)
        self._first = self.nearest(self.centre, values, slopes)

    def nearest(self, x: torch.Tensor, values: torch.Tensor, slopes: Iterable[torch.Tensor]) -> Plane:
        """Of the planes linearised at ``x``, the one nearest to the *input* within the box.

        Where the box lets no plane be reached it is the one that comes closest. Planes by which the input has won
        already are passed over.

        Args:
            x: [n, D].
            values: float64 [n, K].
            slopes: K of float64 [n, D].
        """
        import torch

        moved = self.change(x)
        best: Plane | None = None
        least = torch.full((len(x),), float("inf"), dtype=torch.float64, device=x.device)
        for value, slope in zip(values.unbind(dim=1), slopes, strict=True):
            need = (slope * moved).sum(dim=1) - value
            step = self.onto(need.clamp_min(0.0), slope)
            gained = (slope * step).sum(dim=1)
            reached = (need > 0) & (gained >= need * (1 - 1e-9))
            score = torch.where(need > 0, shortfall(gained, need, length(step, self.norm)), 1e300)
            plane = Plane(need, slope, step, reached)
            best = plane if best is None else plane.where(score < least, best)
            least = torch.minimum(least, score)
        if best is None:
            raise AssertionError("there is at least one other class")
        return best

    def onto(self, need: torch.Tensor, slope: torch.Tensor, x: torch.Tensor | None = None) -> torch.Tensor:
        """The shortest step from ``x`` (the inputs) inside the box that gains ``need`` along ``slope``, [n, D].

        A negative ``need`` is a step back onto a plane that was crossed.
        """
        import torch

        way = torch.where(need[:, None] < 0, -slope, slope)
        step = crossing(need.abs(), slope, self.room(way, x), self.norm)
        return torch.copysign(step, way)

    def _lead(self, logits: torch.Tensor) -> torch.Tensor:
        slack = self._slack(logits)
        self.record.slack[self.rows] = slack
        return self._margin(logits) - slack

    def _slack(self, logits: torch.Tensor) -> torch.Tensor:
        import torch

        return _SLACK * torch.finfo(logits.dtype).eps * logits.abs().amax(dim=1).double()

    def _keep(self, x: torch.Tensor, lead: torch.Tensor) -> None:
        import torch

        distance = length(self.change(x), self.norm)
        nearer = (lead > 0) & (distance < self.far) & torch.isfinite(lead)
        if bool(nearer.any()):
            at = self.rows[nearer]
            self.record.best[at] = x[nearer]
            self.record.far[at] = distance[nearer]
