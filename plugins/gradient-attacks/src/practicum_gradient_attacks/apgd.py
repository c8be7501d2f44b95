"""Auto-PGD."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from practicum.criterion import Misclassified
from practicum.keys import Keys
from practicum_gradient_attacks.ascent import Ascending
from practicum_gradient_attacks.geometry import steepest
from practicum_gradient_attacks.objective import Objective
from practicum_gradient_attacks.starts import random_start, warm_start
from practicum_gradient_attacks.threat import GradientAttack

if TYPE_CHECKING:
    import torch


class APGD(GradientAttack):
    """Projected gradient steps with momentum whose length is halved, sample by sample, where they stop paying.

    Follows Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
    attacks", arXiv:2003.01690, and in L1 their "Mind the box: l1-APGD for sparse adversarial attacks on image
    classifiers", arXiv:2103.01208. A run starts with steps of 2 eps; at some steps (see :func:`checkpoints`) a sample
    whose loss rose in fewer than ``rho`` of the steps since the last one, or whose best loss and step have not changed
    since, halves its step and goes on from its best point. In L1 a step spreads over the values of largest gradient,
    a number that follows how many values the best point changes. Differences: the loss is the margin by default; the
    projection is the exact one onto ball and box together; of points of equal loss the later one is the best (a float32
    model's logits may all round to the same values); the result is the visited point of largest margin. In L1 a value
    gets no more of a step than the box lets it, values at the box don't count as changed, and the step shrinks to
    eps / 100 (eps / 10 in the paper) without growing back, as linear models with a box need. A run aims at one class,
    chosen by what the linearised model promises, where the targeted form of the paper (APGD-T, here ``loss="dlr",
    restarts=9``) takes the classes in the order of their logits.

    Args:
        steps: gradient steps of each run.
        restarts: runs; the best of all is kept. Those after the first start at random points.
        random_start: start the first run at a random point of the ball too, drawn uniformly, not at the input.
        rho: share of steps that must raise the loss for the step to stay as long as it is.
        momentum: share of the new step, the rest being the last move; L-infinity and L2 only.
        rivals: with the margin or the DLR loss, how many other classes are compared before the first run by what the
            linearised model promises of each; run r aims at the r-th best. Takes one gradient each. With 1 nothing is
            compared, and each step aims at the class that leads. With ``early_stop`` a single step to the border of the
            ball comes first, and only samples that withstand it are compared.
        early_stop: stop working on a sample once it is won: the same success in fewer gradients, but not the largest
            margin.

    Raises:
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).
        CapabilityError: the model gives no gradient.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]], bounds=(0, 1))
        >>> result = APGD(norm="l2", eps=0.5, random_start=False)(model, torch.tensor([[0.9, 0.1]]), [0])
        >>> [round(v, 3) for v in result.adversarial[0].tolist()], bool(result.success[0]), int(result.gradients[0])
        ([0.676, 0.547], True, 100)
    """

    name: ClassVar[str] = "gradient-attacks/apgd"
    warm: ClassVar[bool] = True

    steps: int = Field(default=100, ge=1, le=100_000, description="gradient steps of each run")
    restarts: int = Field(default=1, ge=1, le=10_000, description="runs, the best is kept")
    random_start: bool = Field(default=True, description="start the first run at a random point too")
    rho: float = Field(default=0.75, gt=0.0, le=1.0, description="share of steps that must raise the loss")
    momentum: float = Field(default=0.75, gt=0.0, le=1.0, description="share of the new step; linf and l2 only")
    rivals: int = Field(default=9, ge=1, le=10_000, description="classes compared before aiming at the best")
    early_stop: bool = Field(default=False, description="stop on a sample once it is won")

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        x, best = objective.x, objective.x.clone()
        warm = warm_start(objective, self.norm)
        aims = self.rivals > 1 and self.loss != "cross-entropy" and isinstance(self.criterion, Misclassified)
        reached = torch.full((len(x),), float("-inf"), dtype=torch.float64, device=x.device)
        if warm is None and self.early_stop and aims:
            reached = self._at_once(objective, best)
        elif warm is None and self.random_start:
            reached = objective.value(x)
        rivals = None
        for run in range(self.restarts):
            rows = torch.arange(len(x), device=x.device)
            if self.early_stop:
                rows = rows[~(reached > 0)]
            if not len(rows):
                break
            part = objective if len(rows) == len(x) else objective.take(rows)
            if aims and rivals is None:
                chosen = (part.rivals(self.rivals, self.norm) if part.start is None
                          else part.leading(part.start)[:, None])
                rivals = chosen.new_zeros((len(x), chosen.shape[1]))
                rivals[rows] = chosen
            start = None if warm is None or run else warm[rows]
            if run or (self.random_start and warm is None):
                drawn = keys.child(f"run-{run}").bind(part.column.batch.ids)
                start = random_start(part.x.flatten(1), part.free, self.norm, part.radius, part.bounds, drawn)
            if rivals is not None:
                part = part.against(rivals[rows, run % rivals.shape[1]])
            self._climb(part, start, rows, best, reached)
        return best

    def _climb(self, part: Objective, start: torch.Tensor | None, rows: torch.Tensor, best: torch.Tensor,
               reached: torch.Tensor) -> None:
        """One run over some rows; better points are written into ``best`` and their margins into ``reached``."""
        shape, schedule = best.shape[1:], checkpoints(self.steps, self.norm)
        state = Ascending.begin(part, start, self.norm)
        for at in range(self.steps + 1):
            x = state.x.reshape(-1, *shape)
            seen = state.objective.ascent(x, stop=self.early_stop, slope=at < self.steps)
            # A later point wins a tie: logits may round to equal ones.
            better = (seen.margin > reached[rows]) | ((seen.margin == reached[rows]) & (at > 0))
            if bool(better.any()):
                best[rows[better]], reached[rows[better]] = x[better], seen.margin[better]
            if seen.gradient is None or not len(seen.rows):
                return
            if len(seen.rows) < len(rows):
                rows, state = rows[seen.rows], state.take(seen.rows)
            state.move(seen.loss, seen.gradient.flatten(1), check=at in schedule, rho=self.rho,
                       momentum=self.momentum if at else 1.0)

    def _at_once(self, objective: Objective, best: torch.Tensor) -> torch.Tensor:
        """Margins [N] of what wins at once: the inputs themselves, or one step to the border of the ball."""
        seen = objective.ascent(objective.x, stop=True)
        margin, rows = seen.margin.clone(), seen.rows
        if seen.gradient is not None and len(rows):
            part = objective if len(rows) == len(best) else objective.take(rows)
            centre = part.x.flatten(1)
            end = steepest(centre, seen.gradient.flatten(1), centre, self.norm, part.radius, part.bounds)
            end = end.reshape(part.x.shape)
            there = part.value(end)
            won = there > 0
            best[rows[won]], margin[rows[won]] = end[won], there[won]
        return margin


def checkpoints(steps: int, norm: str = "linf") -> frozenset[int]:
    """The steps after which a sample's progress is looked at.

    In L-infinity and L2: ceil(p_j steps) with p_0 = 0, p_1 = 0.22 and p_j+1 = p_j + max(p_j - p_j-1 - 0.03, 0.06). In
    L1: every 4 % of the steps.

    Example:
        >>> sorted(checkpoints(100))
        [22, 41, 57, 70, 80, 87, 93, 99]
    """
    if norm == "l1":
        every = max(int(0.04 * steps), 1)
        return frozenset(range(every, steps, every))
    found, before, now = set(), 0.0, 0.22
    while now <= 1.0:
        found.add(math.ceil(round(now * steps, 6)))
        before, now = now, now + max(now - before - 0.03, 0.06)
    return frozenset(at for at in found if 0 < at < steps)
