"""Gradients smoothed over an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def gaussian(width: int, like: torch.Tensor) -> torch.Tensor:
    """Weights of a Gaussian over ``width`` = 2 k + 1 pixels with a deviation of k / sqrt(3); their sum is 1.

    Example:
        >>> import torch
        >>> gaussian(3, torch.zeros(0))
        tensor([0.1543, 0.6914, 0.1543])
    """
    import torch

    k = (width - 1) // 2
    places = torch.arange(-k, k + 1, dtype=torch.float64)
    weights = torch.exp(-1.5 * (places / max(k, 1)) ** 2)
    return (weights / weights.sum()).to(like)


def smoothed(images: torch.Tensor, width: int) -> torch.Tensor:
    """Every channel convolved with the two-dimensional Gaussian, zeros beyond the border.

    Args:
        images: float [N, C, H, W].
        width: of the kernel, odd.

    Returns:
        [N, C, H, W].
    """
    import torch

    weights, flat = gaussian(width, images), images.flatten(0, 1)[:, None]
    down = torch.nn.functional.conv2d(flat, weights.reshape(1, 1, -1, 1), padding=(width // 2, 0))
    both = torch.nn.functional.conv2d(down, weights.reshape(1, 1, 1, -1), padding=(0, width // 2))
    return both.reshape(images.shape)
