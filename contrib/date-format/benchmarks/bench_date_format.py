"""How fast date-format/date-format is on this machine: the median of five runs, printed."""

from __future__ import annotations

import platform
import statistics
import time

import numpy as np
from practicum_date_format.date_format import DateFormat

from practicum import Batch, Keys
from practicum.testing import sample_batch

RUNS = 5


def main() -> None:
    small = sample_batch("text")
    rows = np.arange(2000) % len(small)
    large = small.take(rows)
    batch = Batch.of(columns=large.columns, ids=list(range(len(rows))), targets=dict(large.targets))
    technique, count, unit = DateFormat(), len(batch), "samples"

    def call() -> object:
        return technique.run(batch, Keys(0))

    call()
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    rate = count / statistics.median(seconds)
    machine = f"{platform.machine()}, Python {platform.python_version()}"
    print(f"{DateFormat.name}: {rate:,.0f} {unit}/s ({machine})")


if __name__ == "__main__":
    main()
