"""The warp kernel keeps the kernel contract: interpreter, counted bytes, four targets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from practicum_image_basic.ops.warp import warp

from practicum.errors import KernelUnavailable
from practicum.testing.kernels import KernelContract


class TestWarp(KernelContract):
    op = "image-basic/warp"


def test_what_the_kernel_cant_do_is_said() -> None:
    images, still = torch.zeros(1, 1, 2, 2), np.eye(3)[None]
    with pytest.raises(KernelUnavailable, match="Triton"):
        warp(images, still, (2, 2), impl="triton")
