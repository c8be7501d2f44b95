"""Between the two ways to call a model: a batch of columns with ids, and a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import torch
from pydantic import PrivateAttr
from torch import nn

from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import CapabilityError
from practicum.guard import untouched
from practicum.model import Model, Predictions


class Forward(nn.Module):
    """A Practicum model as a torch module that takes the float column's tensor and returns logits.

    The model's own modules are inside, so that hooks reach them. Rows beyond the samples are repetitions of them, in
    the order of the samples again and again.

    Args:
        model: gives logits.
        column: the samples it is asked about.
    """

    def __init__(self, model: Any, column: FloatColumn) -> None:
        super().__init__()
        self.parts = nn.ModuleList(model.modules())
        self._ask, self._column = model.logits, column

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = np.arange(len(x)) % max(len(self._column.batch), 1)
        out: torch.Tensor = self._ask(self._column.take(rows).with_values(x))
        return out


class Called(Model):
    """A callable from a tensor to logits, as a Practicum model for one call of a technique.

    Args:
        bounds: the box of valid inputs.
    """

    name: ClassVar[str] = "interop/called"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series"})

    bounds: tuple[float, float] | None = None
    _call: Any = PrivateAttr(default=None)
    _inside: Any = PrivateAttr(default=())
    _dtype: Any = PrivateAttr(default=None)

    @classmethod
    def of(cls, call: Any, inside: Sequence[nn.Module], bounds: tuple[float, float] | None = None,
           dtype: torch.dtype | None = None) -> Self:
        """A model around ``call``; ``inside`` are the torch modules it runs, as far as they are known, ``dtype`` what
        it takes, where they aren't."""
        made = cls(bounds=bounds)
        object.__setattr__(made, "__pydantic_private__", {"_call": call, "_inside": tuple(inside), "_dtype": dtype})
        return made

    def modules(self) -> Sequence[nn.Module]:
        """The torch modules inside."""
        return list(self._inside)

    def logits(self, batch: Batch) -> torch.Tensor:
        """What the callable returns for the batch's tensor, [N, C], in the precision of its modules."""
        data: Any = batch.column(batch.column_name(None, self.modalities))
        values = getattr(data, "values", data) if not isinstance(data, (torch.Tensor, np.ndarray)) else data
        x = torch.as_tensor(values)
        parameter = next((p for m in self._inside for p in m.parameters()), None)
        x = x.to(self._dtype or x.dtype) if parameter is None else x.to(parameter.device, parameter.dtype)
        out: torch.Tensor = self._call(x)
        return out

    def predict(self, batch: Batch) -> Predictions:
        """Logits as scores."""
        with untouched(self.modules()), torch.no_grad():
            return Predictions(self.task, batch.ids, self.logits(batch).detach().cpu().numpy())


def as_batch(x: torch.Tensor, by: str) -> Batch:
    """A tensor as a batch: four axes are images, three series, two states.

    Raises:
        CapabilityError: another number of axes.
    """
    modality = {4: "image", 3: "series", 2: "state"}.get(x.ndim)
    if modality is None:
        raise CapabilityError(f"{by} takes images [N, C, H, W], series [N, T, C] or states [N, D], not a tensor of "
                              f"shape {tuple(x.shape)}")
    return Batch.of(x.detach(), modality=modality)
