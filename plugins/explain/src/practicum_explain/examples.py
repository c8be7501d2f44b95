"""Explainers that explain with examples: how they come to hold them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from pydantic import Field, PrivateAttr, model_validator

from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, DataError
from practicum.explainer import Explainer
from practicum.keys import Keys
from practicum.model import Model


class FromExamples(Explainer):
    """An explainer that holds labelled examples, given to :meth:`fit` or named as a data source.

    Args:
        examples: a data source with labels, as ``{use: sklearn/digits}``, read when first needed (its train split,
            where it has one).
        most: examples used, at most: those with the smallest hashes of their ids.
    """

    what: ClassVar[str] = "labelled examples"

    examples: Mapping[str, Any] | None = Field(default=None, description="a data source with labels, as "
                                               "{use: sklearn/digits}; or give a batch to fit()")
    most: int = Field(default=1024, ge=1, description="examples used, at most")
    _held: Batch | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _names_its_source(self) -> Self:
        if self.examples is not None and not isinstance(self.examples.get("use"), str):
            raise ConfigError(f"examples are written {{use: SOURCE, option: value}}, got {dict(self.examples)}")
        return self

    def fit(self, model: Model, batch: Batch, keys: Keys) -> Self:
        """A copy that holds examples; the explainer itself stays as it is. Nothing is asked of the model but whether
        it fits: the examples are looked at with the model that is explained.

        Args:
            model: the kind of model to explain.
            batch: examples with a ``label`` target.
            keys: unused; all draws are the explanation's own.

        Raises:
            CapabilityError: the model lacks what the explainer needs.
            DataError: there are no examples, or they have no labels.
        """
        self.fits(model, batch)
        made = self.evolve(examples=None)
        object.__setattr__(made, "__pydantic_private__", {**(self.__pydantic_private__ or {}),
                                                          "_held": self._chosen(batch)})
        return made

    def fits(self, model: Any, batch: Batch) -> None:
        """Refuse a model or samples that don't fit."""
        super().check(model, batch)

    def check(self, model: Any, batch: Batch) -> None:
        """Refuse a model or samples that don't fit, and to go on without examples, before anything runs."""
        self.fits(model, batch)
        if self._held is None and self.examples is None:
            raise self._none()

    def _none(self) -> CapabilityError:
        return CapabilityError(f"{self.name} explains with {self.what}, and has none yet: call fitted = "
                               "explainer.fit(model, batch, keys), or name a source with examples={use: SOURCE}")

    def held(self) -> Batch:
        """The examples, under ids of their own, so that what is asked about them isn't counted for a sample.

        Raises:
            CapabilityError: none were given.
        """
        if self._held is not None:
            return self._held
        if self.examples is None:
            raise self._none()
        from practicum.data.load import load_data

        options = {k: v for k, v in self.examples.items() if k != "use"}
        loaded: Any = load_data(self.examples["use"], **options)
        self._held = self._chosen(getattr(loaded, "train", loaded))
        return self._held

    def _chosen(self, batch: Batch) -> Batch:
        if not len(batch):
            raise DataError(f"{self.name} needs {self.what}; the batch has no samples")
        _ = batch.label  # raises the right error when there are no labels
        return batch.take(np.sort(np.argsort(batch.ids.hashes, kind="stable")[:self.most]))

    def state_digest(self) -> str:
        """A digest of the examples that :meth:`fit` was given, ``""`` before."""
        if self._held is None or self.examples is not None:
            return ""
        facts = hashlib.blake2b(digest_size=8)
        table = self._held.to_arrow()
        for name in table.column_names:
            _feed(facts, [name, table[name].to_pylist()])
        return facts.hexdigest()


def _feed(facts: Any, value: Any) -> None:
    """Bytes as they are, everything else as it is written: Arrow's own buffers may be padded or shared."""
    if isinstance(value, (list, tuple)):
        facts.update(b"[%d]" % len(value))
        for item in value:
            _feed(facts, item)
    elif isinstance(value, dict):
        _feed(facts, list(value.items()))
    else:
        facts.update(value if isinstance(value, bytes) else repr(value).encode())


def unnamed(batch: Batch) -> Batch:
    """The batch under ids that no sample has, so that a ledger counts nothing for it."""
    return Batch(batch.ids.suffixed("/example"), batch.columns, batch.targets)
