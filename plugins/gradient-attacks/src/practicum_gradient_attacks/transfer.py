"""Iterative attacks made to transfer from one model to another: one loop, and the names the field knows it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from practicum.errors import ConfigError, ModalityError
from practicum.keys import Keys
from practicum_gradient_attacks.geometry import Radius, beside
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.ops.step import step
from practicum_gradient_attacks.resize_pad import ResizePad
from practicum_gradient_attacks.smoothing import smoothed
from practicum_gradient_attacks.starts import random_start
from practicum_gradient_attacks.threat import GradientAttack

if TYPE_CHECKING:
    import torch


class TransferAttack(GradientAttack):
    """Steps along a gradient that is accumulated, looked ahead for, averaged or smoothed, so that they fool a model
    whose gradient was never seen.

    One loop with options; the registered names differ in their defaults, and options combine freely. In each step

    1. the gradient is taken at the point, or with ``nesterov`` where the accumulated direction leads;
    2. the model sees the point resized and padded, drawn per sample and step, with the probability ``diverse``;
    3. with ``kernel`` the gradient is smoothed over the image;
    4. with ``neighbours`` the difference between the mean gradient around the previous point and the gradient there
       is added;
    5. it is divided by the mean of its sizes and added to ``decay`` times what was accumulated;
    6. the steepest step along the sum is taken, and projected onto ball and box.

    The last point is the result, also where an earlier one fooled the attacked model more: what fits that model best
    transfers worse. The robust accuracy of the attacked model is therefore an upper bound.

    Args:
        steps: gradient steps.
        step_size: length of a step in the norm; ``eps / steps`` when left out.
        decay: how much of the accumulated gradient is kept; 0 forgets it.
        nesterov: take the gradient ``step_size * decay`` ahead, along the accumulated one.
        diverse: probability that the model sees an image resized and padded (images only).
        shrink: smallest side of a resized image, as a share of the whole.
        kernel: width of the Gaussian that smooths the gradient, an odd number of pixels; 1 leaves it (images only).
        neighbours: points drawn around each point for the variance of the gradient; each costs a gradient.
        spread: half the width of the cube that they are drawn from, in radii of the ball (of the ball itself in L2 and
            L1).
    """

    upper_bound: ClassVar[bool] = True

    steps: int = Field(default=10, ge=1, le=100_000, description="gradient steps")
    step_size: float | None = Field(default=None, gt=0.0, description="length of a step; eps / steps when left out")
    decay: float = Field(default=1.0, ge=0.0, description="how much of the accumulated gradient is kept")
    nesterov: bool = Field(default=False, description="take the gradient where the accumulated one leads")
    diverse: float = Field(default=0.0, ge=0.0, le=1.0, description="probability of resizing and padding")
    shrink: float = Field(default=0.9, gt=0.0, le=1.0, description="smallest side of a resized image, as a share")
    kernel: int = Field(default=1, ge=1, le=255, description="width of the smoothing Gaussian in pixels")
    neighbours: int = Field(default=0, ge=0, le=1000, description="points for the variance of the gradient")
    spread: float = Field(default=1.5, gt=0.0, description="how far around they lie, in radii")

    @model_validator(mode="after")
    def _odd(self) -> Self:
        if self.kernel % 2 == 0:
            raise ConfigError(f"kernel {self.kernel} has no middle: give an odd number of pixels")
        return self

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        if objective.x.ndim != 4 and (self.diverse or self.kernel > 1):
            name = objective.column.name
            raise ModalityError(f"{self.name} resizes or smooths over pixels, and column {name!r} holds no images: set "
                                "diverse=0 and kernel=1")
        centre, size = objective.x.flatten(1), self._size(objective.radius)
        x, gathered, variance = centre, torch.zeros_like(centre), torch.zeros_like(centre)
        for at in range(self.steps):
            plain = self._gradient(objective, self._ahead(x, gathered, size), keys.child(f"step-{at}"))
            gathered = self.decay * gathered + evened(plain + variance)
            if self.neighbours and at < self.steps - 1:
                variance = self._around(objective, x, keys.child(f"step-{at}")) - plain
            x = step(x, gathered, centre, norm=self.norm, size=size, eps=objective.radius, bounds=objective.bounds)
        return x.reshape(objective.x.shape)

    def _size(self, radius: Radius) -> Radius:
        return radius / self.steps if self.step_size is None else self.step_size

    def _ahead(self, x: torch.Tensor, gathered: torch.Tensor, size: Radius) -> torch.Tensor:
        """Where the gradient is taken: ``size * decay`` along what was accumulated, whose mean size is 1."""
        if not self.nesterov:
            return x
        length = {"linf": 1.0, "l2": gathered.shape[1] ** 0.5, "l1": float(gathered.shape[1])}[self.norm]
        way: torch.Tensor = beside(size) * (self.decay / length) * gathered
        return x + way.to(x.dtype)

    def _gradient(self, objective: Objective, x: torch.Tensor, keys: Keys) -> torch.Tensor:
        """The gradient at ``x`` [N, D], of what the model sees of it, smoothed."""
        through = None
        if self.diverse:
            drawn = keys.bind(objective.column.batch.ids)
            through = ResizePad.drawn(drawn, objective.x.shape[2:], chance=self.diverse, shrink=self.shrink)
        gradient = objective.slope(x.reshape(objective.x.shape), through)
        if self.kernel > 1:
            gradient = smoothed(gradient, self.kernel)
            gradient = gradient if objective.column.free is None else gradient * objective.column.free
        return gradient.flatten(1)

    def _around(self, objective: Objective, x: torch.Tensor, keys: Keys) -> torch.Tensor:
        """The mean gradient at points drawn around ``x``."""
        total = x.new_zeros(x.shape)
        for one in range(self.neighbours):
            mine = keys.child(f"neighbour-{one}")
            near = random_start(x, objective.free, self.norm, self.spread * objective.radius, None,
                                mine.child("place").bind(objective.column.batch.ids))
            total += self._gradient(objective, near, mine)
        return total / self.neighbours


def evened(gradient: torch.Tensor) -> torch.Tensor:
    """Each row over the mean of its sizes, whatever its scale; rows of zeros stay zeros.

    Example:
        >>> import torch
        >>> evened(torch.tensor([[1e-30, -3e-30], [0.0, 0.0]]))
        tensor([[ 0.5000, -1.5000],
                [ 0.0000,  0.0000]])
    """
    import torch

    largest = gradient.abs().amax(dim=1, keepdim=True)
    unit = gradient / torch.where(largest > 0, largest, 1.0)
    mean = unit.abs().mean(dim=1, keepdim=True)
    return unit / torch.where(mean > 0, mean, 1.0)
