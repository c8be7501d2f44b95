"""DeepFool."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.keys import Keys
from practicum_gradient_attacks.crossing import length
from practicum_gradient_attacks.hunt import shortfall
from practicum_gradient_attacks.minimal import MinimalAttack

if TYPE_CHECKING:
    from collections.abc import Iterable

    import torch

    from practicum_gradient_attacks.hunt import Hunt


class DeepFool(MinimalAttack):
    """Step onto the nearest linearised boundary, a little beyond, until the class has changed.

    Follows Moosavi-Dezfooli, Fawzi and Frossard, "DeepFool: a simple and accurate method to fool deep neural networks",
    arXiv:1511.04599, with two differences: each step is the shortest one inside the box, not a step that is clipped
    afterwards, and of all points visited the nearest that wins is kept. The result is not polished by default: on a
    linear model it is ``1 + overshoot`` times the least distance.

    Args:
        norm: ``l2`` or ``linf``.
        steps: linearisations at most, ``rivals`` gradients each; a sample stops once it wins.
        overshoot: how much farther than onto the linearised boundary a point is put, as a share of its distance.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[3.0, -4.0], [0.0, 0.0]])
        >>> result = DeepFool()(model, torch.tensor([[2.0, -1.0]]), [0])
        >>> [round(v, 4) for v in result.adversarial[0].tolist()], round(float(result.norm[0]), 4)
        ([0.776, 0.632], 2.04)
    """

    name: ClassVar[str] = "gradient-attacks/deepfool"
    minimal: ClassVar[float | None] = 1.021

    norm: Literal["linf", "l2"] = Field(default="l2", description="norm of the change")
    steps: int = Field(default=50, ge=1, le=100_000, description="linearisations at most")
    overshoot: float = Field(default=0.02, ge=0.0, le=10.0, description="how much farther than the boundary, a share")
    polish: int = Field(default=0, ge=0, le=1000, description="rounds of refinement at the end")

    def hunt(self, part: Hunt, keys: Keys) -> None:
        total = part.first.change
        for _ in range(self.steps):
            x = part.point((1.0 + self.overshoot) * total)
            lead = part.look(x)
            keep = (~(lead > 0)).nonzero()[:, 0]
            if not len(keep):
                return
            part, x = part.take(keep), x[keep]
            values, slopes = part.faces(x, self.rivals)
            total = part.change(x) + _step(part, x, values, slopes)


def _step(part: Hunt, x: torch.Tensor, values: torch.Tensor, slopes: Iterable[torch.Tensor]) -> torch.Tensor:
    """The shortest step from ``x`` onto any of the linearised boundaries, inside the box; [n, D]."""
    import torch

    best = torch.zeros_like(x, dtype=torch.float64)
    least = torch.full((len(x),), float("inf"), dtype=torch.float64, device=x.device)
    for value, slope in zip(values.unbind(dim=1), slopes, strict=True):
        need = (-value).clamp_min(0.0)
        step = part.onto(need, slope, x)
        score = shortfall((step * slope).sum(dim=1), need, length(step, part.norm))
        best = torch.where((score < least)[:, None], step, best)
        least = torch.minimum(least, score)
    return best
