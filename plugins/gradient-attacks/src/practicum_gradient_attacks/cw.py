"""Carlini and Wagner's L2 attack."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.minimal import MinimalAttack
from practicum_gradient_attacks.penalty import Patience, Weights

if TYPE_CHECKING:
    import torch

    from practicum_gradient_attacks.hunt import Hunt

class CW(MinimalAttack):
    """Minimise squared distance plus a penalty for not winning, with Adam, and search the penalty's weight.

    Follows Carlini and Wagner, "Towards Evaluating the Robustness of Neural Networks", arXiv:1608.04644, in L2, with
    these differences. The box is kept by a change of variables that folds the line onto it, in place of the hyperbolic
    tangent: its slope is 1 or -1 everywhere, so that values on the edge move as well. Distance is measured by that of
    the linearised boundary and the penalty by what the input misses, so that neither the units of inputs nor the scale
    and shift of logits matter, and the first weight is 1. A run is given up sample by sample when its own loss no
    longer falls. There is no confidence kappa: the criterion ``confident`` asks for more than a change of class. The
    result is polished (``polish=0`` for the bare attack).

    Args:
        steps: gradients of each run.
        searches: runs, each with another weight: a tenfold one until a run wins, then by bisection.
        learning_rate: of Adam, in distances of the linearised boundary over the square root of the number of values; it
            falls to a hundredth along a cosine.
        weight: the first weight of the penalty.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[3.0, -4.0], [0.0, 0.0]], bounds=(-1, 2))
        >>> result = CW(steps=50)(model, torch.tensor([[2.0, -1.0]]), [0])
        >>> [round(v, 3) for v in result.adversarial[0].tolist()], round(float(result.norm[0]), 3)
        ([0.8, 0.6], 2.0)
    """

    name: ClassVar[str] = "gradient-attacks/cw"

    norm: Literal["l2"] = Field(default="l2", description="norm of the change")
    steps: int = Field(default=100, ge=1, le=100_000, description="gradients of each run")
    searches: int = Field(default=6, ge=1, le=100, description="runs, each with another weight")
    learning_rate: float = Field(default=0.1, gt=0.0, le=100.0,
                                 description="of Adam, relative to the boundary's distance")
    weight: float = Field(default=1.0, gt=0.0, description="first weight of the penalty")

    def hunt(self, part: Hunt, keys: Keys) -> None:
        import torch

        weights = Weights(self.weight, len(part.rows), part.centre.device)
        for _ in range(self.searches):
            won = torch.zeros(len(part.rows), dtype=torch.bool, device=part.centre.device)
            self._run(part, weights.c, won)
            weights.update(won)

    def _run(self, part: Hunt, c: torch.Tensor, won: torch.Tensor) -> None:
        """One run from the inputs; rows of ``won`` are set where a point wins."""
        import torch

        rows = torch.arange(len(won), device=won.device)
        patience = Patience(len(won), self.steps, won.device)
        box = _Box(part)
        w = box.start
        first, second = torch.zeros_like(w), torch.zeros_like(w)
        for at in range(self.steps):
            unit, missed = part.unit("l2"), part.first.gap
            change = box.change(w)
            lead, slope = part.lead_and_slope(part.point(change))
            won[rows[lead > 0]] = True
            short = (-lead).clamp_min(0.0) / missed
            loss = (change.square().sum(dim=1)) / unit**2 + c * short
            pull = 2 * change / (unit**2)[:, None] - torch.where(short > 0, c / missed, 0.0)[:, None] * slope
            gradient = pull * box.rate(w)
            first = 0.9 * first + 0.1 * gradient
            second = 0.999 * second + 0.001 * gradient.square()
            fall = 0.01 + 0.99 * (1 + math.cos(math.pi * at / self.steps)) / 2
            pace = self.learning_rate * fall * unit / math.sqrt(w.shape[1])
            mean, spread = first / (1 - 0.9 ** (at + 1)), (second / (1 - 0.999 ** (at + 1))).sqrt()
            w = w - pace[:, None] * mean / torch.where(spread > 0, spread, 1.0)
            keep = patience.going(at, loss)
            if keep is not None:
                if not len(keep):
                    return
                part, rows, c, box = part.take(keep), rows[keep], c[keep], box.take(keep)
                w, first, second = w[keep], first[keep], second[keep]


class _Box:
    """The line folded onto the box, so that it goes up and down between the bounds; without a box just the line.

    Args:
        part: whose box and inputs. Values that may not move stay.
    """

    def __init__(self, part: Hunt) -> None:
        import torch

        self.start = torch.nan_to_num(part.centre.double())
        both = part.room(torch.ones_like(self.start)) + part.room(-torch.ones_like(self.start))
        self.fixed, self.bounds = both <= 0, part.bounds

    def take(self, rows: torch.Tensor) -> _Box:
        """Some rows."""
        made = object.__new__(_Box)
        made.start, made.fixed, made.bounds = self.start[rows], self.fixed[rows], self.bounds
        return made

    def change(self, w: torch.Tensor) -> torch.Tensor:
        """How far ``w`` is from the inputs, [n, D]."""
        import torch

        if self.bounds is not None:
            low, span = self.bounds[0], self.bounds[1] - self.bounds[0]
            at = (w - low).remainder(2 * span)
            w = low + torch.where(at <= span, at, 2 * span - at)
        return (w - self.start).masked_fill(self.fixed, 0.0)

    def rate(self, w: torch.Tensor) -> torch.Tensor:
        """The derivative of :meth:`change`: 1 or -1."""
        import torch

        if self.bounds is None:
            return torch.ones_like(w)
        low, span = self.bounds[0], self.bounds[1] - self.bounds[0]
        return torch.where((w - low).remainder(2 * span) <= span, 1.0, -1.0).to(w.dtype)
