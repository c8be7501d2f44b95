"""Fresh outputs: never shared with a living tensor, reused after death, and plain where huge pages are missing."""

import gc
import threading

import numpy as np
import pytest
import torch

from practicum.kernels import memory

needs_pages = pytest.mark.skipif(memory.huge_pages() is None, reason="no huge pages on request on this system")
BIG = (3, 1 << 20)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("shape", [(0, 3), (2, 3), (5, 1 << 20)])
def test_shape_and_dtype(shape, dtype):
    made = memory.fresh(shape, dtype)
    assert tuple(made.shape) == shape
    assert made.dtype == dtype
    assert made.is_contiguous()
    assert bool((made.zero_() == 0).all())


@needs_pages
def test_living_outputs_never_share():
    blocks = memory.HugePages()
    arrays = [blocks.take(memory.HUGE_PAGE + 5) for _ in range(4)]
    for value, array in enumerate(arrays):
        array[:] = value
    assert [set(a.tolist()) for a in arrays] == [{0}, {1}, {2}, {3}]


@needs_pages
def test_memory_is_reused_only_after_the_last_view_died():
    blocks = memory.HugePages()
    first = torch.from_numpy(blocks.take(memory.HUGE_PAGE))
    place, view = first.data_ptr(), first[1:7].view(2, 3)
    del first
    gc.collect()
    second = blocks.take(memory.HUGE_PAGE)
    assert second.ctypes.data != place
    del view
    gc.collect()
    assert blocks.take(memory.HUGE_PAGE).ctypes.data == place


@needs_pages
def test_few_blocks_are_kept_and_much_smaller_outputs_do_not_take_them():
    blocks = memory.HugePages(kept=2)
    held = [blocks.take(8 * memory.HUGE_PAGE) for _ in range(5)]
    del held
    gc.collect()
    assert len(blocks._free) == 2
    small = blocks.take(memory.HUGE_PAGE)
    assert len(blocks._free) == 2
    assert small.nbytes == memory.HUGE_PAGE


@needs_pages
def test_many_threads():
    blocks, wrong = memory.HugePages(), []

    def work(value):
        for _ in range(30):
            array = blocks.take(memory.HUGE_PAGE)
            array[::4096] = value
            if (array[::4096] != value).any():
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(v,)) for v in range(6)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not wrong


def test_without_huge_pages_it_is_plain_memory(monkeypatch):
    monkeypatch.setattr(memory, "huge_pages", lambda: None)
    made = memory.fresh(BIG, torch.float32)
    assert tuple(made.shape) == BIG
    made.zero_()
    assert np.count_nonzero(made.numpy()) == 0
