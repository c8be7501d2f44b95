"""Mixing images: blend each with a partner, and paste a box of the partner or fill it, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from practicum.kernels import choose

if TYPE_CHECKING:
    import torch

NAME = "image-mix/mix"
INSTALL = "pip install 'practicum-image-mix[triton]'"


def mix(x: torch.Tensor, partner: Any = None, lam: Any = None, box: Any = None, fill: float | None = None, *,
        impl: str = "auto") -> torch.Tensor:
    """Mix a batch of images with per-sample draws.

    Outside of sample ``i``'s box the output is ``lam[i] * x[i] + (1 - lam[i]) * x[partner[i]]``; inside, it is
    ``x[partner[i]]``, or ``fill`` where one is given. Computed in float32 and rounded once to the dtype of ``x``
    (to nearest for uint8, whose weights are first rounded to multiples of 2**-15).

    Args:
        x: images, [N, C, H, W], uint8, float16, bfloat16, float32 or float64; not changed.
        partner: row mixed in, int [N]; the sample itself when left out.
        lam: weight of the own image in 0..1, [N]; 1 when left out.
        box: y0, y1, x0, x1 (half open, inside the image), int [N, 4]; none when left out.
        fill: value inside the boxes, in the units of ``x``; ``None`` pastes the partner.
        impl: ``"auto"``, ``"reference"``, ``"cpu"`` (float32, float64 and uint8) or ``"triton"`` (all but float64).

    Returns:
        a new contiguous tensor like ``x``.

    Raises:
        DataError: a draw doesn't fit the images.
        KernelUnavailable: the implementation asked for can't run here.

    Example:
        >>> import torch
        >>> x = torch.tensor([0.0, 1.0]).reshape(2, 1, 1, 1)
        >>> mix(x, partner=[1, 0], lam=[0.75, 0.5]).flatten().tolist()
        [0.25, 0.5]
    """
    import torch

    from practicum_image_mix.ops.mix.cpu import DTYPES

    on_cpu = "" if x.dtype in DTYPES else f"it takes float32, float64 and uint8, not {x.dtype}"
    on_gpu = "it computes in float32 and can't keep float64" if x.dtype == torch.float64 else ""
    if x.requires_grad and torch.is_grad_enabled():
        on_cpu = on_gpu = "it passes no gradient to the images, which require one (the reference does)"
    chosen = choose(impl, x, op=NAME, cpu=on_cpu, triton=on_gpu, install=INSTALL)
    if chosen == "triton":
        from practicum_image_mix.ops.mix import kernel

        return kernel.mix(x, partner, lam, box, fill)
    if chosen == "cpu":
        from practicum_image_mix.ops.mix import cpu

        return cpu.mix(x, partner, lam, box, fill)
    from practicum_image_mix.ops.mix import reference

    return reference.mix(x, partner, lam, box, fill)
