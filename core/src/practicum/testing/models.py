"""The models that the kit attacks and explains: small, in float64, of known form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import PrivateAttr

from practicum.batch import Batch
from practicum.columns import column_kind
from practicum.columns.arrays import Series
from practicum.keys import Keys
from practicum.model import Model, Predictions
from practicum.testing.result import NotApplicable

if TYPE_CHECKING:
    import torch

CLASSES = 3
FLOATS = frozenset({"image", "state", "series"})


class Blind(Model):
    """Only the predictions of another model: no gradients, no embeddings.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> Blind.over(TorchToy.linear([[1.0], [0.0]])).predict(Batch.of(np.array([[2.0]]))).labels
        array([0])
    """

    name: ClassVar[str] = "toy/blind"
    modalities: ClassVar[frozenset[str]] = frozenset({"text", "image", "state", "series"})
    _base: Any = PrivateAttr(default=None)

    @classmethod
    def over(cls, base: Model) -> Blind:
        """A blind view of ``base``."""
        made = cls()
        object.__setattr__(made, "__pydantic_private__", {"_base": base})
        return made

    def predict(self, batch: Batch) -> Predictions:
        """The base's predictions."""
        out: Predictions = self._base.predict(batch)
        return out


def _normal(rows: int, columns: int, seed: int) -> npt.NDArray[np.float64]:
    ids = Batch.of(np.zeros((rows, 1)), modality="state").ids
    return Keys(seed).bind(ids).normal(columns).astype(np.float64)


def kit_column(batch: Batch) -> str:
    """The column that the kit's models read.

    Raises:
        NotApplicable: the kit has no model for the batch's modality.
    """
    names = [n for n, c in batch.columns.items() if c.modality in FLOATS or c.modality == "text"]
    if len(batch.columns) != 1 or not names:
        raise NotApplicable(f"the kit has no model for {', '.join(c.modality for c in batch.columns.values())}: bring "
                            "one with model_for()")
    return names[0]


def features(batch: Batch) -> int:
    """Numbers in one sample."""
    data = batch.data
    values = data.values if isinstance(data, Series) else data
    return int(np.prod(values.shape[1:]))


def as_float64(batch: Batch) -> Batch:
    """The batch with its float column in float64; text stays."""
    name = kit_column(batch)
    column = batch.columns[name]
    if column.modality == "text":
        return batch
    kind = column_kind(column.modality)
    data = column.data
    if isinstance(data, Series):
        return batch.with_column(name, Series(data.values.astype(np.float64), data.mask))
    return batch.with_column(name, kind.coerce(data.double() if hasattr(data, "double") else data.astype(np.float64),
                                               name=name))


def weights(batch: Batch, seed: int, classes: int = CLASSES) -> npt.NDArray[np.float64]:
    """Random weights [classes, features]."""
    return _normal(classes, features(batch), 100 + seed)


def linear_model(batch: Batch, *, seed: int = 0, classes: int = CLASSES, scale: float = 1.0, shift: float = 0.0) -> Any:
    """A linear classifier for the batch's only column, centred on its mean so that several classes occur.

    Float columns: logits ``scale * (W x - W mean) + shift`` without a box. Text: a bag of words.
    """
    from practicum.testing.torch_toys import TorchToy

    if batch.columns[kit_column(batch)].modality == "text":
        return _bag(batch, seed, classes, scale)
    w = weights(batch, seed, classes)
    return TorchToy.linear(w, -w @ _centre(batch), scale=scale, shift=shift)


def _centre(batch: Batch) -> npt.NDArray[np.float64]:
    data = batch.data
    values = np.asarray(data.values if isinstance(data, Series) else data, dtype=np.float64)
    return np.asarray(np.nan_to_num(values.reshape(len(values), -1)).mean(axis=0))


def _bag(batch: Batch, seed: int, classes: int, scale: float = 1.0) -> Any:
    from practicum.testing.torch_toys import BagOfWords

    words = sorted({w for text in batch.to_list() for w in text.split()})
    return BagOfWords.of(words, _normal(len(words) + 1, 8, 200 + seed), scale * _normal(classes, 8, 300 + seed))


def lively_model(batch: Batch, *, seed: int = 0, ignored: Sequence[int] = ()) -> Any:
    """A classifier with everything that a careless technique disturbs, for the batch's only column.

    Training mode, batch statistics and dropout, a frozen and a trainable parameter, gradients from an earlier step,
    a hook. Its evaluation mode is smooth. ``ignored`` features have no influence. Images are bounded by 0 and 1.
    """
    import torch

    from practicum.testing.torch_toys import TorchToy

    if batch.columns[kit_column(batch)].modality == "text":
        made = _bag(batch, seed, CLASSES)
        module = made.modules()[0]
        _disturb(module)
        return made
    width, hidden = features(batch), 16
    first = torch.nn.Linear(width, hidden, dtype=torch.float64)
    last = torch.nn.Linear(hidden, CLASSES, dtype=torch.float64)
    w = _normal(hidden, width, 400 + seed) * 2.0 / np.sqrt(width)
    w[:, list(ignored)] = 0.0
    with torch.no_grad():
        first.weight.copy_(torch.from_numpy(w))
        first.bias.copy_(torch.from_numpy(-w @ _centre(batch)))
        last.weight.copy_(torch.from_numpy(_normal(CLASSES, hidden, 500 + seed)))
        last.bias.zero_()
    net = torch.nn.Sequential(first, torch.nn.BatchNorm1d(hidden, dtype=torch.float64), torch.nn.Softplus(),
                              torch.nn.Dropout(0.3), last)
    _disturb(net)
    box = (0.0, 1.0) if next(iter(batch.columns.values())).modality == "image" else None
    return TorchToy.of(net, bounds=box)


def _disturb(module: torch.nn.Module) -> None:
    import torch

    module.train()
    parameters = list(module.parameters())
    for parameter in parameters[1:]:
        parameter.grad = torch.full_like(parameter, 0.25)
    parameters[0].requires_grad_(False)
    module.register_forward_hook(_watch)


def _watch(module: Any, inputs: Any, output: Any) -> None:
    """A user's hook that changes nothing."""


def own_labels(model: Model, batch: Batch) -> Batch:
    """The batch labelled with what the model says, so that every sample is right before an attack."""
    return batch.with_targets(label=model.predict(batch).labels)
