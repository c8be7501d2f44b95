"""One step of APGD: step, momentum, projection, and the best points so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum.kernels import choose
from practicum_gradient_attacks.geometry import Bounds, Radius

if TYPE_CHECKING:
    import torch


def advance(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, previous: torch.Tensor, best: torch.Tensor,
            best_gradient: torch.Tensor, *, better: torch.Tensor, back: torch.Tensor, norm: str, size: torch.Tensor,
            eps: Radius, bounds: Bounds = None, momentum: float = 0.75, count: torch.Tensor | None = None,
            impl: str = "auto") -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The next point of APGD for every row, and the best point so far with its gradient.

    Rows flagged ``better`` have a new best point: the current one. Rows flagged ``back`` go on from the best point
    instead of the current one. From there, with P the projection onto ball and box, s the step of length ``size`` along
    the gradient (linf: its sign; l2: its direction), m the momentum: ``z = P(x + s)`` and
    ``next = P(x + m (z - x) + (1 - m) (x - previous))``. In l1 there is no momentum: the values of largest gradient
    move by ``size / count``, or as far as the box lets them, until ``size`` is spent. Values whose centre lies outside
    the box, or isn't finite, stay as they are.

    Args:
        x: current points, float32 or float64 [N, D] (the linf kernel takes half precision too).
        gradient: finite, [N, D], any scale.
        centre, previous, best, best_gradient: clean inputs, the points before, the best ones and their gradients,
            [N, D].
        better, back: bool [N].
        norm: ``linf``, ``l2`` or ``l1``.
        size: length of each row's step, float64 [N].
        eps: radius of the ball: a number, float64 [N], or in linf float64 [N, D].
        bounds: the box, or ``None``.
        momentum: share of the new step, above 0 and up to 1.
        count: values that a step spreads over, int64 [N]; l1 only.
        impl: ``auto``, ``reference`` (eager torch), ``cpu`` (numba, one pass) or ``triton`` (float32 and half
            precision; one pass in linf, plain steps put together in l2 and l1). Radii for each value run as
            ``reference``.

    Returns:
        new tensors: next points, best points, their gradients, [N, D] each.

    Raises:
        KernelUnavailable: the implementation named can't run here.

    Example:
        >>> import torch
        >>> x, g, no = torch.tensor([[0.5, 0.9]]), torch.tensor([[-2.0, 1.0]]), torch.tensor([False])
        >>> size = torch.tensor([0.25], dtype=torch.float64)
        >>> advance(x, g, x, x, x, g, better=no, back=no, norm="linf", size=size, eps=0.125, bounds=(0, 1))[0]
        tensor([[0.4062, 0.9750]])
    """
    import torch

    wide = isinstance(eps, torch.Tensor) and eps.ndim == 2
    cpu = "" if x.dtype in (torch.float32, torch.float64) else f"it takes float32 and float64, not {x.dtype}"
    triton = "the kernel computes in float32, and the data are float64" if x.dtype == torch.float64 else ""
    if wide:
        cpu = triton = "it takes a radius for each row, not for each value"
    chosen = choose(impl, x, op=f"gradient-attacks/apgd-{norm}", cpu=cpu, triton=triton,
                    install="pip install 'practicum-gradient-attacks[triton]'")
    if chosen == "triton":
        from practicum_gradient_attacks.ops.apgd.launch import advance as run
    elif chosen == "cpu":
        from practicum_gradient_attacks.ops.apgd.cpu import advance as run
    else:
        from practicum_gradient_attacks.ops.apgd.reference import advance as run
    return run(x, gradient, centre, previous, best, best_gradient, better=better, back=back, norm=norm, size=size,
               eps=eps, bounds=bounds, momentum=momentum, count=count)
