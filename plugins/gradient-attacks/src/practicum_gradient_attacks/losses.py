"""Losses an attack climbs, per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

Loss = Literal["margin", "cross-entropy"]


def cross_entropy_logit(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """log of (1 - p_y) / p_y: the cross entropy of class y is softplus of it.

    Climbing it climbs the cross entropy, in the same direction for each sample, but where the softmax saturates the
    gradient of the cross entropy itself rounds to zero and this one does not.

    Args:
        logits: float [N, C], C >= 2.
        classes: y, int64 [N].

    Returns:
        float [N].

    Example:
        >>> import torch
        >>> z, y = torch.tensor([[1.0, 4.0, 2.0]]), torch.tensor([1])
        >>> a, b = torch.nn.functional.softplus(cross_entropy_logit(z, y)), torch.nn.functional.cross_entropy(z, y)
        >>> bool(torch.isclose(a[0], b))
        True
    """
    own = logits.gather(1, classes[:, None])
    return logits.scatter(1, classes[:, None], float("-inf")).logsumexp(dim=1) - own[:, 0]


LOSSES = {"cross-entropy": cross_entropy_logit}
"""What there is to climb beside the criterion's own margin."""
