"""TracIn: which training examples spoke for a prediction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, PrivateAttr

from practicum.batch import Batch
from practicum.errors import DataError
from practicum.explainer import Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_explain.examples import FromExamples, unnamed
from practicum_explain.leaf import Leaf, in_chunks
from practicum_explain.sample_gradients import sample_gradients


class TracIn(FromExamples):
    """How much a step of training on each training example lowers the loss of a sample's class.

    Follows Pruthi et al., "Estimating Training Data Influence by Tracing Gradient Descent", arXiv:2002.08484,
    TracInCP: the inner product of the loss gradients of sample and example, times the learning rate, summed over
    checkpoints. Positive values are proponents of the class, negative ones opponents. Gradients are by the weights and
    biases of linear and convolution layers (embeddings and norms are left out), computed without a copy for each
    sample's backward pass.

    The units of an explanation are training examples: ``values[i][j]`` is the influence of example ``j`` on sample
    ``i``, and ``units[i][j]`` the example's id. With ``fit(model, batch, keys)`` a copy holds the training examples;
    ``checkpoints`` gives it models of the training run too. Without checkpoints the model explained is the only one.

    Args:
        examples, most: training examples as a data source, see :class:`~practicum_explain.examples.FromExamples`.
        rate: learning rate of the model explained, where there are no checkpoints.
        layers: names of the layers whose weights count; the last ones are usual, and cheap.
        batch_size: samples or examples differentiated at once.

    Raises:
        CapabilityError: the model gives no gradient, has no such layer, or there are no training examples.
        DataError: the column is not float32 or float64 of one size, or an example's label is no class of the model.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[0.0, 0.0], [0.0, 0.0]])
        >>> train = Batch.of(np.array([[1.0, 0.0], [0.0, 2.0]]), ids=["a", "b"], targets={"label": [0, 1]})
        >>> out = TracIn().fit(model, train, Keys(0))(model, torch.tensor([[4.0, 0.0]]), target=0)
        >>> out.units[0], out.values[0]
        (['a', 'b'], array([ 2.5, -0.5]))
    """

    name: ClassVar[str] = "explain/tracin"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"
    what: ClassVar[str] = "labelled training examples"

    rate: float = Field(default=1.0, gt=0.0, description="learning rate of the model explained, without checkpoints")
    layers: tuple[str, ...] | None = Field(default=None, description="names of the layers whose weights count; all "
                                           "linear and convolution layers when left out")
    batch_size: int = Field(default=64, ge=1, description="samples or examples differentiated at once")
    _checkpoints: tuple[tuple[Any, float], ...] = PrivateAttr(default=())

    def fit(self, model: Model, batch: Batch, keys: Keys, *,
            checkpoints: Sequence[tuple[Model, float]] = ()) -> Self:
        """A copy that holds training examples.

        Args:
            model: the kind of model to explain.
            batch: the training examples with a ``label`` target.
            keys: unused; nothing is drawn.
            checkpoints: models of the training run with the learning rates of that time. They stand for the model
                explained, whose own weights then don't count.

        Raises:
            CapabilityError: a model lacks gradients.
            DataError: there are no examples, or they have no labels.
        """
        for checkpoint, _ in checkpoints:
            self.fits(checkpoint, batch)
        made = super().fit(model, batch, keys)
        private = {**(made.__pydantic_private__ or {}), "_checkpoints": tuple(checkpoints)}
        object.__setattr__(made, "__pydantic_private__", private)
        return made

    def state_digest(self) -> str:
        """A digest of examples and checkpoints, ``""`` before :meth:`fit`."""
        parts = [super().state_digest(), *(f"{model.state_digest()}*{rate!r}" for model, rate in self._checkpoints)]
        return "+".join(parts)

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """For each sample the influence of every training example, float64 [examples]."""
        train = self.held()
        values = np.zeros((len(batch), len(train)))
        for checkpoint, rate in self._checkpoints or ((model, self.rate),):
            if len(batch):
                values += rate * self._products(checkpoint, batch, target, train)
        units = [str(i) for i in train.ids]
        return Explanation(list(values), target, batch.ids, units=[list(units) for _ in range(len(batch))],
                           method=self.name)

    def _products(self, model: Any, batch: Batch, target: npt.NDArray[np.int64], train: Batch) -> npt.NDArray[
            np.float64]:
        """Inner products of gradients [N, examples]."""
        out = np.zeros((len(batch), len(train)))
        with untouched(model.modules()):
            samples = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            for mine in in_chunks(len(batch), self.batch_size):
                left = self._gradients(samples, mine)
                for theirs in in_chunks(len(train), self.batch_size):
                    part = unnamed(train.take(np.arange(theirs.start, theirs.stop)))
                    examples = Leaf.of(model, part, self._labels(part), on=self.on, by=self.name,
                                       modalities=self.modalities)
                    right = self._gradients(examples, slice(0, len(part)))
                    out[mine, theirs] = (left @ right.T).double().cpu().numpy()
        return out

    def _gradients(self, leaf: Leaf, part: slice) -> torch.Tensor:
        return sample_gradients(leaf, np.arange(part.start, part.stop, dtype=np.int64), self.layers)

    def _labels(self, examples: Batch) -> npt.NDArray[np.int64]:
        label = np.asarray(examples.label)
        if label.dtype.kind not in "iu":
            raise DataError(f"{self.name}: the training examples' label is {label.dtype}, not a class: give class "
                            "indices or names")
        return label.astype(np.int64)
