"""DeepLIFT by its rescale rule."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.batch import Batch
from practicum.errors import CapabilityError
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.masking import AnyAbsent
from practicum.model import Model
from practicum_explain.baseline import baseline
from practicum_explain.functions import ACTIVATIONS, POOLS, Function, Ruled, as_if
from practicum_explain.leaf import Leaf, in_chunks


class DeepLift(Explainer):
    """What each part contributes to the difference of a class's logit from that of a baseline, by slopes from there.

    Follows Shrikumar, Greenside and Kundaje, "Learning Important Features Through Propagating Activation Differences",
    arXiv:1704.02685, rescale rule: an activation's slope is that of the secant between baseline and sample. A max pool
    gives its difference to one place: the sample's largest where the pool has grown, else the baseline's. Functions are
    followed wherever the model calls them, so a ReLU module that is used twice has two slopes; nothing is attached to
    the model.

    Attributions and the baseline's score add up to the score up to rounding, which ``error`` reports. Functions other
    than linear and convolution layers, batch norm, pools, sums and activations have no rule and are refused.

    Args:
        absent: the baseline: ``constant``, ``mean`` or ``blur``, see :mod:`practicum.masking`.
        batch_size: samples explained at once.

    Raises:
        CapabilityError: the model gives no gradient, calls a function without a rule (softmax, layer norm, products),
            or what is found doesn't add up.
        DataError: the column is not float32 or float64 of one size.
        ModalityError: ``absent`` gives no baseline for the column.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.ReLU())
        >>> _ = net[0].weight.data.fill_(1.0), net[0].bias.data.fill_(-1.0)
        >>> DeepLift()(TorchToy.of(net), torch.tensor([[1.0, 3.0]]), target=0).values
        array([[0.75, 2.25]], dtype=float32)
    """

    name: ClassVar[str] = "explain/deep-lift"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"
    adds_up: ClassVar[bool] = True

    absent: AnyAbsent | None = Field(default=None, description="the baseline; when left out: the mean of an image or "
                                     "series, zero for a state, zero embeddings for text")
    batch_size: int = Field(default=64, ge=1, description="samples explained at once")

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Attributions of each sample's class: an array of the input's shape, or one number for each unit of a text."""
        count = len(batch)
        start, end = np.zeros(count), np.zeros(count)
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            base = baseline(leaf, self.absent)
            base = base if leaf.free is None else torch.where(leaf.free, base, leaf.x)
            values = torch.zeros_like(leaf.x)
            for part in in_chunks(count, self.batch_size):
                rows = np.arange(part.start, part.stop, dtype=np.int64)
                scores, slope = leaf.gradient(torch.cat([leaf.x[part], base[part]]), np.concatenate([rows, rows]),
                                              _Rescale(self.name))
                reach = leaf.x[part] - base[part]
                values[part] = slope[:len(rows)] * torch.where(reach.isnan(), 0.0, reach)
                end[part], start[part] = (s.double().cpu().numpy() for s in scores.chunk(2))
            total = values.double().flatten(1).sum(dim=1).cpu().numpy() if count else np.zeros(0)
            gap = np.abs(start + total - end)
            self._refuse_gap(model, batch, gap, np.abs(end) + np.abs(start) + np.abs(end - start), values)
            found = leaf.attributions(values)
        return Explanation(found, target, batch.ids, units=leaf.units, base_value=start, error=gap, method=self.name,
                           score=end)

    def _refuse_gap(self, model: Model, batch: Batch, gap: npt.NDArray[np.float64], size: npt.NDArray[np.float64],
                    values: torch.Tensor) -> None:
        sizes = size + values.double().abs().flatten(1).sum(dim=1).cpu().numpy() if len(gap) else size
        off = gap > 1e-2 * sizes + 1e-6
        if off.any():
            row = int(np.argmax(off))
            raise CapabilityError(f"{self.name}: on sample {batch.ids[row]!r} contributions miss the difference that "
                                  f"they should add up to by {gap[row]:.3g}, so {model.name} does something that has "
                                  "no rule here (an autograd function of its own, or samples that don't stay in the "
                                  "batch's first axis): use explain/integrated-gradients")


class _Rescale(Ruled):
    """The first half of every batch is samples, the second half their baselines."""

    def ruled(self, name: str, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name in POOLS:
            if kwargs.pop("return_indices", False):
                raise self.refused("there is no rule for a max pool that returns its indices")
            if len(args[0]) % 2:
                raise self._apart(args[0])
            return _pooled(POOLS[name], args, kwargs)
        if name not in ACTIVATIONS:
            return NotImplemented
        z, rest = args[0], args[1:]
        if len(z) % 2:
            raise self._apart(z)
        y = func(z, *rest, **kwargs)
        (above, below), (high, low) = z.detach().chunk(2), y.detach().chunk(2)
        point = above.clone().requires_grad_(True)
        local = torch.autograd.grad(func(point, *rest, **kwargs).sum(), point)[0]
        return as_if(y, (_twice(_secant(high - low, above - below, local)), z))

    def _apart(self, z: torch.Tensor) -> Exception:
        return self.refused(f"the model takes samples apart (an activation of {len(z)} rows), so they can't be "
                            "compared with their baselines: use explain/integrated-gradients")


def _secant(rise: torch.Tensor, run: torch.Tensor, local: torch.Tensor) -> torch.Tensor:
    """``rise / run``, and the local slope where hardly anything moves."""
    still = run.abs() < (1e-10 if run.dtype == torch.float64 else 1e-6)
    return torch.where(still, local, rise / torch.where(still, 1.0, run))


def _twice(slope: torch.Tensor) -> torch.Tensor:
    return torch.cat([slope, slope])


def _pooled(pool: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.Tensor:
    z = args[0]
    y, place = pool(*args, **kwargs, return_indices=True)
    axes = place.ndim - 2
    (high, low), (theirs, ours) = y.detach().chunk(2), place.chunk(2)
    chosen = torch.where(high >= low, theirs, ours).flatten(2)
    flat = z.flatten(-axes).reshape(len(z), -1, z[0, 0].numel())
    picked = flat.gather(2, _twice(chosen))
    above, below = picked.detach().chunk(2)
    slope = _secant((high - low).flatten(2), above - below, torch.ones_like(above))
    return as_if(y, (_twice(slope).reshape(y.shape), picked.reshape(y.shape)))
