"""Fast minimum-norm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.geometry import scaled_to_l2, shrunk_to_l1
from practicum_gradient_attacks.minimal import MinimalAttack

if TYPE_CHECKING:
    import torch

    from practicum_gradient_attacks.hunt import Hunt

_DUAL = {"linf": 1.0, "l2": 2.0, "l1": float("inf"), "l0": float("inf")}


class FMN(MinimalAttack):
    """Gradient steps projected onto a ball whose radius closes in on the boundary, in L0, L1, L2 and L-infinity.

    Follows Pintor, Roli, Brendel and Biggio, "Fast Minimum-norm Adversarial Attacks through Adaptive Norm Constraints",
    arXiv:2102.12827: until a point wins, the radius is where the linearised boundary lies; from then on it shrinks by
    ``gamma`` where the point wins and grows by it where it doesn't, never beyond the nearest point found. Differences:
    while no point has won, the radius is longer by that share, since in a box it would only ever come closer; the step
    is measured by the distance of the linearised boundary, so that the inputs' units don't matter; projections are the
    exact ones onto ball and box together; and the result is polished (``polish=0`` for the bare attack).

    Args:
        norm: ``linf``, ``l2``, ``l1`` or ``l0``.
        steps: gradients a sample.
        gamma: share by which the radius shrinks or grows; it falls to a hundredth along a cosine. In L0 the radius
            moves by at least one value.
        step_size: length (L2) of the first step, in distances of the linearised boundary; it falls like ``gamma``.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model, x = TorchToy.linear([[3.0, -4.0], [0.0, 0.0]], bounds=(-2, 2)), torch.tensor([[2.0, -1.0]])
        >>> [round(float(FMN(norm=norm, steps=20)(model, x, [0]).norm[0]), 3) for norm in ("linf", "l2", "l1", "l0")]
        [1.429, 2.0, 2.5, 1.0]
    """

    name: ClassVar[str] = "gradient-attacks/fmn"

    norm: Literal["linf", "l2", "l1", "l0"] = Field(default="linf", description="norm of the change")
    steps: int = Field(default=100, ge=1, le=100_000, description="gradients a sample")
    gamma: float = Field(default=0.05, gt=0.0, lt=1.0, description="share by which the radius shrinks or grows")
    step_size: float = Field(default=1.0, gt=0.0, le=1000.0,
                             description="first step, in distances of the linearised boundary")

    def hunt(self, part: Hunt, keys: Keys) -> None:
        import torch

        unit = part.unit("l2")
        change = torch.zeros_like(part.centre, dtype=torch.float64)
        radius = torch.full_like(unit, float("inf"))
        for at in range(self.steps):
            x = part.point(change)
            lead, slope = part.lead_and_slope(x)
            fall = 0.01 + 0.99 * (1 + math.cos(math.pi * at / self.steps)) / 2
            radius = self._radius(part, radius, self.gamma * fall, lead, slope, part.change(x))
            size = slope.norm(dim=1)
            pace = self.step_size * fall * unit / torch.where(size > 0, size, 1.0)
            change = self._onto_ball(part, part.change(x) + pace[:, None] * slope, radius)
        part.look(part.point(change))

    def _radius(self, part: Hunt, radius: torch.Tensor, gamma: float, lead: torch.Tensor, slope: torch.Tensor,
                change: torch.Tensor) -> torch.Tensor:
        import torch

        from practicum_gradient_attacks.crossing import length

        known = torch.isfinite(part.far)
        if self.norm == "l0":
            start = torch.where(torch.isfinite(radius), radius, 0.0)
            fewer = torch.minimum(part.far - 1, (start * (1 - gamma)).floor()).clamp_min(1.0)
            more = torch.maximum(start + 1, (start * (1 + gamma)).floor())
            return torch.where(lead > 0, fewer, torch.minimum(more, part.far))
        dual = torch.linalg.vector_norm(slope, ord=_DUAL[self.norm], dim=1)
        ahead = (length(change, self.norm) + lead.abs() / torch.where(dual > 0, dual, float("inf"))) * (1 + gamma)
        fewer = torch.minimum(radius * (1 - gamma), part.far)
        more = torch.where(known, torch.minimum(radius * (1 + gamma), part.far), ahead)
        return torch.where(lead > 0, fewer, more)

    def _onto_ball(self, part: Hunt, change: torch.Tensor, radius: torch.Tensor) -> torch.Tensor:
        """The change inside the box that is nearest to ``change`` and no longer than ``radius``."""
        import torch

        room, size = part.room(change), radius[:, None]
        if self.norm == "linf":
            return torch.copysign(torch.minimum(torch.minimum(change.abs(), room), size), change)
        if self.norm == "l2":
            return scaled_to_l2(change, room, size, 1.0)
        if self.norm == "l1":
            return shrunk_to_l1(change, room, size)
        inside = torch.minimum(change.abs(), room)
        rank = inside.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
        return torch.copysign(torch.where(rank < size, inside, 0.0), change)
