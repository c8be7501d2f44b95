"""MixUp, CutMix and Cutout on the CPU against the formulas of timm and torchvision.

    python plugins/image-mix/benchmarks/bench_mix.py [--threads N] [--json FILE]

Numbers are checked for equality before anything is timed. Rounds of all contestants are interleaved, so that a slow
phase of the machine hits all alike; medians with quartiles are printed, and ratios of medians and of the fastest rounds
(on a shared machine the latter say more).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from practicum_image_mix.cutmix import CutMix
from practicum_image_mix.cutout import Cutout
from practicum_image_mix.mixup import MixUp
from practicum_image_mix.ops.mix import cpu, mix

from practicum import Batch, Transformation
from practicum.kernels.memory import fresh

SHAPE = (64, 3, 224, 224)
LAM = 0.3
FLIP = np.arange(SHAPE[0])[::-1].copy()
ROLL = np.roll(np.arange(SHAPE[0]), 1)
BOX = (40, 150, 30, 160)


class Nothing(Transformation):
    """Does nothing, to time what the core adds to a batch."""

    name: ClassVar[str] = "bench/nothing"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})

    def apply(self, batch: Batch, keys: Any) -> Batch:
        return batch.with_column("image", batch.column("image"))


def timm_in_place(x: torch.Tensor) -> torch.Tensor:
    """timm/data/mixup.py, mode batch, as it ships: overwrites its input."""
    flipped = x.flip(0).mul_(1.0 - LAM)
    return x.mul_(LAM).add_(flipped)


def timm_on_a_clone(x: torch.Tensor) -> torch.Tensor:
    """The same with the input untouched."""
    return timm_in_place(x.clone())


def torchvision_mixup(x: torch.Tensor) -> torch.Tensor:
    """torchvision.transforms.v2.MixUp, which leaves its input alone."""
    return x.roll(1, 0).mul_(1.0 - LAM).add_(x.mul(LAM))


def timm_same_memory(x: torch.Tensor) -> torch.Tensor:
    """timm's formula, in place, its temporary on the memory our output gets."""
    flipped = fresh(x.shape, x.dtype)
    np.copyto(flipped.numpy(), x.numpy()[::-1])
    return x.mul_(LAM).add_(flipped.mul_(1.0 - LAM))


def torchvision_same_memory(x: torch.Tensor) -> torch.Tensor:
    """torchvision's formula, both new tensors on the memory our output gets."""
    rolled = fresh(x.shape, x.dtype)
    rolled[1:].copy_(x[:-1])
    rolled[0].copy_(x[-1])
    return rolled.mul_(1.0 - LAM).add_(torch.mul(x, LAM, out=fresh(x.shape, x.dtype)))


def timm_cutmix(x: torch.Tensor) -> torch.Tensor:
    y0, y1, x0, x1 = BOX
    x[:, :, y0:y1, x0:x1] = x.flip(0)[:, :, y0:y1, x0:x1]
    return x


def torchvision_cutmix(x: torch.Tensor) -> torch.Tensor:
    y0, y1, x0, x1 = BOX
    out = x.clone()
    out[..., y0:y1, x0:x1] = x.roll(1, 0)[..., y0:y1, x0:x1]
    return out


