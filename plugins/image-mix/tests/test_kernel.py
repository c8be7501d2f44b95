"""The kernels keep the kernel contract: interpreter, counted bytes, four targets."""

from practicum.kernels.report import byte_case
from practicum.testing.kernels import KernelContract


class TestMix(KernelContract):
    op = "image-mix/mix"


class TestFuse(KernelContract):
    op = "image-mix/fuse"

    def test_moves_at_most_six_bytes_for_each_byte_of_input(self):
        """float32 output included: 4 are written, and every image is read about once."""
        case = byte_case(self.declared, list(self.cases()))
        elements = 8 * 3 * 64 * 64
        assert case.shape == (8, 3, 64, 64)
        assert 4 * elements <= case.loaded + case.stored <= 6 * elements
        assert case.launches == 1
