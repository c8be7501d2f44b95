"""Adversarial patch: a square, learned once, that wins wherever it is put."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from pydantic import Field, field_validator

from practicum.attack import Budget
from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, DataError
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.learned import LearnedAttack, margin_scale, weights
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.turning import places, turned

if TYPE_CHECKING:
    import torch


class Patch(LearnedAttack):
    """Put a learned square over a part of each image, at a drawn place, size and angle.

    Follows Brown, Mané, Roy, Abadi and Gilmer, "Adversarial Patch", arXiv:1712.09665: the patch is learned in
    expectation over places, sizes and angles. What differs: the aim is the attack's criterion (name a target class to
    get theirs); what a step climbs is a softplus of the margin in units of the mean clean margin; a step goes by the
    sign of the gradient; the whole patch lies inside the image.

    Its budget counts values (L0): all channels of the most pixels that a square of the largest side can cover at any
    angle, (side + 1)^2. What those pixels become is bounded by the box only, so the box must be known.

    It has to be fitted before it can perturb; ``practicum.stress`` does so on the train split, once for each seed.

    Args:
        size: side of the patch, as a share of the image's shorter side.
        scale: smallest and largest factor of the side, drawn for each image.
        angle: largest rotation either way, in degrees, drawn for each image.

    Raises:
        CapabilityError: it hasn't been fitted, the model has no gradients, or no box is known.
        DataError: images have other channels than those it was fitted on, or are not float32 or float64 of one size.

    Example:
        >>> import torch
        >>> import practicum as pm
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[0.0] * 16, [1.0] * 16], [1.0, 0.0], bounds=(0.0, 1.0))  # 1: bright
        >>> dark = pm.Batch.of(torch.full((8, 1, 4, 4), 0.05), targets={"label": [0] * 8})
        >>> fitted = Patch(size=0.5, scale=(1.0, 1.0), angle=0.0).fit(model, dark, pm.Keys(0))
        >>> fitted.learned.values.round(2).tolist()
        [[[1.0, 1.0], [1.0, 1.0]]]
        >>> result = fitted(model, dark)
        >>> bool(result.success.all()), result.norm[0]
        (True, np.float64(4.0))
    """

    name: ClassVar[str] = "gradient-attacks/patch"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"size": (0.2, 0.3, 0.4)}

    size: float = Field(default=0.3, gt=0.0, le=1.0, description="side of the patch, as a share of the shorter side")
    scale: tuple[float, float] = Field(default=(0.8, 1.2), description="smallest and largest factor of the side")
    angle: float = Field(default=20.0, ge=0.0, le=180.0, description="largest rotation either way, in degrees")

    @field_validator("scale")
    @classmethod
    def _rising(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0.0 < value[0] <= value[1]:
            raise ConfigError(f"scale {value} must be (smallest, largest) with 0 < smallest <= largest")
        return value

    def budget(self, model: Model, batch: Batch) -> Budget:
        """The most values that the patch can cover, and the box."""
        column = batch.columns[batch.column_name(self.on, self.modalities)].data
        if isinstance(column, list):
            raise DataError(f"{self.name}: the images are of differing sizes; resize or pad them to one size")
        channels, height, width = column.shape[1:]
        side = self.size * min(height, width) * self.scale[1]
        # A closed convex set of area A and perimeter P holds at most A + P / 2 + 1 points of the unit lattice.
        most = min(int(np.floor((side + 1.0) ** 2 + 1e-9)), height * width)
        return Budget("l0", float(channels * most), self._box(model), free=self.mask(batch))

    def _box(self, model: Model) -> tuple[float, float]:
        found = self.box(model)
        if found is None:
            raise CapabilityError(f"{self.name} needs a box for what its pixels may be, and {model.name} has no "
                                  "bounds: give bounds=(lowest, highest)")
        return found

    def learn(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        low, high = self._box(objective.model)
        scale, steps = margin_scale(objective, self.batch_size), self.steps(len(objective.x))
        size = 2 * (high - low) / steps if self.step_size is None else self.step_size
        side = max(1, int(np.ceil(self.size * min(objective.x.shape[2:]) * self.scale[1] - 1e-9)))
        patch = torch.full((objective.x.shape[1], side, side), (low + high) / 2, dtype=torch.float64,
                           device=objective.x.device)
        for part, drawn in self.rounds(objective, keys):
            leaf = patch.requires_grad_(True)
            x = self._placed(part, leaf, drawn)
            margin, gradient = part.gradient(x.detach())
            pull = gradient * weights(margin, scale)[:, None, None, None].to(gradient.dtype)
            slope = torch.autograd.grad(x, leaf, grad_outputs=pull)[0]
            patch = (patch.detach() + size * slope.sign()).clamp(low, high)
        return patch

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        patch = torch.from_numpy(self.learned.values).to(objective.x.device)
        if objective.x.shape[1] != len(patch):
            raise DataError(f"{self.name} was fitted on images of {len(patch)} channels, but these have "
                            f"{objective.x.shape[1]}: fit it on images like these")
        return self._placed(objective, patch, keys.child("place"))

    def _placed(self, objective: Objective, patch: torch.Tensor, keys: Keys) -> torch.Tensor:
        """The images with the patch, differentiable in it."""
        import torch

        x = objective.x
        count, _, height, width = x.shape
        draws = torch.from_numpy(keys.uniform53(4)).to(x.device)
        factor = self.scale[0] + (self.scale[1] - self.scale[0]) * draws[:, 0]
        side = (self.size * min(height, width) * factor).clamp_max(min(height, width))
        angle = float(np.radians(self.angle)) * (2.0 * draws[:, 1] - 1.0)
        reach = side / 2 * (angle.cos().abs() + angle.sin().abs())
        room = torch.stack([(height / 2 - reach).clamp_min(0.0), (width / 2 - reach).clamp_min(0.0)], dim=1)
        shift = room * (2.0 * draws[:, 2:] - 1.0)
        zoom = side / patch.shape[1]
        across, down = places(angle, shift, zoom, (height, width), torch.float64)
        covered = ((across.abs() <= patch.shape[1] / 2) & (down.abs() <= patch.shape[1] / 2))[:, None]
        values = turned(patch.expand(count, *patch.shape), angle, shift, scale=zoom, size=(height, width), edge=True)
        may = covered if objective.column.free is None else covered & objective.column.free
        if objective.bounds is not None:  # a pixel outside the box stays as it is
            low, high = (torch.tensor(b, dtype=x.dtype, device=x.device) for b in objective.bounds)
            may = may & (x >= low) & (x <= high)
            values = values.clamp(*objective.bounds)
        return torch.where(may, values.to(x.dtype), x)


