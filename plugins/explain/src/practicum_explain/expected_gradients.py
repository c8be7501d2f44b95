"""Expected gradients: integrated gradients averaged over the samples of a background."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from practicum.batch import Batch
from practicum.columns.floats import FloatColumn
from practicum.errors import DataError
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.masking import Background
from practicum.model import Model
from practicum_explain.leaf import Leaf, in_chunks

if TYPE_CHECKING:
    import torch


class ExpectedGradients(Explainer):
    """Gradients at random points between the sample and samples of a background, times the distance between them.

    Follows Erion et al., "Improving performance of deep learning models with axiomatic attribution priors and expected
    gradients", arXiv:1906.10670 (GradientSHAP is the same expectation with noise on the input). In expectation these
    are the integrated gradients averaged over the background as baselines, which add up to the score minus the
    background's mean score. Differs: every row of the background is used equally often, and along each line the random
    points are stratified and mirrored, which keeps the expectation and makes it exact where the score is quadratic
    along the lines.

    ``error`` is what attributions and base value lack to the score; it shrinks with ``pairs``.

    Args:
        absent: the background: ``Background.of(batch)``, or ``{kind: background, data: {use: SOURCE}}``.
        pairs: of points on the line to each row of the background; each costs two gradients.
        batch_size: inputs differentiated at once.

    Raises:
        CapabilityError: the model gives no gradient.
        DataError: the column is not float32 or float64 of one size, or the background's samples have another shape or
            missing values.

    Example:
        >>> import torch
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> background = Background.of(Batch.of(torch.tensor([[1.0, 0.0], [1.0, 2.0]])))
        >>> out = ExpectedGradients(absent=background)(model, torch.tensor([[3.0, 1.5]]), target=0)
        >>> out.values.round(5), out.base_value
        (array([[ 2., -1.]], dtype=float32), array([-1.]))
    """

    name: ClassVar[str] = "explain/expected-gradients"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"
    adds_up: ClassVar[bool] = True

    absent: Background = Field(description="the samples that attribution starts from, equally often each")
    pairs: int = Field(default=4, ge=1, description="mirrored pairs of points on each line; each costs two gradients")
    batch_size: int = Field(default=128, ge=1, description="inputs differentiated at once")

    def unnamed(self) -> tuple[str, str]:
        return self.absent.unnamed()

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of each sample's class, an array of the input's shape."""
        import torch

        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            held = self._held(leaf, batch.column_name(self.on, self.modalities))
            score = leaf.score_at(leaf.x, leaf.all_rows()) if len(leaf) else np.zeros(0)
            values = torch.zeros_like(leaf.x, dtype=torch.float64)
            base = np.zeros(len(leaf))
            for part in in_chunks(len(leaf), max(1, self.batch_size // (2 * self.pairs))):
                rows = np.arange(part.start, part.stop, dtype=np.int64)
                mine = keys.bind(batch.ids.take(rows))
                for number, start in enumerate(held):
                    found, scores = self._of_line(leaf, start, mine.uniform53(self.pairs, lane=number), rows)
                    values[part] += found / len(held)
                    base[part] += scores / len(held)
            total = values.flatten(1).sum(dim=1).cpu().numpy() if len(leaf) else np.zeros(0)
            made = leaf.attributions(values)
        return Explanation(made, target, batch.ids, base_value=base, error=np.abs(base + total - score),
                           method=self.name, score=score)

    def _of_line(self, leaf: Leaf, start: torch.Tensor, drawn: npt.NDArray[np.float64],
                 rows: npt.NDArray[np.int64]) -> tuple[torch.Tensor, npt.NDArray[np.float64]]:
        """Attributions from one row of the background, and the scores there."""
        import torch

        x, free = leaf.at(rows), leaf.free_at(rows)
        reach = x - start
        reach = reach if free is None else torch.where(free, reach, 0.0)
        near = (np.arange(self.pairs) + drawn) / (2 * self.pairs)
        t = torch.as_tensor(np.concatenate([near, 1 - near], axis=1)).to(x)
        points = x[:, None] - (1 - t).reshape(*t.shape, *[1] * (x.ndim - 1)) * reach[:, None]
        gradient = leaf.gradient(points.flatten(0, 1), np.repeat(rows, t.shape[1]))[1].double()
        mean = gradient.reshape(points.shape).mean(dim=1)
        return mean * reach.double(), leaf.score_at(x - reach, rows)

    def _held(self, leaf: Leaf, name: str) -> torch.Tensor:
        """The background's samples, of the dtype of those explained."""
        import torch

        held = self.absent.batch
        column = FloatColumn.of(held, name if name in held.columns else None, by=self.name)
        found = column.x.to(leaf.x)
        if found.shape[1:] != leaf.x.shape[1:]:
            raise DataError(f"{self.name}: the background's samples have shape {tuple(found.shape[1:])}, those "
                            f"explained {tuple(leaf.x.shape[1:])}: give background samples of the same shape")
        if bool(torch.isnan(found).any()):
            raise DataError(f"{self.name}: the background has missing values (NaN), which can't stand for absent ones: "
                            "leave such rows out, or fill them")
        return found
