"""The specification: points, weights and sums in torch.

All borders come to a point clamped into the image: an edge that goes on is its own clamping; a mirrored image is folded
first; a constant outside counts for the share of the four pixels that lies outside.
"""

from __future__ import annotations

from typing import Any

import torch

HORIZON = 1e-9
"""Last coordinate at and below which a point lies behind the horizon."""


def warp(images: torch.Tensor, inverse: Any, size: tuple[int, int], interpolation: str, border: str, fill: float,
         flow: Any) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.warp.warp`."""
    x, y = _points(images, inverse, size, flow)
    height, width = images.shape[2:]
    if interpolation == "nearest":
        inside = ((x >= 0) & (x < width) & (y >= 0) & (y < height))[:, None]
        if border == "reflect":
            x, y = _fold(x - 0.5, width) + 0.5, _fold(y - 0.5, height) + 0.5
        row, column = (v.floor().clamp(0, n - 1).to(torch.int64) for v, n in ((y, height), (x, width)))
        taken = _pixels(images, row, column)
        return taken.masked_fill(~inside, fill) if border == "constant" else taken
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    right, column, beyond_x = _between(x, width, border)
    below, row, beyond_y = _between(y, height, border)
    right, below = right.to(dtype)[:, None], below.to(dtype)[:, None]
    next_row, next_column = (row + 1).clamp(max=height - 1), (column + 1).clamp(max=width - 1)
    a, b, c, d = (_pixels(images, r, k).to(dtype) for r, k in
                  ((row, column), (row, next_column), (next_row, column), (next_row, next_column)))
    out = (a * (1 - right) + b * right) * (1 - below) + (c * (1 - right) + d * right) * below
    if border == "constant":
        share = (beyond_x.to(dtype) * beyond_y.to(dtype))[:, None]
        out = out * share + fill * (1 - share)
    return out.round().to(torch.uint8) if images.dtype == torch.uint8 else out.to(images.dtype)


def _points(images: torch.Tensor, inverse: Any, size: tuple[int, int], flow: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Where each output pixel looks, x and y, float64 [N, OH, OW]."""
    m = torch.from_numpy(inverse).to(images.device, torch.float64)[:, :, :, None, None]
    j = torch.arange(size[1], dtype=torch.float64, device=images.device)[None, None, :] + 0.5
    i = torch.arange(size[0], dtype=torch.float64, device=images.device)[None, :, None] + 0.5
    x, y, w = (m[:, k, 0] * j + (m[:, k, 1] * i + m[:, k, 2]) for k in range(3))
    scale = 1.0 / w
    x, y = (torch.where(w > HORIZON, v * scale, torch.full_like(v, -8.0)) for v in (x, y))
    if flow is None:
        return x, y
    moved = torch.from_numpy(flow).to(images.device, torch.float64)
    return x + moved[:, 0], y + moved[:, 1]


def _fold(v: torch.Tensor, count: int) -> torch.Tensor:
    """Points between centres 0 .. count - 1, mirrored about the first and the last."""
    top = count - 1
    if not top:
        return torch.zeros_like(v)
    v = v.abs()
    return top - (top - (v - 2 * top * (v / (2 * top)).floor())).abs()


def _between(v: torch.Tensor, count: int, border: str) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Weight of the second of two neighbouring pixels, index of the first, share of the two that is inside."""
    share = torch.minimum(v + 0.5, count + 0.5 - v).clamp(0.0, 1.0)
    at = v - 0.5
    at = (_fold(at, count) if border == "reflect" else at).clamp(0.0, count - 1)
    first = at.floor().clamp(max=max(count - 2, 0))
    return at - first, first.to(torch.int64), share


def _pixels(images: torch.Tensor, row: torch.Tensor, column: torch.Tensor) -> torch.Tensor:
    """Pixels [N, C, OH, OW] of places [N, OH, OW]."""
    flat = (row * images.shape[3] + column).flatten(1)[:, None].expand(-1, images.shape[1], -1)
    return images.flatten(2).gather(2, flat).reshape(*images.shape[:2], *row.shape[1:])
