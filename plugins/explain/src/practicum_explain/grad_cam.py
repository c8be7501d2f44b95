"""Grad-CAM: where the feature maps of a convolution layer speak for a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.batch import Batch
from practicum.errors import CapabilityError
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_explain.layers import Call, watched
from practicum_explain.leaf import Leaf


class GradCam(Explainer):
    """The feature maps of a convolution layer, weighted by the mean gradient of a class's logit, as a coarse map.

    Follows Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization",
    arXiv:1610.02391: ``ReLU(sum_k w_k A_k)``, with the weight ``w_k`` the mean of the logit's gradient over map ``k``.
    The map is brought to the input's size by (bi)linear interpolation and divided equally among a pixel's channels:
    ``values.sum(axis=1)`` is the map (of series ``axis=2``).

    Args:
        layer: name of the module whose output is looked at, as ``model.named_modules()`` says it; of a module that is
            used twice the last call. When left out: the last output of the size that the last convolution gives, which
            is usually its activation.
        relu: false keeps negative values, where the maps speak against the class.

    Raises:
        CapabilityError: the model gives no gradient, has no layer of this name, or none with maps.
        DataError: the column is not float32 or float64 of one size.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> nn = torch.nn
        >>> net = nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Conv2d(1, 1, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        >>> _ = net[1].weight.data.fill_(1.0), net[1].bias.data.fill_(0.0)
        >>> GradCam()(TorchToy.of(net), torch.tensor([[[[4.0, 0.0], [-4.0, 8.0]]]]), target=0).values
        array([[[[1., 0.],
                 [0., 2.]]]], dtype=float32)
    """

    name: ClassVar[str] = "explain/grad-cam"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "series"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"

    layer: str | None = Field(default=None, description="name of the layer looked at; when left out, the last with the "
                              "size of the last convolution's output")
    relu: bool = Field(default=True, description="leave out what speaks against the class")

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """A map for each sample's class, in an array of the input's shape."""
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            found = self._maps(leaf) if len(leaf) else leaf.x
            values = leaf.attributions(found)
        return Explanation(values, target, batch.ids, method=self.name)

    def weights(self, maps: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        """The weight of each map, [N, K], from the maps and their gradients [N, K, P]."""
        return gradient.mean(dim=2)

    def _maps(self, leaf: Leaf) -> torch.Tensor:
        with watched(leaf.model.modules()) as calls:
            scores = leaf.scores(leaf.x.detach().requires_grad_(True), leaf.all_rows())
        size = leaf.x.shape[2:] if leaf.modality == "image" else leaf.x.shape[1:2]
        maps = self._chosen(calls, len(leaf), len(size), leaf.model.name)
        found = torch.autograd.grad(scores.sum(), maps, allow_unused=True)[0] if maps.requires_grad else None
        if found is None:
            raise CapabilityError(f"{self.name}: the logits of {leaf.model.name} don't depend on the output of layer "
                                  f"{self.layer!r} as it was recorded: choose another layer")
        flat = maps.detach().flatten(2)
        weighed = (self.weights(flat, found.flatten(2))[:, :, None] * flat).sum(dim=1)
        weighed = (weighed.clamp(min=0) if self.relu else weighed).reshape(len(leaf), 1, *maps.shape[2:])
        mode = "bilinear" if len(size) == 2 else "linear"
        large = torch.nn.functional.interpolate(weighed, size=tuple(size), mode=mode, align_corners=False)
        large = large if leaf.modality == "image" else large.transpose(1, 2)
        return (large / leaf.x.shape[1 if leaf.modality == "image" else 2]).expand(leaf.x.shape)

    def _chosen(self, calls: Sequence[Call], count: int, axes: int, model: str) -> torch.Tensor:
        """The output looked at, [N, K, ...]."""
        fitting = [c for c in calls if c.output is not None and c.output.ndim == 2 + axes and len(c.output) == count
                   and c.output[0, 0].numel() > 1]
        names = ", ".join(dict.fromkeys(c.name or "(the whole network)" for c in fitting)) or "none"
        if self.layer is not None:
            named = [c for c in fitting if c.name == self.layer]
            if not named:
                raise CapabilityError(f"{self.name}: {model} has no layer {self.layer!r} that gives maps [N, K, "
                                      f"{', '.join('HW'[:axes])}] of more than one place; those that do: {names}")
            return _output(named[-1])
        convolutions = [c for c in fitting if isinstance(c.module, torch.nn.modules.conv._ConvNd)]
        if convolutions:
            shape = _output(convolutions[-1]).shape
            return _output([c for c in fitting if _output(c).shape == shape][-1])
        if not fitting or axes == 1:
            raise CapabilityError(f"{self.name} needs a layer whose output is maps of more than one place, and {model} "
                                  f"has no convolution that gives some (layers with maps: {names}): name a layer, or "
                                  "use explain/integrated-gradients, which takes any network")
        return _output(fitting[-1])


def _output(call: Call) -> torch.Tensor:
    assert call.output is not None
    return call.output
