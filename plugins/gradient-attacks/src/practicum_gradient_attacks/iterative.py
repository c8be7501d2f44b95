"""The loop that all projected gradient attacks share."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal, Self

from pydantic import Field, model_validator

from practicum_gradient_attacks.geometry import Radius
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.ops.step import step
from practicum_gradient_attacks.threat import GradientAttack

if TYPE_CHECKING:
    import torch


class IterativeAttack(GradientAttack):
    """Steepest steps, each projected back onto ball and box; samples that are done leave the batch.

    ClassVars:
        travel: the way of all steps together, in radii, by norm, where ``step_size`` is left out.
        width: the way that reaches every point of the ball from where a run starts, in radii.

    Args:
        steps: gradient steps of each run.
        step_size: length of a step in the norm. When left out, ``4 * eps / steps`` in linf; twice that in l2, where a
            start at random is forgotten more slowly; in l1 the same on average, falling to nothing with the square of
            the steps that are left.
        keep: ``best``, the visited point of largest margin, or ``last``, the point that the last step led to.
        early_stop: stop working on a sample once it is won: the same success, but not the largest margin. A sample
            costs as many gradients as it takes steps until it is won.
    """

    travel: ClassVar[Mapping[str, float]] = {"linf": 4.0, "l2": 8.0, "l1": 4.0}
    width: ClassVar[float] = 2.0

    steps: int = Field(default=40, ge=1, le=100_000, description="gradient steps of each run")
    step_size: float | None = Field(default=None, gt=0.0, description="length of a step; a share of eps when left out")
    keep: Literal["best", "last"] = Field(default="best", description="the best visited point, or the last")
    early_stop: bool = Field(default=False, description="stop on a sample once it is won")

    @model_validator(mode="after")
    def _reaches(self) -> Self:
        eps = max(self.eps) if isinstance(self.eps, tuple) else self.eps
        if self.step_size is not None and isinstance(eps, float) and self.steps * self.step_size < self.width * eps:
            what = "the ball's width of 2 * eps" if self.width == 2.0 else "eps"
            warnings.warn(f"{self.name}: {self.steps} steps of {self.step_size:g} travel "
                          f"{self.steps * self.step_size:g}, less than {what} = {self.width * eps:g}, "
                          "so the attack may end inside the ball: take more or longer steps, or leave step_size out",
                          stacklevel=2)
        return self

    def size(self, radius: Radius, at: int) -> Radius:
        """Length of step ``at`` in a ball of that radius."""
        if self.step_size is not None:
            return self.step_size
        travel = self.travel[self.norm]
        # A step of l1 fills entries that the projection then shortens all alike: only shorter steps settle.
        share = 3.0 * (1.0 - at / self.steps) ** 2 if self.norm == "l1" else 1.0
        return travel * share * radius / self.steps

    def climb(self, objective: Objective, start: torch.Tensor | None, rows: torch.Tensor, best: torch.Tensor,
              reached: torch.Tensor) -> None:
        """One run over some rows; better points are written into ``best`` and their margins into ``reached``.

        Args:
            objective: of all rows.
            start: where the run starts [K, D]; at the inputs when ``None``.
            rows: int64 [K].
            best: the best points so far [N, ...].
            reached: their margins, float64 [N]; -inf where nothing is known.
        """
        import torch

        part, shape = objective if len(rows) == len(best) else objective.take(rows), best.shape[1:]
        centre = part.x.flatten(1)
        x = centre if start is None else start
        led = torch.zeros(len(rows), dtype=torch.bool, device=x.device)  # whether a gradient has moved the sample yet
        for at in range(self.steps + 1):
            going: torch.Tensor | None = None
            gradient: torch.Tensor | None = None
            if at == self.steps:
                margin = part.value(x.reshape(-1, *shape))
            elif self.early_stop:
                margin, going, gradient = part.until_won(x.reshape(-1, *shape))
            else:
                margin, gradient = part.gradient(x.reshape(-1, *shape))
            # A later point wins a tie (logits may round to equal ones), but never one that no gradient led to.
            better = (margin > reached[rows]) | ((margin == reached[rows]) & led)
            if self.keep == "last" and at < self.steps:
                better &= (margin > 0) & self.early_stop
            if bool(better.any()):
                best[rows[better]] = x[better].reshape(-1, *shape)
                reached[rows[better]] = margin[better]
            if gradient is None:
                return
            if going is not None:
                rows, part, x, centre, led = rows[going], part.take(going), x[going], centre[going], led[going]
            gradient = gradient.flatten(1)
            if not bool(led.all()):
                led |= (gradient != 0).any(dim=1)
            x = step(x, gradient, centre, norm=self.norm, size=self.size(part.radius, at), eps=part.radius,
                     bounds=part.bounds)
