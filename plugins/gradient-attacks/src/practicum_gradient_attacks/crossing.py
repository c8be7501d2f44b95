"""The shortest step onto a hyperplane inside a box, exactly, in every norm. All rows at once, in float64."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_NEWTON = 60


def crossing(need: torch.Tensor, slope: torch.Tensor, room: torch.Tensor, norm: str) -> torch.Tensor:
    """The step c of least norm with ``<|slope|, c> = need`` and ``0 <= c <= room``.

    Each norm has a closed form whose one parameter is found exactly: L-infinity ``min(t, room)``, L2
    ``min(s |slope|, room)``, L1 the entries of largest slope filled one after the other. L0 takes the entries that gain
    most when they go all the way, so it may gain more than ``need``; an entry without a limit goes as far as needed.
    Where the box doesn't let a row gain ``need``, every value goes all the way.

    Args:
        need: float64 [N]; rows with nothing to gain (zero or less) stay.
        slope: float64 [N, D]; its sign doesn't matter.
        room: float64 [N, D], not negative; may be infinite.
        norm: ``linf``, ``l2``, ``l1`` or ``l0``.

    Returns:
        float64 [N, D], not negative: multiply by the sign of the way wanted.

    Example:
        >>> import torch
        >>> w, room = torch.tensor([[3.0, -4.0]]).double(), torch.tensor([[1.0, 0.5]]).double()
        >>> need = torch.tensor([3.5]).double()
        >>> [[round(v, 6) for v in crossing(need, w, room, norm)[0].tolist()] for norm in ("linf", "l2", "l1", "l0")]
        [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [1.0, 0.5]]
        >>> [crossing(need, w, torch.full_like(w, torch.inf), norm)[0].tolist() for norm in ("linf", "l1")]
        [[0.5, 0.5], [0.0, 0.875]]
    """
    import torch

    size = slope.abs()
    largest = size.amax(dim=1, keepdim=True)
    live = largest > 0
    size = torch.where(live, size / torch.where(live, largest, 1.0), 0.0)
    need = torch.where(live, need[:, None] / torch.where(live, largest, 1.0), 0.0).clamp_min(0.0)
    room = torch.where(size > 0, room, 0.0)
    if norm in ("linf", "l2"):
        return _spread(need, size, room, size if norm == "l2" else torch.ones_like(size))
    return _filled(need, size, room) if norm == "l1" else _fewest(need, size, room)


def _spread(need: torch.Tensor, size: torch.Tensor, room: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
    """min(t * shape, room) with the t that gains ``need``: the gain is concave in t, so Newton's method is exact."""
    import torch

    weight = torch.where(room > 0, size * shape, 0.0)
    total = weight.sum(dim=1, keepdim=True)
    t = need / torch.where(total > 0, total, 1.0)
    for _ in range(_NEWTON):
        grown = t * shape
        open_ = (grown < room) & (weight > 0)
        rate = torch.where(open_, weight, 0.0).sum(dim=1, keepdim=True)
        gap = need - (size * torch.minimum(grown, room)).sum(dim=1, keepdim=True)
        more = (gap > 1e-15 * need) & (rate > 0)
        if not bool(more.any()):
            break
        t = torch.where(more, t + gap / torch.where(rate > 0, rate, 1.0), t)
    possible = (size * torch.where(torch.isfinite(room), room, 0.0)).sum(dim=1, keepdim=True)
    possible = torch.where(torch.isinf(room).any(dim=1, keepdim=True), torch.inf, possible)
    return torch.where(possible >= need, torch.minimum(t * shape, room), torch.where(need > 0, room, 0.0))


def _filled(need: torch.Tensor, size: torch.Tensor, room: torch.Tensor) -> torch.Tensor:
    """The entries of largest size first, each to its room, until ``need`` is gained."""
    import torch

    most = torch.minimum(room, torch.where(size > 0, need / torch.where(size > 0, size, 1.0), 0.0))
    order = size.argsort(dim=1, descending=True, stable=True)
    gains = (size * most).gather(1, order)
    before = gains.cumsum(dim=1) - gains
    left = (need - before).clamp_min(0.0)
    steep = size.gather(1, order)
    fill = torch.minimum(most.gather(1, order), torch.where(steep > 0, left / torch.where(steep > 0, steep, 1.0), 0.0))
    return torch.zeros_like(size).scatter(1, order, fill)


def _fewest(need: torch.Tensor, size: torch.Tensor, room: torch.Tensor) -> torch.Tensor:
    """The entries of largest gain, each to its room (without a limit as far as needed), until ``need`` is gained."""
    import torch

    enough = torch.where(size > 0, need / torch.where(size > 0, size, 1.0), 0.0)
    most = torch.where(torch.isfinite(room), room, enough)
    order = (size * torch.where(torch.isfinite(room), room, torch.inf)).argsort(dim=1, descending=True, stable=True)
    if bool(torch.isinf(room).any()):  # entries without limit gain alike: the steepest of them first
        steepest = torch.where(torch.isfinite(room), 0.0, size).argsort(dim=1, descending=True, stable=True)
        endless = torch.isinf(room).any(dim=1, keepdim=True)
        order = torch.where(endless, steepest, order)
    gains = (size * most).gather(1, order)
    before = gains.cumsum(dim=1) - gains
    taken = torch.where(before < need * (1 - 1e-15), most.gather(1, order), 0.0)
    return torch.zeros_like(size).scatter(1, order, taken)


def length(change: torch.Tensor, norm: str) -> torch.Tensor:
    """The norm of each row, float64 [N].

    Args:
        change: [N, D]; NaN counts as no change.
        norm: ``linf``, ``l2``, ``l1`` or ``l0``.
    """
    import torch

    size = torch.nan_to_num(change.double(), nan=0.0).abs()
    if norm == "linf":
        return size.amax(dim=1)
    if norm == "l2":
        return size.square().sum(dim=1).sqrt()
    return size.sum(dim=1) if norm == "l1" else (size > 0).sum(dim=1).double()
