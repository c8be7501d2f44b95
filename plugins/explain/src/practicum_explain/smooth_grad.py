"""SmoothGrad: the gradient averaged over noise, and how much it varies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from practicum.batch import Batch
from practicum.errors import ConfigError
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_explain.leaf import Leaf, in_chunks, reduced

if TYPE_CHECKING:
    from typing import Self

    import torch


class SmoothGrad(Explainer):
    """The gradient of a class's logit, averaged over Gaussian noise on the input.

    Follows Smilkov et al., "SmoothGrad: removing noise by adding noise", arXiv:1706.03825. Differs: draws come in
    mirrored pairs (noise and its negative), which keeps the expectation and makes the mean exact on quadratics.
    ``statistic="squares"`` averages the squares of the gradients, arXiv:1806.10758; ``"variance"`` is VarGrad
    (Adebayo et al., arXiv:1810.03307), the variance of the gradients around their mean over all draws.

    For text the noise lies on the embeddings, and a unit has the inner product of mean gradient and embedding
    (``times_input=False``: the length of the mean gradient); of the other statistics the sum over its embedding.

    ``error`` is the standard error of a sample's least certain mean gradient, estimated from its pairs.

    Args:
        std: standard deviation of the noise, as a share of the range of the sample's own values.
        relative: false for ``std`` in the input's own units.
        pairs: of draws; each costs two gradients. More pairs begin with the same draws.
        statistic: ``mean``, ``squares`` or ``variance``.
        absolute: sizes without sign.
        times_input: of the mean: times the input. When left out: yes for text, no for everything else.
        batch_size: inputs differentiated at once.

    Raises:
        CapabilityError: the model gives no gradient, or no embeddings for text.
        ConfigError: ``times_input`` was asked of another statistic than the mean.
        DataError: the column is not float32 or float64 of one size.

    Example:
        >>> import torch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> SmoothGrad(absolute=False)(model, torch.tensor([[3.0, 1.0]]), target=0).values
        array([[ 1., -2.]], dtype=float32)
    """

    name: ClassVar[str] = "explain/smooth-grad"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"

    std: float = Field(default=0.15, ge=0.0, description="standard deviation of the noise")
    relative: bool = Field(default=True, description="std is a share of the range of the sample's values")
    pairs: int = Field(default=16, ge=1, description="mirrored pairs of draws; each costs two gradients")
    statistic: Literal["mean", "squares", "variance"] = Field(default="mean", description="of the gradients")
    absolute: bool = Field(default=True, description="sizes without sign")
    times_input: bool | None = Field(default=None, description="mean gradient times input; when left out, for text "
                                     "only")
    batch_size: int = Field(default=128, ge=1, description="inputs differentiated at once")

    @model_validator(mode="after")
    def _means_only(self) -> Self:
        if self.times_input and self.statistic != "mean":
            raise ConfigError(f"times_input has a meaning for the mean gradient, not for its {self.statistic}: leave "
                              "it out")
        return self

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of each sample's class: an array of the input's shape, or one number for each unit of a text."""
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            moments = self._moments(leaf, keys)
            if self.statistic == "mean":
                times_input = leaf.modality == "text" if self.times_input is None else self.times_input
                values = reduced(leaf, moments.mean.to(leaf.x), absolute=self.absolute, times_input=times_input)
            else:
                found = moments.squares - (moments.mean**2 if self.statistic == "variance" else 0.0)
                values = leaf.attributions(found.clamp(min=0.0))
            error = moments.error(self.pairs) if self.statistic == "mean" else None
        return Explanation(values, target, batch.ids, units=leaf.units, error=error, method=self.name)

    def _moments(self, leaf: Leaf, keys: Keys) -> _Moments:
        made = _Moments(leaf.x)
        width = int(np.prod(leaf.x.shape[1:]))
        std = self._std(leaf)
        for part in in_chunks(len(leaf), max(1, self.batch_size // 2)):
            rows = np.arange(part.start, part.stop, dtype=np.int64)
            mine = keys.bind(leaf.batch.ids.take(rows))
            for pair in range(self.pairs):
                noise = self._noise(leaf, mine.normal(width, lane=pair), rows) * std[part]
                both = np.concatenate([rows, rows])
                x = leaf.at(rows)
                made.add(rows, leaf.gradient(_cat(x + noise, x - noise), both)[1])
        return made.over(self.pairs)

    def _noise(self, leaf: Leaf, drawn: npt.NDArray[np.float32], rows: npt.NDArray[np.int64]) -> Any:
        import torch

        noise = torch.from_numpy(np.ascontiguousarray(drawn)).to(leaf.x).reshape(len(rows), *leaf.x.shape[1:])
        free = leaf.free_at(rows)
        return noise if free is None else torch.where(free, noise, 0.0)

    def _std(self, leaf: Leaf) -> Any:
        """Standard deviations [N, 1, ...]."""
        import torch

        shape = (len(leaf), *[1] * (leaf.x.ndim - 1))
        if not self.relative or not leaf.x.numel():
            return torch.full(shape, self.std, dtype=leaf.x.dtype, device=leaf.x.device)
        free = torch.ones_like(leaf.x, dtype=torch.bool) if leaf.free is None else leaf.free
        high = torch.where(free, leaf.x, -torch.inf).flatten(1).amax(dim=1)
        low = torch.where(free, leaf.x, torch.inf).flatten(1).amin(dim=1)
        return (self.std * (high - low).clamp(min=0.0)).reshape(shape)


def _cat(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    import torch

    return torch.cat([first, second])


class _Moments:
    """Sums over pairs: of gradients, of their squares, and of the squares of pairs' means; float64."""

    def __init__(self, x: torch.Tensor) -> None:
        import torch

        self.mean, self.squares, self.between = (torch.zeros_like(x, dtype=torch.float64) for _ in range(3))

    def add(self, rows: npt.NDArray[np.int64], gradients: torch.Tensor) -> None:
        """The gradients of a pair, those of the noise before those of its negative."""
        part = slice(int(rows[0]), int(rows[-1]) + 1)
        up, down = gradients.double().chunk(2)
        middle = (up + down) / 2
        self.mean[part] += middle
        self.squares[part] += (up**2 + down**2) / 2
        self.between[part] += middle**2

    def over(self, pairs: int) -> _Moments:
        """Means instead of sums."""
        for sums in (self.mean, self.squares, self.between):
            sums /= pairs
        return self

    def error(self, pairs: int) -> npt.NDArray[np.float64] | None:
        """Standard error of each sample's least certain mean; ``None`` for one pair."""
        if pairs < 2 or not self.mean.numel():
            return None
        variance = (self.between - self.mean**2).clamp(min=0.0) / (pairs - 1)
        return np.asarray(variance.sqrt().flatten(1).amax(dim=1).cpu().numpy())
