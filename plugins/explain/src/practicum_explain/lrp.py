"""Layer-wise relevance propagation."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field

from practicum.batch import Batch
from practicum.explainer import Explainer, Explanation
from practicum.guard import untouched
from practicum.keys import Keys
from practicum.model import Model
from practicum_explain.functions import ACTIVATIONS, LAYERS, Function, Ruled, as_if
from practicum_explain.leaf import Leaf

Rule = Literal["epsilon", "gamma", "z-plus"]


class Lrp(Explainer):
    """A class's logit handed back layer by layer, to each input of a layer in proportion to what it contributed.

    Follows Bach et al., "On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance
    Propagation", DOI 10.1371/journal.pone.0130140, and, for the gamma rule, Montavon et al., "Layer-Wise Relevance
    Propagation: An Overview", DOI 10.1007/978-3-030-28954-6_10. A linear or convolution layer shares relevance by

    - ``epsilon``: contributions ``a w``, over the output plus ``epsilon`` times its sign; with ``epsilon=0`` LRP-0;
    - ``gamma``: contributions of the output's own sign count ``1 + gamma`` times (for inputs that aren't negative the
      overview's rule);
    - ``z-plus``: positive contributions only (alpha 1, beta 0).

    Batch norm is merged into the layer before it, else it is a layer of its own. Activations hand relevance through,
    max pools give it to their largest input, sums and average pools share it in proportion. Biases take their share:
    ``figures["absorbed"]`` is what they, ``epsilon`` and positive contributions that don't exist have kept from the
    score, 0 on networks without biases under LRP-0.

    Functions are followed wherever the model calls them, as modules (reused ones too), functions, or in residual
    branches; nothing is attached to the model.

    Args:
        rule: of linear and convolution layers.
        epsilon: of the rule ``epsilon``.
        gamma: of the rule ``gamma``.

    Raises:
        CapabilityError: the model gives no gradient, or calls a function without a rule (softmax, layer norm,
            products of what depends on the input).
        DataError: the column is not float32 or float64 of one size.

    Example:
        >>> from practicum.testing.torch_toys import TorchToy
        >>> model = TorchToy.linear([[1.0, -2.0], [0.5, 0.0]])
        >>> Lrp(epsilon=0.0)(model, torch.tensor([[3.0, 1.0]]), target=0).values
        array([[ 3., -2.]], dtype=float32)
        >>> Lrp(rule="z-plus")(model, torch.tensor([[3.0, 1.0]]), target=0).values
        array([[1., 0.]], dtype=float32)
    """

    name: ClassVar[str] = "explain/lrp"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "state", "series", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"

    rule: Rule = Field(default="epsilon", description="of linear and convolution layers")
    epsilon: float = Field(default=1e-6, ge=0.0, description="added to the size of each output by the rule epsilon")
    gamma: float = Field(default=0.25, ge=0.0, description="what contributions of the output's sign count more")

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Relevance for each sample's class: an array of the input's shape, or one number for each unit of a text."""
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            scores, share = leaf.gradient(leaf.x, leaf.all_rows(), _Shares(self))
            relevance = share * leaf.known()
            kept = scores.double() - (relevance.double().flatten(1).sum(dim=1) if len(leaf) else 0.0)
            values = leaf.attributions(relevance)
        return Explanation(values, target, batch.ids, units=leaf.units, method=self.name,
                           figures={"absorbed": np.asarray(kept.cpu().numpy())})


