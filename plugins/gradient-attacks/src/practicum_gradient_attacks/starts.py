"""Random starting points, uniform in the ball, drawn per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from practicum.keys import Keys
from practicum_gradient_attacks.geometry import Radius, beside, projected

if TYPE_CHECKING:
    import torch

    from practicum_gradient_attacks.objective import Objective


def random_start(centre: torch.Tensor, free: torch.Tensor | None, norm: str, eps: Radius,
                 bounds: tuple[float, float] | None, keys: Keys) -> torch.Tensor:
    """A point drawn uniformly from the Lp ball around each row of ``centre``, then clipped to the box.

    L-infinity: each value uniform in [-eps, eps]. L2: a Gaussian direction with radius eps * u^(1/d). L1: d + 1
    exponentials over their sum, with random signs.

    Args:
        centre: clean inputs, float [N, D].
        free: bool [N, D], values that may change; all when ``None``.
        norm: ``linf``, ``l2`` or ``l1``.
        eps: radius of the ball: a number, float64 [N], or in linf float64 [N, D].
        bounds: the box.
        keys: bound to the N samples.

    Returns:
        [N, D], in the dtype of ``centre``.
    """
    import torch

    n, d = centre.shape
    radius: Any = beside(eps)
    radius = radius.cpu().numpy() if isinstance(radius, torch.Tensor) else radius
    may = np.ones((n, d)) if free is None else free.cpu().numpy().astype(np.float64)
    if norm == "linf":
        change = radius * (2.0 * keys.uniform53(d) - 1.0) * may
    elif norm == "l2":
        direction = keys.normal(d).astype(np.float64) * may
        count = np.maximum(may.sum(axis=1, keepdims=True), 1.0)
        length = radius * keys.uniform53(1, lane=1) ** (1.0 / count)
        change = length * direction / np.maximum(np.linalg.norm(direction, axis=1, keepdims=True), 1e-300)
    else:
        sizes = -np.log1p(-keys.uniform53(d + 1))
        sizes[:, :d] *= may
        signs = 2.0 * keys.integers(2, d, lane=1) - 1.0
        change = radius * signs * sizes[:, :d] / np.maximum(sizes.sum(axis=1, keepdims=True), 1e-300)
    moved = centre.double() + torch.from_numpy(change).to(centre.device)
    return projected(moved, centre, norm, eps, bounds)


def warm_start(objective: Objective, norm: str) -> torch.Tensor | None:
    """The points nearest to where an objective says to begin in ball and box, [N, D]; ``None`` where it says nothing.
    """
    if objective.start is None:
        return None
    return projected(objective.start.flatten(1).double(), objective.x.flatten(1), norm, objective.radius,
                     objective.bounds)
