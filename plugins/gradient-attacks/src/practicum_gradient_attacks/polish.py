"""The last step that the minimal-norm attacks share: from the nearest point found to a nearer one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum_gradient_attacks.crossing import length

if TYPE_CHECKING:
    import torch

    from practicum_gradient_attacks.hunt import Hunt, Plane

_HALVINGS = 6
_TRIES = 4
_SHARES = (0.5, 0.2, 0.05)
_ENOUGH = 1e-6
"""Relative gain below which a sample is finished."""


def polished(whole: Hunt, rounds: int, rivals: int) -> None:
    """Bring the nearest points found nearer; the record of ``whole`` takes them.

    A row for which nothing was found is tried on its first linearised boundary and beyond. For the others, first the
    segment from the input to the point is halved a few times. Then, each round, the boundary is linearised there, and
    the nearest point of the plane within the box is tried; where it misses the boundary by some margin, the plane is
    moved by that margin, a few times (Newton's method on one number), and where that gains nothing, a part of the way
    is gone. In L0 values that need not have changed are put
    back. On a linear model one round gives the exact minimum.

    Args:
        whole: all rows.
        rounds: at most, a gradient each.
        rivals: classes compared in the first round, a gradient each.
    """
    if not rounds:
        return
    _seek(whole)
    part = _open(whole)
    if not len(part.rows):
        return
    if part.norm != "l0":
        _halve(part)
    for turn in range(rounds):
        before = part.far
        x = part.best
        values, slopes = part.faces(x, rivals if turn == 0 else 1)
        plane = part.nearest(x, values, slopes)
        _try_plane(part, x, plane)
        _try_beside(part, x, plane, before)
        if part.norm == "l0":
            _put_back(part, plane.slope)
        gained = part.far < before * (1 - _ENOUGH)
        keep = (gained | (turn == 0)).nonzero()[:, 0]
        if not len(keep):
            return
        part = part.take(keep)


def _seek(whole: Hunt) -> None:
    """Look on the first linearised boundary, and twice as far beyond each time, for rows that have nothing yet."""
    import torch

    gap = whole.first.gap
    for _ in range(_TRIES):
        lost = torch.isinf(whole.far).nonzero()[:, 0]
        if not len(lost):
            return
        part = whole.take(lost)
        part.look(part.point(part.onto(1.01 * gap[lost], part.first.slope)))
        gap = 2 * gap


def _open(whole: Hunt) -> Hunt:
    """The rows that have a point that isn't the input itself."""
    import torch

    return whole.take((torch.isfinite(whole.far) & (whole.far > 0)).nonzero()[:, 0])


def _halve(part: Hunt) -> None:
    """Bisect between the input and the nearest point."""
    import torch

    change = part.change(part.best)
    low, high = torch.zeros_like(part.far), torch.ones_like(part.far)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        won = part.look(part.point(middle[:, None] * change)) > 0
        low, high = torch.where(won, low, middle), torch.where(won, middle, high)


def _try_plane(part: Hunt, x: torch.Tensor, plane: Plane) -> None:
    """Try the point of the plane that is nearest to the input, the plane being moved until the point just wins."""
    import torch

    possible = plane.reached.nonzero()[:, 0]
    if not len(possible):
        return
    part, slope, need = part.take(possible), plane.slope[possible], plane.gap[possible]
    grain = torch.finfo(part.centre.dtype).eps
    rounding = grain * (slope * torch.nan_to_num(x[possible].double())).abs().sum(dim=1) + part.slack / 4
    goal = need * (1 + 4 * grain) + part.slack / 4
    for turn in range(_TRIES):
        step = part.onto(goal, slope)
        lead = part.look(part.point(step))
        if turn == _TRIES - 1:
            return
        # Missed: a little farther than the margin missed. Won with margin to spare: back by nearly all of it.
        goal = torch.where(lead > 0, goal - 0.9 * lead, goal - 1.1 * lead + rounding)
        distance = length(part.onto(goal, slope), part.norm)
        hopeful = ((lead <= 0) | (lead > _ENOUGH * need)) & (goal > 0) & (distance < part.far)
        keep = hopeful.nonzero()[:, 0]
        if not len(keep):
            return
        part, slope, need, goal, rounding = part.take(keep), slope[keep], need[keep], goal[keep], rounding[keep]


def _try_beside(part: Hunt, x: torch.Tensor, plane: Plane, before: torch.Tensor) -> None:
    """Go part of the way from ``x`` to that point, then straight across the boundary: where the boundary is curved so
    much that the whole way misses it."""
    for share in _SHARES:
        keep = (plane.reached & ~(part.far < before * (1 - _ENOUGH))).nonzero()[:, 0]
        if part.norm == "l0" or not len(keep):
            return
        part, x, plane, before = part.take(keep), x[keep], plane.take(keep), before[keep]
        moved = part.change(x)
        change = moved + share * (plane.change - moved)
        for _ in range(2):
            y = part.point(change)
            lead = part.look(y)
            change = part.change(y) + part.onto((part.slack / 4 - 1.1 * lead).clamp_min(0.0), plane.slope, y)
        part.look(part.point(change))


def _put_back(part: Hunt, slope: torch.Tensor) -> None:
    """Undo the changes that matter least, as many as the boundary allows (bisection on how many)."""
    import torch

    change = part.change(part.best)
    effect = torch.where(change != 0, (slope * change).abs(), float("inf"))
    rank = effect.argsort(dim=1, stable=True).argsort(dim=1)
    low, high = torch.zeros_like(part.far), part.far.clone()  # undoing all of them would be the input itself
    for _ in range(int(part.far.max()).bit_length()):
        middle = ((low + high) / 2).floor().clamp_min(1.0)
        kept = torch.where(rank < middle[:, None], 0.0, change)
        won = part.look(part.point(kept)) > 0
        low, high = torch.where(won, middle, low), torch.where(won, high, middle)
