"""A model with its weights shuffled: what an explanation that looks at the model must not survive."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from practicum.keys import Keys
from practicum.model import Model


def randomised(model: Model, seed: int = 0) -> Model | None:
    """A copy of a model whose parameters each have their values shuffled; ``None`` where it has no torch modules.

    Shuffling keeps each layer's distribution of weights, so that the copy's scores have about the same size. The model
    parameter randomisation test of Adebayo et al., "Sanity Checks for Saliency Maps", arXiv:1810.03292 (all layers at
    once; they draw new weights).

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, 2.0, 3.0, 4.0]])
        >>> other = randomised(model)
        >>> sorted(other.modules()[0].weight.reshape(-1).tolist()), model.modules()[0].weight.reshape(-1).tolist()
        ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0])
    """
    if not hasattr(model, "modules") or not list(model.modules()):
        return None
    import torch

    made: Any = copy.deepcopy(model)
    with torch.no_grad():
        for at, module in enumerate(made.modules()):
            for name, parameter in module.named_parameters():
                order = np.argsort(_draws(f"{at}.{name}", parameter.numel(), seed), kind="stable")
                flat = parameter.detach().reshape(-1)
                parameter.copy_(flat[torch.from_numpy(order).to(flat.device)].reshape(parameter.shape))
    result: Model = made
    return result


def _draws(name: str, count: int, seed: int) -> Any:
    from practicum.batch import Ids

    one = Ids.of([name], 1)
    return Keys(seed, path=("randomised",)).bind(one).uniform53(max(count, 1))[0, :count]
