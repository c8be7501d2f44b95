"""Guided backpropagation: only what speaks for the class passes back through ReLUs."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_explain.functions import Function, Watched
from practicum_explain.leaf import Leaf, reduced


class GuidedBackprop(Explainer):
    """The gradient of a class's logit in which negative parts are set to zero on the way back through every ReLU.

    Follows Springenberg et al., "Striving for Simplicity: The All Convolutional Net", arXiv:1412.6806. ReLUs are found
    wherever the model calls them, as modules (reused ones too) or as functions; nothing is attached to the model.
    Without ReLUs it is the plain gradient: ``figures["relus"]`` says how many there were.

    It shows sharp pictures, but depends little on the upper layers' weights (Adebayo et al., arXiv:1810.03292): check
    it with :func:`practicum.evaluate.faithfulness` before resting on it.

    Args:
        absolute: sizes without sign.
        times_input: times the input. When left out: yes for text, no for everything else.

    Raises:
        CapabilityError: the model gives no gradient, or no embeddings for text.
        DataError: the column is not float32 or float64 of one size.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.ReLU(), torch.nn.Linear(2, 1))
        >>> _ = net[0].weight.data.copy_(torch.eye(2)), net[2].weight.data.copy_(torch.tensor([[1.0, -1.0]]))
        >>> GuidedBackprop()(TorchToy.of(net), torch.tensor([[3.0, 1.0]]), target=0).values
        array([[1., 0.]], dtype=float32)
    """

    name: ClassVar[str] = "explain/guided-backprop"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"

    absolute: bool = Field(default=False, description="sizes without sign")
    times_input: bool | None = Field(default=None, description="gradient times input; when left out, for text only")

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of each sample's class: an array of the input's shape, or one number for each unit of a text."""
        guided = _Guided()
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            gradient = leaf.gradient(leaf.x, leaf.all_rows(), guided)[1]
            times_input = leaf.modality == "text" if self.times_input is None else self.times_input
            values = reduced(leaf, gradient, absolute=self.absolute, times_input=times_input)
        return Explanation(values, target, batch.ids, units=leaf.units, method=self.name,
                           figures={"relus": np.full(len(batch), float(guided.relus))})


class _Guided(Watched):
    """Gradients that come back to a ReLU's output lose their negative parts."""

    def __init__(self) -> None:
        super().__init__()
        self.relus = 0

    def called(self, name: str, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        out = func(*args, **kwargs)
        if name in ("relu", "relu_") and out.requires_grad:
            out.register_hook(lambda gradient: gradient.clamp(min=0))
            self.relus += 1
        return out
