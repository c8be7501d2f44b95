"""The work of ``practicum apply``: chunks of rows through a technique, here or in worker processes, in order."""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from practicum.errors import PracticumError, RunError, UsageError


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs: plain data, so that it crosses process borders without pickling a technique."""

    config: dict[str, Any]
    modality: str
    seed: int
    epoch: int
    outputs: int
    log: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of the input: where they stand, their ids and the values to transform."""

    where: str
    rows: list[dict[str, Any]]
    ids: list[Any]
    values: list[Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """The result for one chunk: per kept output (row in the chunk, output index, new value), and the log's tables."""

    kept: list[tuple[int, int, Any]]
    edits: list[tuple[int, Any]]


def work(job: Job, ids: list[Any], values: list[Any]) -> Piece:
    """Transform one chunk; runs in a worker."""
    from practicum.batch import Batch
    from practicum.keys import Keys
    from practicum.technique import build
    from practicum.transformation import Transformation

    technique = build(job.config)
    if not isinstance(technique, Transformation):
        raise UsageError(f"{technique.name} is an {technique.kind}; apply takes transformations")
    batch = Batch.of(values, ids=ids, modality=job.modality)
    row = {h: i for i, h in enumerate(batch.ids.hashes.tolist())}
    kept, tables = [], []
    for output in range(job.outputs):
        out = technique.run(batch.recording() if job.log else batch, Keys(job.seed, job.epoch, output))
        kept += [(row[h], output, v) for h, v in zip(out.ids.hashes.tolist(), out.to_list(job.modality), strict=True)]
        if out.edits is not None:
            tables.append((output, out.edits.to_table()))
    return Piece(sorted(kept, key=lambda k: (k[0], k[1])), tables)


def pieces(job: Job, chunks: Iterator[Chunk], workers: int) -> Iterator[tuple[Chunk, Piece]]:
    """Chunks with their results, in order; at most two chunks a worker are in flight.

    Raises:
        PracticumError: as the technique; says in which rows.
        RunError: a worker process was killed.
    """
    if workers == 1:
        for chunk in chunks:
            with _at(chunk):
                piece = work(job, chunk.ids, chunk.values)
            yield chunk, piece
        return
    before = set(multiprocessing.active_children())
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _end_with_parent) as pool:
        waiting: deque[tuple[Chunk, Future[Piece]]] = deque()
        try:
            for chunk in chunks:
                with _no_interrupts():
                    waiting.append((chunk, pool.submit(work, job, chunk.ids, chunk.values)))
                if len(waiting) >= 2 * workers:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        except BaseException:
            for child in set(multiprocessing.active_children()) - before:
                child.terminate()  # a chunk can be a whole file, which nobody waits for any more
            raise


def _next(waiting: deque[tuple[Chunk, Future[Piece]]]) -> tuple[Chunk, Piece]:
    chunk, future = waiting.popleft()
    with _at(chunk):
        try:
            return chunk, future.result()
        except BrokenProcessPool as error:
            raise RunError("a worker process was killed, perhaps for want of memory: take a smaller --batch-size or "
                           "fewer --workers") from error


@contextmanager
def _at(chunk: Chunk) -> Iterator[None]:
    try:
        yield
    except PracticumError as error:
        raise type(error)(f"{chunk.where}: {error}") from error


@contextmanager
def _no_interrupts() -> Iterator[None]:
    """Processes started in the block never see Ctrl-C, which is the parent's to handle; the parent sees it after."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    """A worker ends when the parent is gone: it would wait for work for ever."""
    import os
    import threading

    parent = multiprocessing.parent_process()
    if parent is not None:
        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()
