"""The attention weights of a forward pass, wherever they are computed."""

from __future__ import annotations

import math
from typing import Any

import torch

from practicum_explain.functions import Function, Watched


class Attentions(Watched):
    """Collects attention weights [B, heads, L, L] that depend on the input, in the order in which they are computed.

    Self-attention is recognised by the call of ``scaled_dot_product_attention`` (whose weights, which it doesn't
    return, are computed again) or ``multi_head_attention_forward``, or by a softmax over the last axis of square
    matrices. Nothing is attached to the model.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[torch.Tensor] = []

    def called(self, name: str, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name == "multi_head_attention_forward":
            return self._of_heads(func, args, kwargs)
        out = func(*args, **kwargs)
        if not (isinstance(out, torch.Tensor) and out.requires_grad):
            return out
        if name == "scaled_dot_product_attention":
            self._keep(_weights(*args, **kwargs))
        elif name in ("softmax", "_safe_softmax") and _axis(args, kwargs) in (-1, out.ndim - 1):
            self._keep(out)
        return out

    def _of_heads(self, func: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        wanted, mean = kwargs.get("need_weights", True), kwargs.get("average_attn_weights", True)
        out, weights = func(*args, **(kwargs | {"need_weights": True, "average_attn_weights": False}))
        if out.requires_grad:
            self._keep(weights if weights.ndim == 4 else weights[None])
        return out, (weights.mean(dim=-3) if mean else weights) if wanted else None

    def _keep(self, weights: torch.Tensor) -> None:
        if weights.ndim in (3, 4) and weights.shape[-1] == weights.shape[-2]:
            self.found.append(weights.detach().double())

    def of_samples(self, count: int) -> list[list[torch.Tensor]] | None:
        """For each of ``count`` samples its layers' weights, averaged over the heads, [L, L] each; ``None`` where they
        can't be told apart."""
        sizes = {len(w) for w in self.found}
        if not self.found or count == 0:
            return [[] for _ in range(count)]
        if count > 1 and sizes == {1}:  # a model that takes its samples one by one
            each, rest = divmod(len(self.found), count)
            heads = [w[0].mean(dim=0) if w.ndim == 4 else w[0] for w in self.found]
            return None if rest else [heads[k * each:(k + 1) * each] for k in range(count)]
        if any(size % count or (w.ndim == 4 and len(w) != count) for size, w in zip(map(len, self.found), self.found,
                                                                                   strict=True)):
            return None
        layers = [w.reshape(count, -1, *w.shape[-2:]).mean(dim=1) for w in self.found]
        return [[layer[k] for layer in layers] for k in range(count)]


def _axis(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return kwargs.get("dim", args[1] if len(args) > 1 else None)


def _weights(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, attn_mask: torch.Tensor | None = None,
             dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
             enable_gqa: bool = False) -> torch.Tensor:
    """What ``scaled_dot_product_attention`` weighs values with, by its documentation."""
    if enable_gqa:
        key = key.repeat_interleave(query.shape[-3] // key.shape[-3], dim=-3)
    scores = query @ key.transpose(-2, -1) * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        scores = scores.masked_fill(~seen, -torch.inf)
    if attn_mask is not None:
        scores = scores.masked_fill(~attn_mask, -torch.inf) if attn_mask.dtype == torch.bool else scores + attn_mask
    return torch.nan_to_num(torch.softmax(scores, dim=-1), nan=0.0)
