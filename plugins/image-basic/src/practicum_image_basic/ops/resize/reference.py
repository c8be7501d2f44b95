"""The specification: for each image a weighted sum over columns, then one over rows, in torch."""

from __future__ import annotations

from typing import Any

import torch

from practicum_image_basic.ops.resize.weights import Filter, table


def resize(images: torch.Tensor, boxes: Any, size: tuple[int, int], rule: Filter) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.resize.resize`."""
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    out = torch.empty((*images.shape[:2], *size), dtype=dtype, device=images.device)
    for n, (y, x, height, width) in enumerate(boxes.tolist()):
        value = images[n].to(dtype)
        for axis, start, length in ((2, x, width), (1, y, height)):
            places, weights = map(torch.from_numpy, table(start, length, size[axis - 1], rule))
            places, weights = places.to(images.device), weights.to(images.device, dtype)
            taken = [value.index_select(axis, places[:, k]) * (weights[:, k] if axis == 2 else weights[:, k, None])
                     for k in range(places.shape[1])]
            value = sum(taken[1:], start=taken[0])
        out[n] = value
    return out.round_().clamp_(0, 255).to(torch.uint8) if images.dtype == torch.uint8 else out.to(images.dtype)
