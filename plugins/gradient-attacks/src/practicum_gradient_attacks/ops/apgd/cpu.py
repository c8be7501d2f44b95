"""One APGD step on the CPU in one pass over memory, compiled by numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from practicum_gradient_attacks.geometry import Bounds, Radius
from practicum_gradient_attacks.ops.step.cpu import _change, _fill, _length, _place, _to_l1, _to_l2

if TYPE_CHECKING:
    import torch

    from practicum_gradient_attacks.ops.apgd.reference import Points


@njit(cache=True, nogil=True, error_model="numpy")
def _linf(x: Any, gradient: Any, centre: Any, previous: Any, best: Any, best_gradient: Any, better: Any, back: Any,
          out: Any, kept: Any, kept_gradient: Any, sizes: Any, radii: Any, low: Any, high: Any, momentum: Any) -> None:
    width = x.shape[1]
    goal, change = np.empty(width, x.dtype), np.empty(width, x.dtype)
    bits = goal.view(out.dtype)
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for row in range(x.shape[0]):
        size, eps = sizes[row], radii[row]
        takes, returns = better[row], back[row]
        for k in range(width):
            now, g, c = x[row, k], gradient[row, k], centre[row, k]
            top = now if takes else best[row, k]
            top_g = g if takes else best_gradient[row, k]
            kept[row, k], kept_gradient[row, k] = top, top_g
            now, g = (top, top_g) if returns else (now, g)
            free = (c >= low) & (c <= high) & (abs(c) < np.inf)
            up, down = min(max(high - c, zero), eps), -min(max(c - low, zero), eps)
            u = now - c
            led = u + (size if g > 0 else (-size if g < 0 else zero))
            led = min(max(led, down), up)
            way = u + momentum * (led - u) + (one - momentum) * (now - previous[row, k])
            moved = min(max(way, down), up) if free else zero
            change[k] = moved
            goal[k] = c + moved if moved != 0 else c
        _place(centre[row], change, goal, bits, out[row], 0, width)


@njit(cache=True, nogil=True, error_model="numpy")
def _rows(x: Any, gradient: Any, centre: Any, previous: Any, best: Any, best_gradient: Any, better: Any, back: Any,
          out: Any, kept: Any, kept_gradient: Any, sizes: Any, radii: Any, counts: Any, low: float, high: float,
          momentum: float, l1: bool) -> None:
    width = x.shape[1]
    here, way, room = np.empty(width), np.empty(width), np.empty(width)
    goal = np.empty(width, x.dtype)
    bits = goal.view(out.dtype)
    for row in range(x.shape[0]):
        eps, middle = radii[row], centre[row]
        kept[row] = x[row] if better[row] else best[row]
        kept_gradient[row] = gradient[row] if better[row] else best_gradient[row]
        now = kept[row] if back[row] else x[row]
        slope = kept_gradient[row] if back[row] else gradient[row]
        _change(now, slope, middle, here, room, 0.0, low, high)
        if l1:
            way[:] = here
            _fill(now, slope, middle, way, sizes[row], sizes[row] / counts[row], low, high)
        else:
            length = _length(slope)
            _change(now, slope, middle, way, room, sizes[row] / length if length > 0 else 0.0, low, high)
            _to_l2(way, room, eps)
            for k in range(width):
                drift = np.float64(now[k]) - np.float64(previous[row, k])
                way[k] = here[k] + momentum * (way[k] - here[k]) + (1.0 - momentum) * drift
        for k in range(width):
            c = np.float64(middle[k])
            free = (c >= low) & (c <= high) & (abs(c) < np.inf)
            way[k] = way[k] if free else 0.0
            room[k] = max(high - c if way[k] > 0 else c - low, 0.0) if free else 0.0
        if l1:
            _to_l1(way, room, eps)
        else:
            _to_l2(way, room, eps)
        for k in range(width):
            goal[k] = middle[k] if way[k] == 0 else np.float64(middle[k]) + way[k]
        _place(middle, way, goal, bits, out[row], 0, width)


def advance(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, previous: torch.Tensor, best: torch.Tensor,
            best_gradient: torch.Tensor, *, better: torch.Tensor, back: torch.Tensor, norm: str, size: torch.Tensor,
            eps: Radius, bounds: Bounds = None, momentum: float = 0.75, count: torch.Tensor | None = None) -> Points:
    """The next points, the best ones and their gradients; see the public function."""
    import torch

    made = tuple(torch.empty(x.shape, dtype=x.dtype) for _ in range(3))
    if not x.numel():
        return made[0], made[1], made[2]
    arrays = [t.detach().to(x.dtype).contiguous().numpy() for t in (x, gradient, centre, previous, best, best_gradient)]
    flags = [f.contiguous().numpy() for f in (better, back)]
    kind = arrays[0].dtype.type
    low, high = (kind(-np.inf), kind(np.inf)) if bounds is None else (kind(bounds[0]), kind(bounds[1]))
    bits = made[0].numpy().view(np.int32 if x.dtype == torch.float32 else np.int64)
    outs = (bits, made[1].numpy(), made[2].numpy())
    sizes, radii = (np.ascontiguousarray(np.broadcast_to(np.asarray(r, dtype=np.float64), len(x))) for r in (size, eps))
    if norm == "linf":
        rounded = radii.astype(kind)
        rounded = np.where(rounded > radii, np.nextafter(rounded, kind(0)), rounded)
        _linf(*arrays, *flags, *outs, sizes.astype(kind), rounded, low, high, kind(momentum))
    else:
        counts = np.ones(len(x), np.int64) if count is None else count.contiguous().numpy()
        _rows(*arrays, *flags, *outs, sizes, radii, counts, float(low), float(high), float(momentum), norm == "l1")
    return made[0], made[1], made[2]
