"""The elastic-net attack."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.minimal import MinimalAttack
from practicum_gradient_attacks.penalty import Patience, Weights

if TYPE_CHECKING:
    import torch

    from practicum_gradient_attacks.hunt import Hunt


class EAD(MinimalAttack):
    """Minimise squared L2 distance plus a share of L1 distance plus a penalty for not winning, by shrinkage steps.

    Follows Chen, Sharma, Zhang, Yi and Hsieh, "EAD: Elastic-Net Attacks to Deep Neural Networks via Adversarial
    Examples", arXiv:1709.04114 (FISTA: a gradient step, soft thresholding, momentum k / (k + 3), and a search of the
    penalty's weight), with these differences: distances are measured by that of the linearised boundary and the
    penalty by what the input misses, so that neither the units of inputs nor the scale and shift of logits matter, and
    the first weight is 1; of all points visited the one nearest in ``norm`` is kept (their L1 rule, or L2); a run is
    given up sample by sample when its own loss no longer falls; and the result is polished (``polish=0`` for the bare
    attack).

    Args:
        norm: ``l1`` or ``l2``, by which points are compared.
        steps: gradients of each run.
        searches: runs, each with another weight: a tenfold one until a run wins, then by bisection.
        beta: share of the L1 distance, both distances being measured by that of the linearised boundary.
        learning_rate: of the first step; it falls with the square root of the steps left, and with weights above 2.
        weight: the first weight of the penalty.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[3.0, -4.0], [0.0, 0.0]], bounds=(-1, 2))
        >>> result = EAD(steps=30)(model, torch.tensor([[2.0, -1.0]]), [0])
        >>> [round(v, 3) for v in result.adversarial[0].tolist()], round(float(result.norm[0]), 3)
        ([2.0, 1.5], 2.5)
    """

    name: ClassVar[str] = "gradient-attacks/ead"

    norm: Literal["l1", "l2"] = Field(default="l1", description="norm of the change")
    steps: int = Field(default=100, ge=1, le=100_000, description="gradients of each run")
    searches: int = Field(default=6, ge=1, le=100, description="runs, each with another weight")
    beta: float = Field(default=1.0, ge=0.0, le=100.0, description="share of the L1 distance")
    learning_rate: float = Field(default=0.1, gt=0.0, le=10.0, description="of the first step")
    weight: float = Field(default=1.0, gt=0.0, description="first weight of the penalty")

    def hunt(self, part: Hunt, keys: Keys) -> None:
        import torch

        weights = Weights(self.weight, len(part.rows), part.centre.device)
        for _ in range(self.searches):
            won = torch.zeros(len(part.rows), dtype=torch.bool, device=part.centre.device)
            self._run(part, weights.c, won)
            weights.update(won)

    def _run(self, part: Hunt, c: torch.Tensor, won: torch.Tensor) -> None:
        """One run from the inputs, in units of the boundary's distance; rows of ``won`` are set where a point wins."""
        import torch

        rows = torch.arange(len(won), device=won.device)
        patience = Patience(len(won), self.steps, won.device)
        here = ahead = torch.zeros_like(part.centre, dtype=torch.float64)
        for at in range(self.steps):
            unit, missed = part.unit("l2")[:, None], part.first.gap[:, None]
            lead, slope = part.lead_and_slope(part.point(ahead * unit))
            push = torch.where((lead < 0)[:, None], c[:, None] * slope * unit / missed, 0.0)
            # A heavy penalty takes shorter steps, so that a curved boundary doesn't throw it far away.
            pace = (self.learning_rate * (1.0 - at / self.steps) ** 0.5 * (2.0 / c).clamp_max(1.0))[:, None]
            goal = ahead - pace * (2 * ahead - push)
            shrunk = torch.copysign((goal.abs() - pace * self.beta).clamp_min(0.0), goal)
            x = part.point(shrunk * unit)
            new = part.change(x) / unit
            reached = part.look(x)
            won[rows[(reached > 0) | (lead > 0)]] = True
            loss = (new.square().sum(dim=1) + self.beta * new.abs().sum(dim=1)
                    + c * (-reached).clamp_min(0.0) / missed[:, 0])
            ahead, here = new + at / (at + 3) * (new - here), new
            keep = patience.going(at, loss)
            if keep is not None:
                if not len(keep):
                    return
                part, rows, c, here, ahead = part.take(keep), rows[keep], c[keep], here[keep], ahead[keep]
