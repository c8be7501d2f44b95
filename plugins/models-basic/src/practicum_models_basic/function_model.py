"""A plain function as a black-box model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import Field, PrivateAttr, model_validator

from practicum.batch import Batch
from practicum.errors import CapabilityError, ConfigError, ModelOutputError, PracticumError, TechniqueFailed
from practicum.importing import import_path
from practicum.model import Model, Predictions
from practicum_models_basic.columns import array_of, frame_of


class FunctionModel(Model):
    """A function from a batch of inputs to scores [N, C]; it offers no gradients.

    What the function gets: text: a list of str; image: a float tensor [N, C, H, W] (uint8 scaled to ``bounds``), or a
    list of [H, W, C] arrays where sizes differ; state and series: an array; record: a pandas frame. ``takes="numpy"``
    gives images as an array too. What it returns: scores [N, C] as anything NumPy can read, values [N] for regression.

    The fingerprint of a wrapped function covers its code and constants, not what it calls or closes over: give
    ``revision`` another value when those change.

    Raises:
        ConfigError: the import path is wrong, or a class was given where a function is expected.
        ModelOutputError: the function returned another shape.
        TechniqueFailed: the function raised.

    Example:
        >>> import practicum as pm
        >>> model = pm.wrap(lambda texts: [[len(t), 3.0] for t in texts], modality="text")
        >>> model.predict(pm.Batch.of(["a", "four"])).labels.tolist()
        [1, 0]
    """

    name: ClassVar[str] = "models-basic/callable"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "record", "series", "state", "text"})
    import_fields: ClassVar[tuple[str, ...]] = ("function",)

    on: str | None = Field(default=None, description="the column to read, where there is a choice")
    modality: Literal["image", "record", "series", "state", "text"] = Field(default="image",
                                                                            description="modality of the input")
    bounds: tuple[float, float] | None = Field(default=None, description="the box of valid inputs; null for none")
    classes: tuple[str, ...] = Field(default=(), description="class names, in the order of the scores")
    batch_size: int = Field(default=256, ge=1, description="samples handed over at a time")
    predicts: Literal["classification", "regression"] = Field(default="classification", description="the task")
    takes: Literal["native", "numpy"] = Field(default="native", description="how images are handed over")
    repeatable: bool = Field(default=True, description="the same input always gives the same output")
    revision: str = Field(default="", description="a name for the function's present behaviour, for caches")
    function: str | None = Field(default=None, description="import path, pkg.mod:function or file.py:function; null "
                                                           "for a wrapped function")
    _call: Callable[[Any], Any] | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _facts(self) -> Self:
        object.__setattr__(self, "modalities", frozenset({self.modality}))
        object.__setattr__(self, "task", self.predicts)
        object.__setattr__(self, "deterministic", self.repeatable)
        return self

    @classmethod
    def wrap(cls, obj: Callable[[Any], Any], **fields: Any) -> Self:
        """A model around a function.

        Raises:
            CapabilityError: a class was given instead of an object.
        """
        if isinstance(obj, type):
            raise CapabilityError(f"{obj.__qualname__} is a class, not a model: make an object of it first, "
                                  f"practicum.wrap({obj.__qualname__}(...))")
        made = cls(**fields)
        made._call = obj
        return made

    @property
    def call(self) -> Callable[[Any], Any]:
        """The function.

        Raises:
            ConfigError: there is none, or the import path is wrong.
        """
        if self._call is None:
            if self.function is None:
                raise ConfigError(f"{self.name} holds no function: wrap one with practicum.wrap(function, ...), or "
                                  "give function, an import path")
            found = import_path(self.function, role=f"{self.name}: function")
            if not callable(found) or isinstance(found, type):
                raise ConfigError(f"{self.name}: {self.function} is a {type(found).__name__}, not a function")
            self._call = found
        return self._call

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        if self.function is not None:  # found again by its path: functions of files don't pickle by reference
            state["__pydantic_private__"] = {**(state["__pydantic_private__"] or {}), "_call": None}
        return state

    def predict(self, batch: Batch) -> Predictions:
        """Scores [N, C] (values [N] for regression), ``batch_size`` samples at a time."""
        parts = []
        for start in range(0, len(batch), self.batch_size):
            part = batch if len(batch) <= self.batch_size else batch.take(
                np.arange(start, min(start + self.batch_size, len(batch))))
            parts.append(self._scores(part))
        if len({p.shape[1:] for p in parts}) > 1:
            shapes = sorted({p.shape[1:] for p in parts})
            raise ModelOutputError(f"{self.name}: the function returned rows of differing shapes {shapes}; each sample "
                                   "needs the same number of scores")
        empty = np.zeros((0, max(len(self.classes), 1)), np.float32)
        return Predictions(self.task, batch.ids, np.concatenate(parts) if parts else empty, self.classes)

    def _scores(self, batch: Batch) -> Any:
        given = self._inputs(batch)
        try:
            with torch.no_grad():
                output = self.call(given)
        except PracticumError:
            raise
        except Exception as error:
            raise TechniqueFailed(f"{self.name}: the function raised {type(error).__name__} on {len(batch)} samples "
                                  f"(first id {batch.ids[0]!r}): {error}") from error
        try:
            scores = np.asarray(output.detach().cpu().float() if hasattr(output, "detach") else output)
            if scores.dtype.kind not in "fiub":
                scores = scores.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ModelOutputError(f"{self.name}: the function returned {type(output).__name__}, which is no array of "
                                   f"numbers [{len(batch)}, classes]: {error}") from error
        wanted = "[{n}, classes]" if self.task == "classification" else "[{n}]"
        if scores.ndim == 0 or len(scores) != len(batch) or (self.task == "classification" and scores.ndim != 2):
            raise ModelOutputError(f"{self.name}: the function returned shape {scores.shape} for {len(batch)} "
                                   f"samples; it must return {wanted.format(n=len(batch))}")
        if self.task == "classification" and self.classes and scores.shape[1] != len(self.classes):
            raise ModelOutputError(f"{self.name}: the function returned {scores.shape[1]} scores a sample but "
                                   f"{len(self.classes)} classes are named")
        return scores if scores.dtype.kind == "f" else scores.astype(np.float32)

    def _inputs(self, batch: Batch) -> Any:
        column = batch.column_name(self.on, frozenset({self.modality}))
        if self.modality == "text":
            return batch.to_list(column)
        if self.modality == "record":
            return frame_of(batch, column)
        if self.modality == "image" and isinstance(batch.columns[column].data, list):
            return batch.to_list(column)
        array = array_of(batch, column, self.bounds)
        # A copy: a function that writes into its input must not change the caller's batch.
        array = array.copy()
        return torch.from_numpy(array) if self.modality == "image" and self.takes == "native" else array

    def unnamed(self) -> tuple[str, str]:
        return ("", "") if self.function is not None else ("function", "give function='file.py:name'")

    def state_digest(self) -> str:
        if self._call is None and self.function is None:
            return ""
        call = self.call
        code = getattr(call, "__code__", None)
        parts = [getattr(call, "__module__", ""), getattr(call, "__qualname__", type(call).__qualname__)]
        if code is not None:
            parts += [code.co_code.hex(), repr([c for c in code.co_consts if not hasattr(c, "co_code")])]
        return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
