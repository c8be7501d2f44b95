"""The kernel that builds masked batches."""

from __future__ import annotations

from practicum.testing.kernels import KernelContract


class TestMaskRows(KernelContract):
    op = "core/mask-rows"
