"""Global generators, lent to a library that insists on them, and given back as they were."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

_LOCK = threading.RLock()


@contextmanager
def contained() -> Iterator[Callable[[int], None]]:
    """Hold the global generators of Python, NumPy, and torch where it is imported, while a library draws from them.

    Yields a function that seeds all of them with 64 bits: call it before each sample, with ``keys.words(2)`` or the
    like, so that the sample's draws depend on nothing else. Other threads that ask wait; on leaving, also after an
    exception, every generator is as it was. Draws that other threads make from global generators without asking are
    not protected.

    Example:
        >>> state = random.getstate()
        >>> with contained() as seed:
        ...     seed(7)
        ...     first = random.random()
        ...     seed(7)
        ...     random.random() == first
        True
        >>> random.getstate() == state
        True
    """
    torch: Any = sys.modules.get("torch")

    def seed(bits: int) -> None:
        random.seed(bits)
        np.random.seed((bits & 0xFFFFFFFF, bits >> 32 & 0xFFFFFFFF))  # noqa: NPY002  # the one libraries draw from
        if torch is not None:
            folded = bits ^ bits >> 32  # torch's generator on the CPU reads the lower 32 bits only
            torch.default_generator.manual_seed(folded)
            if torch.cuda.is_initialized():
                torch.cuda.manual_seed_all(folded)

    with _LOCK:
        python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002  # as above
        on_cpu = torch.get_rng_state() if torch is not None else None
        on_gpu = torch.cuda.get_rng_state_all() if torch is not None and torch.cuda.is_initialized() else None
        try:
            yield seed
        finally:
            random.setstate(python)
            np.random.set_state(legacy)  # noqa: NPY002  # as above
            if torch is not None:
                torch.set_rng_state(on_cpu)
            if on_gpu is not None:
                torch.cuda.set_rng_state_all(on_gpu)
