"""Single gradient steps from a random point."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.geometry import projected, steepest
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.ops.step import step
from practicum_gradient_attacks.starts import random_start
from practicum_gradient_attacks.threat import GradientAttack

if TYPE_CHECKING:
    import torch


class RFGSM(GradientAttack):
    """A random step of signs, then the gradient's signs for what is left of the budget.

    Follows Tramèr, Kurakin, Papernot, Goodfellow, Boneh and McDaniel, "Ensemble Adversarial Training: Attacks and
    Defenses", arXiv:1705.07204: x' = x + alpha * sign(N(0, I)), then x' + (eps - alpha) * sign of the gradient at x'.
    The random step leaves the place where a defence has flattened the loss. Differences: the loss is the margin by
    default; both steps stop at the box. L-infinity only. A single gradient says little about robustness: the accuracy
    it leaves is an upper bound.

    Args:
        share: alpha / eps, the part of the budget that the random step takes.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0, 0.5], [0.0, 0.0, 0.0]])
        >>> result = RFGSM(eps=0.25)(model, torch.zeros(1, 3), [0])
        >>> result.adversarial, int(result.gradients[0])
        (tensor([[-0.2500,  0.2500,  0.0000]]), 1)
    """

    name: ClassVar[str] = "gradient-attacks/rfgsm"
    upper_bound: ClassVar[bool] = True

    norm: Literal["linf"] = Field(default="linf", description="norm of the change")
    share: float = Field(default=0.5, ge=0.0, lt=1.0, description="part of the budget that the random step takes")

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        centre = objective.x.flatten(1)
        signs = torch.from_numpy(2.0 * keys.integers(2, centre.shape[1]) - 1.0).to(centre.device)
        signs = signs if objective.free is None else signs * objective.free
        x = steepest(centre, signs, centre, "linf", self.share * objective.radius, objective.bounds)
        gradient = objective.slope(x.reshape(objective.x.shape))
        moved = steepest(x, gradient.flatten(1), centre, "linf", (1.0 - self.share) * objective.radius,
                         objective.bounds)
        return projected(moved.double(), centre, "linf", objective.radius, objective.bounds).reshape(objective.x.shape)


class FFGSM(GradientAttack):
    """One long step from a random point of the ball, projected back onto ball and box.

    Follows Wong, Rice and Kolter, "Fast is better than free: Revisiting adversarial training", arXiv:2001.03994: a
    start uniform in the ball, and a step of 1.25 eps, which makes training on it withstand PGD. Differences: the loss
    is the margin by default; L2 and L1 have starts uniform in their balls and their own steepest steps. A single
    gradient says little about robustness: the accuracy it leaves is an upper bound.

    Args:
        reach: length of the step, in radii of the ball.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> result = FFGSM(eps=0.25)(model, torch.tensor([[0.5, 0.1]]), [0])
        >>> [[round(v, 3) for v in row] for row in result.adversarial.tolist()], int(result.gradients[0])
        ([[0.427, 0.35]], 1)
    """

    name: ClassVar[str] = "gradient-attacks/ffgsm"
    upper_bound: ClassVar[bool] = True

    reach: float = Field(default=1.25, gt=0.0, description="length of the step, in radii of the ball")

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        centre, shape = objective.x.flatten(1), objective.x.shape
        start = random_start(centre, objective.free, self.norm, objective.radius, objective.bounds, keys)
        gradient = objective.slope(start.reshape(shape))
        return step(start, gradient.flatten(1), centre, norm=self.norm, size=self.reach * objective.radius,
                    eps=objective.radius, bounds=objective.bounds).reshape(shape)
