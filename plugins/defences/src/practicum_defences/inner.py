"""The inner maximisation of adversarial training in the L-infinity ball: steps of signs, kept in ball and box."""

from __future__ import annotations

from collections.abc import Callable

import torch

Bounds = tuple[float, float] | None


def clipped(y: torch.Tensor, centre: torch.Tensor, eps: float, bounds: Bounds,
            free: torch.Tensor | None = None) -> torch.Tensor:
    """The point of ball and box nearest to ``y``; values that were outside the box, or aren't ``free``, stay where they
    were.

    Example:
        >>> clipped(torch.tensor([2.0, 0.5]), torch.tensor([0.9, 0.5]), 0.3, (0.0, 1.0)).tolist()
        [1.0, 0.5]
    """
    y = torch.minimum(torch.maximum(y, centre - eps), centre + eps)
    if bounds is not None:
        low, high = bounds
        y = torch.where((centre >= low) & (centre <= high), y.clamp(low, high), centre)
    return y if free is None else torch.where(free, y, centre)


def ascended(loss: Callable[[torch.Tensor], torch.Tensor], start: torch.Tensor, centre: torch.Tensor, *, eps: float,
             step: float, steps: int, bounds: Bounds, free: torch.Tensor | None = None) -> torch.Tensor:
    """``steps`` steps of length ``step`` along the sign of the loss's gradient by the input only.

    Args:
        loss: of inputs [N, ...], summed over the samples.
        start: where to begin.
        centre: the clean inputs.
        eps, step, steps, bounds: the ball and the way through it.
        free: bool, of the inputs' shape: the only values that may move; all when ``None``.
    """
    x = start.detach()
    for _ in range(steps):
        leaf = x.requires_grad_(True)
        slope = torch.autograd.grad(loss(leaf), leaf)[0]
        x = clipped(x.detach() + step * slope.sign(), centre, eps, bounds, free)
    return x.detach()
