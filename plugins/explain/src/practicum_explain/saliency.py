"""Saliency: the gradient of a class score."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_explain.leaf import Leaf, reduced


class Saliency(Explainer):
    """How strongly the score of a class reacts to each part of the input: the gradient of its logit.

    Follows Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification
    Models and Saliency Maps", arXiv:1312.6034, with two differences: an image's channels keep their own values (they
    show the largest of a pixel's channels: take ``values.max(axis=1)`` for that), and the sign can be kept. Exact on
    linear models: the values are the class's weights. With ``times_input=True, absolute=False`` it is what others call
    input x gradient (Shrikumar et al., arXiv:1605.01713).

    For text the gradient lives on the embeddings. A unit (word, token) gets its inner product with the embedding, or
    with ``times_input=False`` its length, which is the same for every word of a bag-of-words model.

    Args:
        absolute: sizes without sign (a length has none to begin with).
        times_input: the gradient times the input, which is what each part contributes to the score: on a network of
            ReLUs without biases these add up to it. When left out: yes for text, no for everything else.

    Raises:
        CapabilityError: the model gives no gradient, or no embeddings for text.
        DataError: the column is not float32 or float64 of one size (uint8 images: convert them to [0, 1]).

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> Saliency()(model, torch.tensor([[3.0, 1.0]]), target=0).values
        array([[1., 2.]], dtype=float32)
        >>> Saliency(absolute=False, times_input=True)(model, torch.tensor([[3.0, 1.0]]), target=0).values
        array([[ 3., -2.]], dtype=float32)
    """

    name: ClassVar[str] = "explain/saliency"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"

    absolute: bool = Field(default=True, description="sizes without sign")
    times_input: bool | None = Field(default=None, description="gradient times input; when left out, for text only")

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of each sample's class: an array of the input's shape, or one number for each unit of a text."""
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            gradient = leaf.gradient(leaf.x, leaf.all_rows())[1]
            times_input = leaf.modality == "text" if self.times_input is None else self.times_input
            values = reduced(leaf, gradient, absolute=self.absolute, times_input=times_input)
        return Explanation(values, target, batch.ids, units=leaf.units, method=self.name)