class _Shares(Ruled):
    """Gradients become relevance over value: a layer's input has the share ``sum_k w_k R_k / z_k``.

    Every function is replaced by one of the same value whose gradient is that share, so that value times gradient is
    relevance at every place, and branches add.
    """

    def __init__(self, lrp: Lrp) -> None:
        super().__init__(lrp.name)
        self.lrp = lrp
        self._layers: dict[int, tuple[torch.Tensor, _Layer]] = {}

    def ruled(self, name: str, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name in ACTIVATIONS:
            z = args[0]
            y = func(*args, **kwargs)
            return as_if(y, (_over(y, z), z))
        if name in LAYERS:
            layer = _Layer(func, args, kwargs)
            if layer.weight.requires_grad or not layer.x.requires_grad:
                return NotImplemented
            out = layer.shared(self.lrp)
            self._layers[id(out)] = (out, layer)  # holding the tensor keeps its id from being given to another
            return out
        if name == "batch_norm":
            scale, shift = _of_batch_norm(*args, **kwargs)
            before = self._layers.get(id(args[0]))
            layer = before[1].scaled(scale, shift) if before is not None else _Layer(_diagonal, (args[0], scale, shift),
                                                                                      {})
            return layer.shared(self.lrp)
        return NotImplemented


class _Layer:
    """A call of a linear or convolution function, or of ``x * weight + bias`` by channel."""

    def __init__(self, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        named = dict(zip(("input", "weight", "bias"), args, strict=False)) | kwargs
        self.x: torch.Tensor = named.pop("input")
        self.weight: torch.Tensor = named.pop("weight")
        self.bias: torch.Tensor | None = named.pop("bias", None)
        self._func, self._rest, self._named = func, args[3:], named

    def __call__(self, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
        out: torch.Tensor = self._func(x, weight, bias, *self._rest, **self._named)
        return out

    def scaled(self, scale: torch.Tensor, shift: torch.Tensor) -> _Layer:
        """The layer followed by a scale and shift of its outputs."""
        weight = self.weight * scale.reshape(-1, *[1] * (self.weight.ndim - 1))
        bias = shift if self.bias is None else self.bias * scale + shift
        made = _Layer(self._func, (self.x, weight, bias, *self._rest), {})
        made._named = self._named
        return made

    def shared(self, lrp: Lrp) -> torch.Tensor:
        """The output, whose gradient is by the rule."""
        z = self(self.x, self.weight, self.bias)
        if lrp.rule == "epsilon":
            return as_if(z, (_over(z, z + lrp.epsilon * z.sign()), z))
        positive = self._of_sign(1)
        if lrp.rule == "z-plus":
            return as_if(z, (_over(z, positive), positive))
        up, down = z + lrp.gamma * positive, z + lrp.gamma * self._of_sign(-1)
        none = torch.zeros_like(z)
        return as_if(z, (torch.where(z > 0, _over(z, up), none), up), (torch.where(z < 0, _over(z, down), none), down))

    def _of_sign(self, sign: int) -> torch.Tensor:
        """The sum of contributions that have a sign, the bias's among them."""
        up, down = self.x.clamp(min=0), self.x.clamp(max=0)
        same, other = self.weight.clamp(min=0), self.weight.clamp(max=0)
        bias = None if self.bias is None else self.bias.clamp(min=0) if sign > 0 else self.bias.clamp(max=0)
        first, second = (same, other) if sign > 0 else (other, same)
        return self(up, first, bias) + self(down, second, None)


def _over(y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
    """``y / z``, 0 where ``z`` is 0: where nothing was contributed nothing can be handed back."""
    return torch.where(z == 0, 0.0, y / torch.where(z == 0, 1.0, z))


def _diagonal(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    shape = (1, -1, *[1] * (x.ndim - 2))
    out = x * weight.reshape(shape)
    return out if bias is None else out + bias.reshape(shape)


def _of_batch_norm(x: torch.Tensor, running_mean: torch.Tensor, running_var: torch.Tensor,
                   weight: torch.Tensor | None = None, bias: torch.Tensor | None = None, training: bool = False,
                   momentum: float = 0.1, eps: float = 1e-5) -> tuple[torch.Tensor, torch.Tensor]:
    scale = (running_var + eps).rsqrt() * (1.0 if weight is None else weight)
    shift = -running_mean * scale
    return scale, shift if bias is None else shift + bias
