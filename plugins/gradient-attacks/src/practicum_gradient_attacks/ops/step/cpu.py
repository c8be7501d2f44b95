"""One PGD step on the CPU in one pass over memory, compiled by numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    import torch

_CHUNK = 2048
_NEWTON = 60
_PICKS = 32
_REORDER = {"reassoc", "contract", "nsz"}


@njit(cache=True, nogil=True, inline="always")
def _place(centre: Any, change: Any, goal: Any, bits: Any, out: Any, start: int, count: int) -> None:
    """Store ``goal``, one unit in the last place nearer to the centre where rounding carried it too far."""
    for k in range(count):
        value, middle = goal[k], centre[start + k]
        over = (abs(value - middle) > abs(change[k])) & (value != 0)
        inward = -1 if (value > middle) == (value > 0) else 1
        out[start + k] = bits[k] + (inward if over else 0)


@njit(cache=True, nogil=True, error_model="numpy")
def _linf(x: Any, gradient: Any, centre: Any, out: Any, size: Any, eps: Any, low: Any, high: Any) -> None:
    goal, change = np.empty(_CHUNK, x.dtype), np.empty(_CHUNK, x.dtype)
    bits = goal.view(out.dtype)
    zero = x.dtype.type(0)
    for start in range(0, x.size, _CHUNK):
        count = min(_CHUNK, x.size - start)
        for k in range(count):
            c, g = centre[start + k], gradient[start + k]
            free = (c >= low) & (c <= high) & (abs(c) < np.inf)
            move = size if g > 0 else (-size if g < 0 else zero)
            u = (x[start + k] - c) + move
            room = min(max(high - c if u > 0 else c - low, zero), eps)
            moved = min(abs(u), room)
            moved = (moved if u > 0 else -moved) if free else zero
            change[k] = moved
            goal[k] = c + moved
        _place(centre, change, goal, bits, out, start, count)


@njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _room(u: float, c: float, low: float, high: float) -> float:
    if not (c >= low and c <= high and abs(c) < np.inf):
        return 0.0
    return max(high - c if u > 0 else c - low, 0.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_REORDER)
def _scale(unit: Any, room: Any, radius: float) -> float:
    """t for which sum min(t unit^2, room^2) = radius^2; as far as it goes when there is none."""
    total = 0.0
    for i in range(unit.size):
        total += unit[i] * unit[i] if room[i] > 0 else 0.0
    if not total > 0:
        return 0.0
    goal = radius * radius
    t = goal / total
    for _ in range(_NEWTON):
        slope, reached = 0.0, 0.0
        for i in range(unit.size):
            square, cap = unit[i] * unit[i], room[i] * room[i]
            open_ = t * square < cap
            slope += square if open_ else 0.0
            reached += t * square if open_ else cap
        if not (slope > 0 and goal - reached > 1e-15 * goal):
            break
        t += (goal - reached) / slope
    return t


@njit(cache=True, nogil=True, error_model="numpy")
def _to_l2(u: Any, room: Any, eps: float) -> None:
    """Replace ``u`` by the nearest change in ball and box."""
    largest = 0.0
    for i in range(u.size):
        largest = max(largest, abs(u[i]))
    if not largest > 0:
        return
    for i in range(u.size):
        u[i] /= largest
    s = min(np.sqrt(_scale(u, room, eps)), largest)
    for i in range(u.size):
        moved = min(s * abs(u[i]), room[i])
        u[i] = moved if u[i] > 0 else -moved


@njit(cache=True, nogil=True, error_model="numpy")
def _to_l1(u: Any, room: Any, eps: float) -> None:
    """Replace ``u`` by the nearest change in ball and box."""
    count, total = 0, 0.0
    where = np.empty(u.size, np.int64)
    for i in range(u.size):
        room[i] = min(room[i], abs(u[i]))
        if u[i] != 0:
            where[count] = i
            count += 1
            total += room[i]
    c = 0.0
    if total > eps:
        breaks, turns = np.empty(2 * count), np.empty(2 * count)
        for k in range(count):
            i = where[k]
            breaks[k], turns[k] = abs(u[i]), 1.0
            breaks[count + k], turns[count + k] = abs(u[i]) - room[i], -1.0
        order = np.argsort(-breaks)
        slope, norm = 0.0, 0.0
        c = breaks[order[0]]
        for k in range(2 * count):
            at = breaks[order[k]]
            more = slope * (c - at)
            if norm + more > eps:
                break
            norm, c = norm + more, at
            slope += turns[order[k]]
        if slope > 0:
            c = max(c - (eps - norm) / slope, 0.0)
    for k in range(count):
        i = where[k]
        moved = min(max(abs(u[i]) - c, 0.0), room[i])
        u[i] = moved if u[i] > 0 else -moved


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(x: Any, gradient: Any, centre: Any, u: Any, size: float, low: float, high: float) -> None:
    """Add the L1 step to ``u``: entries of largest gradient, each up to the box, until ``size`` is spent."""
    left = size
    last, last_at = np.inf, -1
    order = np.empty(0, np.int64)
    for pick in range(x.size):
        if pick < _PICKS:  # a step rarely needs more entries than this, and finding them beats sorting
            best, at = 0.0, -1
            for i in range(x.size):
                a = abs(float(gradient[i]))
                if a > best and (a < last or (a == last and i > last_at)):
                    best, at = a, i
            if at < 0:
                return
            last, last_at = best, at
        else:
            if pick == _PICKS:
                order = np.argsort(-np.abs(gradient.astype(np.float64)), kind="mergesort")
            at = order[pick]
            if gradient[at] == 0:
                return
        c, now = float(centre[at]), float(x[at])
        room = 0.0
        if c >= low and c <= high and abs(c) < np.inf:
            room = max(high - now if gradient[at] > 0 else now - low, 0.0)
        taken = min(room, left)
        u[at] += taken if gradient[at] > 0 else -taken
        left -= taken
        if not left > 0:
            return


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_REORDER)
def _along(gradient: Any, u: Any, size: float) -> None:
    """Add the L2 step to ``u``."""
    largest, total = 0.0, 0.0
    for i in range(u.size):
        largest = max(largest, abs(float(gradient[i])))
    if not largest > 0:
        return
    for i in range(u.size):
        part = float(gradient[i]) / largest
        total += part * part
    factor = size / np.sqrt(total)
    for i in range(u.size):
        u[i] += factor * (float(gradient[i]) / largest)


@njit(cache=True, nogil=True, error_model="numpy")
def _rows(x: Any, gradient: Any, centre: Any, out: Any, size: float, eps: float, low: float, high: float,
          l1: bool) -> None:
    width = x.shape[1]
    u, room = np.empty(width), np.empty(width)
    goal = np.empty(width, x.dtype)
    bits = goal.view(out.dtype)
    for row in range(x.shape[0]):
        for i in range(width):
            u[i] = float(x[row, i]) - float(centre[row, i])
        if l1:
            _fill(x[row], gradient[row], centre[row], u, size, low, high)
        else:
            _along(gradient[row], u, size)
        for i in range(width):
            room[i] = _room(u[i], float(centre[row, i]), low, high)
            if not abs(u[i]) < np.inf:
                u[i] = 0.0
        if l1:
            _to_l1(u, room, eps)
        else:
            _to_l2(u, room, eps)
        for i in range(width):
            goal[i] = centre[row, i] if u[i] == 0 else float(centre[row, i]) + u[i]
        _place(centre[row], u, goal, bits, out[row], 0, width)


def step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: float, eps: float,
         bounds: tuple[float, float] | None = None) -> torch.Tensor:
    """The next points [N, D]; see :func:`practicum_gradient_attacks.ops.step.step`."""
    import torch

    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    if not x.numel():
        return out
    arrays = [t.detach().contiguous().numpy() for t in (x, gradient.to(x.dtype), centre)]
    kind = arrays[0].dtype.type
    low, high = (kind(-np.inf), kind(np.inf)) if bounds is None else (kind(bounds[0]), kind(bounds[1]))
    bits = out.numpy().view(np.int32 if x.dtype == torch.float32 else np.int64)
    if norm == "linf":
        _linf(*(a.reshape(-1) for a in arrays), bits.reshape(-1), kind(size), kind(eps), low, high)
    else:
        _rows(*arrays, bits, float(size), float(eps), float(low), float(high), norm == "l1")
    return out
