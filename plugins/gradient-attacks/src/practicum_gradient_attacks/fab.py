"""The fast adaptive boundary attack."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.crossing import length
from practicum_gradient_attacks.minimal import MinimalAttack
from practicum_gradient_attacks.starts import random_start

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

    from practicum_gradient_attacks.hunt import Hunt

_DUAL = {"linf": 1.0, "l2": 2.0, "l1": float("inf")}


class FAB(MinimalAttack):
    """Project again and again onto the linearised boundary, drawn toward the input; step back from points that win.

    Follows Croce and Hein, "Minimally distorted Adversarial Examples with a Fast Adaptive Boundary Attack",
    arXiv:1907.02044: with d and d0 the projections of the current point and of the input onto the nearest linearised
    boundary inside the box, the next point is ``(1 - a)(x + eta d) + a (input + eta d0)``, clipped, where a is
    ``|d| / (|d| + |d0|)`` but at most ``alpha``; a point that wins is kept and pulled back to
    ``(1 - beta) input + beta x``. Differences: the last search along the segment is part of the refinement that all
    minimal-norm attacks here share (``polish=0`` for the bare attack), and restarts begin within half the distance
    found so far, or that of the linearised boundary.

    Args:
        norm: ``linf``, ``l2`` or ``l1``.
        steps: projections in each run, ``rivals`` gradients each.
        restarts: runs; those after the first start at random points.
        alpha: largest share of the projection of the input.
        eta: how far beyond the plane a projection goes.
        beta: how far out a point that wins is left.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model, x = TorchToy.linear([[3.0, -4.0], [0.0, 0.0]], bounds=(-2, 2)), torch.tensor([[2.0, -1.0]])
        >>> [round(float(FAB(norm=norm, steps=5)(model, x, [0]).norm[0]), 3) for norm in ("linf", "l2", "l1")]
        [1.429, 2.0, 2.5]
    """

    name: ClassVar[str] = "gradient-attacks/fab"

    norm: Literal["linf", "l2", "l1"] = Field(default="linf", description="norm of the change")
    steps: int = Field(default=100, ge=1, le=100_000, description="projections in each run")
    restarts: int = Field(default=1, ge=1, le=10_000, description="runs; those after the first start at random points")
    alpha: float = Field(default=0.1, ge=0.0, le=1.0, description="largest share of the projection of the input")
    eta: float = Field(default=1.05, ge=1.0, le=10.0, description="how far beyond the plane a projection goes")
    beta: float = Field(default=0.9, gt=0.0, lt=1.0, description="how far out a point that wins is left")

    def hunt(self, part: Hunt, keys: Keys) -> None:
        for run in range(self.restarts):
            self._run(part, part.centre if run == 0 else self._start(part, keys.child(f"run-{run}")))

    def _start(self, part: Hunt, keys: Keys) -> torch.Tensor:
        import torch

        radius = torch.where(torch.isfinite(part.far), part.far, part.unit(self.norm)) / 2
        # The change of a start of radius 1 is linear in the radius, up to the box, which comes afterwards.
        unit = random_start(part.centre.double() * 0, part.free, self.norm, 1.0, None, keys)
        return part.point(radius[:, None] * torch.nan_to_num(unit))

    def _run(self, part: Hunt, x: torch.Tensor) -> None:
        import torch

        for _ in range(self.steps):
            value, slope = self._nearest(*part.faces(x, self.rivals))
            moved = part.change(x)
            here = part.onto(-value, slope, x)
            there = part.onto((slope * moved).sum(dim=1) - value, slope)
            near, wide = length(here, self.norm), length(there, self.norm)
            total = near + wide
            share = (near / torch.where(total > 0, total, 1.0)).clamp_max(self.alpha)[:, None]
            x = part.point((1 - share) * (moved + self.eta * here) + share * self.eta * there)
            won = part.look(x) > 0
            x = torch.where(won[:, None], part.point(self.beta * part.change(x)), x)

    def _nearest(self, values: torch.Tensor, slopes: Iterable[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """The plane nearest to the point it was linearised at, the box aside: value [n] and slope [n, D]."""
        import torch

        value, best = values[:, 0], None
        least = torch.full_like(value, float("inf"))
        for v, slope in zip(values.unbind(dim=1), slopes, strict=True):
            dual = torch.linalg.vector_norm(slope, ord=_DUAL[self.norm], dim=1)
            far = torch.where(dual > 0, v.abs() / dual, float("inf"))
            nearer = far < least
            best = slope if best is None else torch.where(nearer[:, None], slope, best)
            value, least = torch.where(nearer, v, value), torch.minimum(least, far)
        if best is None:
            raise AssertionError("there is at least one other class")
        return value, best
