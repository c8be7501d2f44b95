"""Counting what an attack or explainer really asks of a model, per sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch, Ids
from practicum.model import Model, Predictions


class CountingModel:
    """A model seen through a counter.

    ``proxy`` behaves as the model (same capabilities, configuration and type checks) and counts forward passes for
    each sample by id, and backward passes by the gradients that reach the scores.
    """

    def __init__(self, model: Model, ids: Ids) -> None:
        self.queries: npt.NDArray[np.int64] = np.zeros(len(ids), dtype=np.int64)
        self.gradients: npt.NDArray[np.int64] = np.zeros(len(ids), dtype=np.int64)
        self._row = {int(h): row for row, h in enumerate(ids.hashes)}
        self.proxy: Model = _proxy(model, self)

    def rows(self, batch: Batch) -> npt.NDArray[np.int64]:
        """Rows of the counted ids; ids the ledger doesn't know count nowhere."""
        found = [self._row.get(int(h), -1) for h in batch.ids.hashes]
        return np.array([r for r in found if r >= 0], dtype=np.int64)


def _proxy(model: Model, ledger: CountingModel) -> Model:
    """An instance of a subclass made on the fly that shares the model's state and overrides the counted calls."""
    base: Any = type(model)
    counted: dict[str, Any] = {"__module__": base.__module__, "__doc__": base.__doc__}

    def predict(self: Any, batch: Batch) -> Predictions:
        np.add.at(ledger.queries, ledger.rows(batch), 1)
        return model.predict(batch)

    counted["predict"] = predict
    if hasattr(model, "logits"):
        def logits(self: Any, batch: Batch) -> Any:
            rows = ledger.rows(batch)
            np.add.at(ledger.queries, rows, 1)
            out = model.logits(batch)
            if out.requires_grad:
                out.register_hook(lambda grad: np.add.at(ledger.gradients, rows, 1))
            return out

        counted["logits"] = logits
    cls = type(base.__name__, (base,), counted)
    made: Model = object.__new__(cls)
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        object.__setattr__(made, slot, getattr(model, slot))
    return made
