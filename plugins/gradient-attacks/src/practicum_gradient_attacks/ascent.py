"""Where some samples are on their way up under APGD: points, steps, and what each has gained."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

from practicum_gradient_attacks.geometry import rooms
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.ops.apgd import advance

if TYPE_CHECKING:
    import torch

_SPARSE, _DENSER, _SLOWER, _SHORTEST, _SETTLED = 0.2, 1.5, 1.5, 100.0, 0.95
"""L1-APGD: share of the values that move at first; changed values over moving ones; what the step is divided by where
the number of changed values no longer falls below this share of the least; the largest step over the shortest."""
_ROUNDING = 1e-6
"""Share of the largest change of a sample below which a change is one of rounding."""


@dataclass
class Ascending:
    """The state of K rows; every field but the first two has one entry for each.

    Args:
        objective: what is climbed.
        norm: ``linf``, ``l2`` or ``l1``.
        x, previous, top, top_gradient: points now, before, of largest loss, and the gradient there, [K, D].
        peak, last, then: largest loss, loss before, and largest loss at the last check, float64 [K].
        size: length of the step, float64 [K], or [K, D] where the radius is.
        climbs: steps since the last check that raised the loss, int64 [K].
        cut: whether the last check shortened the step, bool [K].
        moving: values that an L1 step moves, int64 [K].
        changed: fewest values that the best point changed at a check, short of the box, int64 [K]; L1 only.
        since: steps since the last check.
    """

    objective: Objective
    norm: str
    x: torch.Tensor
    previous: torch.Tensor
    top: torch.Tensor
    top_gradient: torch.Tensor
    peak: torch.Tensor
    last: torch.Tensor
    then: torch.Tensor
    size: torch.Tensor
    climbs: torch.Tensor
    cut: torch.Tensor
    moving: torch.Tensor
    changed: torch.Tensor
    since: int = 0

    @classmethod
    def begin(cls, objective: Objective, start: torch.Tensor | None, norm: str) -> Self:
        """At ``start`` [K, D], or at the inputs."""
        import torch

        centre = objective.x.flatten(1)
        x = centre if start is None else start
        count, width = x.shape
        low = x.new_full((count,), float("-inf"), dtype=torch.float64)
        whole = torch.zeros(count, dtype=torch.int64, device=x.device)
        size = 2.0 * _radius(objective, x) if norm != "l1" else _radius(objective, x)
        moving, uncut = _some(_SPARSE * (whole + width)), torch.zeros(count, dtype=torch.bool, device=x.device)
        return cls(objective, norm, x, x, x, torch.zeros_like(x), low, low, low, size, whole, uncut, moving,
                   whole + width)

    def take(self, rows: torch.Tensor) -> Self:
        """Some rows, int64 [k]."""
        kept: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        for name, value in kept.items():
            if hasattr(value, "ndim"):
                kept[name] = value[rows]
        return type(self)(**{**kept, "objective": self.objective.take(rows)})

    def move(self, loss: torch.Tensor, gradient: torch.Tensor, *, check: bool, rho: float, momentum: float) -> None:
        """On to the next points.

        Args:
            loss: at the current points, float64 [K].
            gradient: there, [K, D].
            check: whether progress is looked at now.
            rho: share of steps that must raise the loss.
            momentum: share of the new step.
        """
        import torch

        loss = torch.nan_to_num(loss, nan=float("-inf"))
        if self.since or bool(torch.isfinite(self.last).any()):
            self.climbs = self.climbs + (loss > self.last)
        better = loss >= self.peak
        self.peak = torch.maximum(self.peak, loss)
        back = torch.zeros_like(better)
        if check:
            back = self._sparser(better) if self.norm == "l1" else self._slower(rho)
        part = self.objective
        following, self.top, self.top_gradient = advance(
            self.x, gradient, part.x.flatten(1), self.previous, self.top, self.top_gradient, better=better, back=back,
            norm=self.norm, size=self.size, eps=part.radius, bounds=part.bounds, momentum=momentum, count=self.moving)
        self.previous = torch.where(back[:, None], self.top, self.x) if bool(back.any()) else self.x
        self.x, self.last = following, torch.where(back, self.peak, loss)
        self.since += 1

    def _slower(self, rho: float) -> torch.Tensor:
        """Halve the steps that have stopped paying; bool [K], which rows go back to their best point."""
        import torch

        cut = (self.climbs < rho * self.since) | (~self.cut & (self.peak <= self.then))
        self.size = torch.where(cut if self.size.ndim == 1 else cut[:, None], self.size / 2, self.size)
        self.cut, self.then, self.climbs, self.since = cut, self.peak, torch.zeros_like(self.climbs), 0
        return cut

    def _sparser(self, better: torch.Tensor) -> torch.Tensor:
        """Let as many values move as the best point asks for; bool [K], which rows go back to it."""
        import torch

        top = torch.where(better[:, None], self.x, self.top)
        centre = self.objective.x.flatten(1)
        change = torch.nan_to_num(top - centre)
        size = change.abs()
        # What rounding has left over is no change; else a point of rounding's making would stay the best one for good.
        spread = size > _ROUNDING * size.amax(dim=1, keepdim=True)
        changed = (spread & (rooms(change, top, centre, self.objective.bounds) > 0)).sum(dim=1)
        falling = changed < _SETTLED * self.changed
        largest = _radius(self.objective, self.x)
        self.moving = _some(changed.double() / _DENSER)
        self.size = torch.where(falling, self.size, torch.maximum(self.size / _SLOWER, largest / _SHORTEST))
        self.changed, self.since = torch.minimum(changed, self.changed), 0
        return falling


def _radius(objective: Objective, x: torch.Tensor) -> torch.Tensor:
    import torch

    radius = objective.radius
    return x.new_full((len(x),), radius, dtype=torch.float64) if isinstance(radius, float) else radius


def _some(values: torch.Tensor) -> torch.Tensor:
    """Rounded down to a whole number, one at least."""
    import torch

    return values.double().floor().clamp_min(1).to(torch.int64)
