"""Small torch models for tests and doctests: what a closed form needs, nothing trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from pydantic import Field, PrivateAttr

from practicum.batch import Batch
from practicum.columns.arrays import Series
from practicum.model import Model, Predictions

if TYPE_CHECKING:
    import torch


class TorchToy(Model):
    """A torch module as a differentiable classifier: logits are ``scale * module(x) + shift``, x flattened to [N, D].

    Args:
        bounds: the box of its inputs.
        scale, shift: of the logits, to test that an attack doesn't depend on them.

    Example:
        >>> toy = TorchToy.linear([[1.0, 0.0], [0.0, 1.0]])
        >>> toy.predict(Batch.of(np.array([[3.0, 1.0]]))).labels
        array([0])
    """

    name: ClassVar[str] = "toy/torch"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series"})

    bounds: tuple[float, float] | None = None
    scale: float = Field(default=1.0, gt=0.0)
    shift: float = 0.0
    _module: Any = PrivateAttr(default=None)

    @classmethod
    def of(cls, module: torch.nn.Module, **fields: Any) -> Self:
        """A toy around a module that takes [N, D]."""
        made = cls(**fields)
        object.__setattr__(made, "__pydantic_private__", {"_module": module})
        return made

    @classmethod
    def linear(cls, weight: Any, bias: Any = None, **fields: Any) -> Self:
        """A toy with logits ``x W' + b``: ``weight`` [C, D], ``bias`` [C], in the weight's dtype."""
        import torch

        w = torch.as_tensor(weight)
        layer = torch.nn.Linear(w.shape[1], w.shape[0], dtype=w.dtype)
        with torch.no_grad():
            layer.weight.copy_(w)
            layer.bias.copy_(torch.zeros(len(w)) if bias is None else torch.as_tensor(bias))
        return cls.of(layer, **fields)

    def modules(self) -> Sequence[torch.nn.Module]:
        """The module."""
        return [self._module]

    def logits(self, batch: Batch) -> torch.Tensor:
        """Scores [N, C]; missing values (NaN) count as 0."""
        import torch

        data = batch.column(batch.column_name(None, self.modalities))
        x = torch.as_tensor(data.values if isinstance(data, Series) else data)
        parameter = next(self._module.parameters(), x)
        flat = torch.nan_to_num(x.flatten(1), nan=0.0).to(parameter.dtype)
        out: torch.Tensor = self.scale * self._module(flat) + self.shift
        return out

    def predict(self, batch: Batch) -> Predictions:
        """Logits as scores, in evaluation mode."""
        import torch

        from practicum.guard import untouched

        with untouched(self.modules()), torch.no_grad():
            values = self.logits(batch).cpu().numpy()
        return Predictions(self.task, batch.ids, values)


class BagOfWords(Model):
    """A text classifier over whitespace-separated words: logits are the mean of their embeddings times a matrix.

    Args:
        vocabulary: the words it knows; others share one embedding.

    Example:
        >>> toy = BagOfWords.of(["good", "bad"], [[1.0], [-1.0], [0.0]], [[0.0], [1.0]])
        >>> toy.predict(Batch.of(["good good film", "bad film"])).labels
        array([1, 0])
    """

    name: ClassVar[str] = "toy/bag-of-words"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    vocabulary: tuple[str, ...] = ()
    _module: Any = PrivateAttr(default=None)

    @classmethod
    def of(cls, vocabulary: Sequence[str], embeddings: Any, weight: Any) -> Self:
        """``embeddings`` [V + 1, E], the last for unknown words; ``weight`` [C, E]."""
        import torch

        table, matrix = torch.as_tensor(embeddings), torch.as_tensor(weight)
        module = torch.nn.ModuleDict({
            "embed": torch.nn.Embedding(len(table), table.shape[1], _weight=table.clone()),
            "head": torch.nn.Linear(matrix.shape[1], matrix.shape[0], bias=False, dtype=matrix.dtype)})
        with torch.no_grad():
            module["head"].weight.copy_(matrix)  # type: ignore[operator]  # a parameter, typed as Tensor | Module
        made = cls(vocabulary=tuple(vocabulary))
        object.__setattr__(made, "__pydantic_private__", {"_module": module})
        return made

    def modules(self) -> Sequence[torch.nn.Module]:
        """Embedding and head."""
        return [self._module]

    def units(self, batch: Batch) -> tuple[list[list[str]], torch.Tensor, torch.Tensor]:
        """Words, their ids [N, L], and a mask [N, L]."""
        import torch

        words = [text.split() for text in batch.to_list(batch.column_name(None, self.modalities))]
        known = {w: i for i, w in enumerate(self.vocabulary)}
        ids = torch.zeros((len(words), max(map(len, words), default=0)), dtype=torch.int64)
        mask = torch.zeros(ids.shape, dtype=torch.bool)
        for row, text in enumerate(words):
            ids[row, :len(text)] = torch.tensor([known.get(w, len(known)) for w in text], dtype=torch.int64)
            mask[row, :len(text)] = True
        return words, ids, mask

    def embed(self, units: torch.Tensor) -> torch.Tensor:
        """Embeddings [N, L, E]."""
        out: torch.Tensor = self._module["embed"](units)
        return out

    def logits_from(self, embeddings: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Scores [N, C] of the mean over unmasked words."""
        count = mask.sum(dim=1, keepdim=True).clamp_min(1)
        mean = (embeddings * mask[:, :, None]).sum(dim=1) / count
        out: torch.Tensor = self._module["head"](mean)
        return out

    def predict(self, batch: Batch) -> Predictions:
        """Logits as scores."""
        import torch

        with torch.no_grad():
            _, ids, mask = self.units(batch)
            values = self.logits_from(self.embed(ids), mask).cpu().numpy()
        return Predictions(self.task, batch.ids, np.asarray(values))
