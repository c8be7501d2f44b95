"""Parts of a loop: each done once, by several threads, whoever comes first; errors reach the caller."""

import threading
import time
import weakref

import numpy as np
import pytest
import torch

from practicum.kernels.threads import WORTH_A_THREAD, in_threads, part_edges

MANY = 100 * WORTH_A_THREAD


@pytest.fixture(params=[1, 2, 5])
def threads(request, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: request.param)
    return request.param


@pytest.mark.parametrize("count", [1, 2, 3, 64, 1000])
@pytest.mark.parametrize("workers", [2, 3, 16])
def test_parts_are_consecutive_and_get_smaller(count, workers):
    edges = part_edges(count, workers)
    sizes = np.diff(edges)
    assert (edges[0], edges[-1]) == (0, count)
    assert (sizes >= 1).all()
    assert (np.diff(sizes) <= 0).all()
    assert len(sizes) <= 13 * workers
    assert sizes[0] <= max(-(-count // (12 * workers)), count / workers)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 640])
def test_every_row_is_done_once(threads, count):
    done, lock = np.zeros(count, int), threading.Lock()

    def work(first, last):
        time.sleep(0.0005)
        with lock:
            done[first:last] += 1

    in_threads(work, count, MANY)
    assert (done == 1).all()


def test_as_many_threads_as_torch_uses_take_part(threads):
    seen, together = set(), threading.Barrier(threads, timeout=10)

    def work(first, last):
        if threading.get_ident() not in seen:
            seen.add(threading.get_ident())
            together.wait()  # broken unless all are there

    in_threads(work, 64, MANY)
    assert len(seen) == threads


def test_few_values_are_worth_no_thread(threads):
    seen = []
    in_threads(lambda first, last: seen.append((threading.get_ident(), first, last)), 64, WORTH_A_THREAD)
    assert seen == [(threading.get_ident(), 0, 64)]


def test_an_error_comes_after_all_other_parts(threads):
    done = []

    def work(first, last):
        done.append((first, last))
        if first == 0:
            raise ValueError("row 0")

    with pytest.raises(ValueError, match="row 0"):
        in_threads(work, 64, MANY)
    assert sum(last - first for first, last in done) == 64


def test_a_thread_that_starts_too_late_is_not_waited_for_and_holds_nothing(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    late = []
    monkeypatch.setattr("practicum.kernels.threads._thread.start_new_thread", lambda run, given: late.append(run))
    rows, done = np.zeros(64, int), weakref.WeakSet()

    class Work:
        def __call__(self, first, last):
            rows[first:last] += 1

    work = Work()
    done.add(work)
    in_threads(work, 64, MANY)
    assert (rows == 1).all()
    del work
    assert not done
    late[0]()
    assert (rows == 1).all()


def test_often(threads):
    for _ in range(300):
        total = []
        in_threads(lambda first, last: total.append(last - first), 30, MANY)  # noqa: B023  # called before the next
        assert sum(total) == 30
