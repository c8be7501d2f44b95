"""What the wrapping costs: texts a second of nlpaug alone and wrapped, with and without the edit log, same outputs."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

import practicum as pm
from practicum.keys import Keys
from practicum.testing import sample_batch

COUNT = 2000


def best(call: Callable[[], Any]) -> float:
    """Seconds of the quickest of five runs."""
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    lines = sample_batch("text").to_list()
    texts = [f"{lines[i % len(lines)]} {lines[i * 7 % len(lines)]}" for i in range(COUNT)]
    batch = pm.Batch.of(texts)
    print(f"{COUNT} texts of {sum(map(len, texts)) / COUNT:.0f} characters, one thread; {platform.machine()}, "
          f"Python {platform.python_version()}")
    for name in ("keyboard", "ocr", "random-char", "random-word", "spelling", "split"):
        technique: Any = pm.get(f"nlpaug/{name}")
        library = getattr(import_module(technique.entry["module"]), technique.entry["library"])()
        alone = best(lambda library=library: [library.augment(t) for t in texts])
        wrapped = best(lambda technique=technique: technique.run(batch, Keys(0)))
        logged = best(lambda technique=technique: technique.run(batch.recording(), Keys(0)))
        print(f"{name:12s} alone {COUNT / alone:8,.0f}/s  wrapped {COUNT / wrapped:8,.0f}/s "
              f"({wrapped / alone:.2f} times the time)  with edit log {COUNT / logged:8,.0f}/s "
              f"({logged / wrapped:.2f} times that without)")


if __name__ == "__main__":
    main()
