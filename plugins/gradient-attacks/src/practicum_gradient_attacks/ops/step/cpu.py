"""One PGD step on the CPU in one pass over memory, compiled by numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from practicum_gradient_attacks.geometry import Radius

if TYPE_CHECKING:
    import torch

_CHUNK = 2048
_NEWTON = 60
_HALVINGS = 8
_REORDER = {"reassoc", "contract", "nsz"}


@njit(cache=True, nogil=True, inline="always")
def _place(centre: Any, change: Any, goal: Any, bits: Any, out: Any, start: int, count: int) -> None:
    """Store ``goal``, one unit in the last place nearer to the centre where rounding carried it too far."""
    for k in range(count):
        value, middle = np.float64(goal[k]), np.float64(centre[start + k])
        over = (abs(value - middle) > abs(np.float64(change[k]))) & (value != 0)
        inward = -1 if (value > middle) == (value > 0) else 1
        out[start + k] = bits[k] + (inward if over else 0)


@njit(cache=True, nogil=True, error_model="numpy")
def _linf(x: Any, gradient: Any, centre: Any, out: Any, sizes: Any, radii: Any, low: Any, high: Any) -> None:
    goal, change = np.empty(_CHUNK, x.dtype), np.empty(_CHUNK, x.dtype)
    bits = goal.view(out.dtype)
    zero = x.dtype.type(0)
    width = x.size // sizes.size
    for row in range(sizes.size):
        size, eps = sizes[row], radii[row]
        for start in range(row * width, (row + 1) * width, _CHUNK):
            count = min(_CHUNK, (row + 1) * width - start)
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


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_REORDER)
def _length(values: Any) -> float:
    """The Euclidean norm, also where the squares would be too small or too large to hold."""
    total = 0.0
    for i in range(values.size):
        total += np.float64(values[i]) * np.float64(values[i])
    if total > 1e-200 and total < 1e200:
        return np.sqrt(total)
    largest = 0.0
    for i in range(values.size):
        largest = max(largest, abs(np.float64(values[i])))
    if not largest > 0:
        return 0.0
    total = 0.0
    for i in range(values.size):
        part = np.float64(values[i]) / largest
        total += part * part
    return largest * np.sqrt(total)


@njit(cache=True, nogil=True, error_model="numpy")
def _change(x: Any, gradient: Any, centre: Any, u: Any, room: Any, factor: float, low: float, high: float) -> None:
    """``u`` becomes the change so far plus ``factor * gradient``, ``room`` what the box leaves in its direction."""
    for i in range(u.size):
        c = np.float64(centre[i])
        free = (c >= low) & (c <= high) & (abs(c) < np.inf)
        moved = (np.float64(x[i]) - c) + factor * np.float64(gradient[i])
        moved = moved if free else 0.0
        space = max(high - c if moved > 0 else c - low, 0.0)
        u[i] = moved
        room[i] = space if free else 0.0


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_REORDER)
def _l2_sums(u: Any, room: Any, t: float) -> tuple[float, float]:
    """Of min(t u^2, room^2): its slope in t, and its sum."""
    slope, reached = 0.0, 0.0
    for i in range(u.size):
        square, cap = u[i] * u[i], room[i] * room[i]
        grown = t * square
        slope += square if grown < cap else 0.0
        reached += grown if grown < cap else cap
    return slope, reached


@njit(cache=True, nogil=True, error_model="numpy")
def _to_l2(u: Any, room: Any, eps: float) -> None:
    """Replace ``u`` by the nearest change in ball and box."""
    slope, reached = _l2_sums(u, room, 1.0)
    t, goal = 1.0, eps * eps
    if reached > goal:
        total, _ = _l2_sums(u, room, 0.0)
        t = goal / total
        for _ in range(_NEWTON):
            slope, reached = _l2_sums(u, room, t)
            if not (slope > 0 and goal - reached > 1e-15 * goal):
                break
            t += (goal - reached) / slope
    scale = min(np.sqrt(t), 1.0)
    for i in range(u.size):
        moved = min(scale * abs(u[i]), room[i])
        u[i] = moved if u[i] > 0 else -moved


@njit(cache=True, nogil=True, error_model="numpy", fastmath=_REORDER)
def _l1_sums(u: Any, room: Any, c: float) -> tuple[float, float]:
    """Of clip(|u| - c, 0, room): how many values fall with c, and its sum."""
    falling, reached = 0.0, 0.0
    for i in range(u.size):
        left = abs(u[i]) - c
        falling += 1.0 if (left > 0) & (left <= room[i]) else 0.0
        reached += min(max(left, 0.0), room[i])
    return falling, reached


@njit(cache=True, nogil=True, error_model="numpy")
def _to_l1(u: Any, room: Any, eps: float) -> None:
    """Replace ``u`` by the nearest change in ball and box: Newton's method, kept between bounds by bisection."""
    falling, reached = _l1_sums(u, room, 0.0)
    c = 0.0
    if reached > eps:
        below, above = 0.0, np.max(np.abs(u))
        for _ in range(200):
            if abs(reached - eps) <= 1e-15 * eps or not above > below:
                break
            if reached > eps:
                below = c
            else:
                above = c
            ahead = c + (reached - eps) / falling if falling > 0 else above
            middle = below + 0.5 * (above - below)
            ahead = ahead if (ahead > below) & (ahead < above) else middle
            if ahead == c:
                break
            c = ahead
            falling, reached = _l1_sums(u, room, c)
    shrink = min(eps / reached, 1.0) if reached > 0 else 1.0  # what rounding has left over
    for i in range(u.size):
        moved = shrink * min(max(abs(u[i]) - c, 0.0), room[i])
        u[i] = moved if u[i] > 0 else -moved


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(x: Any, gradient: Any, centre: Any, u: Any, size: float, most: float, low: float, high: float) -> None:
    """Add the L1 step to ``u``: entries of largest gradient, each up to ``most`` and the box, until ``size`` is spent.
    """
    room, slopes = np.empty(x.size), np.empty(x.size)
    largest = 0.0
    for i in range(x.size):
        c, now, g = np.float64(centre[i]), np.float64(x[i]), np.float64(gradient[i])
        free = (c >= low) & (c <= high) & (abs(c) < np.inf)
        space = max(high - now if g > 0 else now - low, 0.0)
        room[i] = min(space, most) if free else 0.0
        slopes[i] = abs(g) if room[i] > 0 else 0.0
        largest = max(largest, slopes[i])
    if not largest > 0:
        return
    floor = largest
    for halving in range(_HALVINGS):  # few entries take part: find a slope that is low enough, and sort those above it
        floor = 0.5 * floor if halving < _HALVINGS - 1 else 0.0
        count, spent = 0, 0.0
        for i in range(x.size):
            if slopes[i] > floor:
                count += 1
                spent += room[i]
        if spent >= size:
            break
    taking = np.empty(count, np.int64)
    count = 0
    for i in range(x.size):
        if slopes[i] > floor:
            taking[count] = i
            count += 1
    left = size
    for k in np.argsort(-slopes[taking], kind="mergesort"):
        at = taking[k]
        taken = min(room[at], left)
        u[at] += taken if gradient[at] > 0 else -taken
        left -= taken
        if not left > 0:
            return


