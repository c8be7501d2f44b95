"""The specification, in torch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch


def normalize(images: torch.Tensor, middle: npt.NDArray[np.float64], scale: npt.NDArray[np.float64]) -> torch.Tensor:
    """``(x - middle) * scale`` for each channel; float32 for uint8."""
    x = images if images.dtype == torch.float64 else images.to(torch.float32)
    m, s = (torch.from_numpy(v).to(x).reshape(1, -1, 1, 1) for v in (middle, scale))
    return ((x - m) * s).to(torch.float32 if images.dtype == torch.uint8 else images.dtype)
