"""What the best attack on a linear two-class model gets: closed forms, with and without a box."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def dual(w: Floats, norm: str) -> Floats:
    """The dual norm of each row of ``w`` [..., D]: the largest margin change by a step of length 1 in ``norm``."""
    size = np.abs(w)
    if norm == "linf":
        return np.asarray(size.sum(axis=-1))
    return np.asarray(np.sqrt((size**2).sum(axis=-1)) if norm == "l2" else size.max(axis=-1))


def room(w: Floats, x: Floats, bounds: tuple[float, float]) -> Floats:
    """How far each value can go in the direction of ``w`` before the box stops it; shapes [N, D]."""
    return np.asarray(np.where(w > 0, bounds[1] - x, x - bounds[0]).clip(min=0.0) * (w != 0))


def best_gain(w: Floats, x: Floats, norm: str, eps: float, bounds: tuple[float, float] | None = None) -> Floats:
    """The most that ``<w, step>`` can be with a step of length ``eps`` that stays in the box, float64 [N].

    L-infinity: every value goes ``min(eps, room)``. L2: ``min(scale * |w|, room)`` with the scale that spends the
    length. L1: the values of largest ``|w|`` go as far as their room, one after the other, until the length is spent.

    Args:
        w: [D] or [N, D].
        x: where the steps start, [N, D].
        norm: ``linf``, ``l2`` or ``l1``.
        eps: length.
        bounds: the box, or ``None``.

    Example:
        >>> x = np.array([[0.0, 0.5]])
        >>> w = np.array([3.0, -4.0])
        >>> [float(best_gain(w, x, n, 1.0)[0]) for n in ("linf", "l2", "l1")]
        [7.0, 5.0, 4.0]
        >>> [round(float(best_gain(w, x, n, 1.0, (0.0, 1.0))[0]), 3) for n in ("linf", "l2", "l1")]
        [5.0, 4.598, 3.5]
    """
    wide = np.broadcast_to(w, x.shape).astype(np.float64)
    if bounds is None:
        return eps * dual(wide, norm)
    size, most = np.abs(wide), room(wide, x, bounds)
    if norm == "linf":
        return np.asarray((size * np.minimum(most, eps)).sum(axis=1))
    if norm == "l1":
        order = np.argsort(-size, axis=1, kind="stable")
        sorted_room = np.take_along_axis(most, order, axis=1)
        before = np.cumsum(sorted_room, axis=1) - sorted_room
        spent = np.minimum(sorted_room, (eps - before).clip(min=0.0))
        return np.asarray((np.take_along_axis(size, order, axis=1) * spent).sum(axis=1))
    low, high = np.zeros((len(x), 1)), np.full((len(x), 1), 1e6 * eps / max(float(size.max(initial=1e-300)), 1e-300))
    for _ in range(200):
        middle = (low + high) / 2
        inside = np.sqrt((np.minimum(middle * size, most) ** 2).sum(axis=1, keepdims=True)) <= eps
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return np.asarray((size * np.minimum(low * size, most)).sum(axis=1))


def least_distance(w: Floats, x: Floats, margin: Floats, norm: str,
                   bounds: tuple[float, float] | None = None) -> Floats:
    """The shortest step whose ``<w, step>`` is ``margin`` [N] (infinite where the box allows none), float64 [N].

    Example:
        >>> least_distance(np.array([3.0, -4.0]), np.array([[0.0, 0.5]]), np.array([5.0]), "linf", (0.0, 1.0)).round(9)
        array([1.])
    """
    wide = np.broadcast_to(w, x.shape).astype(np.float64)
    if bounds is None:
        return np.asarray(margin / dual(wide, norm))
    full = {"linf": 1.0, "l2": np.sqrt(x.shape[1]), "l1": float(x.shape[1])}[norm] * (bounds[1] - bounds[0])
    low, high = np.zeros(len(x)), np.full(len(x), full)
    reachable = best_gain(wide, x, norm, full, bounds) >= margin
    for _ in range(60):
        middle = (low + high) / 2
        enough = np.array([best_gain(wide[i:i + 1], x[i:i + 1], norm, float(middle[i]), bounds)[0] >= margin[i]
                           for i in range(len(x))])
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(reachable, high, np.inf)
