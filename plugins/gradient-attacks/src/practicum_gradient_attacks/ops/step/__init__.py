"""One step of projected gradient descent: the steepest step in a norm, projected onto ball and box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from practicum.kernels import choose
from practicum_gradient_attacks.geometry import Radius

if TYPE_CHECKING:
    import torch


def step(x: torch.Tensor, gradient: torch.Tensor, centre: torch.Tensor, *, norm: str, size: Radius, eps: Radius,
         bounds: tuple[float, float] | None = None, impl: str = "auto") -> torch.Tensor:
    """The next point of projected gradient descent for every row.

    ``x`` is moved by the step of norm ``size`` that gains most along the gradient (linf: its sign; l2: its direction;
    l1: its largest entries, each up to the box), and the result is replaced by the nearest point in the ball of radius
    ``eps`` around ``centre`` and in the box. Values whose centre lies outside the box, or isn't finite, stay as they
    are; so do rows whose gradient is zero, as long as they are in ball and box. Results are rounded toward the centre,
    so they are in the ball in exact arithmetic too (the Triton kernel: but for half a unit in the last place of the
    change).

    Args:
        x: current points, float32 or float64 [N, D] (the kernel takes half precision too).
        gradient: finite, [N, D], any scale.
        centre: clean inputs [N, D].
        norm: ``linf``, ``l2`` or ``l1``.
        size: length of the step: a number, float64 [N] for each row, or in linf float64 [N, D] for each value.
        eps: radius of the ball, likewise.
        bounds: the box, or ``None``.
        impl: ``auto``, ``reference`` (eager torch), ``cpu`` (numba, one pass) or ``triton`` (float32 and half
            precision; one pass over memory in linf, in l2 up to 8192 values a sample and in l1 up to 4096; several
            passes beyond). Radii for each value run as ``reference``.

    Returns:
        a new tensor [N, D] in the dtype of ``x``.

    Raises:
        KernelUnavailable: the implementation named can't run here.

    Example:
        >>> import torch
        >>> x = torch.tensor([[0.5, 0.95]])
        >>> step(x, torch.tensor([[-2.0, 1.0]]), x, norm="linf", size=0.25, eps=0.125, bounds=(0.0, 1.0))
        tensor([[0.3750, 1.0000]])
    """
    import torch

    wide = any(isinstance(r, torch.Tensor) and r.ndim == 2 for r in (size, eps))
    if isinstance(size, torch.Tensor) or isinstance(eps, torch.Tensor):
        by_row = [r if isinstance(r, torch.Tensor) else x.new_full((len(x),), r, dtype=torch.float64)
                  for r in (size, eps)]
        size, eps = (r.reshape(len(x), -1).expand(x.shape) if wide else r for r in by_row)
    cpu = "" if x.dtype in (torch.float32, torch.float64) else f"it takes float32 and float64, not {x.dtype}"
    triton = "the kernel computes in float32, and the data are float64" if x.dtype == torch.float64 else ""
    if wide:
        cpu = triton = "it takes a radius for each row, not for each value"
    chosen = choose(impl, x, op=f"gradient-attacks/step-{norm}", cpu=cpu, triton=triton,
                    install="pip install 'practicum-gradient-attacks[triton]'")
    if chosen == "triton":
        from practicum_gradient_attacks.ops.step.launch import step as run
    elif chosen == "cpu":
        from practicum_gradient_attacks.ops.step.cpu import step as run
    else:
        from practicum_gradient_attacks.ops.step.reference import step as run
    return run(x, gradient, centre, norm=norm, size=size, eps=eps, bounds=bounds)
