"""Projected gradient descent."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from practicum.criterion import Misclassified
from practicum.keys import Keys
from practicum_gradient_attacks.geometry import steepest
from practicum_gradient_attacks.iterative import IterativeAttack
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.starts import random_start, warm_start

if TYPE_CHECKING:
    import torch


class PGD(IterativeAttack):
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
        step_size: length of a step in the norm. When left out, ``4 * eps / steps`` in linf, so that a run can cross
            the ball and come back; twice that in l2, where a start at random is forgotten more slowly; in l1 the same
            on average, falling to nothing with the square of the steps that are left. A warning tells when
            ``steps * step_size`` is less than the ball's width of ``2 * eps``.
        restarts: runs; the best of all is kept. Those after the first start at random points.
        random_start: start the first run at a random point of the ball too, not at the input itself; points are drawn
            uniformly from the ball, sample by sample.
        rivals: with the margin loss, how many other classes are compared before the first run by what the linearised
            model promises of each; run r aims at the r-th best, so that ``restarts`` of C - 1 aim at all. Takes one
            gradient each. With 1 nothing is compared, and each step aims at the class that leads. With ``early_stop``
            a single step to the border of the ball comes first, and only samples that withstand it are compared.
        keep: the best visited point, or the last.
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
    warm: ClassVar[bool] = True

    restarts: int = Field(default=1, ge=1, le=10_000, description="runs, the best is kept")
    random_start: bool = Field(default=True, description="start the first run at a random point too")
    rivals: int = Field(default=9, ge=1, le=10_000, description="classes compared before aiming at the best")

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        x, best = objective.x, objective.x.clone()
        reached = torch.full((len(x),), float("-inf"), dtype=torch.float64, device=x.device)
        warm = warm_start(objective, self.norm)
        aims = self.loss == "margin" and isinstance(self.criterion, Misclassified) and self.rivals > 1
        if warm is None and self.early_stop and (aims or self.random_start):
            reached = self._first(objective, best, aims=aims)
        elif warm is None and self.random_start and self.keep == "best":
            reached = objective.value(x)
        rivals = None
        for run in range(self.restarts):
            rows = torch.arange(len(x), device=x.device)
            if self.early_stop:
                rows = rows[~(reached > 0)]
            if not len(rows):
                break
            if aims and rivals is None:
                rivals = self._compared(objective, rows)
            start = None if run or warm is None else warm[rows]
            if run or (self.random_start and warm is None):
                part = objective if len(rows) == len(x) else objective.take(rows)
                drawn = keys.child(f"run-{run}").bind(part.column.batch.ids)
                start = random_start(part.x.flatten(1), part.free, self.norm, part.radius, part.bounds, drawn)
            aimed = objective if rivals is None else objective.against(rivals[:, run % rivals.shape[1]])
            self.climb(aimed, start, rows, best, reached)
        return best

    def _first(self, objective: Objective, best: torch.Tensor, *, aims: bool) -> torch.Tensor:
        """Margins [N] of what wins at once: the inputs themselves, or one step to the border of the ball."""
        import torch

        x = objective.x
        if not aims:
            margin = objective.value(x)
        else:
            margin, going, gradient = objective.until_won(x)
            if gradient is not None:
                rows = torch.arange(len(x), device=x.device) if going is None else going
                part = objective if going is None else objective.take(going)
                centre = part.x.flatten(1)
                end = steepest(centre, gradient.flatten(1), centre, self.norm, part.radius, part.bounds)
                end = end.reshape(part.x.shape)
                there = part.value(end)
                won = there > 0
                best[rows[won]], margin[rows[won]] = end[won], there[won]
        return margin if self.keep == "best" else torch.where(margin > 0, margin, float("-inf"))

    def _compared(self, objective: Objective, rows: torch.Tensor) -> torch.Tensor:
        """Classes to aim at [N, K], compared for some rows only: from a start, the one that leads there."""
        if objective.start is not None:
            return objective.leading(objective.start)[:, None]
        if len(rows) == len(objective.x):
            return objective.rivals(self.rivals, self.norm)
        some = objective.take(rows).rivals(self.rivals, self.norm)
        rivals = some.new_zeros((len(objective.x), some.shape[1]))
        rivals[rows] = some
        return rivals
