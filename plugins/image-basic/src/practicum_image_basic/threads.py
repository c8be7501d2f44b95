"""Short-lived threads for compiled loops."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import torch

WORTH_A_THREAD = 1 << 18
"""Values below which starting another thread costs more than it saves."""


def in_threads(work: Callable[[int, int], None], count: int, values: int) -> None:
    """Call ``work(first, last)`` on consecutive parts of ``range(count)``, one part a thread.

    torch's own thread count is obeyed; it is 1 in DataLoader workers. Unlike a pool, nothing is left behind for a
    forked worker to trip on. The compiled loops inside must release the interpreter's lock.

    Args:
        work: does rows ``first .. last - 1``; parts never overlap.
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
    workers = max(1, min(torch.get_num_threads(), count, values // WORTH_A_THREAD))
    edges = [count * k // workers for k in range(workers + 1)]
    failed: list[Exception] = []

    def guarded(first: int, last: int) -> None:
        try:
            work(first, last)
        except Exception as error:  # noqa: BLE001  # a thread's error is raised again below, in the caller's thread
            failed.append(error)

    others = [threading.Thread(target=guarded, args=part) for part in pairwise(edges[1:])]
    for other in others:
        other.start()
    guarded(edges[0], edges[1])
    for other in others:
        other.join()
    if failed:
        raise failed[0]