@njit(cache=True, nogil=True, error_model="numpy")
def _rows(x: Any, gradient: Any, centre: Any, out: Any, sizes: Any, radii: Any, low: float, high: float,
          l1: bool) -> None:
    width = x.shape[1]
    u, room = np.empty(width), np.empty(width)
    goal = np.empty(width, x.dtype)
    bits = goal.view(out.dtype)
    for row in range(x.shape[0]):
        size, eps = sizes[row], radii[row]
        if l1:
            _change(x[row], gradient[row], centre[row], u, room, 0.0, low, high)
            _fill(x[row], gradient[row], centre[row], u, size, size, low, high)
            for i in range(width):
                c = np.float64(centre[row, i])
                if room[i] > 0 or u[i] != 0:
                    room[i] = max(high - c if u[i] > 0 else c - low, 0.0)
            _to_l1(u, room, eps)
        else:
            length = _length(gradient[row])
            _change(x[row], gradient[row], centre[row], u, room, size / length if length > 0 else 0.0, low, high)
            _to_l2(u, room, eps)
        for i in range(width):
            goal[i] = centre[row, i] if u[i] == 0 else np.float64(centre[row, i]) + u[i]
        _place(centre[row], u, goal, bits, out[row], 0, width)


def step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: Radius, eps: Radius,
         bounds: tuple[float, float] | None = None) -> torch.Tensor:
    """The next points [N, D]; see :func:`practicum_gradient_attacks.ops.step.step`."""
    import torch

    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    if not x.numel():
        return out
    arrays = [t.detach().contiguous().numpy() for t in (x, gradient.to(x.dtype), centre)]
    kind = arrays[0].dtype.type
    low, high = (kind(-np.inf), kind(np.inf)) if bounds is None else (kind(bounds[0]), kind(bounds[1]))
    sizes, radii = (np.atleast_1d(np.asarray(r, dtype=np.float64)) for r in (size, eps))
    bits = out.numpy().view(np.int32 if x.dtype == torch.float32 else np.int64)
    if norm == "linf":
        rounded = radii.astype(kind)
        rounded = np.where(rounded > radii, np.nextafter(rounded, kind(0)), rounded)
        _linf(*(a.reshape(-1) for a in arrays), bits.reshape(-1), sizes.astype(kind), rounded, low, high)
    else:
        _rows(*arrays, bits, *(np.ascontiguousarray(np.broadcast_to(r, len(x))) for r in (sizes, radii)), float(low),
              float(high), norm == "l1")
    return out
