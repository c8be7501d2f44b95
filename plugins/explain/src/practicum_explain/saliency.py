"""Saliency: the gradient of a class score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import CapabilityError, ModelOutputError
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model

if TYPE_CHECKING:
    import torch


class Saliency(Explainer):
    """How strongly the score of a class reacts to each part of the input: the gradient of its logit.

    Follows Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks: Visualising Image Classification
    Models and Saliency Maps", arXiv:1312.6034, with two differences: an image's channels keep their own values (they
    show the largest of a pixel's channels: take ``values.max(axis=1)`` for that), and the sign can be kept. Exact on
    linear models: the values are the class's weights.

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
        column = batch.column_name(self.on, self.modalities)
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            values: Any
            units: list[list[str]] | None
            if batch.columns[column].modality == "text":
                values, units = self._of_units(model, batch, target)
            else:
                values, units = self._of_floats(model, batch, target), None
        return Explanation(values, target, batch.ids, units=units, method=self.name)

    def _of_floats(self, model: Any, batch: Batch, target: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        import torch

        column = FloatColumn.of(batch, self.on, by=self.name)
        if not len(batch):
            return np.asarray(column.x.cpu().numpy())
        x = column.x.requires_grad_(True)
        values = self._gradient(model.logits(column.with_values(x)), x, model, batch, target)
        if self.times_input:
            values = values * x.detach()
        if column.free is not None:
            values = torch.where(column.free, values, 0.0)
        return np.asarray((values.abs() if self.absolute else values).cpu().numpy())

    def _of_units(self, model: Any, batch: Batch, target: npt.NDArray[np.int64]) -> tuple[list[npt.NDArray[Any]],
                                                                                         list[list[str]]]:
        units, ids, mask = model.units(batch)
        for sample, words, row in zip(batch.ids, units, mask, strict=True):
            if len(words) != int(row.sum()):
                raise ModelOutputError(f"{self.name}: {model.name} names {len(words)} units for sample {sample!r} but "
                                       f"its mask marks {int(row.sum())}: units() must return one text for each")
        if not ids.numel():
            return [np.zeros(0, np.float32) for _ in units], units
        embeddings = model.embed(ids).detach().requires_grad_(True)
        gradient = self._gradient(model.logits_from(embeddings, mask), embeddings, model, batch, target)
        if self.times_input is not False:
            values = (gradient * embeddings.detach()).sum(dim=-1)
            values = values.abs() if self.absolute else values
        else:
            values = gradient.norm(dim=-1)
        return [np.asarray(v[m].cpu().numpy()) for v, m in zip(values, mask, strict=True)], units

    def _gradient(self, logits: torch.Tensor, leaf: torch.Tensor, model: Model, batch: Batch,
                  target: npt.NDArray[np.int64]) -> torch.Tensor:
        import torch

        if logits.ndim != 2 or len(logits) != len(target):
            raise ModelOutputError(f"{self.name}: {model.name} returned logits of shape {tuple(logits.shape)} for "
                                   f"{len(target)} samples; it must return [{len(target)}, classes]")
        if int(target.min()) < 0 or int(target.max()) >= logits.shape[1]:
            row = int(np.argmax((target < 0) | (target >= logits.shape[1])))
            raise CapabilityError(f"{self.name}: sample {batch.ids[row]!r} asks for class {int(target[row])}, but "
                                  f"{model.name} knows {logits.shape[1]} classes (0 to {logits.shape[1] - 1})")
        score = logits.gather(1, torch.as_tensor(target, device=logits.device)[:, None]).sum()
        found: Any = (torch.autograd.grad(score, leaf, allow_unused=True)[0] if score.requires_grad else None)
        if found is None:
            raise CapabilityError(f"{self.name} found no path from the logits of {model.name} back to its input: don't "
                                  "detach, convert to NumPy or use torch.no_grad on the way")
        gradient: torch.Tensor = found
        return gradient
