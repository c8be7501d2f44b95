"""Fresh outputs on the CPU.

First touches of memory cost more than the arithmetic of most image operations: with pages of 4 KiB a 38 MB output takes
ten thousand page faults, with huge pages nineteen, and with memory that was used before none.
"""

from __future__ import annotations

import mmap
from collections import deque
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

HUGE_PAGE = 1 << 21
SMALLEST = 2 * HUGE_PAGE
"""Bytes below which memory comes from torch: its allocator reuses small blocks by itself."""

KEPT = 2
"""Freed blocks that are kept for the next output of about the same size."""

Bytes = npt.NDArray[np.uint8]


class _Block:
    """Anonymous memory that starts on a huge page."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._mapping = mmap.mmap(-1, size + HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        whole: Bytes = np.frombuffer(self._mapping, dtype=np.uint8)
        self._start = -whole.ctypes.data % HUGE_PAGE
        self.address = whole.ctypes.data + self._start
        self._mapping.madvise(mmap.MADV_HUGEPAGE, self._start, size)

    def release(self) -> None:
        """Let the system take the pages when it needs them; until then they stay as they are."""
        self._mapping.madvise(mmap.MADV_FREE, self._start, self.size)


class _Lease:
    """A block in use: the array made of it holds this object, and the tensor holds the array."""

    def __init__(self, block: _Block, size: int, free: deque[_Block]) -> None:
        self._block = block
        self._free = free
        self.__array_interface__: dict[str, Any] = {"version": 3, "typestr": "|u1", "shape": (size,),
                                                    "data": (block.address, False)}

    def __del__(self) -> None:
        self._block.release()
        self._free.append(self._block)


class HugePages:
    """Blocks of huge pages that outlive their tensors, so that a training loop touches new memory only once.

    A block goes back when the last tensor on it dies. At most ``kept`` blocks are held, and their pages are marked as
    free for the taking (``MADV_FREE``): under memory pressure the system takes them without swapping.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._free: deque[_Block] = deque(maxlen=kept)

    def take(self, size: int) -> Bytes:
        """An uninitialised uint8 array of ``size`` bytes on its own block.

        Raises:
            OSError: the system gives no such memory.
        """
        whole = -(-size // HUGE_PAGE) * HUGE_PAGE
        for _ in range(len(self._free)):
            try:
                block = self._free.popleft()
            except IndexError:  # another thread was quicker
                break
            if whole <= block.size <= 2 * whole:
                return np.asarray(_Lease(block, size, self._free))
            self._free.append(block)
        return np.asarray(_Lease(_Block(whole), size, self._free))


@cache
def huge_pages() -> HugePages | None:
    """The process's blocks, ``None`` where the system has no huge pages on request."""
    if not (hasattr(mmap, "MADV_HUGEPAGE") and hasattr(mmap, "MADV_FREE")):
        return None
    blocks = HugePages()
    try:
        blocks.take(HUGE_PAGE)
    except (OSError, ValueError):  # a kernel built without them
        return None
    return blocks


def fresh(shape: Sequence[int], dtype: torch.dtype) -> torch.Tensor:
    """An uninitialised contiguous CPU tensor that shares memory with no living tensor, on huge pages when it is large.

    Its storage can't be resized. Where the system has no huge pages on request, this is ``torch.empty``.

    Args:
        shape: of the tensor.
        dtype: any torch dtype of whole bytes.

    Example:
        >>> import torch
        >>> fresh((2, 3), torch.bfloat16).shape
        torch.Size([2, 3])
    """
    import torch

    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    blocks = huge_pages() if size >= SMALLEST else None
    if blocks is None:
        return torch.empty(tuple(shape), dtype=dtype)
    return torch.from_numpy(blocks.take(size)).view(dtype).view(tuple(shape))
