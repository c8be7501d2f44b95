"""What the core costs: keying a million samples, overhead per batch, start-up of the command line.

Usage: python benchmarks/bench_core.py
"""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

import practicum as pm
from practicum.keys import hash_ids


class Untouched(pm.Transformation):
    """Returns its column as it is: what remains is the core."""

    name: ClassVar[str] = "bench/untouched"
    modalities: ClassVar[frozenset[str]] = frozenset({"text", "image"})

    def apply(self, batch: pm.Batch, keys: pm.Keys) -> pm.Batch:
        column = batch.column_name(self.on, self.modalities)
        return batch.with_column(column, batch.columns[column].data)


def best(function: Callable[[], Any], repeats: int) -> float:
    """Shortest wall time in seconds."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def child(code: str) -> float:
    """Shortest wall time of a fresh interpreter running ``code``, less that of an empty one."""
    def launch(text: str) -> Callable[[], Any]:
        return lambda: subprocess.run([sys.executable, "-c", text], check=True, capture_output=True)

    return best(launch(code), 5) - best(launch("pass"), 5)


def main() -> None:
    """Print the figures."""
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one process")
    integers, texts = np.arange(1_000_000), [f"sample-{i}" for i in range(1_000_000)]
    hash_ids(integers[:1000])
    hash_ids(texts[:1000])
    batch = pm.Batch.of(["a"] * 1000)
    pm.Keys(1).bind(batch.ids).words(8)
    print(f"hash 1 M integer ids     {best(lambda: hash_ids(integers), 5) * 1e3:8.1f} ms")
    print(f"hash 1 M text ids        {best(lambda: hash_ids(texts), 3) * 1e3:8.1f} ms")
    million = pm.Batch.of(["a"] * 1_000_000)
    _ = million.ids.hashes
    keys = pm.Keys(1).bind(million.ids)
    print(f"4 words for 1 M samples  {best(lambda: keys.words(4), 3) * 1e3:8.1f} ms")
    technique, small = Untouched(), pm.Batch.of(["a text"] * 64)
    technique(small)

    def many() -> None:
        for _ in range(1000):
            technique(small, seed=3)

    print(f"overhead per batch       {best(many, 5) * 1e3:8.1f} us (Batch in, Batch out)")
    print(f"import practicum         {child('import practicum') * 1e3:8.1f} ms")
    listing = "from practicum.cli import run; run(['list'])"
    print(f"practicum list           {child(listing) * 1e3:8.1f} ms")


if __name__ == "__main__":
    main()
