"""The mix kernel keeps the kernel contract: interpreter, counted bytes, four targets."""

from practicum.testing.kernels import KernelContract


class TestMix(KernelContract):
    op = "image-mix/mix"
