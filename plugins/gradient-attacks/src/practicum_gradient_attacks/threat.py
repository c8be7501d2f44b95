"""What the gradient attacks share: the fields of the threat, and which samples and values they leave alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from practicum.attack import Attack, Budget, Note, Perturbed
from practicum.batch import Batch
from practicum.columns.floats import FLOAT_MODALITIES, FloatColumn
from practicum.criterion import AnyCriterion, Criterion, Misclassified, Targeted
from practicum.errors import ConfigError
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.geometry import Radius
from practicum_gradient_attacks.limits import Eps, checked_eps, eps_of, free_of
from practicum_gradient_attacks.losses import Loss
from practicum_gradient_attacks.objective import Objective

if TYPE_CHECKING:
    import torch


class WhiteBoxAttack(Attack):
    """An attack on a float column that differentiates the model.

    Args:
        criterion: when a sample counts as won: another class wins (the default), a target class wins, the true class
            leaves the top k, another class wins with some probability, or several at once; see
            :mod:`practicum.criterion`. Samples that the criterion doesn't concern stay as they are.
        bounds: the box the result stays in; the model's own ``bounds`` when left out. Values that lie outside it
            already are not touched.
        only: name of a ``masks`` target with an array for each sample that broadcasts to its shape; only values
            where it isn't zero change.
    """

    modalities: ClassVar[frozenset[str]] = FLOAT_MODALITIES
    access: ClassVar[Literal["gradient", "score", "decision"]] = "gradient"

    criterion: AnyCriterion = Field(default=Misclassified(), description="when a sample counts as won")
    bounds: tuple[float, float] | None = Field(default=None, description="box of the inputs; the model's when left out")
    only: str | None = Field(default=None, description="masks target that says which values may change")

    @field_validator("bounds")
    @classmethod
    def _ordered(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] >= value[1]:
            raise ConfigError(f"bounds {value} are empty: give (lowest, highest)")
        return value

    def aim(self) -> Criterion:
        return self.criterion

    def box(self, model: Model) -> tuple[float, float] | None:
        """The field ``bounds``, or the model's."""
        bounds = self.bounds if self.bounds is not None else getattr(model, "bounds", None)
        return None if bounds is None else (float(bounds[0]), float(bounds[1]))

    def mask(self, batch: Batch) -> Any:
        """The values that may change, bool of the column's shape; ``None`` for all."""
        if self.only is None:
            return None
        return free_of(self.only, batch, batch.column_name(self.on, FLOAT_MODALITIES), by=self.name)

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch | Perturbed:
        """Attacked inputs for the same ids.

        Raises:
            DataError: the column isn't float32 or float64 of one size, or a mask or a budget doesn't fit it.
            TargetError: a target that a field names is missing.
            CapabilityError: the model's logits don't depend on the input tensor.
            ModelOutputError: the logits are not [N, C] with C >= 2.
        """
        return self.attacked(model, batch, keys)

    def perturb_from(self, model: Model, batch: Batch, start: Batch, keys: Keys) -> Batch | Perturbed:
        """:meth:`perturb` beginning at the inputs ``start``, where the attack is ``warm``."""
        return self.attacked(model, batch, keys, start) if self.warm else self.perturb(model, batch, keys)

    def attacked(self, model: Model, batch: Batch, keys: Keys, start: Batch | None = None) -> Batch:
        """What :meth:`perturb` and :meth:`perturb_from` do."""
        column = FloatColumn.of(batch, self.on, by=self.name)
        facts = self.criterion.facts(batch)
        if not len(batch) or not column.x[0].numel():
            return batch
        budget = self.budget(model, batch)
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure that it is Differentiable
            import torch

            column = FloatColumn.of(batch, self.on, by=self.name)  # again: an inference tensor can't carry gradients
            concerned = np.flatnonzero(self.criterion.concerns(facts))
            if not len(concerned):
                return batch
            if budget.free is not None:
                may = torch.from_numpy(budget.free).to(column.x.device)
                column = replace(column, free=may if column.free is None else may & column.free)
            part = column if len(concerned) == len(batch) else column.take(concerned)
            classes = {n: torch.as_tensor(v[concerned], device=column.x.device) for n, v in facts.items()}
            there = None if start is None else FloatColumn.of(start, self.on, by=self.name).x[concerned]
            objective = Objective(self.name, model, part, self.criterion, classes, bounds=budget.bounds,
                                  loss=str(getattr(self, "loss", "margin")), start=there,
                                  radius=_radius(budget, column, concerned))
            found = self.search(objective, keys.bind(part.batch.ids))
            if part is not column:
                rows, some = torch.as_tensor(concerned, device=found.device), found
                found = column.x.clone()
                found[rows] = some
        return column.restored(found)

    @abstractmethod
    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        """The attacked tensor [N, ...]; called with the model guarded and gradients enabled."""


class GradientAttack(WhiteBoxAttack):
    """An attack that follows the gradient of a loss in an Lp ball around each input.

    Args:
        norm: how the change is measured: ``linf`` the largest change, ``l2`` its length, ``l1`` the sum of changes.
        eps: largest change in that norm, in the input's units (8/255 for images in [0, 1]): one number; with ``linf``
            one for each channel (images: axis 1, states and series: the last); or the name of a ``value`` target that
            has one for each sample. Channels and samples of budget 0 stay as they are.
        loss: ``margin`` (largest other logit minus the true one), ``cross-entropy``, or ``dlr``, the margin over the
            distance of the best logit from the third best (with two classes, which have no third, the margin itself).
    """

    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.01, 0.03, 0.1)}

    norm: Literal["linf", "l2", "l1"] = Field(default="linf", description="norm of the change")
    eps: Eps = Field(default=8 / 255, description="largest change, in the input's units: a number, one for each "
                                                  "channel, or a target with one for each sample")
    loss: Loss = Field(default="margin", description="loss to climb")

    @field_validator("eps", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        try:
            return float(value) if isinstance(value, (str, int, np.generic)) else value
        except ValueError:
            return value

    @model_validator(mode="after")
    def _climbable(self) -> Self:
        checked_eps(self.eps, self.norm)
        if self.loss != "margin" and not isinstance(self.criterion, (Misclassified, Targeted)):
            raise ConfigError(f"loss {self.loss!r} has no form for criterion {self.criterion.goal!r}: use loss "
                              "'margin', which every criterion has")
        return self

    def budget(self, model: Model, batch: Batch) -> Budget:
        """The ball, the box and the mask."""
        eps = eps_of(self.eps, batch, batch.column_name(self.on, FLOAT_MODALITIES), by=self.name)
        return Budget(self.norm, eps, self.box(model), self.mask(batch))

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch | Perturbed:
        """Attacked inputs for the same ids; with the cross entropy and a note that it leaves an upper bound."""
        made = self.attacked(model, batch, keys)
        if self.loss != "cross-entropy" or self.upper_bound:
            return made
        return Perturbed(made, (Note("the cross entropy was climbed, which leaves samples right that the margin "
                                     "breaks: the robust accuracy is an upper bound", len(batch), len(batch),
                                     doubt=True),))


def _radius(budget: Budget, column: FloatColumn, rows: Any) -> Radius:
    """The budget's radius for some rows: a number, float64 [K], or float64 [K, D]."""
    import torch

    if np.ndim(budget.eps) == 0:
        return float(budget.eps)
    eps, x = torch.as_tensor(np.asarray(budget.eps), device=column.x.device), column.x
    if eps.ndim == 1 and len(eps) == len(x):
        return eps[rows]
    return eps.expand(x.shape).flatten(1)[rows]
