"""Images as plain bits, for operations that only move values."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def bits(images: torch.Tensor) -> npt.NDArray[Any]:
    """The values of a CPU tensor as integers of the same width; shares memory when the tensor is contiguous.

    Example:
        >>> bits(torch.tensor([1.0])).dtype, bits(torch.tensor([True])).tolist()
        (dtype('int32'), [1])
    """
    return np.asarray(images.detach().contiguous().view(_INTEGERS[images.element_size()]).numpy())


def bits_of(value: float, dtype: torch.dtype) -> Any:
    """One value in a dtype, as the integer scalar that :func:`bits` would show."""
    return bits(torch.tensor([value]).to(dtype))[0]
