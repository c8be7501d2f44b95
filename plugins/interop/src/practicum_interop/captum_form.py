"""An explainer in Captum's calling form."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum.errors import CapabilityError
from practicum.explainer import Explainer, Explanation
from practicum.model import Model
from practicum_interop.forward import Called, as_batch


class CaptumForm:
    """An explainer as an object with Captum's ``attribute``.

    Args:
        explainer: of arrays (images, series, states).
        model: a torch module, any callable from a tensor to logits, or a Practicum model.
        seed: of the explainer's draws.

    Example:
        >>> from practicum.testing.toys_models import LeaveOut
        >>> net = torch.nn.Linear(2, 2, bias=False)
        >>> _ = net.weight.data.copy_(torch.tensor([[1.0, 2.0], [0.0, 1.0]]))
        >>> as_captum(LeaveOut(), net).attribute(torch.tensor([[3.0, 1.0]]), target=0)
        tensor([[3., 2.]])
    """

    def __init__(self, explainer: Explainer, model: Any, *, seed: int = 0) -> None:
        self.explainer, self.seed = explainer, seed
        self.model = model

    def has_convergence_delta(self) -> bool:
        """Whether :meth:`attribute` can return what is missing to the score."""
        return self.explainer.adds_up

    def attribute(self, inputs: Any, target: Any = None, *, return_convergence_delta: bool = False) -> Any:
        """Attributions of the inputs' shape, dtype and device.

        Args:
            inputs: a tensor [N, ...], or a tuple of one (a tuple comes back).
            target: the class, an int for all, one for each as a list or tensor; the predicted class when left out.
            return_convergence_delta: return also what attributions and base value are above the score, float64 [N].

        Raises:
            CapabilityError: several inputs, or no delta from a method that doesn't add up.
        """
        x = inputs[0] if isinstance(inputs, tuple) else inputs
        if isinstance(inputs, tuple) and len(inputs) != 1:
            raise CapabilityError(f"{self.explainer.name} explains one input, not {len(inputs)}: fix the others inside "
                                  "the model")
        asked = None if target is None else np.asarray(target.detach().cpu() if hasattr(target, "detach") else target)
        inside = [self.model] if isinstance(self.model, torch.nn.Module) else []
        model = self.model if isinstance(self.model, Model) else Called.of(self.model, inside, dtype=x.dtype)
        found: Explanation = self.explainer(model, as_batch(x, self.explainer.name), asked, seed=self.seed)
        values = torch.as_tensor(np.asarray(found.values)).to(x.device, x.dtype)
        out = (values,) if isinstance(inputs, tuple) else values
        if not return_convergence_delta:
            return out
        if found.score is None or found.base_value is None:
            raise CapabilityError(f"{self.explainer.name} doesn't add up to a score, so it has no convergence delta")
        sums = np.asarray(found.values, dtype=np.float64).reshape(len(x), -1).sum(axis=1)
        return out, torch.from_numpy(sums + found.base_value - found.score)


def as_captum(explainer: Explainer, model: Any, *, seed: int = 0) -> CaptumForm:
    """An explainer to be called as Captum's are: ``as_captum(explainer, net).attribute(x, target=3)``."""
    return CaptumForm(explainer, model, seed=seed)
