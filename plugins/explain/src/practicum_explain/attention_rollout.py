"""Attention rollout: attention followed through all layers."""

from __future__ import annotations

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
from practicum_explain.attention import Attentions
from practicum_explain.leaf import Leaf

_PREFIXES = (1, 0, 2, 3, 4, 5)
"""Tokens before the patches of an image, most usual first: a class token, none, class and distillation, registers."""


class AttentionRollout(Explainer):
    """How much attention reaches the read-out from each token, through all layers of a transformer.

    Follows Abnar and Zuidema, "Quantifying Attention Flow in Transformers", arXiv:2005.00928: each layer's attention,
    averaged over its heads, is mixed with the identity for the residual branch, and the layers are multiplied. Values
    are shares: they aren't negative, add up to 1, and don't depend on the class. Attention says where information can
    have come from, not what it was worth to the class.

    Self-attention is recognised as it is computed (fused, by ``nn.MultiheadAttention``, or a softmax over square
    matrices), so any torch model with some will do; nothing is attached to the model and no setting of it is changed.

    For text a value for each token. For images the patches' shares, brought to the image's size by bilinear
    interpolation and divided equally among a pixel's channels; patches must form a grid of the image's proportions,
    after up to five other tokens.

    Args:
        residual: share of the identity; the paper's 0.5.
        position: where the read-out is: ``first`` token (a class token), ``last`` (decoders), or the ``mean`` of all.

    Raises:
        CapabilityError: the model computes no self-attention, or not for one token a unit.
        DataError: the column is not float32 or float64 of one size.

    Example:
        >>> from practicum import Batch
        >>> from practicum.testing.torch_toys import TorchToy
        >>> class Attends(torch.nn.Module):
        ...     def forward(self, x):
        ...         x = x.reshape(len(x), 4, 1)  # four patches, which all attend alike
        ...         return torch.nn.functional.scaled_dot_product_attention(0 * x, x, x).mean(1)
        >>> out = AttentionRollout(position="mean")(TorchToy.of(Attends()), torch.ones(1, 1, 2, 2), target=0)
        >>> out.values
        array([[[[0.25, 0.25],
                 [0.25, 0.25]]]], dtype=float32)
    """

    name: ClassVar[str] = "explain/attention-rollout"
    modalities: ClassVar[frozenset[str]] = frozenset({"image", "text"})
    access: ClassVar[Literal["gradient", "score"]] = "gradient"

    residual: float = Field(default=0.5, ge=0.0, lt=1.0, description="share of the identity in each layer")
    position: Literal["first", "last", "mean"] = Field(default="first", description="where the read-out is")

    def explain(self, model: Model, batch: Batch, target: npt.NDArray[np.int64], keys: Keys) -> Explanation:
        """Shares of each token, or of the pixels of an array of the input's shape."""
        seen = Attentions()
        with untouched(model.modules()):  # type: ignore[attr-defined]  # check() has made sure of the capability
            leaf = Leaf.of(model, batch, target, on=self.on, by=self.name, modalities=self.modalities)
            if leaf.x.numel():
                with seen:
                    leaf.logits(leaf.x.detach().requires_grad_(True), leaf.all_rows())
            layers = seen.of_samples(len(leaf) if leaf.x.numel() else 0)
            if layers is None or (leaf.x.numel() and not layers[0]):
                raise CapabilityError(f"{self.name}: {model.name} computes no self-attention that could be followed"
                                      f"{'' if layers else ' sample by sample'}: use a transformer, or another "
                                      "explainer (explain/integrated-gradients takes any network)")
            rolled = [self._rolled(maps) for maps in layers]
            values = leaf.attributions(self._of_units(leaf, rolled) if leaf.units is not None else
                                       self._of_image(leaf, rolled))
        figures = {"layers": np.array([float(len(maps)) for maps in layers])} if len(layers) == len(batch) else {}
        return Explanation(values, target, batch.ids, units=leaf.units, method=self.name, figures=figures)

    def _rolled(self, layers: list[torch.Tensor]) -> torch.Tensor:
        """The product of a sample's layers, [L, L].

        Raises:
            CapabilityError: the layers have differing numbers of tokens.
        """
        if len({m.shape for m in layers}) > 1:
            raise CapabilityError(f"{self.name}: the layers attend to differing numbers of tokens "
                                  f"({', '.join(str(len(m)) for m in layers)}), which can't be followed through")
        eye = torch.eye(len(layers[0]), dtype=torch.float64, device=layers[0].device)
        found = eye
        for weights in layers:
            found = ((1 - self.residual) * weights + self.residual * eye) @ found
        return found

    def _read(self, rolled: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """The read-out's row [L] over tokens ``seen``, bool [L]."""
        if self.position == "mean":
            return rolled[seen].mean(dim=0)
        return rolled[int(seen.nonzero()[0 if self.position == "first" else -1])]

    def _of_units(self, leaf: Leaf, rolled: list[torch.Tensor]) -> torch.Tensor:
        values = torch.zeros(leaf.x.shape[:2], dtype=torch.float64)
        assert leaf.free is not None
        for row, found in enumerate(rolled):
            seen = leaf.free[row].any(dim=1).cpu()
            if len(found) < int(seen.sum()) or len(found) > len(seen):
                raise CapabilityError(f"{self.name}: sample {leaf.batch.ids[row]!r} has {int(seen.sum())} units, but "
                                      f"the model attends to {len(found)} tokens")
            if seen.any():
                values[row, :len(found)] = self._read(found.cpu(), seen[:len(found)])
        return values[:, :, None]

    def _of_image(self, leaf: Leaf, rolled: list[torch.Tensor]) -> torch.Tensor:
        height, width = leaf.x.shape[2:]
        if not rolled:
            return leaf.x
        tokens = len(rolled[0])
        first, down, across = self._grid(tokens, height, width)
        rows = torch.stack([self._read(r, torch.ones(tokens, dtype=torch.bool, device=r.device)) for r in rolled])
        maps = rows[:, first:].reshape(len(rows), 1, down, across)
        large = torch.nn.functional.interpolate(maps, size=(height, width), mode="bilinear", align_corners=False)
        share = maps.sum(dim=(2, 3), keepdim=True) / large.sum(dim=(2, 3), keepdim=True).clamp(min=1e-300)
        return (large * share / leaf.x.shape[1]).expand(leaf.x.shape)

    def _grid(self, tokens: int, height: int, width: int) -> tuple[int, int, int]:
        """Tokens before the patches, and the patches down and across.

        Raises:
            CapabilityError: no number of patches fits the image's proportions.
        """
        prefixes = _PREFIXES if self.position == "first" else (0, *(p for p in _PREFIXES if p))
        for first in prefixes:
            patches = tokens - first
            down = round((patches * height / width) ** 0.5) if patches > 0 else 0
            if down and patches % down == 0 and down * width == (patches // down) * height:
                return first, down, patches // down
        raise CapabilityError(f"{self.name}: the model attends to {tokens} tokens, which is no grid of patches of an "
                              f"image of {height} x {width} pixels, with or without up to five tokens before it")
