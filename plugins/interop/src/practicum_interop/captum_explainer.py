"""Captum's attributions as an explainer."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field, PrivateAttr

from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import ConfigError, MissingRequirement, TechniqueFailed
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.keys.contained import contained
from practicum.model import Model
from practicum_interop.forward import Forward


class Captum(Explainer):
    """Any attribution to the input that Captum has, by the name of its class; see Kokhlikyan et al., "Captum: A unified
    and generic model interpretability library for PyTorch", arXiv:2009.07896.

    Differs from calling it oneself: each sample is explained alone, with draws of its own, so that it doesn't depend on
    the batch; the global generators, the model's modes, buffers and gradients are afterwards as they were; attributions
    keep the input's dtype (Captum's perturbation methods return float32 for float64).

    Args:
        method: a class of ``captum.attr``, as ``IntegratedGradients``.
        options: keyword arguments, of the class's constructor where it takes them and else of ``attribute``. With
            ``return_convergence_delta`` the explanation's ``error`` is the size of Captum's delta.

    Raises:
        MissingRequirement: Captum isn't installed.
        ConfigError: it has no such class, or the class takes other arguments.
        TechniqueFailed: the attributions don't have the input's shape (those of a layer).

    Example:
        >>> class Twice:
        ...     def __init__(self, forward):
        ...         self.forward = forward
        ...     def attribute(self, inputs, target=None):
        ...         return 2 * inputs
        >>> from practicum.testing.torch_toys import TorchToy
        >>> from_captum(Twice)(TorchToy.linear([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[3.0, 1.0]])).values
        array([[6., 2.]], dtype=float32)
    """

    name: ClassVar[str] = "interop/captum"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "series", "state"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"

    method: str = Field(default="IntegratedGradients", min_length=1, description="a class of captum.attr")
    options: dict[str, Any] = Field(default_factory=dict, description="its keyword arguments, constructor or attribute")
    _live: Any = PrivateAttr(default=None)
    _arguments: Any = PrivateAttr(default_factory=dict)

    def unnamed(self) -> tuple[str, str]:
        if self._live is not None:
            return self.method, "name a class of captum.attr with method= instead"
        odd = next(iter(self._arguments or {}), "")
        return (f"argument {odd!r}", "give numbers, texts or lists only") if odd else ("", "")

    def state_digest(self) -> str:
        return f"{id(self._live)}:{sorted(self._arguments)}" if self._live is not None or self._arguments else ""

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of the input's shape, one sample after the other."""
        column = FloatColumn.of(batch, self.on, by=self.name)
        rows, deltas = [], []
        inner: Any = model
        words = keys.words(2)
        with untouched(inner.modules()), contained() as seed:
            for row in range(len(batch)):
                one = column.take(np.array([row]))
                seed(int(words[row, 0]) << 32 | int(words[row, 1]))
                values, delta = self._attributed(Forward(model, one), one, int(target[row]))
                rows.append(values)
                deltas.append(delta)
        found = torch.cat(rows) if rows else column.x
        if column.free is not None:
            found = torch.where(column.free, found, 0.0)
        error = np.abs(np.array(deltas, dtype=np.float64)) if deltas and deltas[0] is not None else None
        return Explanation(found.detach().cpu().numpy(), target, batch.ids, error=error,
                           method=f"{self.name} {self.method}")

    def _attributed(self, forward: Forward, one: FloatColumn, target: int) -> tuple[torch.Tensor, float | None]:
        kind = self._class()
        given = {**self.options, **(self._arguments or {})}
        takes = set(inspect.signature(kind).parameters)
        made = kind(forward, **{k: v for k, v in given.items() if k in takes})
        arguments = {k: v for k, v in given.items() if k not in takes}
        known = inspect.signature(made.attribute).parameters
        unknown = [k for k in arguments if k not in known and not any(
            p.kind is inspect.Parameter.VAR_KEYWORD for p in known.values())]
        if unknown:
            raise ConfigError(f"{self.name}: {self.method} takes no argument {unknown[0]!r}; its constructor takes "
                              f"{', '.join(sorted(takes))}, its attribute {', '.join(known)}")
        x = torch.where(one.free, one.x, 0.0) if one.free is not None else one.x
        out: Any = made.attribute(x.requires_grad_(True), target=target, **arguments)
        delta = None
        if arguments.get("return_convergence_delta"):
            out, delta = out[0], float(torch.as_tensor(out[1]).reshape(-1)[0])
        out = out[0] if isinstance(out, tuple) else out
        if tuple(out.shape) != tuple(one.x.shape):
            raise TechniqueFailed(f"{self.name}: {self.method} returned attributions of shape {tuple(out.shape)} for "
                                  f"an input of shape {tuple(one.x.shape)}: choose a method that explains the input, "
                                  "not a layer")
        return out.detach().to(one.x.dtype), delta

    def _class(self) -> Any:
        if self._live is not None:
            return self._live
        if importlib.util.find_spec("captum") is None:
            raise MissingRequirement(f"{self.name} needs captum, which is not installed: pip install "
                                     "'practicum-interop[captum]'")
        known = importlib.import_module("captum.attr")
        found = getattr(known, self.method, None)
        if not inspect.isclass(found) or not hasattr(found, "attribute"):
            import difflib

            close = difflib.get_close_matches(self.method, dir(known), n=3)
            raise ConfigError(f"{self.name}: captum.attr has no attribution {self.method!r}"
                              + (f"; did you mean {', '.join(close)}?" if close else ""))
        return found

    @classmethod
    def of(cls, method: Any, **options: Any) -> Self:
        """See :func:`from_captum`."""
        plain: dict[str, Any] = {}
        live: dict[str, Any] = {}
        for name, value in options.items():
            (plain if _is_plain(value) else live)[name] = value
        named = isinstance(method, str)
        own = not named and str(getattr(method, "__module__", "")).split(".")[0] == "captum"
        made = cls(method=method if named else method.__name__, options=plain)
        object.__setattr__(made, "__pydantic_private__", {"_live": None if named or own else method,
                                                          "_arguments": live})
        return made


def from_captum(method: Any, **options: Any) -> Captum:
    """A Captum attribution as a Practicum explainer.

    Args:
        method: its class, or the name of one of ``captum.attr``; any class with Captum's calling form will do.
        **options: of its constructor or of ``attribute``, see :class:`Captum`.
    """
    return Captum.of(method, **options)


def _is_plain(value: Any) -> bool:
    try:
        return bool(json.loads(json.dumps(value)) == value)
    except (TypeError, ValueError):
        return False
