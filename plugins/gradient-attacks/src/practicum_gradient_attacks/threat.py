"""What the gradient attacks share: the threat's fields, the model's gradient, and which samples they leave alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from practicum.attack import Attack, Budget
from practicum.batch import Batch
from practicum.columns.floats import FLOAT_MODALITIES, FloatColumn
from practicum.criterion import AnyCriterion, Criterion, Misclassified, Targeted, within
from practicum.errors import CapabilityError, ConfigError, DataError, ModelOutputError
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.geometry import steepest
from practicum_gradient_attacks.losses import LOSSES, Loss

if TYPE_CHECKING:
    import torch


class GradientAttack(Attack):
    """An attack that follows the gradient of a loss in an Lp ball around each input.

    Args:
        norm: how the change is measured: ``linf`` the largest change, ``l2`` its length, ``l1`` the sum of changes.
        eps: largest change in that norm, in the input's units (8/255 for images in [0, 1]).
        loss: ``margin`` (largest other logit minus the true one), or ``cross-entropy``.
        criterion: when a sample counts as won: another class wins (the default), a target class wins, the true class
            leaves the top k, another class wins with some probability, or several at once; see
            :mod:`practicum.criterion`. Samples that the criterion doesn't concern stay as they are.
        bounds: the box the result stays in; the model's own ``bounds`` when left out. Values that lie outside it
            already are not touched.
    """

    modalities: ClassVar[frozenset[str]] = FLOAT_MODALITIES
    access: ClassVar[Literal["gradient", "score", "decision"]] = "gradient"
    sweep: ClassVar[Mapping[str, tuple[float, ...]]] = {"eps": (0.01, 0.03, 0.1)}

    norm: Literal["linf", "l2", "l1"] = Field(default="linf", description="norm of the change")
    eps: float = Field(default=8 / 255, gt=0.0, description="largest change, in the input's units")
    loss: Loss = Field(default="margin", description="loss to climb")
    criterion: AnyCriterion = Field(default=Misclassified(), description="when a sample counts as won")
    bounds: tuple[float, float] | None = Field(default=None, description="box of the inputs; the model's when left out")

    @field_validator("bounds")
    @classmethod
    def _ordered(cls, value: tuple[float, float] | None) -> tuple[float, float] | None:
        if value is not None and value[0] >= value[1]:
            raise ConfigError(f"bounds {value} are empty: give (lowest, highest)")
        return value

    @model_validator(mode="after")
    def _climbable(self) -> Self:
        if self.loss != "margin" and not isinstance(self.criterion, (Misclassified, Targeted)):
            raise ConfigError(f"loss {self.loss!r} has no form for criterion {self.criterion.goal!r}: use loss "
                              "'margin', which every criterion has")
        return self

    def aim(self) -> Criterion:
        return self.criterion

    def budget(self, model: Model, batch: Batch) -> Budget:
        """The ball and the box."""
        bounds = self.bounds if self.bounds is not None else getattr(model, "bounds", None)
        return Budget(self.norm, self.eps, None if bounds is None else (float(bounds[0]), float(bounds[1])))

    def perturb(self, model: Model, batch: Batch, keys: Keys) -> Batch:
        """Attacked inputs for the same ids.

        Raises:
            DataError: the column isn't float32 or float64 of one size.
            CapabilityError: the model's logits don't depend on the input tensor.
            ModelOutputError: the logits are not [N, C] with C >= 2.
        """
        column = FloatColumn.of(batch, self.on, by=self.name)
        facts = self.criterion.facts(batch)
        if not len(batch) or not column.x[0].numel():
            return batch
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure that it is Differentiable
            import torch

            column = FloatColumn.of(batch, self.on, by=self.name)  # again: an inference tensor can't carry gradients
            concerned = np.flatnonzero(self.criterion.concerns(facts))
            if not len(concerned):
                return batch
            part = column if len(concerned) == len(batch) else column.take(concerned)
            classes = {n: torch.as_tensor(v[concerned], device=column.x.device) for n, v in facts.items()}
            found = column.x.clone()
            found[torch.as_tensor(concerned, device=found.device)] = self.search(
                Objective(self, model, part, classes), keys.bind(part.batch.ids))
        return column.restored(found)

    @abstractmethod
    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        """The attacked tensor [N, ...]; called with the model guarded and gradients enabled."""


class Objective:
    """The loss of one batch under one attack, and its gradient.

    Args:
        attack, model, column: whose.
        facts: what the attack's criterion is measured against, int64 [N] each.
        rival: the class that should win, int64 [N], where it is chosen beforehand.
    """

    def __init__(self, attack: GradientAttack, model: Model, column: FloatColumn, facts: Mapping[str, torch.Tensor],
                 rival: torch.Tensor | None = None) -> None:
        self.attack, self.model, self.column, self.facts, self.rival = attack, model, column, facts, rival

    @property
    def x(self) -> torch.Tensor:
        """The clean inputs [N, ...]."""
        return self.column.x

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The box."""
        return self.attack.budget(self.model, self.column.batch).bounds

    @property
    def label(self) -> torch.Tensor:
        """The true classes, int64 [N]."""
        return self.facts["label"]

    def take(self, rows: torch.Tensor) -> Objective:
        """The objective of some rows."""
        rival = None if self.rival is None else self.rival[rows]
        facts = {n: v[rows] for n, v in self.facts.items()}
        return Objective(self.attack, self.model, self.column.take(rows), facts, rival)

    def against(self, rival: torch.Tensor) -> Objective:
        """The objective of letting class ``rival`` [N] win, rather than whichever other class leads."""
        return Objective(self.attack, self.model, self.column, self.facts, rival)

    def rivals(self, most: int) -> torch.Tensor:
        """Other classes, the one that the linearised model lets win most clearly within ball and box first.

        The leading logit alone may point to a class that can't be reached while another one can. On a linear model
        the first class is exactly the best one.

        Args:
            most: classes compared, those of the highest logits; each takes one backward pass.

        Returns:
            int64 [N, min(most, C - 1)].
        """
        import torch

        leaf = self.x.detach().requires_grad_(True)
        logits = self._connected(leaf)
        others = logits.detach().scatter(1, self.label[:, None], float("-inf"))
        classes = others.topk(min(most, logits.shape[1] - 1), dim=1).indices
        if classes.shape[1] == 1:
            return classes
        start, promised = self.x.flatten(1), []
        for k in classes.unbind(dim=1):
            gap = logits.gather(1, k[:, None])[:, 0] - logits.gather(1, self.label[:, None])[:, 0]
            slope = self._slope(gap, leaf, keep=True).flatten(1)
            end = steepest(start, slope, start, self.attack.norm, self.attack.eps, self.bounds)
            gain = (torch.nan_to_num(end.double() - start.double()) * slope.double()).sum(dim=1)
            promised.append(gap.detach().double() + gain)
        order = torch.stack(promised, dim=1).nan_to_num(nan=float("-inf")).argsort(dim=1, descending=True, stable=True)
        return classes.gather(1, order)

    def value(self, x: torch.Tensor) -> torch.Tensor:
        """The margin at ``x`` [N]: how far the attack's aim is reached, positive when it is."""
        import torch

        with torch.no_grad():
            return self._margin(self._logits(x))

    def gradient(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The margin [N], and the gradient of the loss [N, ...]: finite, and zero where the model gives none."""
        leaf = x.detach().requires_grad_(True)
        logits = self._connected(leaf)
        if self.rival is not None:
            loss = (logits.gather(1, self.rival[:, None]) - logits.gather(1, self.label[:, None]))[:, 0]
        elif self.attack.loss == "margin":
            loss = self.attack.criterion.margin(logits, self.facts)
        elif isinstance(self.attack.criterion, Targeted):
            loss = -LOSSES[self.attack.loss](logits, within(self.attack.criterion.wanted(self.facts), logits))
        else:
            loss = LOSSES[self.attack.loss](logits, self.label)
        return self._margin(logits.detach()), self._slope(loss, leaf)

    def _connected(self, leaf: torch.Tensor) -> torch.Tensor:
        logits = self._logits(leaf)
        if not logits.requires_grad:
            raise CapabilityError(f"{self.attack.name} needs logits that depend on the input tensor, but those of "
                                  f"{self.model.name} are cut off from it: don't detach, convert to NumPy or use "
                                  "torch.no_grad in its logits()")
        return logits

    def _slope(self, loss: torch.Tensor, leaf: torch.Tensor, *, keep: bool = False) -> torch.Tensor:
        """The gradient of each sample's loss [N, ...]."""
        import torch

        gradient: Any = torch.autograd.grad(loss.sum(), leaf, allow_unused=True, retain_graph=keep)[0]
        if gradient is None:
            raise CapabilityError(f"{self.attack.name} found no path from the logits of {self.model.name} back to the "
                                  "input: its logits() must use the tensor of the batch it is given")
        gradient = torch.nan_to_num(gradient, nan=0.0)
        return gradient if self.column.free is None else gradient * self.column.free

    def _margin(self, logits: torch.Tensor) -> torch.Tensor:
        return self.attack.criterion.margin(logits, self.facts).double()

    def _logits(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.model.logits(self.column.with_values(x))  # type: ignore[attr-defined]  # Differentiable
        if logits.ndim != 2 or len(logits) != len(x) or logits.shape[1] < 2:
            raise ModelOutputError(f"{self.attack.name}: {self.model.name} returned logits of shape "
                                   f"{tuple(logits.shape)} for {len(x)} samples; it must return [{len(x)}, C] with at "
                                   "least two classes")
        if int(self.label.max()) >= logits.shape[1]:
            row = int(self.label.argmax())
            raise DataError(f"{self.attack.name}: sample {self.column.batch.ids[row]!r} has class "
                            f"{int(self.label[row])}, but {self.model.name} knows {logits.shape[1]} classes (0 to "
                            f"{logits.shape[1] - 1}): fix the labels or the model's number of classes")
        return logits
