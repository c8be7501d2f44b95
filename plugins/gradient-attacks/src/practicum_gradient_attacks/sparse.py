"""A greedy sparse attack."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.minimal import MinimalAttack

if TYPE_CHECKING:
    from practicum_gradient_attacks.hunt import Hunt


class Sparse(MinimalAttack):
    """Move the values that gain most all the way to the box, linearising anew as it goes: few values, changed at will.

    The greedy choice of Papernot et al., arXiv:1511.07528, with what a value can gain, slope times room to the edge of
    the box, in place of their saliency, and with the linearised boundary of SparseFool (Modas, Moosavi-Dezfooli and
    Frossard, arXiv:1811.02248) telling how many values are needed: half of those are moved before the model is
    linearised again. On a linear model the number of values changed is the least possible. Without a box one value,
    moved far enough, is the answer wherever the model stays linear.

    Args:
        norm: ``l0``, the number of values changed.
        steps: linearisations at most, one gradient each; a sample stops once it wins.
        polish: at the end, rounds that linearise at the point found and put back changes that aren't needed.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[3.0, -4.0, 1.0], [0.0, 0.0, 0.0]], bounds=(0, 1))
        >>> result = Sparse()(model, torch.tensor([[0.9, 0.1, 0.9]]), [0])
        >>> result.adversarial, result.norm
        (tensor([[0.9000, 1.0000, 0.9000]]), array([1.]))
    """

    name: ClassVar[str] = "gradient-attacks/sparse"

    norm: Literal["l0"] = Field(default="l0", description="norm of the change")
    steps: int = Field(default=100, ge=1, le=100_000, description="linearisations at most")

    def hunt(self, part: Hunt, keys: Keys) -> None:
        import torch

        x, plane = part.centre, part.first
        lead, slope = -plane.gap, plane.slope
        for _ in range(self.steps):
            untouched = part.change(x) == 0
            step = part.onto(-lead, torch.where(untouched, slope, 0.0), x)
            gain = (step * slope).abs()
            rank = gain.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
            half = ((gain > 0).sum(dim=1, keepdim=True) + 1) // 2
            stuck = half[:, 0] == 0
            x = part.point(part.change(x) + torch.where(rank < half, step, 0.0))
            lead = part.look(x)
            keep = (~(lead > 0) & ~stuck).nonzero()[:, 0]
            if not len(keep):
                return
            part, x = part.take(keep), x[keep]
            lead, slope = part.lead_and_slope(x)
