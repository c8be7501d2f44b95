"""The specification: a choice between two tensors."""

from __future__ import annotations

from typing import Any

import torch

from practicum.errors import UsageError
from practicum.keys import Keys


def erase(images: torch.Tensor, down: Any, across: Any, fill: Any, keys: Keys | None) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.erase.erase`."""
    hit = torch.from_numpy(down[:, None, :, None] & across[:, None, None, :]).to(images.device)
    if fill is not None:
        new = torch.from_numpy(fill).to(images.device, images.dtype)[:, :, None, None].expand(images.shape)
    elif keys is None:
        raise UsageError("erase needs fill or keys")
    else:
        from practicum_image_basic.ops.erase import LANE

        words = keys.words(images[0].numel() if len(images) else 0, lane=LANE).reshape(images.shape)
        levels = images.dtype == torch.uint8
        values = torch.from_numpy((words >> (24 if levels else 8)).astype("int32")).to(images.device)
        new = values.to(torch.uint8) if levels else (values.to(torch.float32) * 2.0**-24).to(images.dtype)
    return torch.where(hit, new, images)
