"""The whole of a training batch's last mile in one pass: uint8, normalise, mix or cut, erase, floats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from practicum.kernels import choose

if TYPE_CHECKING:
    import torch

    from practicum_image_mix.ops.fuse.normal import Noise

NAME = "image-mix/fuse"
INSTALL = "pip install 'practicum-image-mix[triton]'"


def fuse(x: torch.Tensor, mean: Any = 0.0, std: Any = 1.0, partner: Any = None, lam: Any = None, box: Any = None,
         erase: Any = None, fill: Any = None, noise: Noise | None = None, dtype: torch.dtype | None = None, *,
         impl: str = "auto") -> torch.Tensor:
    """Mix a batch of uint8 images with per-sample draws, normalise, and erase rectangles.

    The output is ``(lam[i] * x[i] + (1 - lam[i]) * x[partner[i]]) / 255``, less ``mean``, divided by ``std``; inside
    of sample ``i``'s box the weight is 0, and inside of its rectangles the output is ``fill`` or normal noise.
    Weights are rounded to multiples of 2**-15, which makes the blend exact; the rest is float32, rounded once.

    Args:
        x: images, uint8 [N, C, H, W]; not changed. Floats (not divided by 255) are taken by the reference only.
        mean, std: of the channels, in 0..1; one number or C.
        partner: row mixed in, int [N]; the sample itself when left out.
        lam: weight of the own image in 0..1, [N]; 1 when left out.
        box: y0, y1, x0, x1 (half open, inside the image) where the partner is pasted, int [N, 4]; none when left out.
        erase: rectangles of the same form that are erased at last, int [N, K, 4]; a later one covers an earlier one.
        fill: what they are filled with, in units of the output: one number or float [N, K, C]; 0 when left out, which
            is the mean.
        noise: standard normal noise instead of ``fill``, by position; see :mod:`practicum_image_mix.ops.fuse.normal`.
        dtype: of the output: float32 when left out, float16 or bfloat16.
        impl: ``"auto"``, ``"reference"``, ``"cpu"`` or ``"triton"``.

    Returns:
        a new contiguous tensor [N, C, H, W].

    Raises:
        DataError: a draw doesn't fit the images.
        KernelUnavailable: the implementation asked for can't run here.

    Example:
        >>> import torch
        >>> x = torch.tensor([0, 255], dtype=torch.uint8).reshape(2, 1, 1, 1)
        >>> fuse(x, mean=0.5, std=0.5, partner=[1, 0], lam=[0.75, 1.0]).flatten().tolist()
        [-0.5, 1.0]
    """
    import torch

    why = "" if x.dtype == torch.uint8 else f"it takes uint8 images, not {x.dtype}"
    chosen = choose(impl, x, op=NAME, cpu=why, triton=why, install=INSTALL)
    draws = (x, mean, std, partner, lam, box, erase, fill, noise, dtype)
    if chosen == "triton":
        from practicum_image_mix.ops.fuse import kernel

        return kernel.fuse(*draws)
    if chosen == "cpu":
        from practicum_image_mix.ops.fuse import cpu

        return cpu.fuse(*draws)
    from practicum_image_mix.ops.fuse import reference

    return reference.fuse(*draws)
