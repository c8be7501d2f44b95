"""Explainers: attributions aligned to the input's units."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch, guess_modality
from practicum.errors import CapabilityError, PracticumError, TechniqueFailed
from practicum.explanation import Explanation
from practicum.keys import Keys
from practicum.ledger import CountingModel
from practicum.model import Model, require
from practicum.technique import Technique

__all__ = ["Explainer", "Explanation"]


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
        modality = out.modality or batch.columns[batch.column_name(self.on)].modality
        return replace(out, queries=counting.queries, gradients=counting.gradients, modality=modality)

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
