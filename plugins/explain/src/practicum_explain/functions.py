"""The torch functions that a forward pass calls, whoever calls them: modules, also reused ones, and plain functions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from practicum.errors import CapabilityError

SHAPES = frozenset({
    "view", "reshape", "flatten", "unflatten", "permute", "transpose", "squeeze", "unsqueeze", "expand", "expand_as",
    "contiguous", "clone", "to", "double", "float", "cpu", "cuda", "type_as", "__getitem__", "chunk", "split", "cat",
    "concat", "stack", "narrow", "select", "index_select", "gather", "movedim", "moveaxis", "swapaxes", "t", "repeat",
    "tile", "flip", "roll", "pad", "unbind", "__get__", "view_as", "reshape_as", "unfold", "as_tensor", "nan_to_num",
    "requires_grad", "pixel_shuffle", "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout",
    "feature_dropout"})
"""Functions that move numbers, and those that do nothing to numbers in evaluation mode."""
SUMS = frozenset({"add", "sub", "rsub", "__add__", "__radd__", "__iadd__", "__sub__", "__rsub__", "__isub__", "sum",
                  "mean", "avg_pool1d", "avg_pool2d", "avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d",
                  "adaptive_avg_pool3d", "neg", "__neg__", "interpolate"})
"""Linear in everything they are given."""
PRODUCTS = frozenset({"mul", "__mul__", "__rmul__", "__imul__", "div", "true_divide", "__truediv__", "__itruediv__",
                      "matmul", "__matmul__", "mm", "bmm", "mv", "einsum", "embedding_bag", "where", "masked_fill"})
"""Linear where only one of the tensors given depends on the input."""
LAYERS = frozenset({"linear", "conv1d", "conv2d", "conv3d"})
"""Weights and a bias."""
ACTIVATIONS = frozenset({"relu", "relu6", "hardtanh", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "mish",
                         "softplus", "sigmoid", "tanh", "hardswish", "hardsigmoid", "softsign", "rrelu", "threshold",
                         "clamp", "clamp_min", "clamp_max"})
"""Each number for itself."""
POOLS: dict[str, Any] = {"max_pool1d": torch.nn.functional.max_pool1d, "max_pool2d": torch.nn.functional.max_pool2d,
         "adaptive_max_pool1d": torch.nn.functional.adaptive_max_pool1d,
         "adaptive_max_pool2d": torch.nn.functional.adaptive_max_pool2d}
"""The largest number of a window."""

Function = Callable[..., Any]


class Watched(TorchFunctionMode):
    """Looks at every torch function whose result has a gradient back to the input. Nothing is attached to the model."""

    def __torch_function__(self, func: Any, types: Any, args: Sequence[Any] = (),
                           kwargs: Mapping[str, Any] | None = None) -> Any:
        name = str(getattr(func, "__name__", func))
        return self.called(name, func, tuple(args), dict(kwargs or {}))

    @abstractmethod
    def called(self, name: str, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What stands for ``func(*args, **kwargs)``; functions called in here aren't watched."""


class _NoRule(Exception):
    """Carries a refusal out of an operator, in which Python would swallow a CapabilityError, which is a TypeError."""


class Ruled(Watched):
    """Watched functions of which every one that depends on the input needs a rule.

    Args:
        by: the technique, for messages.

    Raises:
        CapabilityError: a function without a rule.
    """

    def __init__(self, by: str) -> None:
        super().__init__()
        self.by = by

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        super().__exit__(kind, error, traceback)  # type: ignore[no-untyped-call]  # torch has no annotation here
        if isinstance(error, _NoRule):
            raise CapabilityError(str(error)) from error

    def called(self, name: str, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        depends = [t for t in _tensors([args, kwargs]) if t.requires_grad]
        if not depends or not torch.is_grad_enabled():
            return func(*args, **kwargs)
        plain = name.removesuffix("_") if not name.endswith("__") else name
        if plain in ACTIVATIONS or plain in POOLS or plain in LAYERS or plain == "batch_norm":
            if name != plain:
                raise _NoRule(f"{self.by}: the model calls {name}, which overwrites its input: write {plain} "
                              "instead (inplace=True of a module is fine)")
            if "inplace" in kwargs:
                kwargs["inplace"] = False
            made = self.ruled(plain, func, args, kwargs)
            if made is not NotImplemented:
                return made
        out = func(*args, **kwargs)
        if not _followed(plain, args, len(depends)) and any(t.requires_grad for t in _tensors([out])):
            raise _NoRule(f"{self.by} has no rule for {plain}, which the model calls on what depends on its "
                          "input: it takes networks of linear and convolution layers, batch norm, pools, sums and "
                          "activations; use explain/integrated-gradients, which takes any")
        return out

    def refused(self, why: str) -> Exception:
        """What a rule raises that can't go on; outside it becomes a CapabilityError."""
        return _NoRule(f"{self.by}: {why}")

    @abstractmethod
    def ruled(self, name: str, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a layer, activation, pool or batch norm by its rule, or ``NotImplemented`` where its own
        gradient is right."""


def as_if(y: torch.Tensor, *terms: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
    """``y`` with another gradient: that of the sum of ``slope * z`` over terms ``(slope, z)``, slopes held fixed."""
    out = y.detach()
    for slope, z in terms:
        out = out + slope.detach() * (z - z.detach())
    return out


def _followed(name: str, args: tuple[Any, ...], depends: int) -> bool:
    """Whether a function's own gradient says what its inputs contribute: it is linear in them, or a max pool."""
    if name in SHAPES or name in SUMS or name in POOLS:
        return True
    if name == "batch_norm" or name in LAYERS:
        return depends == 1
    divided = "div" not in name or (isinstance(args[0], torch.Tensor) and args[0].requires_grad)
    return name in PRODUCTS and depends == 1 and divided


def _tensors(values: Any) -> list[torch.Tensor]:
    if isinstance(values, torch.Tensor):
        return [values]
    if isinstance(values, Mapping):
        values = list(values.values())
    if isinstance(values, (list, tuple)):
        return [t for v in values for t in _tensors(v)]
    return []