def contestants(x: torch.Tensor) -> dict[str, Callable[[], Any]]:
    """Everything that is timed; in-place formulas work on a copy of their own that is not reset, since its values stay
    in the same range."""
    own, count = x.clone(), len(x)
    lam, boxes = np.full(count, LAM, np.float32), np.array([BOX] * count)
    drawn = np.random.default_rng(0).random(count).astype(np.float32)
    bytes_ = (x * 255).to(torch.uint8)
    batch = Batch.of(x, targets={"label": np.arange(count) % 10})
    mixup, cutmix, cutout, nothing = MixUp(), CutMix(), Cutout(), Nothing()
    return {
        "timm mixup, in place as shipped": lambda: timm_in_place(own),
        "timm mixup, input untouched": lambda: timm_on_a_clone(x),
        "torchvision mixup": lambda: torchvision_mixup(x),
        "mix, fresh output": lambda: mix(x, FLIP, lam),
        "mix, fresh output, a lambda each": lambda: mix(x, ROLL, drawn),
        "mix, output from torch.empty": lambda: cpu.mix_into(torch.empty_like(x), x, FLIP, lam),
        "timm mixup, our memory": lambda: timm_same_memory(own),
        "torchvision mixup, our memory": lambda: torchvision_same_memory(x),
        "timm cutmix, in place as shipped": lambda: timm_cutmix(own),
        "torchvision cutmix": lambda: torchvision_cutmix(x),
        "mix with boxes, fresh output": lambda: mix(x, ROLL, None, boxes),
        "mix, uint8, fresh output": lambda: mix(bytes_, ROLL, drawn),
        "image-mix/mixup, Batch to Batch": lambda: mixup(batch, seed=1),
        "image-mix/cutmix, Batch to Batch": lambda: cutmix(batch, seed=1),
        "image-mix/cutout, Batch to Batch": lambda: cutout(batch, seed=1),
        "core alone, Batch to Batch": lambda: nothing(batch, seed=1),
    }


def check(x: torch.Tensor) -> float:
    """The largest difference to the libraries' formulas; raises above 1e-6."""
    lam = np.full(len(x), LAM, np.float32)
    worst = max(float((mix(x, FLIP, lam) - timm_on_a_clone(x)).abs().max()),
                float((mix(x, ROLL, lam) - torchvision_mixup(x)).abs().max()))
    if worst > 1e-6:
        raise SystemExit(f"results differ by {worst}: nothing is timed")
    return worst


def measure(pending: dict[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each contestant, ``rounds`` times, interleaved; the first round is left out."""
    taken: dict[str, list[float]] = {name: [] for name in pending}
    for turn in range(rounds + 1):
        for name, work in pending.items():
            start = time.perf_counter()
            result = work()
            seconds = time.perf_counter() - start
            del result
            if turn:
                taken[name].append(seconds)
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    x = torch.rand(SHAPE, generator=torch.Generator().manual_seed(0))
    worst = check(x)
    taken = measure(contestants(x), options.rounds)
    middle = {name: statistics.median(values) for name, values in taken.items()}
    print(f"{'x'.join(map(str, SHAPE))} float32, {options.threads} threads, torch {torch.__version__}, "
          f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; difference {worst:.1e}")
    for name, values in taken.items():
        low, _, high = statistics.quantiles(values, n=4)
        print(f"{name:36s} {1e3 * middle[name]:8.3f} ms  ({1e3 * low:.3f} .. {1e3 * high:.3f})")
    ratios = {
        "timm as shipped / mix": ("timm mixup, in place as shipped", "mix, fresh output"),
        "timm, input untouched / mix": ("timm mixup, input untouched", "mix, fresh output"),
        "torchvision / mix": ("torchvision mixup", "mix, fresh output"),
        "equal memory (torch.empty): timm as shipped / mix": ("timm mixup, in place as shipped",
                                                              "mix, output from torch.empty"),
        "equal memory (torch.empty): torchvision / mix": ("torchvision mixup", "mix, output from torch.empty"),
        "equal memory (ours): timm as shipped / mix": ("timm mixup, our memory", "mix, fresh output"),
        "equal memory (ours): torchvision / mix": ("torchvision mixup, our memory", "mix, fresh output"),
        "torchvision cutmix / mix with boxes": ("torchvision cutmix", "mix with boxes, fresh output"),
    }
    best = {name: min(values) for name, values in taken.items()}
    shown = {name: {"median": middle[a] / middle[b], "fastest": best[a] / best[b]} for name, (a, b) in ratios.items()}
    for name, value in shown.items():
        print(f"{name:52s} {value['median']:6.2f} x of medians, {value['fastest']:6.2f} x of the fastest rounds")
    if options.json:
        draft = options.json.with_suffix(".part")
        draft.write_text(json.dumps({"shape": SHAPE, "threads": options.threads, "torch": torch.__version__,
                                     "seconds": middle, "ratios": shown, "difference": worst}, indent=1))
        os.replace(draft, options.json)


if __name__ == "__main__":
    main()
