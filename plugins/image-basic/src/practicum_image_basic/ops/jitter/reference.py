"""The specification: the operations on their own, turn by turn, on the images whose turn it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from practicum_image_basic.colour import saturated, turned
from practicum_image_basic.light import brightened, contrasted

STEPS = (brightened, contrasted, saturated, turned)


def jitter(images: torch.Tensor, order: Any, amounts: Any, clip: bool) -> torch.Tensor:
    """See :func:`practicum_image_basic.ops.jitter.jitter`."""
    out = images.clone(memory_format=torch.contiguous_format)
    steps = STEPS if images.shape[1] == 3 else STEPS[:2]
    for turn in range(4):
        for kind, step in enumerate(steps):
            found = np.flatnonzero(order[:, turn] == kind)
            if len(found):
                rows = torch.from_numpy(found).to(images.device)
                out[rows] = step(out[rows], amounts[found, kind], clip)
    return out
