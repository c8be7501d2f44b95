"""Decoupled direction and norm."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.geometry import scaled_to_l2
from practicum_gradient_attacks.minimal import MinimalAttack

if TYPE_CHECKING:
    from practicum_gradient_attacks.hunt import Hunt


class DDN(MinimalAttack):
    """Follow the gradient on a sphere that shrinks where the point on it wins and grows where it doesn't.

    Follows Rony, Hafemann, Oliveira, Ben Ayed, Sabourin and Granger, "Decoupling Direction and Norm for Efficient
    Gradient-Based L2 Adversarial Attacks and Defenses", arXiv:1811.09600, with these differences: it climbs the
    criterion's margin instead of the cross entropy; the first radius and the step are measured by the distance of the
    linearised boundary, so that the inputs' units don't matter; points are put on the sphere inside the box, not
    clipped; nothing is quantised; and the result is polished (``polish=0`` for the bare attack).

    Args:
        steps: gradients a sample.
        gamma: by what share the radius shrinks or grows each step.
        step_size: length of the first step, in distances of the linearised boundary; it falls to a hundredth along a
            cosine.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[3.0, -4.0], [0.0, 0.0]])
        >>> result = DDN(steps=20)(model, torch.tensor([[2.0, -1.0]]), [0])
        >>> [round(v, 3) for v in result.adversarial[0].tolist()], round(float(result.norm[0]), 3)
        ([0.8, 0.6], 2.0)
    """

    name: ClassVar[str] = "gradient-attacks/ddn"

    norm: Literal["l2"] = Field(default="l2", description="norm of the change")
    steps: int = Field(default=100, ge=1, le=100_000, description="gradients a sample")
    gamma: float = Field(default=0.05, gt=0.0, lt=1.0, description="share by which the radius shrinks or grows")
    step_size: float = Field(default=1.0, gt=0.0, le=1000.0,
                             description="first step, in distances of the linearised boundary")

    def hunt(self, part: Hunt, keys: Keys) -> None:
        import torch

        unit = part.unit("l2")[:, None]
        radius, change = unit.clone(), torch.zeros_like(part.centre, dtype=torch.float64)
        for at in range(self.steps):
            lead, slope = part.lead_and_slope(part.point(change))
            size = slope.norm(dim=1, keepdim=True)
            pace = self.step_size * (0.01 + 0.99 * (1 + math.cos(math.pi * at / self.steps)) / 2)
            change = change + pace * unit * slope / torch.where(size > 0, size, 1.0)
            radius = radius * torch.where(lead > 0, 1 - self.gamma, 1 + self.gamma)[:, None]
            change = scaled_to_l2(change, part.room(change), radius, float("inf"))
        part.look(part.point(change))
