"""What gradients are taken by: the numbers of a float column, or the embeddings of a text's units."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import CapabilityError, ModelOutputError

if TYPE_CHECKING:
    import torch

Rows = npt.NDArray[np.int64]
Classes = npt.NDArray[np.int64]


class Leaf(ABC):
    """One column of a batch as a differentiable function from a tensor to the score (logit) of each sample's class.

    Attributes:
        x: the samples, float [N, ...]: a float column's values, or embeddings [N, L, D].
        free: bool, of ``x``'s shape: numbers that are part of the sample (observed, no padding); ``None`` when all are.
        units: text: each sample's units as texts; else ``None``.
        modality: of the column.
    """

    x: torch.Tensor
    free: torch.Tensor | None = None
    units: list[list[str]] | None = None
    modality: str

    def __init__(self, model: Any, batch: Batch, target: Classes, by: str) -> None:
        self.model, self.batch, self.target, self.by = model, batch, target, by

    @staticmethod
    def of(model: Any, batch: Batch, target: Classes, *, on: str | None, by: str,
           modalities: frozenset[str]) -> Leaf:
        """The leaf of column ``on``; call it inside :func:`practicum.guard.untouched`.

        Raises:
            DataError: the column is not float32 or float64 of one size.
            ModelOutputError: the model's units and mask don't agree.
        """
        name = batch.column_name(on, modalities)
        kind = _Embeddings if batch.columns[name].modality == "text" else _Floats
        return kind(model, batch, target, name, by)

    def __len__(self) -> int:
        return len(self.target)

    @abstractmethod
    def logits(self, x: torch.Tensor, rows: Rows) -> torch.Tensor:
        """Scores [R, C] where the samples ``rows`` [R] are ``x`` [R, ...]."""

    @abstractmethod
    def attributions(self, values: torch.Tensor) -> Any:
        """Numbers of ``x``'s shape as attributions: an array of the input's shape, or one sum for each unit."""

    def scores(self, x: torch.Tensor, rows: Rows) -> torch.Tensor:
        """The score of each row's class, [R].

        Raises:
            ModelOutputError: the model returned no logits [R, C].
            CapabilityError: the model doesn't know the class.
        """
        return self.of_class(self.logits(x, rows), rows)

    def of_class(self, logits: torch.Tensor, rows: Rows) -> torch.Tensor:
        """The score of each row's class [R] among its logits [R, C]; errors as of :meth:`scores`."""
        import torch

        target = self.target[rows]
        if logits.ndim != 2 or len(logits) != len(target):
            raise ModelOutputError(f"{self.by}: {self.model.name} returned logits of shape {tuple(logits.shape)} for "
                                   f"{len(target)} samples; it must return [{len(target)}, classes]")
        if len(target) and not 0 <= int(target.min()) <= int(target.max()) < logits.shape[1]:
            row = int(np.argmax((target < 0) | (target >= logits.shape[1])))
            raise CapabilityError(f"{self.by}: sample {self.batch.ids[int(rows[row])]!r} asks for class "
                                  f"{int(target[row])}, but {self.model.name} knows {logits.shape[1]} classes (0 to "
                                  f"{logits.shape[1] - 1})")
        return logits.gather(1, torch.as_tensor(target, device=logits.device)[:, None])[:, 0]

    def all_rows(self) -> Rows:
        """Rows of all samples."""
        return np.arange(len(self), dtype=np.int64)

    def score_at(self, x: torch.Tensor, rows: Rows) -> npt.NDArray[np.float64]:
        """The same scores without a gradient, float64 [R]."""
        import torch

        with torch.no_grad():
            return np.asarray(self.scores(x, rows).double().cpu().numpy())

    def gradient(self, x: torch.Tensor, rows: Rows,
                 within: AbstractContextManager[Any] | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """The score of each row's class [R] and its gradient [R, ...], which is 0 where numbers aren't free. The model
        is called ``within`` a context, where one is given.

        Raises:
            CapabilityError: the model cuts its logits off from its input.
        """
        import torch

        if not x.numel():
            return torch.as_tensor(self.score_at(x, rows) if len(rows) else np.zeros(0)), torch.zeros_like(x)
        point = x.detach().requires_grad_(True)
        with nullcontext() if within is None else within:
            logits = self.logits(point, rows)
        scores = self.of_class(logits, rows)
        found: Any = torch.autograd.grad(scores.sum(), point, allow_unused=True)[0] if scores.requires_grad else None
        if found is None:
            raise CapabilityError(f"{self.by} found no path from the logits of {self.model.name} back to its input: "
                                  "don't detach, convert to NumPy or use torch.no_grad on the way")
        free = self.free_at(rows)
        gradient: torch.Tensor = found if free is None else torch.where(free, found, 0.0)
        return scores.detach(), gradient

    def free_at(self, rows: Rows) -> torch.Tensor | None:
        """Which numbers of samples ``rows`` are free, or ``None`` when all are."""
        import torch

        return None if self.free is None else self.free[torch.as_tensor(rows, device=self.free.device)]

    def at(self, rows: Rows) -> torch.Tensor:
        """The samples ``rows``."""
        import torch

        return self.x[torch.as_tensor(rows, device=self.x.device)]

    def known(self) -> torch.Tensor:
        """``x`` with zeros where numbers aren't free (they may be NaN)."""
        import torch

        return self.x if self.free is None else torch.where(self.free, self.x, 0.0)


class _Floats(Leaf):
    """A float column."""

    def __init__(self, model: Any, batch: Batch, target: Classes, name: str, by: str) -> None:
        super().__init__(model, batch, target, by)
        self._column = FloatColumn.of(batch, name, by=by)
        self.x, self.free = self._column.x, self._column.free
        self.modality = batch.columns[name].modality

    def logits(self, x: torch.Tensor, rows: Rows) -> torch.Tensor:
        whole = len(rows) == len(self) and bool((rows == np.arange(len(rows))).all())
        column = self._column if whole else self._column.take(rows)
        found: torch.Tensor = self.model.logits(column.with_values(x))
        return found

    def attributions(self, values: torch.Tensor) -> Any:
        import torch

        kept = values if self.free is None else torch.where(self.free, values, 0.0)
        return np.asarray(kept.to(self.x.dtype).cpu().numpy())


class _Embeddings(Leaf):
    """A text's units as embeddings: the ids of the units reach the model unchanged."""

    modality = "text"

    def __init__(self, model: Any, batch: Batch, target: Classes, name: str, by: str) -> None:
        super().__init__(model, batch, target, by)
        self._asked: Rows = np.arange(len(batch), dtype=np.int64)
        self.units, ids, self._mask = model.units(batch)
        for sample, words, row in zip(batch.ids, self.units, self._mask, strict=True):
            if len(words) != int(row.sum()):
                raise ModelOutputError(f"{by}: {model.name} names {len(words)} units for sample {sample!r} but its "
                                       f"mask marks {int(row.sum())}: units() must return one text for each")
        self.x = model.embed(ids).detach()
        self.free = self._mask.to(self.x.device)[:, :, None].expand(self.x.shape)

    def logits(self, x: torch.Tensor, rows: Rows) -> torch.Tensor:
        import torch

        if not np.array_equal(rows, self._asked):
            self.model.units(self.batch.take(rows))  # whose queries the next embeddings are
            self._asked = np.array(rows)
        found: torch.Tensor = self.model.logits_from(x, self._mask[torch.as_tensor(rows, device=self._mask.device)])
        return found

    def attributions(self, values: torch.Tensor) -> Any:
        return [np.asarray(v[m].cpu().numpy()) for v, m in zip(values.sum(dim=-1), self._mask.to(values.device),
                                                               strict=True)]


def in_chunks(count: int, size: int) -> Iterator[slice]:
    """Slices of ``count`` rows, ``size`` at a time."""
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def reduced(leaf: Leaf, gradient: torch.Tensor, *, absolute: bool, times_input: bool) -> Any:
    """A gradient as attributions: the numbers themselves, or times the input; of a text's units without ``times_input``
    the length of each unit's gradient."""
    if times_input:
        found = leaf.attributions(gradient * leaf.known())
    elif leaf.units is not None:
        found = leaf.attributions(gradient.norm(dim=-1, keepdim=True))
    else:
        found = leaf.attributions(gradient)
    return _each(np.abs, found) if absolute else found


def _each(function: Callable[[Any], Any], values: Any) -> Any:
    return [function(v) for v in values] if isinstance(values, list) else function(values)
