"""The wrapped transforms beside the same transforms called directly: the price of seeds, checks and batches.

``python plugins/albumentations/benchmarks/bench_beside_direct_calls.py`` prints images per second at 3x224x224,
uint8, and the ratio; outputs are compared bit for bit first.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from practicum_albumentations.library import library, one_thread
from practicum_albumentations.specs import specs

import practicum as pm
from practicum.keys import Keys

NAMES = ("HorizontalFlip", "RandomBrightnessContrast", "GaussianBlur", "Affine", "GaussNoise", "CLAHE", "ColorJitter",
         "RandomFog")
COUNT, ROUNDS = 32, 5


def seconds(work: Callable[[], Any]) -> float:
    """Median time of a call."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    data = torch.randint(256, (COUNT, 3, 224, 224), generator=torch.Generator().manual_seed(0)).byte()
    pictures = [np.ascontiguousarray(p) for p in data.numpy().transpose(0, 2, 3, 1)]
    lib = library()
    print("| transform | wrapped | called directly | ratio |")
    print("|---|---|---|---|")
    for wrapped in NAMES:
        technique = pm.get(f"albumentations/{specs()[wrapped]['name']}")
        own = {k: specs()[wrapped]["fields"][k]["default"] for k in specs()[wrapped]["own_defaults"]}
        compose = lib.Compose([getattr(lib, wrapped)(p=1.0, **own)])
        seeds = technique.seeds(Keys(0).child(technique.name).bind(pm.Batch.of(data).ids))

        def direct(compose: Any = compose, seeds: list[int] = seeds) -> list[Any]:
            made = []
            with one_thread():
                for picture, seed in zip(pictures, seeds, strict=True):
                    compose.set_random_seed(seed)
                    made.append(compose(image=picture)["image"])
            return made

        def ours(technique: Any = technique) -> Any:
            return technique(data, seed=0)

        np.testing.assert_array_equal(ours().numpy().transpose(0, 2, 3, 1), np.stack(direct()))
        fast, plain = COUNT / seconds(ours), COUNT / seconds(direct)
        print(f"| `{specs()[wrapped]['name']}` | {fast:,.0f} | {plain:,.0f} | {fast / plain:.2f} |")


if __name__ == "__main__":
    main()
