"""One perturbation for all inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from practicum.attack import Budget
from practicum.batch import Batch
from practicum.errors import DataError
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.learned import LearnedAttack, margin_scale, weights
from practicum_gradient_attacks.objective import Objective

if TYPE_CHECKING:
    import torch


class Universal(LearnedAttack):
    """Add one perturbation, learned by projected gradient steps over a data set, to every input.

    After Moosavi-Dezfooli, Fawzi, Fawzi and Frossard, "Universal adversarial perturbations", arXiv:1610.08401, learned
    as by Shafahi, Najibi, Xu, Dickerson, Davis and Goldstein, "Universal Adversarial Training", arXiv:1811.11304 (their
    projected gradient method), with these differences: what a step climbs is a softplus of the margin, in units of the
    mean clean margin, in place of a clipped cross entropy, so that the scale of the logits doesn't matter; a step is
    the steepest one of the norm; values that the box has stopped have no say in it.

    It has to be fitted before it can perturb; ``practicum.stress`` does so on the train split, once for each seed.

    Args:
        norm: how the perturbation is measured: ``linf``, ``l2`` or ``l1``.
        eps: its largest size in that norm, in the input's units.

    Raises:
        CapabilityError: it hasn't been fitted, or the model has no gradients.
        DataError: inputs are of another shape than those it was fitted on, or not float32 or float64 of one size.

    Example:
        >>> import numpy as np
        >>> import practicum as pm
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.0, 0.0]])
        >>> train = pm.Batch.of(np.array([[0.9, 0.1], [0.5, 0.0]]), targets={"label": [0, 0]})
        >>> fitted = Universal(eps=0.25).fit(model, train, pm.Keys(0))
        >>> fitted.learned.values.tolist()
        [-0.25, 0.25]
        >>> result = fitted(model, np.array([[0.4, 0.0], [0.9, 0.0]]), [0, 0])
        >>> result.success, str(result.notes[0])
        (array([ True, False]), 'the change was learned from 2 labelled samples (2 of 2 samples)')
    """

    name: ClassVar[str] = "gradient-attacks/universal"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.01, 0.03, 0.1)}

    norm: Literal["linf", "l2", "l1"] = Field(default="linf", description="norm of the perturbation")
    eps: float = Field(default=8 / 255, gt=0.0, description="largest perturbation, in the input's units")

    def budget(self, model: Model, batch: Batch) -> Budget:
        """Ball, box and mask."""
        return Budget(self.norm, self.eps, self.box(model), free=self.mask(batch))

    def learn(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        from practicum_gradient_attacks.geometry import projected, steepest

        scale = margin_scale(objective, self.batch_size)
        steps = self.steps(len(objective.x))
        size = 4 * self.eps / steps if self.step_size is None else self.step_size
        zero = torch.zeros((1, objective.x[0].numel()), dtype=torch.float64, device=objective.x.device)
        change = zero.clone()
        for part, _ in self.rounds(objective, keys):
            x = self._added(part, change)
            margin, gradient = part.gradient(x)
            slope = gradient.flatten(1).double()
            if objective.bounds is not None:
                low, high = (torch.tensor(b, dtype=x.dtype, device=x.device) for b in objective.bounds)
                stopped = ((x <= low) & (gradient < 0)) | ((x >= high) & (gradient > 0))
                slope = torch.where(stopped.flatten(1), 0.0, slope)
            total = (slope * weights(margin, scale)[:, None]).sum(dim=0, keepdim=True)
            change = projected(steepest(change, total, zero, self.norm, size, None), zero, self.norm, self.eps, None)
        return change.reshape(objective.x.shape[1:])

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        import torch

        values = self.learned.values
        if tuple(objective.x.shape[1:]) != values.shape:
            raise DataError(f"{self.name} was fitted on inputs of shape {values.shape}, but these are of shape "
                            f"{tuple(objective.x.shape[1:])}: fit it on inputs like these")
        return self._added(objective, torch.from_numpy(values).to(objective.x.device).reshape(1, -1))

    def _added(self, objective: Objective, change: torch.Tensor) -> torch.Tensor:
        """The samples with the change, in the box, where they may move."""
        import torch

        from practicum_gradient_attacks.geometry import projected

        centre = objective.x.flatten(1)
        wish = centre.double() + change
        if objective.free is not None:
            wish = torch.where(objective.free, wish, centre.double())
        return projected(wish, centre, self.norm, self.eps, objective.bounds).reshape(objective.x.shape)
