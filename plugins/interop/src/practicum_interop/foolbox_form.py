"""An attack in Foolbox's calling form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from practicum.attack import Attack
from practicum.errors import CapabilityError
from practicum_interop.forward import Called, as_batch


class FoolboxForm:
    """An attack as a callable with Foolbox's arguments and results.

    Args:
        attack: of arrays (images, series, states). One with a field ``eps`` is run anew for each epsilon; one without
            looks for the nearest adversarial input, which is then drawn back to each epsilon.
        seed: of the attack's draws.
    """

    def __init__(self, attack: Attack, *, seed: int = 0) -> None:
        self.attack, self.seed = attack, seed

    def __call__(self, model: Any, inputs: torch.Tensor, criterion: Any, *,
                 epsilons: float | Sequence[float | None] | None) -> tuple[Any, Any, Any]:
        """Attack.

        Args:
            model: a Foolbox model, or any callable from a tensor to logits; its ``bounds`` (a pair) are respected.
            inputs: [N, ...], float.
            criterion: true classes [N], or an object with ``labels`` (Foolbox's ``Misclassification``).
            epsilons: one budget, several, or ``None`` for none (attacks without a field ``eps`` only).

        Returns:
            attacked inputs, the same within the budget, and whether the model is wrong there, bool [N]; for several
            epsilons two lists and a tensor [E, N], as Foolbox returns them.

        Raises:
            CapabilityError: the criterion is another one, or there is no budget where the attack needs one.
        """
        if hasattr(criterion, "target_classes"):
            raise CapabilityError(f"{self.attack.name}: give a target to the attack itself, with its field for the "
                                  "criterion; Foolbox's TargetedMisclassification isn't read")
        labels = torch.as_tensor(getattr(criterion, "labels", criterion))
        labels = getattr(labels, "raw", labels)
        given = getattr(model, "bounds", None)
        bounds = None if given is None else (float(given[0]), float(given[1]))
        inner = getattr(model, "_model", model)
        asked = Called.of(model, [inner] if isinstance(inner, torch.nn.Module) else [], bounds, inputs.dtype)
        batch = as_batch(inputs, self.attack.name).with_targets(label=np.asarray(labels.detach().cpu()))
        many = isinstance(epsilons, Sequence)
        raws, clips, wins = [], [], []
        nearest: torch.Tensor | None = None
        for eps in (epsilons if isinstance(epsilons, Sequence) else [epsilons]):
            if "eps" in type(self.attack).model_fields:
                if eps is None:
                    raise CapabilityError(f"{self.attack.name} attacks within a budget: give epsilons")
                raw = clipped = self._attacked(self.attack.evolve(eps=float(eps)), asked, batch, inputs)
            else:
                nearest = self._attacked(self.attack, asked, batch, inputs) if nearest is None else nearest
                raw = nearest
                norm = self.attack.budget(asked, batch).norm
                clipped = raw if eps is None else drawn_back(inputs, raw, norm, float(eps), self.attack.name)
            raws.append(raw)
            clips.append(clipped)
            with torch.no_grad():
                scores = model(clipped)
            wins.append(torch.as_tensor(scores).argmax(dim=1) != labels.to(clipped.device))
        return (raws, clips, torch.stack(wins)) if many else (raws[0], clips[0], wins[0])

    def _attacked(self, attack: Attack, model: Called, batch: Any, inputs: torch.Tensor) -> torch.Tensor:
        out = attack(model, batch, seed=self.seed)
        return torch.as_tensor(out.adversarial).to(inputs.device, inputs.dtype)


def drawn_back(x: torch.Tensor, moved: torch.Tensor, norm: str, eps: float, by: str) -> torch.Tensor:
    """What lies no farther than ``eps`` on the way from ``x`` to ``moved`` (L2, L1), or clamped to it (L-infinity).

    Raises:
        CapabilityError: another norm.

    Example:
        >>> drawn_back(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]), "l2", 1.0, "doc").tolist()
        [[0.6000000238418579, 0.800000011920929]]
    """
    step = moved - x
    if norm == "linf":
        return x + step.clamp(-eps, eps)
    if norm not in ("l2", "l1"):
        raise CapabilityError(f"{by} measures {norm}, which nothing can be drawn back to: give epsilons=None")
    sizes = step.flatten(1).norm(p=2 if norm == "l2" else 1, dim=1)
    factor = (eps / sizes.clamp_min(1e-30)).clamp(max=1.0)
    drawn: torch.Tensor = x + step * factor.reshape(-1, *[1] * (x.ndim - 1)).to(x.dtype)
    return drawn


def as_foolbox(attack: Attack, *, seed: int = 0) -> FoolboxForm:
    """An attack to be called as Foolbox's are: ``as_foolbox(attack)(fmodel, x, y, epsilons=[0.01, 0.03])``.

    Example:
        >>> from practicum.testing.toys_models import Push
        >>> net = torch.nn.Linear(1, 2)
        >>> _ = net.weight.data.copy_(torch.tensor([[0.0], [1.0]])), net.bias.data.copy_(torch.tensor([0.0, -0.5]))
        >>> x, y = torch.tensor([[0.375], [0.125]]), torch.tensor([0, 0])
        >>> raw, clipped, success = as_foolbox(Push())(net, x, y, epsilons=[0.0625, 0.25])
        >>> success.tolist(), clipped[1].tolist()
        ([[False, False], [True, False]], [[0.625], [0.375]])
    """
    return FoolboxForm(attack, seed=seed)
