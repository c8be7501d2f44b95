"""Losses an attack climbs, per sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import torch

Loss = Literal["margin", "cross-entropy", "dlr"]


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


def dlr(logits: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
    """The difference of logits ratio: the margin over the distance of the best logit from the third best.

    Follows Croce and Hein, "Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free
    attacks", arXiv:2003.01690. Neither scale nor shift of the logits changes it. Two classes have no third: there the
    ratio would be 1 or -1 everywhere, without a slope, and the loss is the margin itself; so it is for a sample whose
    three best logits are equal.

    Args:
        logits: float [N, C], C >= 2.
        classes: the true class, int64 [N].

    Returns:
        float [N], positive where another class wins.

    Example:
        >>> import torch
        >>> z = torch.tensor([[1.0, 4.0, 2.0]])
        >>> dlr(z, torch.tensor([1])), dlr(z[:, :2], torch.tensor([1]))
        (tensor([-0.6667]), tensor([-3.]))
    """
    own = logits.gather(1, classes[:, None])[:, 0]
    others = logits.scatter(1, classes[:, None], float("-inf")).amax(dim=1)
    return (others - own) / _spread(logits, 3)


def targeted_dlr(logits: torch.Tensor, classes: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """The same for letting class ``wanted`` win: its lead over the true class, over the distance of the best logit
    from the mean of the third and fourth best.

    Fewer than four classes have no fourth, and with three the ratio would have no slope where the wanted class comes
    last: there the loss is the lead itself.

    Args:
        logits: float [N, C], C >= 2.
        classes, wanted: int64 [N].

    Returns:
        float [N].

    Example:
        >>> import torch
        >>> targeted_dlr(torch.tensor([[4.0, 3.0, 2.0, 0.0]]), torch.tensor([0]), torch.tensor([2]))
        tensor([-0.6667])
    """
    lead = logits.gather(1, wanted[:, None]) - logits.gather(1, classes[:, None])
    return lead[:, 0] / _spread(logits, 4)


def _spread(logits: torch.Tensor, last: int) -> torch.Tensor:
    """Distance of the best logit from the mean of the third to the ``last`` best; 1 where there is none."""
    import torch

    if logits.shape[1] < last:
        return torch.ones_like(logits[:, 0])
    ordered = logits.topk(last, dim=1).values
    spread = ordered[:, 0] - ordered[:, 2:].mean(dim=1)
    return torch.where(spread > 0, spread, 1.0)


def _targeted_cross_entropy(logits: torch.Tensor, classes: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    return -cross_entropy_logit(logits, wanted)


LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "cross-entropy": cross_entropy_logit, "dlr": dlr}
"""What there is to climb, away from the true class, beside the criterion's own margin."""
TARGETED_LOSSES: dict[str, Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "cross-entropy": _targeted_cross_entropy, "dlr": targeted_dlr}
"""What there is to climb toward a class."""
