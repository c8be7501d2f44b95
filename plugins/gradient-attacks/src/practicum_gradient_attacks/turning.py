"""Images seen through a rotation, a scaling and a shift, each sample through its own; differentiable."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def turned(images: torch.Tensor, angle: torch.Tensor, shift: torch.Tensor, *, scale: torch.Tensor | None = None,
           size: tuple[int, int] | None = None, edge: bool = False) -> torch.Tensor:
    """Images turned about their middle, enlarged, and then shifted, by bilinear interpolation.

    Args:
        images: float [K, C, h, w].
        angle: in radians, counter-clockwise as seen on a screen, [K].
        shift: pixels down and to the right of where the middle goes, from the middle of the result, [K, 2].
        scale: pixels of the result for one of the image, [K]; 1 when left out.
        size: height and width of the result; the images' own when left out.
        edge: outside the image its edge goes on; else there is 0.

    Returns:
        [K, C, H, W].

    Example:
        >>> import torch
        >>> image = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
        >>> turned(image, torch.tensor([torch.pi / 2]), torch.zeros(1, 2)).round(decimals=4).tolist()
        [[[[2.0, 4.0], [1.0, 3.0]]]]
        >>> turned(image, torch.zeros(1), torch.tensor([[1.0, 0.0]])).round(decimals=4).tolist()
        [[[[0.0, 0.0], [1.0, 2.0]]]]
    """
    import torch

    across, down = places(angle, shift, scale, size or (images.shape[2], images.shape[3]), images.dtype)
    height, width = images.shape[2:]
    grid = torch.stack([2.0 * across / width, 2.0 * down / height], dim=3)
    return torch.nn.functional.grid_sample(images, grid, mode="bilinear", align_corners=False,
                                           padding_mode="border" if edge else "zeros")


def places(angle: torch.Tensor, shift: torch.Tensor, scale: torch.Tensor | None, size: tuple[int, int],
           dtype: torch.dtype) -> tuple[torch.Tensor, torch.Tensor]:
    """Where in the image each pixel of the result comes from: pixels right of and below its middle, [K, H, W] each."""
    import torch

    down = torch.arange(size[0], dtype=dtype, device=angle.device) - (size[0] - 1) / 2
    across = torch.arange(size[1], dtype=dtype, device=angle.device) - (size[1] - 1) / 2
    y = down[None, :, None] - shift[:, 0, None, None].to(dtype)
    x = across[None, None, :] - shift[:, 1, None, None].to(dtype)
    if scale is not None:
        y, x = y / scale[:, None, None].to(dtype), x / scale[:, None, None].to(dtype)
    cos, sin = (f(angle)[:, None, None].to(dtype) for f in (torch.cos, torch.sin))
    return cos * x - sin * y, sin * x + cos * y
