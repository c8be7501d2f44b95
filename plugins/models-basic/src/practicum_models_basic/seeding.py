"""torch randomness that is a function of keys, and leaves the global generator as it was."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from practicum.keys import Keys

_LOCK = threading.RLock()  # dropout inside a module draws from torch's global generator; one user of it at a time


def generator(keys: Keys) -> torch.Generator:
    """A CPU generator seeded by the key's stream."""
    return torch.Generator().manual_seed(keys.stream >> 1)


@contextmanager
def contained(keys: Keys, device: torch.device | None) -> Iterator[None]:
    """Inside, torch's global generators start from ``keys`` and only deterministic operations run.

    For code that can't be handed a generator, as dropout. Generators and flags are as before afterwards, also after
    an exception.
    """
    devices = [device] if device is not None and device.type == "cuda" else []
    strict, warn = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    benchmark = torch.backends.cudnn.benchmark
    with _LOCK, torch.random.fork_rng(devices=devices):
        try:
            torch.use_deterministic_algorithms(True, warn_only=True)
            torch.backends.cudnn.benchmark = False
            torch.default_generator.manual_seed(keys.stream >> 1)
            for cuda in devices:
                torch.cuda.default_generators[cuda.index or 0].manual_seed(keys.stream >> 1)
            yield
        finally:
            torch.backends.cudnn.benchmark = benchmark
            torch.use_deterministic_algorithms(strict, warn_only=warn)
