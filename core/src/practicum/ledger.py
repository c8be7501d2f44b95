"""Counting what an attack or explainer really asks of a model, per sample."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from practicum.batch import Batch, Ids
from practicum.errors import CapabilityError
from practicum.model import Model, Predictions


class CountingModel:
    """A model seen through a counter.

    ``proxy`` behaves as the model (same capabilities, configuration and type checks) and counts forward passes for
    each sample by id, and backward passes by the gradients that reach the scores. ``predict`` and ``logits`` are given
    batches, which have ids. ``logits_from`` is given embeddings, whose rows count for the samples of the latest
    ``units`` call, each alike: as many rows as samples, or several rows for each.

    Args:
        model: the model.
        ids: the samples counted.
        access: what the proxy shows: ``gradient`` everything, ``score`` predictions but nothing that has a gradient,
            ``decision`` the predicted class only (scores are 1 for it and 0 for the others).
    """

    def __init__(self, model: Model, ids: Ids, access: str = "gradient") -> None:
        self.queries: npt.NDArray[np.int64] = np.zeros(len(ids), dtype=np.int64)
        self.gradients: npt.NDArray[np.int64] = np.zeros(len(ids), dtype=np.int64)
        self._order = np.argsort(ids.hashes, kind="stable")
        self._sorted = ids.hashes[self._order]
        self._units: Ids | None = None
        self.proxy: Model = _proxy(model, self, access)

    def rows(self, batch: Batch) -> npt.NDArray[np.int64]:
        """Rows of the counted ids; ids the ledger doesn't know count nowhere."""
        return self._rows(batch.ids)

    def _rows(self, ids: Ids) -> npt.NDArray[np.int64]:
        place = np.searchsorted(self._sorted, ids.hashes)
        known = np.append(self._sorted, np.uint64(0))[place] == ids.hashes
        known &= place < len(self._sorted)
        return np.asarray(self._order[place[known]], dtype=np.int64)

    def split(self, batch: Batch) -> None:
        """The samples that embeddings will belong to, until units of others are asked for."""
        self._units = batch.ids

    def embedded(self, count: int) -> npt.NDArray[np.int64]:
        """Rows of the counted ids that ``count`` rows of embeddings belong to, a row for each time it is asked about.

        Raises:
            CapabilityError: it can't be told; the message says how to ask.
        """
        samples = 0 if self._units is None else len(self._units)
        if self._units is None or count % max(samples, 1) or (count and not samples):
            asked = "no call of units" if self._units is None else f"units of {samples} samples"
            raise CapabilityError(f"logits_from was given embeddings of {count} rows after {asked}, so it can't be "
                                  "told whose queries they are: call model.units(batch.take(rows)) for the samples you "
                                  "ask about, and give logits_from one row, or equally many rows, for each of them")
        return np.tile(self._rows(self._units), count // max(samples, 1))

    def count(self, rows: npt.NDArray[np.int64], scores: Any = None) -> None:
        """One forward pass for each of ``rows``, and one backward pass when a gradient reaches ``scores``."""
        np.add.at(self.queries, rows, 1)
        if scores is not None and scores.requires_grad:
            scores.register_hook(lambda grad: np.add.at(self.gradients, rows, 1))


class _Hidden:
    """A capability of the model that an attack has declared not to need."""

    def __init__(self, name: str, access: str) -> None:
        self.name, self.access = name, access

    def __get__(self, instance: Any, owner: Any) -> Any:
        raise AttributeError(f"an attack of access {self.access!r} doesn't see the model's {self.name}: declare access "
                             "'gradient' if it needs it")


def _proxy(model: Model, ledger: CountingModel, access: str) -> Model:
    """An instance of a subclass made on the fly that shares the model's state and overrides the counted calls."""
    base: Any = type(model)
    counted: dict[str, Any] = {"__module__": base.__module__, "__doc__": base.__doc__}

    def predict(self: Any, batch: Batch) -> Predictions:
        ledger.count(ledger.rows(batch))
        made = model.predict(batch)
        if access == "decision" and made.task == "classification":
            values = np.asarray(made.values)
            return replace(made, values=(np.arange(values.shape[1]) == made.labels[:, None]).astype(np.float32))
        return made

    counted["predict"] = predict
    inner: Any = model
    if access == "gradient" and hasattr(model, "logits"):
        def logits(self: Any, batch: Batch) -> Any:
            out = inner.logits(batch)
            ledger.count(ledger.rows(batch), out)
            return out

        counted["logits"] = logits
    if access == "gradient" and hasattr(model, "logits_from"):
        def units(self: Any, batch: Batch) -> Any:
            ledger.split(batch)
            return inner.units(batch)

        def logits_from(self: Any, embeddings: Any, mask: Any) -> Any:
            rows = ledger.embedded(len(embeddings))
            out = inner.logits_from(embeddings, mask)
            ledger.count(rows, out)
            return out

        counted |= {"units": units, "logits_from": logits_from}
    cls = type(base.__name__, (base,), counted)
    if access != "gradient":
        for name in ("logits", "embed", "logits_from", "modules"):
            if hasattr(model, name):
                setattr(cls, name, _Hidden(name, access))  # afterwards: pydantic takes it for a field otherwise
    made: Model = object.__new__(cls)
    for slot in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__"):
        object.__setattr__(made, slot, getattr(model, slot))
    return made
