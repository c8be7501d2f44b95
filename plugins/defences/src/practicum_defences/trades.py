"""TRADES."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch.nn import functional

from practicum_defences.inner import ascended
from practicum_defences.training import AdversarialTraining, Step


class Trades(AdversarialTraining):
    """Adversarial training that weighs accuracy against robustness: clean cross entropy plus ``beta`` times the
    divergence between the predictions on clean inputs and on those that change them most.

    Follows Zhang et al., "Theoretically Principled Trade-off between Robustness and Accuracy", arXiv:1901.08573:
    KL(p(x) || p(x')), where x' starts near x and follows the signs of the divergence's gradient. As in
    the authors' code the search runs in evaluation mode (running statistics, no dropout) and the loss in training mode.
    It differs in AdamW with a cosine in place of SGD with steps.

    Args:
        beta: weight of the divergence; 6 in the paper, where 1 is closer to plain training.
        steps: of the search.
        step_size: its length; ``2.5 * eps / steps`` when left out.

    Raises:
        CapabilityError: the base can't be trained step by step.

    Example:
        >>> from practicum import Keys
        >>> from practicum.testing.torch_net import ToyNet
        >>> from practicum.testing.toys_models import blobs
        >>> model = Trades(base=ToyNet(hidden=0), eps=0.5, epochs=5, lr=0.1).fit([blobs(60)], Keys(0))
        >>> bool((model.predict(blobs(60)).labels == blobs(60).label).mean() > 0.8)
        True
    """

    name: ClassVar[str] = "defences/trades"

    beta: float = Field(default=6.0, ge=0.0, description="weight of the divergence")
    steps: int = Field(default=7, ge=1, description="steps of the search")
    step_size: float | None = Field(default=None, gt=0.0, description="length of a step; 2.5 * eps / steps when left "
                                                                      "out")

    def learn(self, step: Step) -> float:
        def divergence(x: torch.Tensor) -> torch.Tensor:
            return functional.kl_div(step.scores(x).log_softmax(dim=1), fixed, reduction="sum", log_target=True)

        drawn = torch.from_numpy(step.keys.child("start").normal(step.x[0].numel()))
        near = step.x + 1e-3 * drawn.to(step.x).reshape(step.x.shape)
        near = near if step.column.free is None else torch.where(step.column.free, near, step.x)
        size = 2.5 * self.eps / self.steps if self.step_size is None else self.step_size
        with step.evaluating():
            with torch.no_grad():
                fixed = step.scores(step.x).log_softmax(dim=1)
            x = ascended(divergence, near, step.x, eps=self.eps, step=size, steps=self.steps, bounds=step.bounds,
                         free=step.column.free)
        return step.update(trades_loss(step.scores(step.x), step.scores(x), step.label, self.beta))


def trades_loss(clean: torch.Tensor, attacked: torch.Tensor, label: torch.Tensor, beta: float) -> torch.Tensor:
    """Cross entropy of clean scores plus ``beta`` KL(p_clean || p_attacked), a mean over samples.

    Example:
        >>> z = torch.tensor([[0.0, 0.0]])
        >>> round(float(trades_loss(z, z, torch.tensor([0]), 6.0)), 6)
        0.693147
    """
    p, q = clean.log_softmax(dim=1), attacked.log_softmax(dim=1)
    divergence = (p.exp() * (p - q)).sum(dim=1)
    return functional.cross_entropy(clean, label) + beta * divergence.mean()
