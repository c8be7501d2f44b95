"""Short-lived threads for compiled loops on the CPU."""

from __future__ import annotations

import _thread
import time
from collections.abc import Callable, Iterator
from itertools import pairwise

WORTH_A_THREAD = 1 << 18
"""Values below which starting another thread costs more than it saves."""

_PATIENCE = 5e-4
"""Seconds that the caller looks for the end of the last parts before it sleeps: waking up takes long."""


class _Job:
    """Parts that threads take one after another."""

    def __init__(self, work: Callable[[int, int], None], edges: list[int]) -> None:
        self._work: Callable[[int, int], None] | None = work
        self._parts: Iterator[tuple[int, int]] = iter(list(pairwise(edges)))
        self._left = [True] + [False] * (len(edges) - 2)  # the last one taken off is True
        self._ended = _thread.allocate_lock()
        self._ended.acquire()
        self.failed: list[Exception] = []

    def run(self) -> None:
        """Do parts until none is left. A list's iterator and ``pop`` serve one thread at a time."""
        for first, last in self._parts:
            work = self._work
            if work is not None:
                self._do(work, first, last)
            del work  # before the end is announced nothing but the caller may hold the arrays
            if self._left.pop():
                self._ended.release()

    def _do(self, work: Callable[[int, int], None], first: int, last: int) -> None:
        try:
            work(first, last)
        except Exception as error:  # noqa: BLE001  # raised again in the caller's thread
            self.failed.append(error)

    def wait(self) -> None:
        """Until all parts have ended; a thread that began too late to get one isn't waited for."""
        end = time.perf_counter() + _PATIENCE
        while self._left and time.perf_counter() < end:
            time.sleep(0)  # lets the others have the interpreter
        self._ended.acquire()
        self._work = None


def in_threads(work: Callable[[int, int], None], count: int, values: int) -> None:
    """Call ``work(first, last)`` on consecutive parts of ``range(count)``, in as many threads as torch uses.

    Parts become smaller towards the end and each thread takes the next one when it is done with its last, so that a
    thread that starts late, or shares its core, holds nobody up. torch's own thread count is obeyed; it is 1 in
    DataLoader workers. Unlike a pool, nothing is left behind for a forked worker to trip on. The compiled loops inside
    must release the interpreter's lock.

    Args:
        work: does rows ``first .. last - 1``; parts never overlap. Results must not depend on where parts begin.
        count: number of rows.
        values: of all rows together, to judge whether threads pay.

    Raises:
        Exception: what the first failing part raised, after all parts have ended.

    Example:
        >>> done = []
        >>> in_threads(lambda first, last: done.append((first, last)), 3, 10)
        >>> done
        [(0, 3)]
    """
    import torch

    workers = max(1, min(torch.get_num_threads(), count, values // WORTH_A_THREAD))
    if workers == 1:
        work(0, count)
        return
    job = _Job(work, part_edges(count, workers))
    for _ in range(workers - 1):
        # Not threading.Thread, whose start waits until the new thread runs: on an idle core that takes up to a
        # millisecond, in which this thread can do the first part.
        _thread.start_new_thread(job.run, ())
    job.run()
    job.wait()
    if job.failed:
        raise job.failed[0]


def part_edges(count: int, workers: int) -> list[int]:
    """Where parts begin and end: each is two thirds of a fair share of what is left, and the last ones are small.

    Example:
        >>> part_edges(64, 2)
        [0, 21, 35, 44, 50, 54, 57, 60, 63, 64]
    """
    least, edges = -(-count // (12 * workers)), [0]
    while edges[-1] < count:
        left = count - edges[-1]
        edges.append(edges[-1] + min(left, max(least, 2 * left // (3 * workers))))
    return edges
