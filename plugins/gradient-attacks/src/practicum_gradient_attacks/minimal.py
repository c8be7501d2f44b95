"""What the minimal-norm attacks share: no budget but the box, and the nearest winning point of each sample."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, field_validator, model_validator

from practicum.attack import Budget
from practicum.batch import Batch
from practicum.columns.floats import FLOAT_MODALITIES
from practicum.keys import Keys
from practicum.model import Model
from practicum_gradient_attacks.hunt import Hunt
from practicum_gradient_attacks.limits import Eps, checked_eps, eps_of
from practicum_gradient_attacks.polish import polished
from practicum_gradient_attacks.threat import WhiteBoxAttack

if TYPE_CHECKING:
    import torch

    from practicum_gradient_attacks.objective import Objective


class MinimalAttack(WhiteBoxAttack):
    """An attack that looks for the adversarial input nearest to each sample.

    The budget is infinite unless ``eps`` says otherwise, but the box holds. Of all points visited the nearest one that
    wins is kept, sample by sample; a sample for which none was found stays as it is, and so does one that has reached
    the criterion already.

    Args:
        norm: how distance is measured: ``linf``, ``l2``, ``l1``, or ``l0``, the number of values changed.
        eps: the largest distance allowed, in the forms of :class:`GradientAttack`; samples whose nearest point found
            lies farther stay as they are. Any distance when left out.
        rivals: with the criterion ``misclassified``, how many other classes are compared, those of the highest logits;
            each takes one gradient.
        polish: rounds of refinement at the end, which are no part of the papers: the boundary is linearised at the
            nearest point found, and the point of that plane nearest to the input within the box is tried. One gradient
            each, ``rivals`` gradients the first; a sample stops when a round gains nothing. 0 for the bare attack.
    """

    minimal: ClassVar[float | None] = 1.01

    norm: Literal["linf", "l2", "l1", "l0"] = Field(default="l2", description="norm of the change")
    eps: Eps | None = Field(default=None, description="largest change, in the input's units: a number, one for each "
                                                      "channel, or a target with one for each sample; any if left out")
    rivals: int = Field(default=9, ge=1, le=10_000, description="other classes compared, one gradient each")
    polish: int = Field(default=6, ge=0, le=1000, description="rounds of refinement at the end")

    @field_validator("eps", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        try:
            return float(value) if isinstance(value, (str, int, np.generic)) else value
        except ValueError:
            return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.eps is not None:
            checked_eps(self.eps, self.norm)
        return self

    def budget(self, model: Model, batch: Batch) -> Budget:
        """The box, the mask and, where ``eps`` is given, the ball."""
        name = batch.column_name(self.on, FLOAT_MODALITIES)
        eps = float("inf") if self.eps is None else eps_of(self.eps, batch, name, by=self.name)
        return Budget(self.norm, eps, self.box(model), self.mask(batch))

    def search(self, objective: Objective, keys: Keys) -> torch.Tensor:
        """The nearest winning point of each row, or the row itself; [N, ...]."""
        whole = Hunt.begin(objective, self.norm)
        whole.compare(self.rivals)
        going = whole.take((whole.far > 0).nonzero()[:, 0])  # the others have won already
        if len(going.rows):
            self.hunt(going, keys.bind(going.column.batch.ids))
            polished(whole, self.polish, self.rivals)
        return whole.result()

    @abstractmethod
    def hunt(self, part: Hunt, keys: Keys) -> None:
        """Visit points; the nearest winning one of each row is kept by the :class:`Hunt` itself."""
