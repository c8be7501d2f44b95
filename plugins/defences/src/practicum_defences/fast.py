"""Fast adversarial training."""

from __future__ import annotations

from typing import ClassVar

import torch
from pydantic import Field
from torch.nn import functional

from practicum_defences.inner import ascended, clipped
from practicum_defences.training import AdversarialTraining, Step


class FastTraining(AdversarialTraining):
    """Adversarial training with one gradient for each batch's inputs: a step of signs from a random start.

    Follows Wong, Rice and Kolter, "Fast is better than free: Revisiting adversarial training", arXiv:2001.03994: the
    start is uniform in the ball and the step 1.25 times its radius, clipped to ball and box. It differs in AdamW in
    place of SGD. Such training can suddenly become robust to single steps only (catastrophic overfitting): stress the
    result with an iterated attack.

    Args:
        step: length of the step in units of ``eps``.
        random_start: begin at a random point of the ball; without it this is training on FGSM.

    Raises:
        CapabilityError: the base can't be trained step by step.

    Example:
        >>> from practicum import Keys
        >>> from practicum.testing.torch_net import ToyNet
        >>> from practicum.testing.toys_models import blobs
        >>> model = FastTraining(base=ToyNet(hidden=0), eps=0.5, epochs=5, lr=0.1).fit([blobs(60)], Keys(0))
        >>> bool((model.predict(blobs(60)).labels == blobs(60).label).mean() > 0.8)
        True
    """

    name: ClassVar[str] = "defences/fast-training"

    step: float = Field(default=1.25, gt=0.0, description="length of the step, in units of eps")
    random_start: bool = Field(default=True, description="begin at a random point of the ball")

    def learn(self, step: Step) -> float:
        begin = step.x
        if self.random_start:
            begin = clipped(step.start(self.eps), step.x, self.eps, step.bounds, step.column.free)

        def loss(x: torch.Tensor) -> torch.Tensor:
            return functional.cross_entropy(step.scores(x), step.label, reduction="sum")

        x = ascended(loss, begin, step.x, eps=self.eps, step=self.step * self.eps, steps=1, bounds=step.bounds,
                     free=step.column.free)
        return step.update(functional.cross_entropy(step.scores(x), step.label))
