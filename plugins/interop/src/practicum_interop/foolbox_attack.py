"""Foolbox's attacks as an attack."""

from __future__ import annotations

import importlib.util
import inspect
import math
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
from pydantic import Field, PrivateAttr

from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import ConfigError, MissingRequirement
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.keys.contained import contained
from practicum.model import Model
from practicum_interop.forward import Forward

Norm = Literal["linf", "l2", "l1", "l0"]
NORMS: dict[float, Norm] = {math.inf: "linf", 2: "l2", 1: "l1", 0: "l0"}


class Foolbox(Attack):
    """Any attack that Foolbox has, by the name of its class; see Rauber et al., "Foolbox Native: Fast adversarial
    attacks to benchmark the robustness of machine learning models", DOI 10.21105/joss.02607.

    Differs from calling it oneself: each sample is attacked alone, with draws of its own; generators, modes, buffers
    and gradients are afterwards as they were; success, distance and queries are the core's own figures. What robust
    accuracy is left is declared an upper bound, since nothing is known of the attack's loss. Foolbox attacks inside a
    box only: for a model without bounds that is ten times the input's own spread, and the budget, beyond its values.

    Args:
        method: a class of ``foolbox.attacks``, as ``LinfPGD``.
        eps: the budget, in the attack's own norm; ``null`` lets attacks that look for the nearest adversarial input
            (DeepFool, Carlini-Wagner) go as far as they need.
        norm: of the budget: that of the attack's distance; wrong ones are refused.
        options: keyword arguments of the class's constructor.

    Raises:
        MissingRequirement: Foolbox isn't installed.
        ConfigError: it has no such attack, or the class takes other arguments, or measures another norm.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> class Up:
        ...     distance = type("Linf", (), {"p": math.inf})
        ...     def __call__(self, fmodel, inputs, criterion, *, epsilons):
        ...         moved = (inputs + epsilons).clamp(*fmodel.bounds)
        ...         return moved, moved, fmodel(moved).argmax(1) != criterion
        >>> model = TorchToy.linear([[0.0], [1.0]], [0.0, -0.5], bounds=(0, 1))
        >>> result = from_foolbox(Up(), eps=0.25)(model, torch.tensor([[0.375], [0.125]]), [0, 0])
        >>> result.adversarial.tolist(), result.success.tolist()
        ([[0.625], [0.375]], [True, False])
    """

    name: ClassVar[str] = "interop/foolbox"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "series", "state"})
    access: ClassVar[Literal["gradient", "score", "decision"]] = "gradient"
    upper_bound: ClassVar[bool] = True

    method: str = Field(default="LinfPGD", min_length=1, description="a class of foolbox.attacks")
    eps: float | None = Field(default=0.03, ge=0.0, description="the budget; null for the nearest adversarial input")
    norm: Norm = Field(default="linf", description="the norm of the attack's distance")
    options: dict[str, Any] = Field(default_factory=dict, description="keyword arguments of its constructor")
    _live: Any = PrivateAttr(default=None)

    def unnamed(self) -> tuple[str, str]:
        return ("", "") if self._live is None else (self.method, "name a class of foolbox.attacks with method= instead")

    def state_digest(self) -> str:
        return "" if self._live is None else f"{id(self._live)}"

    def budget(self, model: Model, batch: Batch) -> Budget:
        return Budget(self.norm, math.inf if self.eps is None else self.eps, getattr(model, "bounds", None))

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        """Attacked inputs, one sample after the other."""
        inner: Any = model
        column = FloatColumn.of(batch, self.on, by=self.name)
        attack, words, rows = self._attack(), keys.words(2), []
        with untouched(inner.modules()), contained() as seed:
            for row in range(len(batch)):
                one = column.take(np.array([row]))
                seed(int(words[row, 0]) << 32 | int(words[row, 1]))
                label = torch.as_tensor(batch.label[row:row + 1], device=one.x.device)
                x = one.x if one.free is None else torch.where(one.free, one.x, 0.0)
                asked = self._model(Forward(model, one).eval(), inner.bounds or self._box(x), one.x.device)
                _, clipped, _ = attack(asked, x, label, epsilons=self.eps)
                rows.append(clipped.detach().to(one.x.dtype))
        found = torch.cat(rows) if rows else column.x
        return column.restored(found if column.free is None else torch.where(column.free, found, column.x))

    def _box(self, x: torch.Tensor) -> tuple[float, float]:
        low, high = float(x.min()), float(x.max())
        room = 10 * max(high - low, 1.0) + (self.eps or 0.0)
        return low - room, high + room

    def _model(self, forward: Forward, bounds: tuple[float, float], device: torch.device) -> Any:
        if self._live is not None and importlib.util.find_spec("foolbox") is None:
            return _Plain(forward, bounds)  # an attack of another library with Foolbox's calling form
        from foolbox.models.pytorch import PyTorchModel

        return PyTorchModel(forward, bounds=bounds, device=device)

    def _attack(self) -> Any:
        attack = self._live if self._live is not None else self._made()
        distance = getattr(attack, "distance", None)
        measured = NORMS.get(getattr(distance, "p", None) or 0.0) if distance is not None else None
        if measured is not None and measured != self.norm:
            raise ConfigError(f"{self.name}: {self.method} measures {measured}, so norm={self.norm!r} would judge it "
                              f"by another distance: give norm={measured!r}")
        return attack

    def _made(self) -> Any:
        if importlib.util.find_spec("foolbox") is None:
            raise MissingRequirement(f"{self.name} needs foolbox, which is not installed: pip install "
                                     "'practicum-interop[foolbox]'")
        import foolbox.attacks

        found = getattr(foolbox.attacks, self.method, None)
        if not inspect.isclass(found) or not hasattr(found, "run"):
            import difflib

            close = difflib.get_close_matches(self.method, dir(foolbox.attacks), n=3)
            raise ConfigError(f"{self.name}: foolbox.attacks has no attack {self.method!r}"
                              + (f"; did you mean {', '.join(close)}?" if close else ""))
        try:
            return found(**self.options)
        except TypeError as error:
            raise ConfigError(f"{self.name}: {self.method} can't be made with {self.options}: {error}") from error

    @classmethod
    def of(cls, attack: Any, eps: float | None, norm: Norm | None, options: dict[str, Any]) -> Self:
        """See :func:`from_foolbox`."""
        if isinstance(attack, str):
            made = cls(method=attack, eps=eps, norm=norm or "linf", options=options)
            return made if norm is not None else made.evolve(norm=_norm_of(made._made(), made.method))
        if inspect.isclass(attack):
            attack = attack(**options)
        name = type(attack).__name__
        made = cls(method=name, eps=eps, norm=norm or _norm_of(attack, name))
        object.__setattr__(made, "__pydantic_private__", {"_live": attack})
        return made


class _Plain:
    """What an attack with Foolbox's calling form needs of Foolbox's model."""

    def __init__(self, forward: Forward, bounds: tuple[float, float]) -> None:
        self._forward, self.bounds = forward, bounds

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self._forward(x)
        return out


def _norm_of(attack: Any, name: str) -> Norm:
    p = getattr(getattr(attack, "distance", None), "p", None)
    if p not in NORMS:
        raise ConfigError(f"interop/foolbox: {name} doesn't say in which norm it measures: give norm='linf', 'l2', "
                          "'l1' or 'l0'")
    return NORMS[p]


def from_foolbox(attack: Any, eps: float | None = None, norm: Norm | None = None, **options: Any) -> Foolbox:
    """A Foolbox attack as a Practicum attack.

    Args:
        attack: an attack, its class, or the name of one of ``foolbox.attacks``; anything with Foolbox's calling form.
        eps: see :class:`Foolbox`.
        norm: that of the attack's ``distance`` when left out.
        **options: of its constructor, where a class or a name is given.
    """
    return Foolbox.of(attack, eps, norm, options)
