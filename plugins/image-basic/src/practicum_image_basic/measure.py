"""Takes the times that choose between the forms of operations, on this machine.

``python -m practicum_image_basic.measure FILE`` writes them; with ``PRACTICUM_IMAGE_FORMS=FILE`` they count in place of
the shipped ones. It takes a minute or two.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from practicum.batch import Batch
from practicum.keys import Keys
from practicum_image_basic.forms import opencv_installed
from practicum_image_basic.ops.blur import gaussian_blur
from practicum_image_basic.ops.colour import mix_channels, turn_hue
from practicum_image_basic.ops.correlate import correlate
from practicum_image_basic.ops.jitter import jitter
from practicum_image_basic.ops.levels import histograms, look_up
from practicum_image_basic.ops.median import median
from practicum_image_basic.ops.normalize import normalize
from practicum_image_basic.ops.sharpness import blend, sharpen
from practicum_image_basic.ops.specks import count_photons, salt_and_pepper

Work = Callable[[torch.Tensor, str], Any]

SIDES = (32, 224, 512)
"""Sides of the square images that are timed."""

_PIXELS = 8 * 224 * 224
_TWO = ("cpu", "reference")
_THREE = ("cpu", "reference", "opencv")


def works(count: int, side: int) -> Iterator[tuple[str, str, Sequence[str], Work]]:
    """Name, dtype, forms and call of every operation that has several forms, for ``count`` images of a side."""
    rng = np.random.default_rng(0)
    tables = rng.integers(0, 256, (count, 256), dtype=np.uint8)
    matrix, turns = rng.uniform(0.0, 0.5, (count, 3, 3)), rng.uniform(-0.5, 0.5, count)
    order, amounts = np.argsort(rng.random((count, 4)), axis=1), rng.uniform(0.5, 1.5, (count, 4))
    third, factor = np.full(3, 0.3), rng.uniform(0.0, 2.0, count)
    line = np.broadcast_to(np.eye(7) / 7.0, (count, 7, 7))
    other = torch.from_numpy(rng.integers(0, 256, (count, 3, side, side), dtype=np.uint8))
    keys = Keys(0).bind(Batch.of(np.zeros((count, 1)), modality="state").ids)
    yield "look-up", "uint8", _THREE, lambda x, f: look_up(x, tables, impl=f)  # type: ignore[arg-type]  # a literal
    levels: dict[str, Callable[..., Any]] = {
        "histograms": lambda x, f: histograms(x, impl=f), "mix-channels": lambda x, f: mix_channels(x, matrix, impl=f),
        "turn-hue": lambda x, f: turn_hue(x, turns, impl=f), "jitter": lambda x, f: jitter(x, order, amounts, impl=f),
        "normalize": lambda x, f: normalize(x, third, third, impl=f),
        "sharpen": lambda x, f: sharpen(x, factor, impl=f), "blend": lambda x, f: blend(x, other, factor, impl=f),
        "correlate": lambda x, f: correlate(x, line, impl=f),
        "separable-blur": lambda x, f: gaussian_blur(x, 1.0, impl=f),
        "salt-and-pepper": lambda x, f: salt_and_pepper(x, 0.05, 0.5, keys, impl=f),
        "count-photons": lambda x, f: count_photons(x, 60.0, keys, impl=f),
    }
    for name, work in levels.items():
        yield name, "uint8", _TWO, work
    for size in (3, 5, 7):
        yield f"median-{size}", "uint8", _THREE, partial(_median, size)
    yield "separable-blur", "float32", _TWO, _blur


def _median(size: int, x: torch.Tensor, form: Any) -> torch.Tensor:
    return median(x, size, impl=form)


def _blur(x: torch.Tensor, form: Any) -> torch.Tensor:
    return gaussian_blur(x, 1.0, impl=form)


def microseconds(forms: dict[str, Callable[[], Any]], count: int, seconds: float = 0.3) -> dict[str, float]:
    """Time of each form for each of ``count`` images: the best of rounds of all forms, which go on for ``seconds``.

    Rounds alternate, so that other work on the machine slows all forms alike; a form that takes twenty times as long as
    another is called once only.
    """
    best = dict.fromkeys(forms, float("inf"))
    for work in forms.values():
        work()  # compiles
    spent, running = 0.0, dict(forms)
    while spent <= seconds:
        for name, work in running.items():
            start = time.perf_counter()
            work()
            took = time.perf_counter() - start
            best[name] = min(best[name], took)
            spent += took if took < 20 * min(best.values()) else 0.0
        running = {n: w for n, w in running.items() if best[n] < 20 * min(best.values())}
    return {name: round(1e6 * took / count, 2) for name, took in best.items()}


def measure(sides: Sequence[int] = SIDES, threads: Sequence[int] = (), seconds: float = 0.3) -> dict[str, Any]:
    """The table: what it was measured on, and a row for each operation, dtype, side and number of threads."""
    rows, before = [], torch.get_num_threads()
    try:
        for count in threads or sorted({1, before}):
            torch.set_num_threads(count)
            for side in sides:
                images = max(2, min(64, _PIXELS // side**2))
                levels = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (images, 3, side, side), np.uint8))
                for op, dtype, forms, work in works(images, side):
                    x = levels if dtype == "uint8" else levels.to(torch.float32) / 255.0
                    offered = [f for f in forms if f != "opencv" or opencv_installed()]
                    times = microseconds({f: partial(work, x, f) for f in offered}, images, seconds)
                    rows.append({"op": op, "dtype": dtype, "side": side, "threads": count, "microseconds": times})
    finally:
        torch.set_num_threads(before)
    return {"machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}", "rows": rows}


def write(path: Path, table: dict[str, Any]) -> None:
    """Write the table, a row a line; a table that was there before is replaced at once or stays."""
    rows = ",\n".join(f"  {json.dumps(row)}" for row in table["rows"])
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    part.write_text(f'{{"machine": {json.dumps(table["machine"])},\n "rows": [\n{rows}\n]}}\n', "utf-8")
    os.replace(part, path)


def main(arguments: Sequence[str]) -> int:
    """Measure and write to the file named; returns the exit status."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m practicum_image_basic.measure FILE\n")
        return 2
    write(Path(arguments[0]), measure())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
