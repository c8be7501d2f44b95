"""Explainers: attributions aligned to the input's units."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal, overload

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch, guess_modality
from practicum.errors import CapabilityError, PracticumError, TechniqueFailed
from practicum.keys import Keys
from practicum.ledger import CountingModel
from practicum.model import Model, require
from practicum.technique import Technique


@dataclass(frozen=True)
class Explanation:
    """Attributions of a batch.

    Args:
        values: image, state, series: an array of the input's shape; text, table: per sample one number for each unit.
        target: the explained class of each sample, int64 [N].
        ids: ids of the samples.
        units: text, table: per sample its units as texts; ``None`` where the array's axes are the units.
        base_value: the model's score where everything is absent, float [N], for methods that have one.
        error: the method's own estimate of its error per sample, float [N], where it has one.
        method: name of the explainer.
        score: what is explained, the score of ``target`` at the input, float64 [N], for methods that add up to it.
        queries, gradients: forward and backward passes spent on each sample, int64 [N]; counted by the core.
        figures: other numbers the method knows of itself, one each sample, as ``{"r2": [...]}``.
    """

    values: Any
    target: npt.NDArray[np.int64]
    ids: Any
    units: list[list[str]] | None = None
    base_value: npt.NDArray[np.float64] | None = None
    error: npt.NDArray[np.float64] | None = None
    method: str = ""
    score: npt.NDArray[np.float64] | None = None
    queries: npt.NDArray[np.int64] | None = None
    gradients: npt.NDArray[np.int64] | None = None
    figures: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.target)

    @overload
    def __getitem__(self, index: int) -> Explanation: ...
    @overload
    def __getitem__(self, index: slice) -> Explanation: ...
    def __getitem__(self, index: int | slice) -> Explanation:
        """Rows ``index``, all parallel arrays together."""
        rows = slice(index, index + 1 or None) if isinstance(index, int) else index

        def cut(value: Any) -> Any:
            return None if value is None else value[rows]

        ids = [self.ids[i] for i in range(*rows.indices(len(self)))]
        return Explanation(cut(self.values), self.target[rows], ids, cut(self.units), cut(self.base_value),
                           cut(self.error), self.method, cut(self.score), cut(self.queries), cut(self.gradients),
                           {name: cut(values) for name, values in self.figures.items()})

    @property
    def gap(self) -> npt.NDArray[np.float64] | None:
        """How far attributions and base value are from adding up to the score, float64 [N]; ``None`` where the method
        doesn't say that they should."""
        if self.score is None or self.base_value is None:
            return None
        sums = np.array([np.asarray(v, dtype=np.float64).sum() for v in self.values])
        return np.abs(sums + self.base_value - self.score)


class Explainer(Technique):
    """Says which parts of the input a prediction rests on.

    ClassVars:
        access: ``gradient`` needs a differentiable model, ``score`` only its predictions.
        adds_up: attributions and base value add up to the score, up to the error it reports (completeness).

    Args:
        on: the column to explain, where there is a choice.
    """

    kind: ClassVar[str] = "explainer"
    access: ClassVar[Literal["gradient", "score"]] = "gradient"
    adds_up: ClassVar[bool] = False

    on: str | None = Field(default=None, description="the column to explain, where there is a choice")

    @abstractmethod
    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of each sample's class ``target``; ``keys`` are bound to the batch's ids."""

    def check(self, model: Any, batch: Batch) -> None:
        """Refuse a model or data that don't fit, before anything runs."""
        column = batch.column_name(self.on)
        modality = batch.columns[column].modality
        self.require_modality(modality, where=f"column {column!r}")
        if not isinstance(model, Model):
            raise CapabilityError(f"{self.name} explains a model but was given a {type(model).__name__}: wrap it first "
                                  "with practicum.wrap(...)")
        if self.access == "gradient":
            require(model, "embedding-gradient" if modality in ("text", "table") else "gradient", self.name)

    def run(self, model: Model, batch: Batch, target: Any, keys: Keys) -> Explanation:
        """Check, explain, and check the result's form.

        Raises:
            TechniqueFailed: the explainer raised, or returned attributions that don't fit the input.
        """
        self.check(model, batch)
        labels = model.predict(batch).labels if target is None else np.asarray(target, dtype=np.int64).reshape(-1)
        if len(labels) == 1 and len(batch) > 1:
            labels = np.repeat(labels, len(batch))
        if len(labels) != len(batch):
            raise CapabilityError(f"{self.name}: {len(labels)} targets for {len(batch)} samples; give one class each, "
                                  "or one for all")
        counting = CountingModel(model, batch.ids)
        try:
            out = self.explain(counting.proxy, batch, labels, keys.child(self.name).bind(batch.ids))
        except PracticumError:
            raise
        except Exception as error:
            raise TechniqueFailed(f"{self.name} raised {type(error).__name__} on a batch of {len(batch)} samples: "
                                  f"{error}") from error
        if len(out.values) != len(batch):
            raise TechniqueFailed(f"{self.name} returned {len(out.values)} attributions for {len(batch)} samples")
        return replace(out, queries=counting.queries, gradients=counting.gradients)

    def __call__(self, model: Model, x: Any, target: Any = None, *, seed: int = 0, ids: Any = None) -> Explanation:
        """Explain inputs in the caller's form.

        Args:
            model: a :class:`Model`.
            x: inputs or a :class:`Batch`.
            target: class to explain, one for all or one each; the predicted class when left out.
            seed: of the explainer's random draws.
            ids: sample ids when ``x`` is no Batch.
        """
        if not isinstance(x, Batch):
            only = sorted(self.modalities & getattr(model, "modalities", frozenset()))
            x = Batch.of(x, ids=ids, modality=only[0] if len(only) == 1 else guess_modality(x))
        return self.run(model, x, target, Keys(seed))
