"""The basic iterative method."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.iterative import IterativeAttack
from practicum_gradient_attacks.objective import Objective

if TYPE_CHECKING:
    import torch


class BIM(IterativeAttack):
    """Small steepest steps from the input itself, each projected back onto ball and box.

    Follows Kurakin, Goodfellow and Bengio, "Adversarial examples in the physical world", arXiv:1607.02533, where it is
    also called I-FGSM, with these differences: the loss is the margin by default; ball and box are projected onto
    together; L2 and L1 have their own steepest steps; the result is the best visited point (``keep="last"`` gives the
    paper's). It draws nothing at random, and each step goes for the class that leads, which may not be the one within
    reach: the robust accuracy it leaves is an upper bound, and :class:`practicum_gradient_attacks.pgd.PGD` finds more.

    Args:
        steps: gradient steps.
        step_size: length of a step in the norm; when left out, as in PGD. A warning tells when ``steps * step_size``
            is less than ``eps``. The paper's is 1/255 for images in [0, 1].
        keep: the best visited point, or the last.
        early_stop: stop working on a sample once it is won.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]], bounds=(0, 1))
        >>> result = BIM(eps=0.25, steps=5, step_size=0.125)(model, torch.tensor([[0.5, 0.1]]), [0])
        >>> result.adversarial, result.success
        (tensor([[0.2500, 0.3500]]), array([ True]))
    """

    name: ClassVar[str] = "gradient-attacks/bim"
    upper_bound: ClassVar[bool] = True
    width: ClassVar[float] = 1.0

    steps: int = Field(default=10, ge=1, le=100_000, description="gradient steps")

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        best, rows = objective.x.clone(), torch.arange(len(objective.x), device=objective.x.device)
        self.climb(objective, None, rows, best, torch.full((len(best),), float("-inf"), dtype=torch.float64,
                                                           device=best.device))
        return best
