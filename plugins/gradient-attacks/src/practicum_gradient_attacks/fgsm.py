"""The fast gradient method."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from practicum.keys import Keys
from practicum_gradient_attacks.geometry import steepest
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.ops.step import step
from practicum_gradient_attacks.threat import GradientAttack

if TYPE_CHECKING:
    import torch


class FGSM(GradientAttack):
    """Move each input as far as the ball allows along the steepest direction of the loss, once.

    Follows Goodfellow, Shlens and Szegedy, "Explaining and Harnessing Adversarial Examples", arXiv:1412.6572, with
    three differences: the loss is the margin by default (theirs, the cross entropy, is selectable); besides the sign
    step for L-infinity there are the steepest steps of L2 (along the gradient) and L1 (the largest entries); and the
    step maximises the linearised loss over ball *and* box, so that in a box the budget isn't wasted on values that
    can't move. A single step says little about robustness: the accuracy it leaves is an upper bound.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> result = FGSM(eps=0.25)(model, torch.tensor([[0.5, 0.1]]), [0])
        >>> result.adversarial, result.success
        (tensor([[0.2500, 0.3500]]), array([ True]))
    """

    name: ClassVar[str] = "gradient-attacks/fgsm"
    upper_bound: ClassVar[bool] = True

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        x, radius = objective.x, objective.radius
        flat, slope = x.flatten(1), objective.slope(x).flatten(1)
        if self.norm == "linf":  # where the steepest step in the box and its projection are one
            moved = step(flat, slope, flat, norm="linf", size=radius, eps=radius, bounds=objective.bounds)
        else:
            moved = steepest(flat, slope, flat, self.norm, radius, objective.bounds)
        return moved.reshape(x.shape)
