"""Projected gradient descent."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, ClassVar, Self

from pydantic import Field, model_validator

from practicum.criterion import Misclassified
from practicum.keys import Keys
from practicum_gradient_attacks.ops.step import step
from practicum_gradient_attacks.starts import random_start
from practicum_gradient_attacks.threat import GradientAttack, Objective

if TYPE_CHECKING:
    import torch


class PGD(GradientAttack):
    """Repeat small steepest steps, each projected back onto ball and box, and keep the best point seen.

    Follows Madry, Makelov, Schmidt, Tsipras and Vladu, "Towards Deep Learning Models Resistant to Adversarial
    Attacks", arXiv:1706.06083, with these differences: the loss is the margin by default; the result is the visited
    point of largest margin, not the last one, and never one worse than the clean input; a run aims at one class, as in
    the multi-targeted attack of Gowal et al., arXiv:1910.09338; the projection is the exact
    one onto ball and box together; the L1 step and projection are aware of the box, as in Croce and Hein,
    arXiv:2103.01208, with the steepest step itself (largest entries first, each up to its room) in place of their
    schedule of sparsity.

    Args:
        steps: gradient steps of each run.
        step_size: length of a step in the norm; ``4 * eps / steps`` when left out, so that a run can cross the ball
            and come back. A warning tells when ``steps * step_size`` is less than the ball's width of ``2 * eps``.
        restarts: runs; the best of all is kept. Those after the first start at random points.
        random_start: start the first run at a random point of the ball too, not at the input itself.
        rivals: with the margin loss, how many other classes are compared before the first run by what the linearised
            model promises of each; run r aims at the r-th best, so that ``restarts`` of C - 1 aim at all. Takes one
            gradient each. With 1 nothing is compared, and each step aims at the class that leads.
        early_stop: stop working on a sample once its class has changed: the same success in fewer gradients, but not
            the largest margin.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]], bounds=(0, 1))
        >>> result = PGD(norm="l2", eps=0.5, random_start=False)(model, torch.tensor([[0.9, 0.1]]), [0])
        >>> [round(v, 3) for v in result.adversarial[0].tolist()], bool(result.success[0]), int(result.gradients[0])
        ([0.676, 0.547], True, 40)
    """

    name: ClassVar[str] = "gradient-attacks/pgd"

    steps: int = Field(default=40, ge=1, le=100_000, description="gradient steps of each run")
    step_size: float | None = Field(default=None, gt=0.0, description="length of a step; 4 * eps / steps when left out")
    restarts: int = Field(default=1, ge=1, le=10_000, description="runs, the best is kept")
    random_start: bool = Field(default=True, description="start the first run at a random point too")
    rivals: int = Field(default=9, ge=1, le=10_000, description="classes compared before aiming at the best")
    early_stop: bool = Field(default=False, description="stop on a sample once its class has changed")

    @model_validator(mode="after")
    def _reaches(self) -> Self:
        if self.step_size is not None and self.steps * self.step_size < 2 * self.eps:
            warnings.warn(f"{self.name}: {self.steps} steps of {self.step_size:g} travel "
                          f"{self.steps * self.step_size:g}, less than the ball's width 2 * eps = {2 * self.eps:g}, "
                          "so the attack may end inside the ball: take more or longer steps, or leave step_size out",
                          stacklevel=2)
        return self

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        x = objective.x
        best = x.clone()
        unknown = torch.full((len(x),), float("-inf"), dtype=torch.float64, device=x.device)
        reached = objective.value(x) if self.random_start else unknown
        rivals = None
        if self.loss == "margin" and isinstance(self.criterion, Misclassified) and self.rivals > 1:
            rivals = objective.rivals(self.rivals)
        for run in range(self.restarts):
            rows = torch.arange(len(x), device=x.device)
            if self.early_stop:
                rows = rows[~(reached > 0)]
            if len(rows):
                aimed = objective if rivals is None else objective.against(rivals[:, run % rivals.shape[1]])
                self._run(aimed, keys, run, rows, best, reached)
        return best

    def _run(self, objective: Objective, keys: Keys, run: int, rows: torch.Tensor, best: torch.Tensor,
             reached: torch.Tensor) -> None:
        """One run over ``rows``; better points are written into ``best`` [N, ...] and ``reached`` [N]."""
        import torch

        part = objective if len(rows) == len(best) else objective.take(rows)
        shape, bounds = best.shape[1:], objective.bounds
        centre = part.x.flatten(1)
        free = None if part.column.free is None else part.column.free.flatten(1)
        x = centre
        if run or self.random_start:
            drawn = keys.child(f"run-{run}").bind(part.column.batch.ids)
            x = random_start(centre, free, self.norm, self.eps, bounds, drawn)
        size = 4 * self.eps / self.steps if self.step_size is None else self.step_size
        led = torch.zeros(len(rows), dtype=torch.bool, device=x.device)  # whether a gradient has moved the sample yet
        for at in range(self.steps + 1):
            last = at == self.steps
            if last:
                margin, gradient = part.value(x.reshape(-1, *shape)), None
            else:
                margin, gradient = part.gradient(x.reshape(-1, *shape))
                gradient = gradient.flatten(1)
            # A later point wins a tie (logits may round to equal ones), but never one that no gradient led to.
            better = (margin > reached[rows]) | ((margin == reached[rows]) & led)
            if bool(better.any()):
                best[rows[better]] = x[better].reshape(-1, *shape)
                reached[rows[better]] = margin[better]
            if gradient is None:
                return
            if self.early_stop:
                going = ~(margin > 0)
                if not bool(going.all()):
                    keep = going.nonzero()[:, 0]
                    if not len(keep):
                        return
                    rows, part, x, centre = rows[keep], part.take(keep), x[keep], centre[keep]
                    gradient, led = gradient[keep], led[keep]
            if not bool(led.all()):
                led |= (gradient != 0).any(dim=1)
            x = step(x, gradient, centre, norm=self.norm, size=size, eps=self.eps, bounds=bounds)
