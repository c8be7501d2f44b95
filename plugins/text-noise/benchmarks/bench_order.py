"""Speed of the operations on runs of words and sentences, and of three operations at once, on one core.

    python plugins/text-noise/benchmarks/bench_order.py [--texts 100000] [--repeats 5]

Texts and timing are those of bench_text_noise.py. The last lines pair a pipeline of three operations on a packed column
with three calls that take and return lists, after checking that both give the same texts.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import Any

import pyarrow as pa
from bench_text_noise import best, copies, logging, machine, pieces

import practicum as pm

TECHNIQUES = ("word-repeat", "filler-insert", "span-shuffle", "span-delete", "sentence-shuffle", "sentence-swap",
              "sentence-delete")
THREE = ("char-swap", "word-swap", "keyboard-typo")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    print(machine())
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pa.set_cpu_count(1)
    plain = pieces(asked.texts)
    sets = {"ascii": plain, "cjk+emoji": [t[:50] + "漢😀" + t[52:] for t in plain]}
    print(f"\n{'million texts a second':28}{'list -> list':>12}{'arrow -> arrow':>16}{'with edit log':>15}"
          f"{'log / plain':>13}")
    for name in TECHNIQUES:
        technique = pm.get(f"text-noise/{name}", rate=0.3)
        technique(plain[:100])
        for kind, texts in sets.items():
            array = pa.array(texts, pa.large_string())
            seconds = best(technique, copies(texts), asked.repeats)
            packed = best(technique, partial(array.view, array.type), asked.repeats)
            batched = best(technique, partial(pm.Batch.of, array), asked.repeats)
            logged = best(logging(technique), partial(pm.Batch.of, array), asked.repeats)
            rates = [len(texts) / s / 1e6 for s in (seconds, packed, logged)]
            print(f"{name:18}{kind:10}{rates[0]:12.2f}{rates[1]:16.2f}{rates[2]:15.2f}{logged / batched:13.2f}")
    for kind, texts in sets.items():
        together(kind, texts, asked.repeats)


def together(kind: str, texts: list[str], repeats: int) -> None:
    """Three operations as one pipeline on a packed column, beside three calls on lists."""
    steps = [pm.get(f"text-noise/{name}", rate=0.1) for name in THREE]
    pipeline = pm.Pipeline(steps)
    array = pa.array(texts, pa.large_string())
    packed = pipeline(array, seed=1)
    alone: Any = pm.Batch.of(array)
    for place, step in enumerate(steps):
        keys = pm.Keys(1).child(pipeline.name).child(str(place))
        alone = step.run(alone, keys)
    if packed.to_pylist() != alone.to_list():
        raise SystemExit("the pipeline's texts differ from those of its steps called one by one")

    def by_lists(data: list[str]) -> list[str]:
        for step in steps:
            data = step(data, seed=1)
        return data

    seconds = best(partial(pipeline, seed=1), partial(array.view, array.type), repeats)
    lists = best(by_lists, copies(texts), repeats)
    print(f"\n{kind}: {' + '.join(THREE)}: a pipeline on a packed column {len(texts) / seconds / 1e6:.2f} million "
          f"texts/s, three list calls {len(texts) / lists / 1e6:.2f}: {lists / seconds:.2f} times as fast")


if __name__ == "__main__":
    main()
