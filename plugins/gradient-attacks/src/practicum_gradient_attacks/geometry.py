"""Balls and boxes: the steepest step inside both, and the exact projection onto both. All rows at once.

Everything is computed on float64 copies or with float64 sums, and every result is rounded toward the ball's centre, so
that what is stored in float32 lies in the ball in exact arithmetic too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

if TYPE_CHECKING:
    import torch

Bounds = tuple[float, float] | None
Radius = Union[float, "torch.Tensor"]
"""A number for all rows, float64 [N] for each row, or, in linf, float64 [N, D] for each value."""
_NEWTON = 60


def beside(radius: Radius) -> Radius:
    """A radius that broadcasts to [N, D]."""
    return radius if isinstance(radius, (int, float)) or radius.ndim != 1 else radius[:, None]


def rooms(u: torch.Tensor, x: torch.Tensor, centre: torch.Tensor, bounds: Bounds) -> torch.Tensor:
    """How far each value of ``x`` can go in the direction of ``u``'s sign before the box stops it.

    Zero where the centre lies outside the box (or is NaN): such values are left alone. Infinite without a box.

    Args:
        u, x, centre: float [N, D].
        bounds: the box, rounded to the dtype of ``x``.

    Returns:
        [N, D], in the dtype of ``u``.
    """
    import torch

    if bounds is None:
        return torch.where(torch.isfinite(centre), torch.full_like(u, float("inf")), 0.0)
    low, high = (torch.tensor(b, dtype=x.dtype, device=x.device) for b in bounds)
    wide = x.to(u.dtype)  # a difference in half precision would be rounded
    room = torch.where(u > 0, high.to(u.dtype) - wide, wide - low.to(u.dtype)).clamp_min(0.0)
    return torch.where((centre >= low) & (centre <= high), room, 0.0)


def placed(centre: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """``centre + change`` in the centre's dtype, rounded so that no value lies farther away than asked for.

    Args:
        centre: float [N, D].
        change: float64 [N, D].
    """
    import torch

    goal = (centre.double() + change).to(centre.dtype)
    back = torch.nextafter(goal, centre)
    moved = torch.where((goal.double() - centre.double()).abs() > change.abs(), back, goal)
    return torch.where(torch.isfinite(centre) & (change != 0), moved, centre)


def scaled_to_l2(u: torch.Tensor, room: torch.Tensor, radius: Radius, most: float) -> torch.Tensor:
    """min(s |u|, room) with the sign of u, s <= ``most`` being the largest scale that keeps the L2 norm <= ``radius``.

    The squared norm is concave and piecewise linear in t = s^2, so Newton's method from the left ends at the exact
    root after at most as many rounds as values saturate; a few suffice.

    Args:
        u: float64 [N, D].
        room: float64 [N, D], not negative.
        radius: a number, or float64 [N, 1].
    """
    import torch

    largest = u.abs().amax(dim=1, keepdim=True)
    unit = torch.where(largest > 0, u / torch.where(largest > 0, largest, 1.0), 0.0)
    square, cap = unit * unit, room * room
    square = torch.where(room > 0, square, 0.0)
    total = square.sum(dim=1, keepdim=True)
    safe = torch.where(total > 0, total, 1.0)
    t = radius * radius / safe
    limit = torch.where(largest > 0, (most * largest) ** 2, 0.0)
    for _ in range(_NEWTON):
        grown = t * square
        open_ = grown < cap
        slope = torch.where(open_, square, 0.0).sum(dim=1, keepdim=True)
        gap = radius * radius - torch.where(open_, grown, cap).sum(dim=1, keepdim=True)
        more = (slope > 0) & (gap > 1e-15 * radius * radius) & (t < limit)
        if not bool(more.any()):
            break
        t = torch.where(more, t + gap / torch.where(slope > 0, slope, 1.0), t)
    t = torch.minimum(t, limit)
    return torch.copysign(torch.minimum(t.sqrt() * unit.abs(), room), unit)


def shrunk_to_l1(u: torch.Tensor, room: torch.Tensor, radius: Radius) -> torch.Tensor:
    """clip(|u| - c, 0, room) with the sign of u, where c >= 0 is the least that keeps the L1 norm <= ``radius``.

    The exact projection onto the L1 ball and the box together (Croce and Hein, arXiv:2103.01208): the norm is
    piecewise linear in c, falling, with breaks where a value starts to move (|u|) and where it reaches its room.

    Args:
        u: float64 [N, D].
        room: float64 [N, D], not negative.
        radius: a number, or float64 [N, 1].
    """
    import torch

    size = u.abs()
    room = torch.minimum(room, size)
    breaks = torch.cat([size, size - room], dim=1)
    turns = torch.cat([torch.ones_like(size), -torch.ones_like(size)], dim=1)
    breaks, order = breaks.sort(dim=1, descending=True, stable=True)
    slope = turns.gather(1, order).cumsum(dim=1)
    norm = torch.zeros_like(breaks)
    norm[:, 1:] = (slope[:, :-1] * (breaks[:, :-1] - breaks[:, 1:])).cumsum(dim=1)
    at = (norm <= radius).sum(dim=1, keepdim=True) - 1  # the last break before the ball is full
    rate = slope.gather(1, at)
    spare = (radius - norm.gather(1, at)) / torch.where(rate > 0, rate, 1.0)
    c = torch.where(room.sum(dim=1, keepdim=True) <= radius, 0.0, breaks.gather(1, at) - spare).clamp_min(0.0)
    return torch.copysign(torch.minimum((size - c).clamp_min(0.0), room), u)


def filled_to_l1(u: torch.Tensor, room: torch.Tensor, radius: Radius) -> torch.Tensor:
    """Values filled to their room in the order of falling |u| until ``radius`` is spent.

    This maximises <u, step> over steps of L1 norm <= ``radius`` in the box; without a box it is one entry.

    Args:
        u: float64 [N, D].
        room: float64 [N, D], not negative.
        radius: a number, or float64 [N, 1].
    """
    import torch

    room = torch.where(u != 0, room.clamp_max(radius), 0.0)
    order = u.abs().argsort(dim=1, descending=True, stable=True)
    sorted_room = room.gather(1, order)
    spent = sorted_room.cumsum(dim=1) - sorted_room
    fill = torch.minimum(sorted_room, (radius - spent).clamp_min(0.0))
    step = torch.zeros_like(u).scatter(1, order, fill)
    return torch.copysign(step, u)


def steepest(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, norm: str, size: Radius,
             bounds: Bounds) -> torch.Tensor:
    """``x`` moved by the step of norm <= ``size`` inside the box that gains most along ``gradient``.

    The exact maximiser of <gradient, step>: for linf the sign, for l2 min(s |g_i|, room_i), for l1 the entries of
    largest gradient filled to the box one after the other.

    Args:
        x: where to step from, float [N, D].
        gradient: float [N, D]; rows of zeros stay where they are.
        centre: the clean inputs [N, D].
        norm: ``linf``, ``l2`` or ``l1``.
        size: length of the step: a number, float64 [N], or in linf float64 [N, D].
        bounds: the box.

    Returns:
        [N, D], in the dtype of ``x``.

    Example:
        >>> import torch
        >>> x, g = torch.zeros(1, 3), torch.tensor([[3.0, -4.0, 0.0]])
        >>> [steepest(x, g, x, norm, 1.0, None).tolist()[0] for norm in ("linf", "l1")]
        [[1.0, -1.0, 0.0], [0.0, -1.0, 0.0]]
        >>> steepest(x, g, x, "l2", 1.0, (-1.0, 0.5)).tolist()[0]
        [0.5, -0.8660253882408142, 0.0]
    """
    u, size = gradient.double(), beside(size)
    room = rooms(u, x, centre, bounds).double()
    if norm == "linf":
        change = u.sign() * room.clamp_max(size)
    elif norm == "l2":
        change = scaled_to_l2(u, room, size, float("inf"))
    else:
        change = filled_to_l1(u, room, size)
    return placed(x, change)


def projected(y: torch.Tensor, centre: torch.Tensor, norm: str, eps: Radius, bounds: Bounds) -> torch.Tensor:
    """The point nearest to ``y`` (in L2) in the ball of radius ``eps`` around ``centre`` and the box.

    Args:
        y: float64 [N, D].
        centre: the clean inputs, float [N, D].
        norm: ``linf``, ``l2`` or ``l1``.
        eps: radius: a number, float64 [N], or in linf float64 [N, D].
        bounds: the box.

    Returns:
        [N, D], in the dtype of ``centre``.

    Example:
        >>> import torch
        >>> y, centre = torch.tensor([[3.0, 1.0]], dtype=torch.float64), torch.zeros(1, 2)
        >>> [projected(y, centre, norm, 2.0, (0.0, 1.5)).tolist()[0] for norm in ("linf", "l1")]
        [[1.5, 1.0], [1.5, 0.5]]
    """
    import torch

    eps = beside(eps)
    u = torch.nan_to_num(y - centre.double(), nan=0.0)
    room = rooms(u, centre, centre, bounds).double()
    if norm == "linf":
        change = u.sign() * u.abs().minimum(room).clamp_max(eps)
    elif norm == "l2":
        change = scaled_to_l2(u, room, eps, 1.0)
    else:
        change = shrunk_to_l1(u, room, eps)
    return placed(centre, change)
