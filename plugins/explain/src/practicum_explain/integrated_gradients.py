"""Integrated gradients, as fine as completeness asks."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.masking import AnyAbsent
from practicum.model import Model
from practicum_explain.baseline import baseline
from practicum_explain.leaf import Leaf
from practicum_explain.path import Integrator


class IntegratedGradients(Explainer):
    """The gradient of a class's logit averaged on the straight line from a baseline, times the distance from it.

    Follows Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks", arXiv:1703.01365. Attributions and
    the score of the baseline add up to the score. Differs in how the integral is taken: Gauss-Legendre nodes instead
    of equal steps, on pieces of the line that are divided where they don't account for the score, for each sample until
    ``tolerance`` is met (a kink of a ReLU, which costs an error of order 1/n with n equal steps, is closed in on).
    Exact with one node where the score is quadratic along the line.

    For text the line lies in the space of embeddings and starts at zero; a unit's value is the sum over its embedding.

    ``error`` is what attributions and base value still lack to the score; ``figures["pieces"]`` how many pieces the
    line took.

    Args:
        absent: the baseline: ``constant``, ``mean`` or ``blur``, see :mod:`practicum.masking`.
        nodes: gradients on each piece.
        tolerance: what the pieces may fail to account for together, as a share of the distance the score moves along
            the line, up and down, which is at least its difference.
        most: gradients spent on a sample, at most.
        batch_size: inputs differentiated at once.

    Raises:
        CapabilityError: the model gives no gradient, or no embeddings for text.
        DataError: the column is not float32 or float64 of one size.
        ModalityError: ``absent`` gives no baseline for the column.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> out = IntegratedGradients()(model, torch.tensor([[3.0, 1.0]]), target=0)
        >>> out.values.round(5), out.base_value, out.score
        (array([[ 3., -2.]], dtype=float32), array([0.]), array([1.]))
    """

    name: ClassVar[str] = "explain/integrated-gradients"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"
    adds_up: ClassVar[bool] = True

    absent: AnyAbsent | None = Field(default=None, description="the baseline; when left out: the mean of an image or "
                                     "series, zero for a state, zero embeddings for text")
    nodes: int = Field(default=4, ge=1, le=64, description="gradients on each piece of the line")
    tolerance: float = Field(default=1e-3, gt=0.0, description="what may be missing, as a share of the distance that "
                             "the score moves along the line")
    most: int = Field(default=512, ge=1, description="gradients spent on a sample, at most")
    batch_size: int = Field(default=128, ge=1, description="inputs differentiated at once")

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of each sample's class: an array of the input's shape, or one number for each unit of a text."""
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            path = Integrator(leaf, baseline(leaf, self.absent), nodes=self.nodes, tolerance=self.tolerance,
                              most=self.most, batch_size=self.batch_size)()
            values = leaf.attributions(path.values)
        return Explanation(values, target, batch.ids, units=leaf.units, base_value=path.start, error=path.gap,
                           method=self.name, score=path.end, figures={"pieces": path.pieces.astype(np.float64)})
