"""Free adversarial training."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from torch.nn import functional

from practicum_defences.inner import clipped
from practicum_defences.training import AdversarialTraining, Step


class FreeTraining(AdversarialTraining):
    """Adversarial training at the price of plain training: each batch is replayed, and one backward pass gives both the
    step of the weights and the step of the perturbation.

    Follows Shafahi et al., "Adversarial Training for Free!", arXiv:1904.12843, with two differences: the perturbation
    starts at zero for each batch (theirs carries over to the next batch, which makes a sample's perturbation depend on
    other samples), and the optimiser is AdamW. ``epochs`` counts passes over the data, each with ``replays`` steps for
    every batch.

    Args:
        replays: steps on each batch (m in the paper); with 1 the perturbation never moves: plain training.

    Raises:
        CapabilityError: the base can't be trained step by step.

    Example:
        >>> from practicum import Keys
        >>> from practicum.testing.torch_net import ToyNet
        >>> from practicum.testing.toys_models import blobs
        >>> model = FreeTraining(base=ToyNet(hidden=0), eps=0.5, epochs=2, lr=0.1).fit([blobs(60)], Keys(0))
        >>> bool((model.predict(blobs(60)).labels == blobs(60).label).mean() > 0.8)
        True
    """

    name: ClassVar[str] = "defences/free-training"

    replays: int = Field(default=4, ge=1, description="steps on each batch")

    def learn(self, step: Step) -> float:
        x, total = step.x, 0.0
        for _ in range(self.replays):
            leaf = x.detach().requires_grad_(True)
            loss = functional.cross_entropy(step.scores(leaf), step.label)
            total += step.update(loss)
            slope = leaf.grad
            if slope is None:
                raise AssertionError("the loss doesn't depend on the inputs")
            x = clipped(leaf.detach() + self.eps * slope.sign(), step.x, self.eps, step.bounds, step.column.free)
        return total / self.replays
