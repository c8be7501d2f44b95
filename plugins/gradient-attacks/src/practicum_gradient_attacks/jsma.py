"""The saliency-map attack."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.batch import Batch
from practicum.errors import ConfigError
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.minimal import MinimalAttack

if TYPE_CHECKING:
    from practicum_gradient_attacks.hunt import Hunt


class JSMA(MinimalAttack):
    """Change the values of largest saliency, a pair at a time, until the sample wins.

    Follows Papernot, McDaniel, Jha, Fredrikson, Celik and Swami, "The Limitations of Deep Learning in Adversarial
    Settings", arXiv:1511.07528, with these differences: the saliency of a value is the slope of the criterion's margin,
    which doesn't saturate; with the softmax probabilities that they differentiate, both factors of their map are that
    slope up to one positive number for all values. Values move up or down, whichever helps. Untargeted attacks follow
    the class that leads. The result is polished (``polish=0`` for the bare attack): changes that aren't needed are put
    back, so that on a linear model the number of values changed is the least possible.

    Args:
        norm: ``l0``, the number of values changed.
        theta: how far a value moves in one step, as a share of the box.
        values: values changed in one step; the paper's pairs are 2.
        gamma: share of the values that may change at most.

    Raises:
        ConfigError: there is no box to say how far a value can go.
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[3.0, -4.0, 1.0], [0.0, 0.0, 0.0]], bounds=(0, 1))
        >>> [JSMA(polish=p)(model, torch.tensor([[0.9, 0.1, 0.9]]), [0]).norm.tolist() for p in (0, 6)]
        [[2.0], [1.0]]
    """

    name: ClassVar[str] = "gradient-attacks/jsma"

    norm: Literal["l0"] = Field(default="l0", description="norm of the change")
    theta: float = Field(default=1.0, gt=0.0, le=1.0, description="how far a value moves in a step, a share of the box")
    values: int = Field(default=2, ge=1, le=100_000, description="values changed in one step")
    gamma: float = Field(default=1.0, gt=0.0, le=1.0, description="share of the values that may change")

    def check(self, model: Model, batch: Batch) -> None:
        """Refuse a model without a box, beside what every attack refuses."""
        super().check(model, batch)
        if self.box(model) is None:
            raise ConfigError(f"{self.name} moves values to the edge of the box, but {model.name} has no bounds: set "
                              "bounds=(lowest, highest)")

    def hunt(self, part: Hunt, keys: Keys) -> None:
        import torch

        if part.bounds is None:
            return
        width = self.theta * (part.bounds[1] - part.bounds[0])
        most = max(int(self.gamma * part.centre.shape[1]), 1)
        x, slope = part.centre, part.first.slope
        for _ in range(int(most / self.values / self.theta) + 2):
            change = part.change(x)
            moved = change != 0
            spare = most - moved.sum(dim=1, keepdim=True)
            room = part.room(slope, x)
            saliency = torch.where((room > 0) & (moved | (spare > 0)), slope.abs(), 0.0)
            rank = saliency.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
            chosen = (rank < self.values) & (saliency > 0)
            fresh = (chosen & ~moved).cumsum(dim=1)
            chosen &= moved | (fresh <= spare)
            x = part.point(change + torch.where(chosen, torch.copysign(room.clamp_max(width), slope), 0.0))
            lead = part.look(x)
            keep = (~(lead > 0) & chosen.any(dim=1)).nonzero()[:, 0]
            if not len(keep):
                return
            part, x = part.take(keep), x[keep]
            slope = part.lead_and_slope(x)[1]
